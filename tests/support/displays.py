"""A screen without a monitor, on which tests see a window and press its keys."""

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageGrab
from tests.support.install_debian import DISPLAY

SIZE = (1280, 800)
_CLIENT_MESSAGE = 33


@dataclass(frozen=True)
class Window:
    """A window by its number on a screen."""

    screen: "Screen"
    number: int

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their names in X11."""
        self.screen.do("windowfocus", "--sync", str(self.number))
        self.screen.do("key", "--delay", "60", *keys)

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self.screen.do("type", "--delay", "60", text)

    def size(self) -> tuple[int, int]:
        """Width and height px."""
        told = dict(line.split("=") for line in self.screen.do("getwindowgeometry", "--shell", str(self.number)))
        return int(told["WIDTH"]), int(told["HEIGHT"])

    def close(self) -> None:
        """Ask it to go, as a window manager does for whoever clicks its cross."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.screen.name.encode()))
        protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
        event = _ClientMessage(_CLIENT_MESSAGE, 0, 1, display, self.number, protocols, 32, (delete, 0, 0, 0, 0))
        x11.XSendEvent(display, ctypes.c_ulong(self.number), 0, ctypes.c_long(0), ctypes.byref(event))
        x11.XCloseDisplay(display)


@dataclass(frozen=True)
class Screen:
    """One screen, by the name that programs have in DISPLAY."""

    name: str

    def do(self, *command: str) -> list[str]:
        """Have xdotool do something; what it says."""
        environment = {**os.environ, "DISPLAY": self.name}
        done = subprocess.run(["xdotool", *command], env=environment, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()

    def window(self, is_alive: Callable[[], bool], timeout_s: float = 60) -> Window:
        """The window of mien, as soon as there is one."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s and is_alive():
            if found := self.do("search", "--onlyvisible", "--class", "mien"):
                return Window(self, int(found[-1]))
            time.sleep(0.05)
        raise AssertionError("there is no window")

    def look(self) -> NDArray[np.uint8]:
        """What is on the screen: (h, w, 3) RGB."""
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))

    def until(
        self, is_seen: Callable[[NDArray[np.uint8]], bool], what: str, timeout_s: float = 60
    ) -> NDArray[np.uint8]:
        """Wait until something is on the screen; the screen then."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            if is_seen(seen := self.look()):
                return seen
            time.sleep(0.1)
        raise AssertionError(f"{what} is not to be seen")


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent of Xlib, as large as an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 12),
    )


def missing() -> str:
    """What is missing of that which a screen and a window on it need, or nothing."""
    programs = [name for name in DISPLAY if shutil.which(name) is None]
    absent = [*programs, *([] if find_spec("_tkinter") else ["tkinter"])]
    return f"no {' and no '.join(absent)} here: make display installs that" if absent else ""


@contextmanager
def screen() -> Iterator[Screen]:
    """A screen of its own, where no other is; a test skips where there can be none."""
    if told := missing():
        pytest.skip(told)
    ours, theirs = os.pipe()
    size = "{}x{}x24".format(*SIZE)
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        try:
            with os.fdopen(ours) as told_number:
                yield Screen(f":{told_number.readline().strip()}")
        finally:
            server.terminate()
