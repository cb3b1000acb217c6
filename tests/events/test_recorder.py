import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from mien.domain.errors import StoreError
from mien.domain.events import CameraLost
from mien.domain.readings import FaceReading, FrameReading
from mien.events import recorder
from mien.events.recorder import Recorder
from mien.store.sql import sqlite
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.readings import SqlReadings

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
IDENTITY = ("undecided", "", "", 0.0, 0.0)
FACE = FaceReading(
    1, (0.0, 0.0, 9.0, 9.0), (), 0.5, "measured", *IDENTITY, "", 0.0, (), (), "", 0.5, "", "measured", "measured"
)


@pytest.fixture
def database(tmp_path):
    with Database.open_file(tmp_path / "mien.sqlite3") as opened:
        yield opened


@pytest.fixture
def events(database) -> SqlEvents:
    return SqlEvents(database)


@pytest.fixture
def readings(database) -> SqlReadings:
    return SqlReadings(database)


def lost(number: int) -> CameraLost:
    return CameraLost(f"event-{number}", NOON, "door", "gone")


def frame(index: int) -> FrameReading:
    return FrameReading("door", index, index / 25, 640, 480, 0.0, (FACE,))


class Gate:
    """Holds back a store's method until it is opened."""

    def __init__(self, store, monkeypatch) -> None:
        self._opened = threading.Event()
        self.entered = threading.Event()
        append = store.append

        def gated(*values):
            self.entered.set()
            assert self._opened.wait(10)
            return append(*values)

        monkeypatch.setattr(store, "append", gated)

    def open(self) -> None:
        self._opened.set()


