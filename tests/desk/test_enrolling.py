"""An enrolment in the window: looks in a thread of its own, the newest frame, and an end whatever happens."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import ALL, MODEL, axis, like
from tests.support.visits import registry_of

from mien.desk.enrolling import DeskEnrolment, EnrolmentView, Keeping
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceUnreadable, StoreBusy, StoreError
from mien.domain.frame import Frame
from mien.engine.guiding import Eyes, GuidedEnrolment, Sitting
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings, Look, Turn
from mien.gallery.enrolment.sight import Portrait
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.store.media import FolderMedia
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople

TURNS = (Turn(0, 0), Turn(20, 0), Turn(-20, 0), Turn(0, 8))
Begin = Callable[..., DeskEnrolment]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open_file(tmp_path / "home" / "mien.sqlite3") as opened:
        yield opened


@pytest.fixture
def people(database: Database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def begin(database: Database, people: SqlPeople, tmp_path: Path) -> Iterator[Begin]:
    """Begins an enrolment of Ann at an empty gallery, by a look that a test has written down."""
    clock, begun = SystemClock(), list[DeskEnrolment]()
    registry = registry_of(database, FolderMedia(tmp_path / "media", database.vault))

    def begin(
        look: Callable[[Frame], Look], snapshots: int = 3, timeout_s: float = 20, *, is_new: bool = True, **more
    ) -> DeskEnrolment:
        gallery = Gallery(people, MODEL, MatchingSettings(), clock)
        admission = Admission(gallery, registry, EnrolmentSettings(), clock)
        guidance = Guidance(GuidanceSettings(0.92, 0.28, snapshots, timeout_s=timeout_s))
        sitting = Sitting("Ann", Terms(ALL, for_newcomers=is_new), snapshots, timeout_s)
        guided = GuidedEnrolment(sitting, Eyes(None, None), admission, guidance)
        begun.append(DeskEnrolment(guided, look, Keeping("camera 0", **more), clock))
        begun[-1].start()
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def frame(number: int) -> Frame:
    return Frame("0", number, number / 10, 0.0, None)


def portrait(number: int) -> Portrait:
    vector = like(axis(0), 0.8, 10 + number)
    return Portrait(vector, vector, 0.8, np.full((112, 112, 3), number, np.uint8), "")


def posing(shown: Frame) -> Look:
    """Somebody who does what is asked for, in the first frames already."""
    return Look(shown.time_s, portrait(shown.index), TURNS[shown.index % 4])


def shown_until(enrolment: DeskEnrolment, is_so: Callable[[EnrolmentView], bool]) -> EnrolmentView:
    """The view when something is so, while the same frames come again and again."""
    end_s, number = time.monotonic() + 10, 0
    while not is_so(enrolment.view):
        assert time.monotonic() < end_s, enrolment.view
        if enrolment.view.phase == "looking":
            number = enrolment.view.done
            enrolment.offer(frame(number))
        time.sleep(0.005)
    return enrolment.view


def test_it_ends_by_itself_and_keeps_what_was_wanted(begin: Begin, people: SqlPeople) -> None:
    enrolment = begin(posing)
    first = enrolment.view
    assert (first.name, first.phase, first.done, first.wanted) == ("Ann", "looking", 0, 3)
    assert first.instruction == "look straight into the camera"
    one = shown_until(enrolment, lambda view: view.done == 1)
    assert one.instruction == "turn your head a little to your left" and one.quality == 0.8
    assert not people.people()
    last = shown_until(enrolment, lambda view: view.is_over)
    assert (last.phase, last.done, last.message) == ("kept", 3, "Ann: 3 snapshots kept")
    assert [one.name for one in people.people()] == ["Ann"] and len(people.pictures()) == 3


def test_the_newest_frame_is_looked_at_ten_times_a_second_and_offering_never_waits(begin: Begin) -> None:
    looked, may_look = list[tuple[int, float]](), threading.Event()

    def look(shown: Frame) -> Look:
        looked.append((shown.index, time.monotonic()))
        may_look.wait(5)
        return Look(shown.time_s, reason="no face was found")

    enrolment = begin(look, timeout_s=99)
    began_s = time.monotonic()
    for number in range(200):
        enrolment.offer(frame(number))
        if not looked:
            time.sleep(0.01)
    assert time.monotonic() - began_s < 3  # a look is being made all the while
    may_look.set()
    assert looked[0][0] < 199
    while len(looked) < 2:
        time.sleep(0.005)
    assert looked[1][0] == 199
    while len(looked) < 6:
        enrolment.offer(frame(200 + len(looked)))
        time.sleep(0.002)
    assert min(np.diff([moment for _, moment in looked[1:]])) > 0.09
    assert enrolment.view.objection == "no face was found: come into view"


@pytest.mark.parametrize("closes", [False, True])
def test_cancelled_keeps_nothing_at_once(begin: Begin, people: SqlPeople, closes: bool) -> None:
    enrolment = begin(posing, snapshots=8, is_new=not closes)
    shown_until(enrolment, lambda view: view.done == 2)
    began_s = time.monotonic()
    enrolment.cancel()
    told = "no picture was added" if closes else "not enrolled"
    assert (enrolment.view.phase, enrolment.view.message) == ("cancelled", told)
    if closes:
        enrolment.close()
        enrolment.close()
    enrolment.offer(frame(3))
    time.sleep(0.15)
    assert enrolment.view.phase == "cancelled" and enrolment.view.done == 2 and not people.people()
    assert time.monotonic() - began_s < 1


def test_what_is_being_kept_is_not_cancelled_any_more(begin: Begin, people: SqlPeople) -> None:
    reached, may_end = threading.Event(), threading.Event()

    def settle(*_: object) -> tuple[str, ...]:
        reached.set()
        may_end.wait(5)
        return ("a remark",)

    enrolment = begin(posing, settle=settle)
    shown_until(enrolment, lambda view: view.phase == "keeping")
    assert reached.wait(5)
    enrolment.cancel()
    assert enrolment.view.phase == "keeping" and len(people.people()) == 1
    may_end.set()
    assert shown_until(enrolment, lambda view: view.is_over).message == "Ann: 3 snapshots kept; a remark"


def test_the_time_is_up_whether_or_not_pictures_come(begin: Begin, people: SqlPeople) -> None:
    began_s = time.monotonic()
    silent = begin(posing, timeout_s=0.3)
    while not silent.view.is_over:
        assert time.monotonic() - began_s < 5
        time.sleep(0.01)
    assert time.monotonic() - began_s >= 0.3
    told = "not enrolled: the camera showed no picture, with 0 snapshots of 3"
    assert (silent.view.phase, silent.view.message) == ("failed", told)
    poor = begin(lambda one: Look(one.time_s, reason="the face is blurred"), timeout_s=0.3)
    last = shown_until(poor, lambda view: view.is_over)
    assert last.message == "not enrolled: the time is up, with 0 snapshots of 3 (the face is blurred)"
    assert last.phase == "failed" and not people.people()


def test_three_of_ten_are_kept_when_the_time_is_up(begin: Begin, people: SqlPeople) -> None:
    def look(shown: Frame) -> Look:
        return posing(shown) if shown.index < 3 else Look(shown.time_s, reason="no face was found")

    enrolment = begin(look, snapshots=10, timeout_s=1.5)
    last = shown_until(enrolment, lambda view: view.is_over)
    assert (last.phase, last.done, last.wanted, last.message) == ("kept", 3, 10, "Ann: 3 snapshots kept")
    assert len(people.pictures()) == 3


@pytest.mark.parametrize("error", [SourceUnreadable("half a picture"), StoreBusy("another process is at work")])
def test_a_frame_that_cannot_be_looked_at_is_passed_over(begin: Begin, error: Exception) -> None:
    failures = [error]

    def look(shown: Frame) -> Look:
        if failures:
            raise failures.pop()
        return posing(shown)

    enrolment = begin(look, snapshots=1)
    assert shown_until(enrolment, lambda view: bool(view.objection) or view.is_over).objection == str(error)
    assert shown_until(enrolment, lambda view: view.is_over).phase == "kept"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StoreError("the disk is full: mien people undo takes it back"), "the disk is full"),
        (ZeroDivisionError("oh"), "not enrolled: something in mien failed (ZeroDivisionError)"),
    ],
)
def test_what_breaks_is_told_and_raised_in_no_thread(
    begin: Begin, people: SqlPeople, error: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = list[object]()
    monkeypatch.setattr(threading, "excepthook", raised.append)

    def look(shown: Frame) -> Look:
        raise error

    enrolment = begin(look)
    last = shown_until(enrolment, lambda view: view.is_over)
    assert last.phase == "failed" and last.message.startswith(told) and "mien people" not in last.message
    enrolment.close()
    assert not raised and not people.people()


def test_what_fails_once_snapshots_are_kept_is_a_remark(begin: Begin, people: SqlPeople) -> None:
    def settle(*_: object) -> tuple[str, ...]:
        raise StoreError("a stranger could not be merged")

    last = shown_until(begin(posing, settle=settle), lambda view: view.is_over)
    assert (last.phase, last.message) == ("kept", "Ann: 3 snapshots kept; a stranger could not be merged")
    assert len(people.people()) == 1


def test_a_failure_while_keeping_keeps_nothing(begin: Begin, people: SqlPeople, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(SqlPeople, "add_person", fail)
    last = shown_until(begin(posing), lambda view: view.is_over)
    assert (last.phase, last.message) == ("failed", "the disk is full") and not people.people()
