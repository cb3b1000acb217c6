"""What cameras and sources are called stands nowhere in plain, and each is known under one id."""

import subprocess
import sys
import uuid
from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.support.faces import HandClock

from mien.domain.events import CameraLost
from mien.domain.people.sightings import Sighting
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.readings import SqlReadings
from mien.store.sql.retention import SqlRetention

FILM = "/films/Ada Lovelace's birthday.mp4"
NOT_UTF8 = "/films/caf\udce9.mp4"
CAMERAS = 50
RUN_AT_ALL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mien.store.sql.database import Database
from mien.store.sql.readings import SqlReadings
with Database.open_file(Path(sys.argv[1])) as database:
    print("open", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[2])):
        SqlReadings(database).start_run(f"camera {number}", datetime.now(UTC))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "mien.sqlite3"


@pytest.fixture
def database(path):
    with Database.open_file(path) as database:
        yield database


@pytest.fixture
def noon():
    return HandClock().now()


def watch(database, camera, now):
    """A run, an event and a visit."""
    SqlReadings(database).start_run(camera, now)
    SqlEvents(database).append([CameraLost(uuid.uuid4().hex, now, camera, f"{camera} cannot be opened")])
    SqlSightings(database).add(Sighting(camera, 1, "undecided", "", 0.5, now, now))


def known(database):
    with database.reading() as connection:
        return len(connection.execute(select(tables.cameras)).all())


def test_no_name_stands_in_plain_in_any_file(database, path, noon):
    for camera in (FILM, "the door", NOT_UTF8):
        watch(database, camera, noon)
    before = [file.read_bytes() for file in path.parent.iterdir()]
    database.compact()
    files = [*before, *(file.read_bytes() for file in path.parent.iterdir())]

    assert path.with_name("mien.sqlite3-wal").exists()
    assert not [
        trace for trace in (b"Lovelace", b"/films", b"the door", b"cannot be opened") if trace in b"".join(files)
    ]
    assert {event.camera for event in SqlEvents(database).latest(9)} == {FILM, "the door", NOT_UTF8}
    assert [one.reason for one in SqlEvents(database).latest(9, NOT_UTF8)] == [f"{NOT_UTF8} cannot be opened"]
    assert [one.track for one in SqlSightings(database).of_track(FILM, 1)] == [f"{FILM}:1"]


def test_names_are_told_apart_as_they_are_written(database, noon):
    for camera in ("Door", "door", "Door"):
        watch(database, camera, noon)

    assert known(database) == 2
    assert [one.camera for one in SqlEvents(database).latest(9, "Door")] == ["Door", "Door"]
    assert len(SqlSightings(database).of_track("Door", 1)) == 2
    assert SqlEvents(database).latest(9, "yard") == ()


def test_processes_that_meet_new_cameras_at_once_know_each_under_one_id(database, path):
    with ExitStack() as stack:
        runners = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", RUN_AT_ALL, str(path), str(CAMERAS)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        assert [runner.stdout.readline() for runner in runners] == ["open\n"] * 2
        for runner in runners:
            runner.stdin.write("go\n")
            runner.stdin.flush()
        assert [runner.wait(60) for runner in runners] == [0, 0]

    assert known(database) == CAMERAS
    with database.reading() as connection:
        assert len(connection.execute(select(tables.runs)).all()) == 2 * CAMERAS


def test_a_camera_goes_with_the_last_that_is_kept_of_it(database, noon):
    events, later = SqlEvents(database), noon + timedelta(hours=1)
    SqlReadings(database).start_run("door", noon)
    times = {"yard": noon, "door": noon, "gate": later}
    events.append([CameraLost(f"lost {camera}", at, camera, "gone") for camera, at in times.items()])

    SqlRetention(database).purge({"events": later})

    assert known(database) == 2
    assert [one.camera for one in events.latest(9)] == ["gate"]
