"""How soon `mien window` shows what the camera sees: from the start of the process to pictures on a real screen.

The screen has no monitor, and the webcam plays the video of the demo; both cost about what real ones do, without the
time that a real webcam takes to be switched on.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from benchmarks.parts.report import MaterialMissing, Report, Table, measured
from numpy.typing import NDArray
from tests.support.command import Mien
from tests.support.displays import Screen, missing, screen
from tests.support.footage import man
from tests.support.webcams import Webcam

from mien.inference.weights import WeightStore
from mien.results.palette import identity_colour

TIMES = 7
MOST_S = 2.0
_MOST_WAIT_S = 60.0
_COLOURS = 200  # of a film; a window that says that it is starting has a few greys
Seen = Callable[[NDArray[np.uint8]], bool]


def main() -> None:
    """Measure, and publish the table."""
    if told := missing():
        raise MaterialMissing(told)
    with measured() as seconds, TemporaryDirectory() as work, screen() as display:
        webcam = Webcam(Path(work)).play(man(WeightStore.from_environment(os.environ)))
        _start(display, webcam)  # models are fetched, and files lie in the memory of the system
        starts = [_start(display, webcam) for _ in range(TIMES)]
    whats = ("a window", "the camera's picture in it", "the first box around a face")
    rows = [(what, *_spread([one[place] for one in starts])) for place, what in enumerate(whats)]
    table = Table(f"Seconds from the start of `mien window`, {TIMES} times", ("until", "median s", "slowest s"), rows)
    Report("window_start", [table], {"limit s of the picture": MOST_S}, seconds).publish()


def _spread(values: Sequence[float]) -> tuple[float, float]:
    return median(values), max(values)


def _start(display: Screen, webcam: Webcam) -> tuple[float, ...]:
    """One start: when there were a window, the camera's picture, and a box."""
    mien = Mien(webcam.folder / "home")
    environment = {
        **mien.environment({"MIEN_KEY_FILE": webcam.folder / "key"}),
        **webcam.environment(),
        "DISPLAY": display.name,
    }
    began_s = perf_counter()
    with subprocess.Popen(mien.command("window", "--json"), env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            return tuple(_until(is_seen, display, process, began_s) for is_seen in (_is_window, _is_picture, _is_boxed))
        finally:
            process.terminate()


def _until(is_seen: Seen, display: Screen, process: "subprocess.Popen[bytes]", began_s: float) -> float:
    while not is_seen(display.look()):
        if process.poll() is not None or perf_counter() > began_s + _MOST_WAIT_S:
            sys.exit("the window did not come to that")
    return perf_counter() - began_s


def _is_window(seen: NDArray[np.uint8]) -> bool:
    return bool(seen.any())


def _is_picture(seen: NDArray[np.uint8]) -> bool:
    return len(np.unique(seen[::8, ::8].reshape(-1, 3), axis=0)) > _COLOURS


def _is_boxed(seen: NDArray[np.uint8]) -> bool:
    colours = (identity_colour(kind) for kind in ("undecided", "unknown"))
    return any((seen == np.array(colour, np.uint8)).all(axis=2).sum() > 50 for colour in colours)


if __name__ == "__main__":
    main()
