"""Asking in the window who is to be enrolled, and what they consent to, before their face is looked at."""

import tkinter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tkinter import ttk
from typing import Protocol

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
_NARROWEST_PX, _WIDEST_PX, _GAP_PX = 280, 560, 6
_LAST_ROW = 12  # more than there are uses


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

    The form is gone by then. Return is as good as its button, Escape as the other one. What is typed into it does not
    reach what is bound to the window, nor do clicks beside it.
    """
    return _Form(parent, consent, on_answer)


class _Form(ttk.Frame):
    """First and last name, the text, a box for each use, a line for proof, what is wrong, and two buttons."""

    def __init__(self, parent: tkinter.Misc, consent: ConsentForm, on_answer: Callable[[Answer | None], None]) -> None:
        super().__init__(parent, padding=2 * _GAP_PX, relief="raised", borderwidth=1)
        self._consent = consent
        self._on_answer = on_answer
        self._first, self._last, self._proof, self._problem = (tkinter.StringVar(self) for _ in range(4))
        self._agreed = {scope: tkinter.BooleanVar(self) for scope in consent.scopes}
        self._known = ""  # the name of somebody enrolled to whom was asked whether to add
        self.columnconfigure((0, 1), weight=1, uniform="names")
        width_px = min(max(parent.winfo_width() - 80, _NARROWEST_PX), _WIDEST_PX)
        self._name_entry = self._entry("First name", self._first, 0)
        self._entry("Last name (may stay empty)", self._last, 1)
        self._row(ttk.Label(self, text=consent.text, wraplength=width_px))
        for scope, agreed in self._agreed.items():
            self._row(ttk.Checkbutton(self, text=_USES[scope], variable=agreed))
        without = "" if consent.needs_proof else "; without it, you answer for it"
        self._entry(f"What proves this consent, such as form 17{without}", self._proof)
        problem = ttk.Label(self, textvariable=self._problem, wraplength=width_px, foreground="#b00020")
        problem.grid(row=_LAST_ROW - 1, columnspan=2, sticky="w")
        self._button = ttk.Button(self, text="Start", command=self._submit)
        self._button.grid(row=_LAST_ROW, column=0, sticky="w")
        ttk.Button(self, text="Cancel", command=lambda: self._close(None)).grid(row=_LAST_ROW, column=1, sticky="e")
        self._keep_keys()
        self.place(relx=0.5, rely=0.5, anchor="center")
        self.lift()
        self.bind("<Map>", lambda _event: self._take_hold())

    def _row(self, widget: tkinter.Widget) -> None:
        widget.grid(column=0, columnspan=2, sticky="w", pady=(0, _GAP_PX))

    def _entry(self, label: str, variable: tkinter.StringVar, column: int | None = None) -> ttk.Entry:
        """A line to write on below its label: in one of the two columns of the first rows, or as wide as the form."""
        first, span = column or 0, 2 if column is None else 1
        row = _LAST_ROW - 3 if column is None else 0
        ttk.Label(self, text=label).grid(row=row, column=first, columnspan=span, sticky="w")
        entry = ttk.Entry(self, textvariable=variable, width=1)
        entry.grid(row=row + 1, column=first, columnspan=span, sticky="ew", pady=(0, _GAP_PX), padx=(0, _GAP_PX))
        return entry

    def _keep_keys(self) -> None:
        """Have keys and clicks in the form act on the form, and not on the window as its commands."""
        window = str(self.winfo_toplevel())
        for widget in (self, *self.winfo_children()):
            own = [tag for tag in widget.bindtags() if tag not in (window, str(self))]
            widget.bindtags((*own[:-1], str(self), *own[-1:]))
        self.bind("<Return>", lambda _event: self._submit())
        self.bind("<KP_Enter>", lambda _event: self._submit())
        self.bind("<Escape>", lambda _event: self._close(None))

    def _take_hold(self) -> None:
        self.unbind("<Map>")
        self.grab_set()
        self._name_entry.focus_force()

    def _submit(self) -> None:
        self._problem.set("")
        try:
            name = full_name(self._first.get(), self._last.get())
        except GalleryError as error:
            self._problem.set(str(error))
            self._name_entry.focus_set()
            self._name_entry.select_range(0, "end")
            return
        try:
            self._submit_name(name)
        except MienError as error:
            self._problem.set(spoken(str(error)))

    def _submit_name(self, name: str) -> None:
        """Answer for somebody, unless there is another question first; raises MienError."""
        is_known = self._consent.knows(name)
        scopes = frozenset(scope for scope, agreed in self._agreed.items() if agreed.get())
        terms = self._consent.terms(name, scopes, self._proof.get(), adds=is_known)
        if not is_known or self._known == name:
            self._close(Answer(name, terms))
            return
        self._known = name
        self._problem.set(
            f"{name} is enrolled already. Is it the same person? Then add to their pictures; what they agreed to "
            "before stands, unless something proves this consent."
        )
        self._button.configure(text="Add to them")

    def _close(self, answer: Answer | None) -> None:
        self.grab_release()
        self.destroy()
        self._on_answer(answer)
