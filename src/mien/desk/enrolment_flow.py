"""Enrolling in the window, from the question who it is to being known: a form, then guidance over the picture."""

import tkinter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from gc import collect
from typing import TYPE_CHECKING

from mien.desk.backstage import Stage
from mien.desk.drawing.notices import Notices
from mien.desk.feed import Feed
from mien.domain.errors import MienError

if TYPE_CHECKING:  # what looks at faces takes a while to be loaded, and a window is to be there at once
    from mien.desk.asking import Answer
    from mien.desk.enrolling import DeskEnrolment

Say = Callable[[str], None]


class EnrolmentFlow:
    """One enrolment at a time. For the thread of the window only."""

    def __init__(self, window: tkinter.Misc, feed: Feed, say: Say) -> None:
        self._window = window
        self._feed = feed
        self._say = say
        self._form: tkinter.Widget | None = None
        self._stage: Stage | None = None
        self._beginner = ThreadPoolExecutor(1, "enrolling")  # models may have to be loaded
        self._beginning: Future[DeskEnrolment] | None = None
        self._is_given_up = False  # before it began
        self._running: DeskEnrolment | None = None

    @property
    def is_asking(self) -> bool:
        """Whether keys are typed into the form."""
        return self._form is not None

    @property
    def is_open(self) -> bool:
        """Whether somebody is being enrolled."""
        return self.is_asking or self._beginning is not None or self._running is not None

    def start(self, stage: Stage) -> None:
        """Ask who it is."""
        from mien.desk.asking import ask

        self._stage = stage
        self._form = ask(self._window, stage.form, self._answered)

    def cancel(self) -> None:
        """Give up whatever is open: nobody is enrolled, unless their snapshots are being kept by now."""
        if self._form is not None:
            self._form.destroy()
            self._answered(None)
        self._is_given_up = self._beginning is not None
        if self._running is not None:
            self._running.cancel()

    def look(self, notices: Notices) -> Notices:
        """See how it goes: the notices with what is to be said of it."""
        if self._beginning is not None:
            self._take_begun(self._beginning)
            told = "giving up…" if self._is_given_up else "one moment…"
            return replace(notices, instruction=told) if self._beginning else notices
        if self._running is None:
            return notices
        view = self._running.view
        if view.is_over:
            self._end(view.message)
            return notices
        return replace(
            notices, instruction=view.instruction, objection=view.objection, progress=(view.done, view.wanted)
        )

    def close(self) -> None:
        """Give up, and wait until nothing is kept any more."""
        self._form = None
        self._beginner.shutdown()
        if self._beginning is not None:
            self._take_begun(self._beginning)
        if self._running is not None:
            self._running.close()

    def _answered(self, answer: "Answer | None") -> None:
        self._form = None
        self._window.focus_set()
        self._window.after_idle(collect)  # only this thread may take down what belongs to the toolkit
        if answer is not None and self._stage is not None:
            self._is_given_up = False
            self._beginning = self._beginner.submit(self._stage.enrolments.begin, answer.name, answer.terms)

    def _take_begun(self, beginning: "Future[DeskEnrolment]") -> None:
        if not beginning.done():
            return
        self._beginning = None
        try:
            self._running = beginning.result()
        except MienError as error:
            self._say(str(error))
            return
        if self._is_given_up:
            self._running.cancel()
        else:
            self._feed.offer = self._running.offer

    def _end(self, message: str) -> None:
        self._feed.offer = lambda _: None
        self._running = None
        self._say(message)
