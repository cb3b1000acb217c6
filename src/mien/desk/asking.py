"""Asking in the window who is to be enrolled, and what they consent to, before their face is looked at."""

import tkinter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tkinter import ttk
from typing import Protocol

from mien.desk.forms.rows import BOX_STYLE, GAP_PX, Rows, below
from mien.domain.errors import GalleryError, MienError
from mien.domain.people.consent import Scope
from mien.gallery.enrolment.admission import Terms
from mien.gallery.names import full_name
from mien.telemetry.wording import spoken

_USES: Mapping[Scope, str] = {
    "identify": "I want to be recognised by my face",
    "keep": "Pictures of my face may be kept",
    "expression": "My apparent expression may be read and kept over time",
}
_WIDEST_PX, _MARGIN_PX = 560, 24
_LEAST_ROOM_PX = (420, 400)  # of the window as long as there is a form in it
_LEAST_ROWS_PX = 40
_LAST_ROW = 12  # more than there are uses
_LOOK_MS = 800  # so long nobody has read a question who was about to press the button anyway


class ConsentForm(Protocol):
    """What the form asks for, as the settings of the home have it."""

    @property
    def text(self) -> str:
        """What is agreed to, to be read before."""
        ...

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The uses that are asked about."""
        ...

    @property
    def needs_proof(self) -> bool:
        """Whether nobody is taken in unless something is named that proves the consent, such as a signed form."""
        ...

    def knows(self, name: str) -> bool:
        """Whether somebody of a tidy name is enrolled; raises StoreError."""
        ...

    def terms(self, name: str, scopes: frozenset[Scope], proof: str, *, adds: bool) -> Terms:
        """The terms of a tidy name, of somebody new or, where it ``adds``, of who is enrolled; not recorded yet.

        Raises UsageError, EnrolmentRefused where somebody cannot be enrolled on these, StoreError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """Who sits down (a tidy name), and on which terms."""

    name: str
    terms: Terms


def ask(parent: tkinter.Misc, consent: ConsentForm, on_answer: Callable[[Answer | None], None]) -> tkinter.Widget:
    """Show the form in the middle of a window; ``on_answer`` is called once, with none where it is given up.

    It has the keys when this returns, and is gone when it answers. Return is as good as its button, Escape as the other
    one. What is typed into it does not reach what is bound to the window, nor do clicks beside it.
    """
    return _Form(parent, consent, on_answer)


