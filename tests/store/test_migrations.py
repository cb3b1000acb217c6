"""Homes of earlier versions: what is in them is still there, and means the same, after the way to today's schema."""

import importlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, delete, insert, inspect, table, text

from mien.domain.events import CameraLost
from mien.domain.faces import EmbeddingModel
from mien.settings import Settings
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql import migrations, tables
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.history.rollups import SqlRollups
from mien.store.sql.moving.transfer import SqlTransfers
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.readings import SqlReadings
from mien.wiring.stores import build_stores

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
MODEL = EmbeddingModel("network", "alignment", "detector")
FILM = "/films/Ada Lovelace.mp4"
SECOND = timedelta(seconds=1)
FIRST = "mien.store.sql.migrations.v0001_people_readings_events"


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A database as the first version left it: Ann Leeward with template 5; template 9 was deleted.

    One reading of her, and events of the camera and of a film that bears a name.
    """
    path = tmp_path / "mien.sqlite3"
    folder = str(Path(migrations.__file__).parent)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            importlib.import_module(FIRST).upgrade()
            context.stamp(ScriptDirectory(folder, version_locations=[folder]), "0001")
        connection.execute(
            text("INSERT INTO people VALUES ('person-0001', 'enrolled', 'Ann Leeward', 'ann leeward', :at)"),
            {"at": NOON.replace(tzinfo=None)},
        )
        for template_id in (5, 9):
            connection.execute(
                text(
                    "INSERT INTO templates VALUES (:id, 'person-0001', 'network', 'alignment', 'detector', :vector, "
                    "0.5, 'ann.jpg', :digest, '', :at)"
                ),
                {
                    "id": template_id,
                    "vector": np.ones(4, "<f4").tobytes(),
                    "digest": f"d{template_id}",
                    "at": NOON.replace(tzinfo=None),
                },
            )
        connection.execute(text("DELETE FROM templates WHERE template_id = 9"))
        connection.execute(text("INSERT INTO runs VALUES (1, 'door', :at)"), {"at": NOON.replace(tzinfo=None)})
        lost = (
            "INSERT INTO events (event_id, kind, at, camera, reason) VALUES (:id, 'camera_lost', :at, :camera, :reason)"
        )
        for number in range(2000):
            camera = FILM if number % 2 else "door"
            event = {"id": f"{number:04}", "at": (NOON + number * SECOND).replace(tzinfo=None), "camera": camera}
            connection.execute(text(lost), event | {"reason": f"{camera} cannot be opened"})
        old = {
            **dict.fromkeys(("run_id", "frame", "width", "height", "track_id"), 1),
            **dict.fromkeys(
                ("time_s", "latency_s", "detection_score", "similarity", "margin", "confidence", "quality"), 0.5
            ),
            **dict.fromkeys(("box", "landmarks"), np.zeros(4, "<f4").tobytes()),
            "probabilities": b"",
            **dict.fromkeys(("detection_source", "identity_source", "emotion_source"), "measured"),
            **dict.fromkeys(("emotion", "emotion_smoothed", "quality_reason"), ""),
            "identity": "known",
            "person_id": "person-0001",
        }
        connection.execute(insert(tables.readings).values(old))
    engine.dispose()
    return path


def test_what_was_there_is_there_with_what_is_known_of_it(old_home: Path) -> None:
    with Database.open_file(old_home) as database:
        people = SqlPeople(database)
        (template,), (picture,) = people.templates(MODEL), people.pictures()
        assert people.named("ANN LEEWARD") == people.person("person-0001")
        assert people.digests("person-0001", MODEL) == {"d5"}
        readings = SqlReadings(database)
        ((face,),) = [frame.faces for run in readings.runs() for frame in readings.read(run)]
    assert (template.template_id, template.model.precision, template.variant) == (5, "f32", "plain")
    assert (picture.picture_id, picture.origin, picture.created_at) == (template.picture_id, "ann.jpg", NOON)
    assert (face.person_name, face.quality) == ("Ann Leeward", 0.5)
    assert (face.valence_arousal_source, face.liveness, face.pose) == ("", "", ())


def test_vectors_that_no_other_of_their_model_can_be_compared_with_go(old_home: Path) -> None:
    engine = create_engine(f"sqlite:///{old_home}")
    with engine.begin() as connection:
        for template_id, numbers in ((11, 4), (12, 3)):
            copied = (
                "SELECT :id, person_id, network, alignment, detector, :vector, quality, origin, :digest, '', created_at"
            )
            row = {"id": template_id, "vector": np.ones(numbers, "<f4").tobytes(), "digest": f"d{template_id}"}
            connection.execute(text(f"INSERT INTO templates {copied} FROM templates WHERE template_id = 5"), row)
    engine.dispose()

    with Database.open_file(old_home) as database:
        people = SqlPeople(database)
        assert people.template_vectors(people.template_owners(MODEL).template_ids)[0].tolist() == [5, 11]
        assert SqlTransfers(database).dimensions() == {MODEL: 4} and len(people.pictures()) == 3


def test_events_are_of_the_cameras_they_were_of(old_home: Path) -> None:
    with Database.open_file(old_home) as database:
        events = SqlEvents(database)
        (run,) = {run.camera for run in SqlReadings(database).runs()}
        assert (run, len(events.latest(9999, "door")), len(events.latest(9999, FILM))) == ("door", 1000, 1000)
        assert events.latest(1) == (CameraLost("1999", NOON + 1999 * SECOND, FILM, f"{FILM} cannot be opened"),)


def test_expressions_that_were_read_are_added_up_as_those_that_are_read_from_now_on(old_home: Path) -> None:
    read = {"emotion": "fear", "probabilities": np.array([0.25, 0.75], "<f4").tobytes(), "time_s": 59.0}
    engine = create_engine(f"sqlite:///{old_home}")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO label_sets VALUES (1, :labels)"), {"labels": "anger\nfear"})
        columns = [one["name"] for one in inspect(connection).get_columns("readings") if one["name"] != "reading_id"]
        (row,) = connection.execute(text("SELECT * FROM readings")).mappings()
        old = table("readings", *map(column, columns))
        for changed in (
            read,
            read | {"frame": 2, "time_s": 60.0},
            read | {"emotion": "", "frame": 3, "time_s": 3600.0},
        ):
            connection.execute(
                insert(old).values({name: row[name] for name in columns} | {"label_set_id": 1} | changed)
            )
    engine.dispose()

    with Database.open_file(old_home) as database:
        rollups, readings = SqlRollups(database), SqlReadings(database)
        found = rollups.of({"person-0001"})
        assert [(one.span, one.looks, one.unsure, one.winners, one.probabilities) for one in found] == [
            ("day", 3, 1, (0, 2), (0.75, 2.25)),
            ("hour", 2, 0, (0, 2), (0.5, 1.5)),
            ("minute", 1, 0, (0, 1), (0.25, 0.75)),
            ("minute", 1, 0, (0, 1), (0.25, 0.75)),
            ("hour", 1, 1, (0, 0), (0.25, 0.75)),
            ("minute", 1, 1, (0, 0), (0.25, 0.75)),
        ]
        (run,) = readings.runs()
        frames = list(readings.read(run))
        with database.writing() as connection:
            connection.execute(delete(tables.expression_rollups))
        readings.append(run, frames)
        assert rollups.of({"person-0001"}) == found


def test_it_has_the_tables_of_a_new_home(old_home: Path) -> None:
    with Database.open_file(old_home) as database, database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_ids_of_deleted_templates_do_not_come_back(old_home: Path) -> None:
    with Database.open_file(old_home) as database:
        people = SqlPeople(database)
        added = NewPicture((NewTemplate(np.ones(4, np.float32), MODEL),), 0.5, "again", "d5")
        assert people.add_pictures("person-0001", [added], NOON).count == 0
        people.add_pictures("person-0001", [replace(added, digest="d6")], NOON)
        assert people.template_owners(MODEL).template_ids.tolist() == [5, 10]


def test_what_it_held_is_not_readable_any_more(old_home: Path) -> None:
    parts = (b"Ann Leeward", b"ann.jpg", np.ones(4, "<f4").tobytes(), b"Ada Lovelace", b"cannot be opened")
    assert not [part for part in parts if part not in old_home.read_bytes()]

    with ExitStack() as stack:
        build_stores(Settings(home=old_home.parent), stack)
        files = [path.read_bytes() for path in old_home.parent.rglob("*") if path.is_file()]

    assert not [part for part in parts if any(part in content for content in files)]
