"""The camera of a browser: from taking a frame to the boxes of it on the screen, over a real service on this machine.

A webcam of Chromium's plays the video of the demo, whose face moves; what is measured is what the page itself writes
into the timeline of the browser, from before a frame is encoded until the next repaint after its boxes were drawn.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks.parts.report import MaterialMissing, Report, Table, measured
from playwright.sync_api import Page
from tests.browser.steps import go, opened, set_up
from tests.support.actor import write_film
from tests.support.chromium import NONE_HERE, browsing, webcam_flags
from tests.support.deployed import deployed
from tests.support.encoding import letterboxed
from tests.support.footage import man

from mien.inference.weights import WeightStore

FRAMES, WARM_UP = 300, 30
SIZE = (1280, 720)  # of the webcam; the page sends 960×540 px
MOST_MS = {"median": 120, "p95": 250}
LISTEN = """
window.spans = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntriesByName("mien.frame-to-box")) window.spans.push([one.startTime, one.duration]);
}).observe({ type: "measure" });
"""


def main() -> None:
    """Measure, and publish the table."""
    pictures = [letterboxed(one, SIZE) for one in man(WeightStore.from_environment(os.environ))]
    with measured() as seconds, TemporaryDirectory() as work:
        film = write_film(Path(work) / "film.mjpeg", pictures)
        with deployed(Path(work) / "house") as house, browsing(webcam_flags(film)) as browser:
            if browser is None:
                raise MaterialMissing(NONE_HERE)
            page = opened(browser, house, LISTEN)
            set_up(page, house.token)
            spans = _spans(page)
    starts, durations = np.array(spans[WARM_UP:]).T
    told = {"median": float(np.median(durations)), "p95": float(np.quantile(durations, 0.95))}
    rows = [(len(durations), told["median"], told["p95"], float(durations.max()), 1e3 / float(np.diff(starts).mean()))]
    columns = ("frames", "median ms", "p95 ms", "slowest ms", "frames/s")
    title = f"From a frame of a browser's camera ({SIZE[0]}×{SIZE[1]}) to its boxes on the screen"
    Report("web_camera", [Table(title, columns, rows)], {"limits ms": MOST_MS}, seconds).publish()


def _spans(page: Page) -> list[tuple[float, float]]:
    """Beginnings and durations of so many frames, in ms."""
    go(page, "This camera")
    page.get_by_role("button", name="Start the camera").click()
    while page.evaluate("window.spans.length") < WARM_UP + FRAMES:
        page.wait_for_timeout(500)
    return page.evaluate("window.spans")


if __name__ == "__main__":
    main()
