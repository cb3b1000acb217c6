"""What every test may ask for: the material beside the checkout, where there is any."""

import os
from pathlib import Path

import pytest

from mien.inference.catalog import Catalog, load_catalog
from mien.inference.weights import WeightStore


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of faces, videos and upstream weights beside the checkout; tests that need it skip without it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the material of {folder.name}/ beside the checkout, which is not there")
    return folder


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The models that mien ships."""
    return load_catalog()


@pytest.fixture(scope="session")
def weights() -> WeightStore:
    """Model files and demo media in the default cache, fetched at most once per machine."""
    return WeightStore.from_environment(os.environ)
