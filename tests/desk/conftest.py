"""A screen of its own for windows that tests open."""

import os
import shutil
import subprocess
import tkinter
from collections.abc import Iterator

import pytest

_LACKING = "needs Xvfb and xdotool, which `make display` installs"


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """The name of an X display that nobody else draws on."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip(_LACKING)
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb ended before it had a display"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def root(display: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tkinter.Tk]:
    """A window on it."""
    monkeypatch.setenv("DISPLAY", display)
    window = tkinter.Tk()
    window.geometry("900x700+0+0")
    window.update()
    yield window
    window.destroy()
