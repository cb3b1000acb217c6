"""Enrolling in the window, from the form to the end: what is given up is given up whenever that is."""

import time
import tkinter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import pytest

from mien.desk.backstage import Stage
from mien.desk.drawing.notices import Notices
from mien.desk.enrolling import EnrolmentView
from mien.desk.enrolment_flow import EnrolmentFlow
from mien.domain.errors import StoreError
from mien.domain.people.consent import NewConsent, Scope
from mien.gallery.enrolment.admission import Terms


@dataclass
class Feed:
    """Where frames are offered to whoever looks at them."""

    offer: Callable[[object], None] = lambda _: None


@dataclass
class Begun:
    """An enrolment that goes on until it is cancelled."""

    view: EnrolmentView = field(default_factory=lambda: EnrolmentView("Ada", "looking", 0, 3, "look straight"))
    offered: list[object] = field(default_factory=list)

    def offer(self, frame: object) -> None:
        self.offered.append(frame)

    def cancel(self) -> None:
        self.view = EnrolmentView("Ada", "cancelled", 0, 3, message="not enrolled")

    close = cancel


@dataclass
class Slow:
    """Begins enrolments once it may, and asks for nothing but a name."""

    text: str = "You may take it back."
    scopes: tuple[Scope, ...] = ()
    needs_proof: bool = False
    may_begin: Event = field(default_factory=Event)
    is_asked: Event = field(default_factory=Event)
    begun: Begun = field(default_factory=Begun)
    fails: bool = False

    def knows(self, name: str) -> bool:
        return False

    def terms(self, name: str, scopes: frozenset[Scope], proof: str, *, adds: bool) -> Terms:
        return Terms(NewConsent(scopes, "1", proof))

    @property
    def form(self) -> "Slow":
        return self

    def begin(self, name: str, terms: Terms) -> Begun:
        self.is_asked.set()
        assert self.may_begin.wait(20)
        if self.fails:
            raise StoreError("the disk is full")
        return self.begun


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def begin(root: tkinter.Tk, said: list[str]) -> Callable[[Slow, Feed], EnrolmentFlow]:
    """Answers the form of an enrolment that begins slowly."""

    def begin(slow: Slow, feed: Feed) -> EnrolmentFlow:
        flow = EnrolmentFlow(root, feed, said.append)  # type: ignore[arg-type]
        flow.start(Stage(lambda one: (one, ""), "", lambda _: None, slow, slow))  # type: ignore[arg-type]
        assert flow.is_asking
        root.focus_get().insert(0, "Ada")  # type: ignore[union-attr]  the first line of the form
        root.focus_get().event_generate("<Return>")  # type: ignore[union-attr]
        assert not flow.is_asking and slow.is_asked.wait(20)
        return flow

    return begin


def told_until(flow: EnrolmentFlow, is_so: Callable[[Notices], bool]) -> Notices:
    end_s = time.monotonic() + 20
    while not is_so(told := flow.look(Notices("", "", ""))):
        assert time.monotonic() < end_s, told
        time.sleep(0.005)
    return told


@pytest.mark.parametrize("fails", [False, True])
def test_it_is_given_up_while_it_begins(begin, said: list[str], fails: bool) -> None:
    slow, feed = Slow(fails=fails), Feed()
    flow = begin(slow, feed)
    assert flow.look(Notices("", "", "")).instruction == "one moment…"
    flow.cancel()
    assert flow.is_open and flow.look(Notices("", "", "")).instruction == "giving up…"
    slow.may_begin.set()
    told_until(flow, lambda _: not flow.is_open)
    assert said == ["the disk is full" if fails else "not enrolled"]
    feed.offer(None)
    assert slow.begun.offered == [] and slow.begun.view.phase == ("looking" if fails else "cancelled")
    flow.close()


def test_one_that_was_given_up_says_nothing_of_the_next(begin, root: tkinter.Tk, said: list[str]) -> None:
    slow, feed = Slow(), Feed()
    flow = begin(slow, feed)
    slow.may_begin.set()
    flow.cancel()
    told_until(flow, lambda _: not flow.is_open)
    slow.begun = Begun()
    flow.start(Stage(lambda one: (one, ""), "", lambda _: None, slow, slow))  # type: ignore[arg-type]
    root.focus_get().insert(0, "Ada")  # type: ignore[union-attr]
    root.focus_get().event_generate("<Return>")  # type: ignore[union-attr]
    assert told_until(flow, lambda told: told.instruction == "look straight").progress == (0, 3)
    flow.cancel()
    told_until(flow, lambda _: not flow.is_open)
    flow.close()
    assert said == ["not enrolled", "not enrolled"]
