"""Takes the pictures of the window that the documentation shows, over the footage of the demo, whose faces are free.

python -m tests.desk.screenshots [FOLDER]
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.support.command import Mien
from tests.support.displays import Screen, missing, screen
from tests.support.footage import man, portrait_views
from tests.support.webcams import Webcam

from mien.demo import PERSON, PORTRAIT
from mien.inference.catalog import load_catalog
from mien.inference.weights import WeightStore

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "desk"
QUALITY = 82
LOADED_S, SETTLED_S = 20.0, 4.0
_GAP_PX, _HEIGHT_PX, _GREY = 12, 480, 30


def main(folder: Path) -> int:
    """Take them all; 1 where there is no display."""
    if told := missing():
        print(told)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    weights = WeightStore.from_environment(os.environ)
    with TemporaryDirectory() as work, screen() as display:
        os.environ["MIEN_KEY_FILE"] = str(Path(work) / "key")
        webcam, mien = Webcam(Path(work)).play(_two(weights)), Mien(Path(work) / "home")
        ended = mien("people", "enrol", PERSON, weights.path(load_catalog().card(PORTRAIT)))
        assert ended.code == 0, ended.err
        environment = {**mien.environment(), **webcam.environment(), "DISPLAY": display.name}
        with subprocess.Popen(mien.command("window"), env=environment) as process:
            _press(display, process, folder)
    return 0


def _two(weights: WeightStore) -> Iterator[NDArray[np.uint8]]:
    """The astronaut and the man in the car, side by side."""
    pictures = man(weights)
    for filmed, view in zip(pictures, islice(portrait_views(weights), len(pictures)), strict=True):
        width = filmed.shape[1] * _HEIGHT_PX // filmed.shape[0]
        gap = np.full((_HEIGHT_PX, _GAP_PX, 3), _GREY, np.uint8)
        yield np.hstack((view, gap, cv2.resize(filmed, (width, _HEIGHT_PX))))


def _press(display: Screen, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    window = display.window(lambda: process.poll() is None)

    def take(name: str) -> None:
        time.sleep(SETTLED_S)
        width, height = window.size()
        picture = cv2.cvtColor(display.look()[:height, :width], cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.webp"), picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])

    time.sleep(LOADED_S)
    window.press("v")
    take("window")
    window.press("b")
    take("blurred")
    window.press("question")
    take("keys")
    window.press("question", "e")
    take("asking")
    display.do("key", "Escape")
    window.press("q")
    process.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
