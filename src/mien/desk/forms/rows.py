"""Rows of a form that may be more than there is room for: then they scroll."""

import tkinter
from collections.abc import Iterator
from tkinter import ttk
from typing import Literal

BOX_STYLE = "Form.TCheckbutton"
"""The style of boxes whose texts use several lines where there is no room for them in one."""

GAP_PX = 6
_BOX_PX = 28  # the box itself


class Rows(ttk.Frame):
    """Rows below each other, ``inside``, of which a part is seen where there is no room for all."""

    def __init__(self, parent: tkinter.Misc) -> None:
        super().__init__(parent)
        ground = ttk.Style(self).lookup("TFrame", "background")
        self._canvas = tkinter.Canvas(self, highlightthickness=0, borderwidth=0, background=ground, takefocus=False)
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._canvas.yview)
        self._canvas.configure(yscrollcommand=self._bar.set, yscrollincrement=10)
        self._canvas.grid(row=0, column=0)
        self.inside = ttk.Frame(self._canvas)
        self._window = self._canvas.create_window(0, 0, anchor="nw", window=self.inside)

    def wrap(self, width: int) -> None:
        """Have texts use several lines where one is wider than there is room."""
        width -= self._bar.winfo_reqwidth() + GAP_PX
        ttk.Style(self).configure(BOX_STYLE, wraplength=width - _BOX_PX)
        for label in (one for one in self.inside.winfo_children() if isinstance(one, ttk.Label)):
            room = width // 2 if label.grid_info()["columnspan"] == 1 else width
            label.configure(wraplength=room - 2 * GAP_PX)
        self._canvas.itemconfigure(self._window, width=width)

    def fit(self, width: int, height: int) -> None:
        """Take a width px, and of the height px what is needed."""
        needed = self.inside.winfo_reqheight()
        self._canvas.configure(width=width, height=min(needed, height), scrollregion=(0, 0, width, needed))
        if needed > height:
            self._bar.place(relx=1, anchor="ne", relheight=1)
        else:
            self._bar.place_forget()

    def turn(self, count: int, unit: Literal["units", "pages"]) -> None:
        """Go up or down."""
        self._canvas.yview_scroll(count, unit)

    def show(self, widget: tkinter.Misc) -> None:
        """Go where one of the rows is, if it is not to be seen as a whole."""
        if widget not in self.inside.winfo_children():
            return
        whole = max(self.inside.winfo_reqheight(), 1)
        top, bottom = self._canvas.yview()
        above, below = widget.winfo_y() / whole, (widget.winfo_y() + widget.winfo_height() + GAP_PX) / whole
        if above < top or below > bottom:
            self._canvas.yview_moveto(max(0.0, above - (bottom - top) / 2))


def below(widget: tkinter.Misc) -> Iterator[tkinter.Misc]:
    """Every widget within another."""
    for child in widget.winfo_children():
        yield child
        yield from below(child)
