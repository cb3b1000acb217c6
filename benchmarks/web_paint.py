"""The first paint of the web app in a browser that has never seen it, and how much the browser has to fetch for it."""

import gzip
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from benchmarks.parts.report import MaterialMissing, Report, Table, measured
from playwright.sync_api import Page
from tests.browser.steps import ADMIN, PASSWORD, heading, set_up
from tests.support.chromium import NONE_HERE, browsing
from tests.support.deployed import Deployed, deployed

from mien.service.frame.pages import built_pages

TIMES = 7
MOST_S, MOST_KB = 1.5, 350
PAINTED = """() => new Promise((resolve) => {
  const told = { "first paint": performance.getEntriesByName("first-contentful-paint")[0].startTime };
  new PerformanceObserver((list) => resolve({ ...told, "largest paint": list.getEntries().at(-1).startTime }))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""
FETCHED = """() => performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname)"""


def main() -> None:
    """Measure, and publish the tables."""
    folder = built_pages()
    if folder is None:
        raise MaterialMissing("needs the web app built: make app does it")
    with measured() as seconds, TemporaryDirectory() as work, deployed(Path(work) / "house") as house:
        _prepare(house)
        at_the_door = [_visit(house, is_known=False) for _ in range(TIMES)]
        inside = [_visit(house, is_known=True) for _ in range(TIMES)]
    fetched = sorted(set(inside[0][1]))
    files = {f"/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
    sizes = {
        "the first screen": sum(_gzipped(files[name]) for name in fetched if name in files),
        "everything": sum(map(_gzipped, files.values())),
    }
    paints = [
        (where, what, *(pick([one[0][what] for one in seen]) for pick in (median, max)))
        for where, seen in (("log-in", at_the_door), ("live", inside))
        for what in seen[0][0]
    ]
    tables = [
        Table(
            f"Paints of the app, nothing cached, {TIMES} times", ("screen", "what", "median ms", "slowest ms"), paints
        ),
        Table("The built app, gzipped", ("of what", "kB"), [(what, size / 1e3) for what, size in sizes.items()]),
    ]
    facts = {"limits": {"first paint s": MOST_S, "bundle kB": MOST_KB}, "fetched for the first screen": fetched}
    Report("web_paint", tables, facts, seconds).publish()


def _prepare(house: Deployed) -> None:
    """Make the first account, and wait until models are loaded: what starts beside is no part of a paint."""
    with browsing() as browser:
        if browser is None:
            raise MaterialMissing(NONE_HERE)
        page = browser.new_page()
        page.goto(house.address)
        set_up(page, house.token)
        while not page.request.get(f"{house.address}/api/v1/ready").ok:
            sleep(0.2)


def _visit(house: Deployed, *, is_known: bool) -> tuple[dict[str, float], list[str]]:
    """One visit by a browser that has just been started: its paints in ms, and what was fetched."""
    with browsing() as browser:
        assert browser is not None
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        if is_known:
            _enter(context.request, house)
        page: Page = context.new_page()
        page.goto(house.address)
        heading(page, "Live" if is_known else "Log in")
        page.wait_for_load_state("networkidle")
        return page.evaluate(PAINTED), page.evaluate(FETCHED)


def _enter(request, house: Deployed) -> None:
    answer = request.post(f"{house.address}/api/v1/session", data={"name": ADMIN, "password": PASSWORD})
    assert answer.ok, answer.text()


def _gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


if __name__ == "__main__":
    main()
