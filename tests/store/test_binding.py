"""What is sealed opens for the row it was sealed for alone: whoever has not the key gives nobody another's face."""

import numpy as np
import pytest
from sqlalchemy import text
from tests.support.faces import ALL, MODEL, HandClock, axis, kept, like

from mien.domain.errors import StoreError
from mien.domain.events import CameraLost
from mien.domain.people.sightings import SightedView, Sighting
from mien.store.journal import PictureMove
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.moving.transfer import SqlTransfers
from mien.store.sql.outputs import SqlOutputs
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def database(tmp_path, clock):
    with Database.open_file(tmp_path / "mien.sqlite3") as database:
        people = SqlPeople(database)
        people.add_person("Ada", [kept(axis(0), digest="a"), kept(axis(1))], clock.now(), ALL)
        people.add_person("Bob", [kept(axis(2), digest="b"), kept(axis(3))], clock.now(), ALL)
        for n in range(2):
            view = SightedView(like(axis(n), 0.5), MODEL, 0.5, "")
            SqlSightings(database).add(Sighting("door", n, "unknown", "", 0.5, clock.now(), clock.now()), [view])
            (tmp_path / str(n)).write_text("")
            SqlOutputs(database).note("analysis", tmp_path / str(n), clock.now())
            SqlEvents(database).append([CameraLost(str(n), clock.now(), f"camera {n}", "unplugged")])
        yield database


def swapped(table, column, key, one, other):
    """SQL that exchanges a value of two rows, as anybody may who has the file."""
    took = f"(SELECT {column} FROM {table} WHERE {key} = CASE t.{key} WHEN {one} THEN {other} ELSE {one} END)"
    return f"UPDATE {table} AS t SET {column} = {took} WHERE {key} IN ({one}, {other})"


def read_people(database):
    return SqlPeople(database).people(everybody=True)


def read_vectors(database):
    people = SqlPeople(database)
    people.template_vectors(people.template_owners(MODEL).template_ids)


@pytest.mark.parametrize(
    ("harm", "read"),
    [
        (swapped("people", "name", "person_id", "'person-0001'", "'person-0002'"), read_people),
        (swapped("templates", "vector", "template_id", 1, 3), read_vectors),
        (swapped("templates", "vector", "template_id", 1, 2), read_vectors),
        ("UPDATE OR REPLACE templates SET picture_id = 3 WHERE template_id = 1", read_vectors),
        ("UPDATE pictures SET person_id = 'person-0002' WHERE picture_id = 1", read_vectors),
        ("UPDATE pictures SET person_id = 'person-0002' WHERE picture_id = 1", lambda d: SqlPeople(d).templates()),
        ("UPDATE pictures SET person_id = 'person-0002' WHERE picture_id = 1", lambda d: SqlPeople(d).pictures()),
        (
            "UPDATE pictures SET person_id = 'person-0002' WHERE picture_id = 1",
            lambda d: SqlTransfers(d).take_out("person-0002"),
        ),
        (swapped("pictures", "origin", "picture_id", 1, 3), lambda d: SqlPeople(d).pictures()),
        (swapped("pictures", "digest", "picture_id", 1, 3), lambda d: SqlPeople(d).digests("person-0001", MODEL)),
        (swapped("consents", "evidence", "consent_id", 1, 4), lambda d: SqlConsents(d).of("person-0001")),
        (swapped("consents", "scope", "consent_id", 1, 2), lambda d: SqlConsents(d).of("person-0001")),
        (swapped("sighting_views", "vector", "view_id", 1, 2), lambda d: SqlSightings(d).views(1)),
        (swapped("cameras", "name", "camera_id", 2, 3), lambda d: SqlEvents(d).latest(9)),
        (swapped("events", "reason", "event_id", "'0'", "'1'"), lambda d: SqlEvents(d).latest(9)),
        (swapped("outputs", "path", "output_id", 1, 2), lambda d: SqlOutputs(d).still_there()),
    ],
)
def test_what_is_moved_without_the_key_does_not_open(database, harm, read):
    read(database)
    with database.writing() as connection:
        assert connection.execute(text(harm)).rowcount > 0
    with pytest.raises(StoreError, match="another key, or is damaged"):
        read(database)


def test_an_entry_of_the_journal_opens_under_its_number_alone(database, clock):
    journal = SqlJournal(database)
    for picture in (1, 2):
        journal.apply("picture.moved", [PictureMove((picture,), "person-0002")], clock.now())
    with database.writing() as connection:
        connection.execute(text(swapped("changes", "steps", "change_id", 1, 2)))
    with pytest.raises(StoreError, match="another key, or is damaged"):
        journal.changes()


def test_what_is_moved_by_the_journal_opens_there_and_where_it_is_taken_back(database, clock):
    people, journal = SqlPeople(database), SqlJournal(database)
    before = (people.pictures(), [(one.person_id, one.vector.tobytes()) for one in people.templates()])

    journal.apply("picture.moved", [PictureMove((1, 2), "person-0002")], clock.now())
    assert {one.person_id for one in people.pictures()} == {"person-0002"}
    ids = people.template_owners(MODEL).template_ids
    assert np.array_equal(people.template_vectors(ids)[1], np.stack([axis(n) for n in range(4)]))
    assert people.digests("person-0002", MODEL) == {"a", "b"}

    journal.undo(clock.now())
    assert (people.pictures(), [(one.person_id, one.vector.tobytes()) for one in people.templates()]) == before
