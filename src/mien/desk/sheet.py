"""The sheet of glass that a window consists of: a picture in its middle, keys, its size, and its end."""

import tkinter
from collections.abc import Callable
from threading import Event
from time import perf_counter
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageTk

from mien.desk.display import SHARE_OF_SCREEN
from mien.desk.keys import is_for_others

OnKey = Callable[[str, str], None]
_LEAST_PX = (240, 180)
_SETTLING_MS = 250


class Sheet:
    """Draws pictures into a window. For the main thread only."""

    def __init__(self, root: tkinter.Tk, title: str, on_key: OnKey, stop: Event) -> None:
        """Takes a window over until ``stop`` is set. No key is heard, and nothing shown, before `run`.

        ``on_key`` is told of the character and the toolkit's name of each key.
        """
        self._root = root
        self._on_key = on_key
        self._failure: BaseException | None = None
        self._stop = stop
        self._windowed = self._suited = ""
        self._due = ""  # the size to take once the whole screen is given back
        self.is_fullscreen = False
        root.title(title)
        for widget in root.winfo_children():
            widget.destroy()
        root.minsize(*_LEAST_PX)
        self._canvas = tkinter.Canvas(root, background="black", highlightthickness=0, borderwidth=0)
        self._canvas.pack(fill="both", expand=True)
        self._image: ImageTk.PhotoImage | None = None
        self._place = self._canvas.create_image(0, 0, anchor="center")
        root.report_callback_exception = self._fail

    @property
    def room(self) -> tuple[int, int]:
        """Width and height px that a picture may have."""
        return max(1, self._canvas.winfo_width()), max(1, self._canvas.winfo_height())

    def suit(self, width: int, height: int) -> None:
        """Take a size px, as far as the screen has room; where all of that is taken, once it is given back."""
        self._due = self._suited = "{}x{}".format(*self._room_on_screen((width, height)))
        if not self.is_fullscreen:
            self._take_due_size()

    @property
    def is_suited(self) -> bool:
        """Whether it has, or will have, the size it was told to take: nobody chose another one."""
        own = self._windowed if self.is_fullscreen else self._root.geometry()
        return (self._due or own).partition("+")[0] == self._suited

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Show a BGR picture (h, w, 3) in the middle, as it is."""
        image = Image.fromarray(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))
        if self._image is None or (self._image.width(), self._image.height()) != image.size:
            self._image = ImageTk.PhotoImage(image)
            self._canvas.itemconfigure(self._place, image=self._image)
        else:
            self._image.paste(image)
        width, height = self.room
        self._canvas.coords(self._place, width // 2, height // 2)

    def toggle_fullscreen(self) -> None:
        """Take the whole screen, or give it back."""
        self.is_fullscreen = not self.is_fullscreen
        if self.is_fullscreen:
            self._windowed = self._root.geometry()
        self._root.attributes("-fullscreen", self.is_fullscreen)
        if not self.is_fullscreen and self._due:
            self._take_due_size()
        self._root.after(_SETTLING_MS, self._see_to_size)

    def run(self, on_tick: Callable[[], None], tick_ms: int) -> None:
        """Call ``on_tick`` so often until it is to stop; then the window is gone.

        Raises what ``on_tick``, or what a key asked for, raises.
        """
        self._root.bind("<KeyPress>", self._hear)
        self._root.update_idletasks()  # it has its size now

        def tick() -> None:
            began_s = perf_counter()
            on_tick()
            if self._stop.is_set():
                self._root.destroy()
            else:
                self._root.after(max(1, tick_ms - round(1000 * (perf_counter() - began_s))), tick)

        self._root.after(1, tick)
        self._root.mainloop()
        if self._failure is not None:
            raise self._failure

    def _take_due_size(self) -> None:
        """Take it, moved off the edges of the screen, which not every window manager sees to."""
        self._windowed, self._due = self._due, ""
        size = map(int, self._windowed.split("x"))
        screen = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
        places = self._root.winfo_x(), self._root.winfo_y()
        kept = [max(0, min(place, most - own)) for place, most, own in zip(places, screen, size, strict=True)]
        self._root.geometry(self._windowed + ("" if tuple(kept) == places else "+{}+{}".format(*kept)))
        self._root.update_idletasks()

    def _room_on_screen(self, wanted: tuple[int, int]) -> tuple[int, int]:
        """A size of the same shape, or the least one, that leaves some of the screen free."""
        screen = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
        share = min(1.0, *(SHARE_OF_SCREEN * most / side for most, side in zip(screen, wanted, strict=True)))
        width, height = (max(least, round(side * share)) for least, side in zip(_LEAST_PX, wanted, strict=True))
        return width, height

    def _see_to_size(self) -> None:
        """Where no window manager heard of it, the window takes the screen, or its own size, by itself."""
        screen = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
        fills = (self._root.winfo_width(), self._root.winfo_height()) == screen
        if self.is_fullscreen and not fills:
            self._root.geometry("{}x{}+0+0".format(*screen))
        elif fills and not self.is_fullscreen:
            self._root.geometry(self._windowed)

    def _hear(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        if not is_for_others(int(event.state)):
            self._on_key(event.char, event.keysym)

    def _fail(self, _kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
        """What goes wrong in a callback ends the window, and is raised there."""
        self._failure = error
        self._stop.set()
        self._root.destroy()
