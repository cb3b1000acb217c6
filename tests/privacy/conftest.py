"""A home with everything in it that may be kept of people."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.faces import HandClock
from tests.support.lives import lives

from mien.domain.people.people import Person
from mien.settings import Settings
from mien.wiring.stores import Stores, build_stores


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def stores(settings: Settings) -> Iterator[Stores]:
    with ExitStack() as stack:
        yield build_stores(settings, stack)


@pytest.fixture
def live(stores: Stores, clock: HandClock) -> Callable[..., Person]:
    """Somebody is enrolled, or met where there is no name, and seen: pictures, views, readings, events."""
    return lives(stores, clock)
