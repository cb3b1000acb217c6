"""Whether there is a screen to open a window on, which is told before any toolkit is imported."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeAlias

from mien.domain.errors import DisplayMissing

if TYPE_CHECKING:
    import tkinter

    Root: TypeAlias = tkinter.Tk

FIRST_PX = (960, 720)
"""The size of a window at first, where the screen has that much room."""
SHARE_OF_SCREEN = 0.8
"""As much of a side of the screen a window takes at most by itself."""
_INSTEAD = "`mien watch` shows the same in a terminal"


def check_display(environment: Mapping[str, str], platform: str = sys.platform) -> None:
    """Raise DisplayMissing where the environment names no screen; imports nothing, and opens nothing."""
    if platform.startswith("linux") and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise DisplayMissing(
            f"there is no screen to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set): {_INSTEAD}"
        )


@contextmanager
def opened_root(on_close: Callable[[], None]) -> "Iterator[Root]":
    """A window that says that it is starting, and is gone in the end.

    ``on_close`` is called, and nothing else happens, where the window manager asks it to go. Raises DisplayMissing
    where there is no tkinter, or no such screen.
    """
    try:
        import tkinter

        from PIL import ImageTk  # noqa: F401  needs tkinter too
    except ImportError as error:
        raise DisplayMissing(
            f"this Python cannot open windows, for it has no tkinter ({error}): install python3-tk (Debian, Ubuntu), "
            f"python3-tkinter (Fedora) or python-tk (Homebrew), or a Python with it; {_INSTEAD}"
        ) from error
    try:
        root = tkinter.Tk(className="mien")
    except tkinter.TclError as error:
        raise DisplayMissing(f"no window can be opened on this screen ({error}): {_INSTEAD}") from error
    root.protocol("WM_DELETE_WINDOW", on_close)
    root.title("mien")
    root.configure(background="black")
    width, height = (
        round(min(size, SHARE_OF_SCREEN * most))
        for size, most in zip(FIRST_PX, (root.winfo_screenwidth(), root.winfo_screenheight()), strict=True)
    )
    root.geometry(f"{width}x{height}")
    tkinter.Label(root, text="starting…", foreground="white", background="black").pack(expand=True)
    root.update()
    try:
        yield root
    finally:
        with suppress(tkinter.TclError):  # it is gone already
            root.destroy()
