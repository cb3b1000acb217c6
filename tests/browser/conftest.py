"""A real browser before a real `mien serve`, with a webcam that shows what a test puts into its film."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser
from tests.support import footage
from tests.support.actor import Acting, act_as, write_film
from tests.support.chromium import NONE_HERE, browsing, webcam_flags

from mien.domain.errors import ModelUnavailable
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.service.frame.pages import built_pages

NEEDED = ("yunet", "mobilefacenet", "fer8-mobilefacenet", "minifasnet", "face-mesh", "eye-contours")
Picture = NDArray[np.uint8]


@pytest.fixture(scope="session", autouse=True)
def is_possible(take: Callable[[str], InstalledModel]) -> None:
    """The app is built, and what a service looks at faces with can be had; elsewhere these tests skip."""
    if built_pages() is None:
        pytest.skip("the web app is not built: make app does it")
    for name in NEEDED:
        take(name)


@pytest.fixture(scope="session")
def frames(weights: WeightStore) -> list[Picture]:
    """A man in a car, who talks and moves his head."""
    try:
        return footage.man(weights)
    except ModelUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def acting(frames: list[Picture], take: Callable[[str], InstalledModel]) -> Acting:
    """The man, who does as the page asks."""
    return act_as(frames, footage.puppet(frames[0], take))


@pytest.fixture(scope="module")
def film(frames: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the webcam of the browser shows: the man, who talks."""
    return write_film(tmp_path_factory.mktemp("webcam") / "film.mjpeg", frames)


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    """Chromium with a webcam."""
    with browsing(webcam_flags(film)) as opened:
        if opened is None:
            pytest.skip(NONE_HERE)
        yield opened
