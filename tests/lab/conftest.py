"""Figures are looked at by few tests, which ask for them with `rendered`."""

import pytest
from tests.support.lab import rendered, sketched

__all__ = ["rendered", "sketched"]


@pytest.fixture(autouse=True)
def _plain(sketched: None) -> None:
    """No figure is rendered."""
