"""The real command, and the two faces every machine can have."""

from pathlib import Path

import pytest
from tests.support.command import Mien, Within

from mien.inference.catalog import Catalog
from mien.inference.weights import WeightStore


@pytest.fixture(scope="session", autouse=True)
def models(weights: WeightStore, catalog: Catalog) -> tuple[Path, ...]:
    """The networks that have to be fetched, so that no test is the one that waits for them."""
    return tuple(weights.path(catalog.card(name)) for name in ("yunet", "mobilefacenet"))


@pytest.fixture
def mien(tmp_path: Path) -> Mien:
    return Mien(tmp_path / "home")


@pytest.fixture
def within(tmp_path: Path) -> Within:
    """The same in this process, for what does not depend on which one it is."""
    return Within(tmp_path / "home")


@pytest.fixture(scope="session")
def portrait(weights: WeightStore, catalog: Catalog) -> Path:
    """One face, looking at the camera: 512×512 px."""
    return weights.path(catalog.card("astronaut"))


@pytest.fixture(scope="session")
def carphone(weights: WeightStore, catalog: Catalog) -> Path:
    """A video of one man, 120 frames."""
    return weights.path(catalog.card("carphone"))