def test_what_several_threads_tell_is_in_the_store_when_it_is_closed(events, readings):
    runs = [readings.start_run(camera, NOON) for camera in ("door", "yard")]

    with Recorder(events, readings) as told:

        def camera(number: int) -> None:
            for index in range(150):
                told.record(runs[number], frame(index))
                told.tell([lost(1000 * number + index)])

        threads = [threading.Thread(target=camera, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert events.count() == 300
    assert [len(list(readings.read(run))) for run in runs] == [150, 150]
    assert [reading.index for reading in readings.read(runs[0])] == list(range(150))
    assert told.dropped == 0


def test_it_writes_by_itself_within_a_second(events, readings):
    with Recorder(events, readings) as told:
        told.tell([lost(1)])
        deadline = time.monotonic() + 5
        while events.count() == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert events.count() == 1


def test_events_wait_for_room_and_none_is_dropped(events, readings, monkeypatch):
    monkeypatch.setattr(recorder, "_MOST_EVENTS", 10)
    gate = Gate(events, monkeypatch)
    with Recorder(events, readings) as told:
        teller = threading.Thread(target=lambda: told.tell(lost(number) for number in range(35)))
        teller.start()
        assert gate.entered.wait(5)
        teller.join(0.3)
        assert teller.is_alive()  # the store holds ten, ten more wait, the rest is not taken
        gate.open()
        teller.join(10)
        assert not teller.is_alive()

    assert events.count() == 35


def test_readings_never_wait_and_the_oldest_are_dropped_and_counted(events, readings, monkeypatch, caplog):
    monkeypatch.setattr(recorder, "_MOST_READINGS", 10)
    run = readings.start_run("door", NOON)
    gate = Gate(readings, monkeypatch)
    with Recorder(events, readings) as told:
        told.record(run, frame(0))
        assert gate.entered.wait(5)
        for index in range(1, 31):
            told.record(run, frame(index))
        assert told.dropped == 20
        gate.open()
    told.close()

    assert caplog.messages == ["the history lacks 20 frames: the database could not keep up"]

    assert [reading.index for reading in readings.read(run)] == [0, *range(21, 31)]


def test_a_store_that_fails_is_told_to_every_later_caller(events, readings, monkeypatch):
    def fail(_: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(events, "append", fail)
    told = Recorder(events, readings)
    told.tell([lost(1)])
    deadline = time.monotonic() + 5
    with pytest.raises(StoreError, match="the disk is full"):
        while time.monotonic() < deadline:
            told.record(1, frame(0))
            time.sleep(0.02)
    with pytest.raises(StoreError, match="the disk is full"):
        told.tell([lost(2)])
    for _ in range(2):
        with pytest.raises(StoreError, match="the disk is full"):
            told.close()


def test_a_defect_is_not_lost_with_the_thread(events, readings, monkeypatch):
    def fail(_: object) -> int:
        raise ZeroDivisionError("defect")

    monkeypatch.setattr(events, "append", fail)
    told = Recorder(events, readings)
    told.tell([lost(1)])

    with pytest.raises(StoreError, match="cannot be written: ZeroDivisionError: defect") as raised:
        told.close()
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_a_failing_store_does_not_hide_the_first_trouble(events, readings, monkeypatch):
    def fail(_: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(events, "append", fail)
    with pytest.raises(KeyError), Recorder(events, readings) as told:
        told.tell([lost(1)])
        raise KeyError


def test_after_closing_nothing_is_taken(events, readings):
    told = Recorder(events, readings)
    told.close()
    told.close()

    with pytest.raises(StoreError, match="closed"):
        told.tell([lost(1)])


@pytest.fixture
def impatient(tmp_path, monkeypatch):
    """Stores that wait for the database for a moment only."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(recorder, "_FLUSH_S", 0.02)
    with Database.open_file(tmp_path / "mien.sqlite3") as opened:
        yield SqlEvents(opened), SqlReadings(opened)


@contextmanager
def locked(tmp_path):
    """Another process is at work in the database."""
    other = sqlite3.connect(tmp_path / "mien.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def test_a_database_that_is_locked_ends_nothing_and_nothing_is_lost(impatient, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(recorder, "_MOST_EVENTS", 3)
    monkeypatch.setattr(recorder, "_MOST_READINGS", 4)
    events, readings = impatient
    run = readings.start_run("door", NOON)
    with Recorder(events, readings) as told:
        teller = threading.Thread(target=lambda: told.tell(lost(number) for number in range(9)))
        with locked(tmp_path):
            told.record(run, frame(0))
            teller.start()
            time.sleep(0.5)
            for index in range(1, 7):
                told.record(run, frame(index))
            assert teller.is_alive(), "some are being written, some wait, and for more there is no room"
            assert told.dropped == 2
        teller.join(10)

    assert events.count() == 9
    assert [reading.index for reading in readings.read(run)] == [0, 3, 4, 5, 6]
    assert "wait to be written: the database" in caplog.messages[0] and "has kept it locked" in caplog.messages[0]


def test_what_could_not_be_kept_until_the_end_is_told(impatient, tmp_path, caplog):
    events, readings = impatient
    run = readings.start_run("door", NOON)
    told = Recorder(events, readings)
    with locked(tmp_path):
        told.record(run, frame(0))
        told.tell([lost(1), lost(2)])
        for _ in range(2):
            with pytest.raises(StoreError, match=r"^2 events and the readings of 1 frame are lost: another process"):
                told.close()
        of_readings = Recorder(events, readings)
        of_readings.record(run, frame(1))
        of_readings.close()
    assert caplog.messages[-1] == "the history lacks 1 frames: the database could not keep up"
    assert events.count() == 0


def test_nobody_waits_for_room_for_ever(impatient, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "_MOST_EVENTS", 1)
    monkeypatch.setattr(recorder, "_MOST_WAITING_S", 0.3)
    told = Recorder(*impatient)
    with locked(tmp_path):
        with pytest.raises(StoreError, match=r"1 event cannot be written for 0\.3 s"):
            told.tell(lost(number) for number in range(9))
        with pytest.raises(StoreError, match=r"2 events .* are lost"):
            told.close()


def test_who_listens_hears_of_events_once_they_are_written(events, readings):
    heard = []
    with Recorder(events, readings, lambda told: heard.append((list(told), events.count()))) as opened:
        opened.tell([lost(1), lost(2)])
        opened.record(readings.start_run("door", NOON), frame(1))
    assert [one for told, _ in heard for one in told] == [lost(1), lost(2)]
    assert all(count >= len(told) for told, count in heard)