class _Form(ttk.Frame):
    """First and last name, the text, a box for each use and a line for proof, which scroll where there is no room.

    Below, what is wrong, and two buttons.
    """

    def __init__(self, parent: tkinter.Misc, consent: ConsentForm, on_answer: Callable[[Answer | None], None]) -> None:
        super().__init__(parent, padding=2 * GAP_PX, relief="raised", borderwidth=1, takefocus=False)
        self._consent = consent
        self._on_answer = on_answer
        self._first, self._last, self._proof, self._problem = (tkinter.StringVar(self) for _ in range(4))
        self._agreed = {scope: tkinter.BooleanVar(self) for scope in consent.scopes}
        self._known = ""  # the name of somebody enrolled of whom is asked whether to add to them
        self._enabling = ""
        self._rows = Rows(self)
        self._rows.grid(row=0, columnspan=2)
        self._rows.inside.columnconfigure((0, 1), weight=1, uniform="names")
        self._name_entry = self._entry("First name", self._first, 0)
        self._entry("Last name (may stay empty)", self._last, 1)
        self._row(ttk.Label(self._rows.inside, text=consent.text))
        for scope, agreed in self._agreed.items():
            box = ttk.Checkbutton(self._rows.inside, text=_USES[scope], variable=agreed, style=BOX_STYLE)
            self._row(box)
        without = "" if consent.needs_proof else "; without it, you answer for it"
        self._entry(f"What proves this consent, such as form 17{without}", self._proof)
        self._objection = ttk.Label(self, textvariable=self._problem, foreground="#b00020")
        self._objection.grid(row=1, columnspan=2, sticky="w")
        self._button = ttk.Button(self, text="Start", command=self._submit)
        self._button.grid(row=2, column=0, sticky="w")
        self._cancel = ttk.Button(self, text="Cancel", command=lambda: self._close(None))
        self._cancel.grid(row=2, column=1, sticky="e")
        for name in (self._first, self._last):
            name.trace_add("write", lambda *_: self._forget_question())
        self._keep_keys()
        self._take_room()
        self._take_hold()

    def _row(self, widget: tkinter.Widget) -> None:
        widget.grid(column=0, columnspan=2, sticky="w", pady=(0, GAP_PX))

    def _entry(self, label: str, variable: tkinter.StringVar, column: int | None = None) -> ttk.Entry:
        """A line to write on below its label: in one of the two columns of the first rows, or as wide as the form."""
        first, span = column or 0, 2 if column is None else 1
        row = _LAST_ROW - 1 if column is None else 0
        ttk.Label(self._rows.inside, text=label).grid(row=row, column=first, columnspan=span, sticky="sw")
        entry = ttk.Entry(self._rows.inside, textvariable=variable, width=1)
        entry.grid(row=row + 1, column=first, columnspan=span, sticky="ew", pady=(0, GAP_PX), padx=(0, GAP_PX))
        return entry

    def _keep_keys(self) -> None:
        """Have keys and clicks in the form act on the form, and not on the window as its commands."""
        window = str(self.winfo_toplevel())
        for widget in (self, *below(self)):
            own = [tag for tag in widget.bindtags() if tag not in (window, str(self))]
            widget.bindtags((*own[:-1], str(self), *own[-1:]))
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda _event: self._press())
        self.bind("<Escape>", lambda _event: self._close(None))
        self.bind("<FocusIn>", lambda event: self._rows.show(event.widget))
        for key, pages in (("<Prior>", -1), ("<Next>", 1)):
            self.bind(key, lambda _event, pages=pages: self._rows.turn(pages, "pages"))  # type: ignore[misc]
        for wheel, lines in (("<Button-4>", -2), ("<Button-5>", 2)):
            self.bind(wheel, lambda _event, lines=lines: self._rows.turn(lines, "units"))  # type: ignore[misc]
        self.bind("<MouseWheel>", lambda event: self._rows.turn(-2 if event.delta > 0 else 2, "units"))

    def _take_room(self) -> None:
        """Lie in the middle, and stay within the window whatever size it gets; too small a window grows."""
        window = self.winfo_toplevel()
        self._least_before = window.minsize()
        window.minsize(*map(max, self._least_before, _LEAST_ROOM_PX))
        window.configure(takefocus=False)  # Tab stays within the form
        self._tag = f"sizes{self}"
        self.master.bindtags((*self.master.bindtags(), self._tag))
        self.bind_class(self._tag, "<Configure>", lambda _event: self._fit())
        self.place(relx=0.5, rely=0.5, anchor="center")
        self.lift()
        self.update_idletasks()
        self._fit()
        self.update_idletasks()

    def _fit(self) -> None:
        room_width, room_height = self.master.winfo_width(), self.master.winfo_height()
        width = min(room_width - _MARGIN_PX - 4 * GAP_PX, _WIDEST_PX)
        self._objection.configure(wraplength=width)
        self._rows.wrap(width)
        self.update_idletasks()
        rest = self.winfo_reqheight() - self._rows.winfo_reqheight()
        self._rows.fit(width, max(room_height - _MARGIN_PX - rest, _LEAST_ROWS_PX))

    def _take_hold(self) -> None:
        self.grab_set()
        self._name_entry.focus_force()

    def _object(self, problem: str) -> None:
        self._problem.set(problem)
        self._fit()

    def _press(self) -> None:
        """Return: what has the focus if it is a button; else Start, but no answer to a question put meanwhile.

        A key that is held down, or pressed twice, would answer what nobody has read.
        """
        focused = self.focus_get()
        if focused in (self._button, self._cancel):
            focused.invoke()
        elif not self._known:
            self._submit()

    def _submit(self) -> None:
        self._object("")
        try:
            name = full_name(self._first.get(), self._last.get())
        except GalleryError as error:
            self._object(str(error))
            self._name_entry.focus_set()
            self._name_entry.select_range(0, "end")
            return
        try:
            self._submit_name(name)
        except MienError as error:
            self._object(spoken(str(error)))

    def _submit_name(self, name: str) -> None:
        """Answer for somebody, unless there is another question first; raises MienError."""
        is_known = self._consent.knows(name)
        scopes = frozenset(scope for scope, agreed in self._agreed.items() if agreed.get())
        terms = self._consent.terms(name, scopes, self._proof.get(), adds=is_known)
        if is_known and self._known != name:
            self._ask_about(name)
        else:
            self._close(Answer(name, terms))

    def _ask_about(self, name: str) -> None:
        """Ask whether it is the same person; the button answers it, once there was time to see that it does."""
        self._known = name
        self._object(
            f"{name} is enrolled already. Is it the same person? Then add to their pictures; what they agreed to "
            "before stands, unless something proves this consent."
        )
        self._button.configure(text="Add to them", state="disabled")
        self._enabling = self.after(_LOOK_MS, lambda: self._button.configure(state="normal"))
        self.focus_set()  # away from the button, which a key that is held down would press

    def _forget_question(self) -> None:
        if self._known:
            self._known = ""
            self.after_cancel(self._enabling)
            self._button.configure(text="Start", state="normal")
            self._object("")

    def _close(self, answer: Answer | None) -> None:
        self.destroy()
        self._on_answer(answer)

    def destroy(self) -> None:
        """Leave the window as it was."""
        if self._enabling:
            self.after_cancel(self._enabling)
        self.grab_release()
        self.master.bindtags(tuple(tag for tag in self.master.bindtags() if tag != self._tag))
        self.unbind_class(self._tag, "<Configure>")
        self.winfo_toplevel().minsize(*self._least_before)
        super().destroy()
