"""What every test may ask for: the material beside the checkout, where there is any."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of faces, videos and upstream weights beside the checkout; tests that need it skip without it."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the material of {folder.name}/ beside the checkout, which is not there")
    return folder
