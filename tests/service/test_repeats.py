"""Requests that are sent again: done once, answered alike for a while, and then not remembered, whoever asks."""

import gc
from threading import Event, Thread
from weakref import ref

import pytest
from fastapi import HTTPException
from tests.service.live.test_browser import until
from tests.support.faces import HandClock

from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError
from mien.service import repeats
from mien.service.repeats import Repeats


class Answer:
    """One whose end can be seen."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def remembered(made: Repeats, account_id: int, key: str) -> ref:
    return ref(made.once(account_id, key, "asked", Answer))


def test_an_answer_is_remembered_for_ten_minutes_and_then_by_nobody(clock):
    made = Repeats(clock)
    answer = remembered(made, 7, "k")
    clock.passed_s = 600
    assert made.once(7, "k", "asked", Answer) is answer()
    clock.passed_s = 601
    made.once(8, "k", "asked", Answer)
    gc.collect()
    assert answer() is None, "another account asked"


def test_nothing_is_remembered_because_nobody_asks_for_more(monkeypatch):
    monkeypatch.setattr(repeats, "_KEPT_S", 0.05)
    answer = remembered(Repeats(SystemClock()), 7, "k")
    until(lambda: gc.collect() >= 0 and answer() is None)


def test_the_oldest_answers_make_room(clock):
    made = Repeats(clock)
    answers = [remembered(made, 1, str(number)) for number in range(65)]
    of_another = remembered(made, 2, "k")
    gc.collect()
    assert answers[0]() is None and all(one() for one in answers[1:]) and of_another()


class Working:
    """Work under keys, each in a thread of its own, until it may end."""

    def __init__(self, made: Repeats) -> None:
        self.made, self.may_end, self.begun, self.answers = made, Event(), [], []
        self._threads: list[Thread] = []

    def begin(self, key: str) -> None:
        def work() -> str:
            self.begun.append(key)
            assert self.may_end.wait(20)
            return key

        def ask() -> None:
            self.answers.append(self.made.once(1, key, "asked", work))

        self._threads.append(Thread(target=ask))
        self._threads[-1].start()

    def end(self) -> None:
        self.may_end.set()
        for one in self._threads:
            one.join(20)


@pytest.fixture
def working(clock):
    made = Working(Repeats(clock))
    yield made
    made.end()


def test_what_is_under_way_is_not_done_twice_however_much_is_asked_meanwhile(working, clock):
    working.begin("slow")
    until(lambda: working.begun == ["slow"])
    for number in range(70):
        working.made.once(1, str(number), "asked", Answer)
    clock.passed_s = 3600
    working.made.once(1, "later", "asked", Answer)
    working.begin("slow")
    working.end()
    assert working.begun == ["slow"] and working.answers == ["slow", "slow"]


def test_whoever_has_too_many_under_way_waits(working, monkeypatch):
    monkeypatch.setattr(repeats, "_MOST", 2)
    for key in "ab":
        working.begin(key)
    until(lambda: len(working.begun) == 2)
    with pytest.raises(HTTPException) as refused:
        working.made.once(1, "c", "asked", Answer)
    assert refused.value.status_code == 429 and refused.value.headers["retry-after"]
    assert working.made.once(2, "c", "asked", Answer)
    working.end()
    assert working.made.once(1, "c", "asked", Answer)


def test_what_fails_is_done_anew_whatever_is_asked(clock):
    made = Repeats(clock)

    def fails() -> Answer:
        raise UsageError("no")

    with pytest.raises(UsageError, match="no"):
        made.once(1, "k", "asked", fails)
    assert made.once(1, "k", "something else", Answer)
    with pytest.raises(UsageError, match="each request has its own"):
        made.once(1, "k", "asked", Answer)
