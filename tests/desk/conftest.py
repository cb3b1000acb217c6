"""A screen of its own for windows that tests open."""

import tkinter
from collections.abc import Iterator

import pytest
from tests.support.displays import Screen, screen


@pytest.fixture(scope="session")
def monitor() -> Iterator[Screen]:
    """A screen on which nobody else draws."""
    with screen() as one:
        yield one


@pytest.fixture(scope="session")
def display(monitor: Screen) -> str:
    """Its name."""
    return monitor.name


@pytest.fixture
def root(display: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tkinter.Tk]:
    """A window on it."""
    monkeypatch.setenv("DISPLAY", display)
    window = tkinter.Tk()
    window.geometry("900x700+0+0")
    window.update()
    yield window
    window.destroy()
