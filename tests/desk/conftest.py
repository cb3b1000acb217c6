"""A screen of its own for windows that tests open. Without tkinter, which not every Python has, all tests here skip."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.displays import Screen, screen

if TYPE_CHECKING:
    import tkinter


class _WithoutToolkit(pytest.Module):
    """A file of tests that cannot even be imported."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        pytest.skip("this Python has no tkinter: make display installs that of Debian")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    if find_spec("_tkinter"):
        return None
    skipped: pytest.Module = _WithoutToolkit.from_parent(parent, path=module_path)
    return skipped


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
def root(display: str, monkeypatch: pytest.MonkeyPatch) -> "Iterator[tkinter.Tk]":
    """A window on it."""
    import tkinter

    monkeypatch.setenv("DISPLAY", display)
    window = tkinter.Tk()
    window.geometry("900x700+0+0")
    window.update()
    yield window
    window.destroy()
