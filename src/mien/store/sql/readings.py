"""Readings in SQL: a row per face, packed as far as nobody searches in it."""

import secrets
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_

from mien.domain.readings import FaceReading, FrameReading
from mien.store.history.readings import PersonReading, ReadingQuery, Run
from mien.store.sql import tables
from mien.store.sql.cameras import NAME_OF_CAMERA, camera_id, camera_key, camera_names, camera_of
from mien.store.sql.database import Database
from mien.store.sql.history import rollups
from mien.store.sql.history.label_sets import label_set, labels_of, pack, unpack
from mien.store.sql.people.consents import NO_EXPRESSION
from mien.store.sql.people.rows import living, valid_scopes
from mien.store.sql.sealed import NAME
from mien.store.sql.tables import label_sets, people, runs
from mien.store.vault.vault import Vault

_PAGE = 2000  # rows held at a time while a run is read back
_EVER = datetime.min.replace(tzinfo=UTC)  # consent that expires holds until it is let go of as a whole
_RUN_BITS = 62  # drawn: an id that was given once must not come back, for a run that was let go of may still go on
_PLAIN = (
    "track_id",
    "detection_score",
    "detection_source",
    "similarity",
    "margin",
    "emotion",
    "confidence",
    "emotion_smoothed",
    "quality",
    "quality_reason",
    "identity_source",
    "emotion_source",
    "valence",
    "arousal",
    "valence_arousal_source",
    "liveness",
    "liveness_score",
    "liveness_reason",
)


_ROWS = (
    select(tables.readings, runs.c.camera_id, NAME_OF_CAMERA, runs.c.started_at, label_sets.c.labels)
    .join(runs, runs.c.run_id == tables.readings.c.run_id)
    .join(tables.cameras, tables.cameras.c.camera_id == runs.c.camera_id)
    .outerjoin(label_sets, label_sets.c.label_set_id == tables.readings.c.label_set_id)
    .order_by(tables.readings.c.reading_id)
)


class SqlReadings:
    """The store of readings over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start_run(self, camera: str, at: datetime) -> Run:
        run = Run(secrets.randbits(_RUN_BITS), camera, at)
        with self._database.writing() as connection:
            self._keep(connection, run)
        return run

    def append(self, run: Run, readings: Sequence[FrameReading]) -> int:
        faces = [face for reading in readings for face in reading.faces]
        if not faces:
            return 0
        with self._database.writing() as connection:
            self._keep(connection, run)
            known = living(connection, {face.person_id for face in faces})
            sets = {labels: label_set(connection, labels) for labels in {face.emotion_labels for face in faces}}
            rows = [_row(run.run_id, reading, face, known, sets) for reading in readings for face in reading.faces]
            unasked = {one for one in known if "expression" not in valid_scopes(connection, one, _EVER)}
            rows = [row | NO_EXPRESSION if row["person_id"] in unasked else row for row in rows]
            connection.execute(insert(tables.readings), rows)
            rollups.add_up(connection, run.started_at, rows)
        return len(rows)

    def runs(self) -> tuple[Run, ...]:
        query = select(runs, NAME_OF_CAMERA).join(tables.cameras, tables.cameras.c.camera_id == runs.c.camera_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(runs.c.started_at)).all()
        return tuple(Run(row.run_id, camera_of(row, self._database.vault), row.started_at) for row in rows)

    def cameras(self) -> frozenset[str]:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            return camera_names(connection, self._database.vault)

    def read(self, run: Run) -> Iterator[FrameReading]:
        query = _ROWS.where(tables.readings.c.run_id == run.run_id)
        with self._database.reading() as connection:
            names = _names(connection, self._database.vault)
        for _, rows in groupby(self._pages(query), key=lambda row: row.frame):
            faces = list(rows)
            yield replace(self._frame(faces[0]), faces=tuple(_face(row, names) for row in faces))

    def of_person(self, person_ids: Collection[str]) -> Iterator[PersonReading]:
        with self._database.reading() as connection:
            names = _names(connection, self._database.vault)
        for row in self._pages(_ROWS.where(tables.readings.c.person_id.in_(person_ids))):
            yield PersonReading(row.started_at, replace(self._frame(row), faces=(_face(row, names),)))

    def find(self, query: ReadingQuery) -> Iterator[PersonReading]:
        asked = select(runs).where(runs.c.started_at < query.end).order_by(runs.c.started_at, runs.c.run_id)
        with self._database.reading() as connection:
            names = _names(connection, self._database.vault)
            if query.camera:
                self._database.renew_keys(connection)
                key = camera_key(query.camera, self._database.vault)
                asked = asked.join(tables.cameras, tables.cameras.c.camera_id == runs.c.camera_id)
                asked = asked.where(tables.cameras.c.name_key == key)
            found = connection.execute(asked).all()
        for run in found:
            for row in self._of_run(run, query):
                yield PersonReading(row.started_at, replace(self._frame(row), faces=(_face(row, names),)))

    def _of_run(self, run: Row[Any], query: ReadingQuery) -> Iterator[Row[Any]]:
        """The rows of a run in a time, by frame: its index is searched for the first, for a run may last for months."""
        since_s, until_s = ((moment - run.started_at).total_seconds() for moment in (query.begin, query.end))
        columns = tables.readings.c
        rows = _ROWS.order_by(None).order_by(columns.frame, columns.reading_id)
        rows = rows.where(columns.run_id == run.run_id, columns.time_s >= since_s, columns.time_s < until_s)
        if query.person_ids is not None:
            rows = rows.where(columns.person_id.in_(query.person_ids))
        last = (self._first_frame(run.run_id, since_s), 0)
        while True:
            behind = tuple_(columns.frame, columns.reading_id) > last
            with self._database.reading() as connection:
                page = connection.execute(rows.where(behind).limit(_PAGE)).all()
            yield from page
            if len(page) < _PAGE:
                return
            last = (page[-1].frame, page[-1].reading_id)

    def _first_frame(self, run_id: int, since_s: float) -> int:
        """A frame before which no reading of a run is of a time so late."""
        frame, time_s = tables.readings.c.frame, tables.readings.c.time_s
        own = tables.readings.c.run_id == run_id
        with self._database.reading() as connection:
            newest = connection.scalar(select(func.max(frame)).where(own))
            if newest is None:
                return 0

            def time_from(number: int) -> float:
                following = select(time_s).where(own, frame >= number).order_by(frame).limit(1)
                return float(connection.execute(following).scalar_one())

            return bisect_left(range(newest + 1), since_s, key=time_from)

    def label_sets(self) -> tuple[tuple[str, ...], ...]:
        with self._database.reading() as connection:
            found = connection.scalars(select(label_sets.c.labels).order_by(label_sets.c.label_set_id)).all()
        return tuple(map(labels_of, found))

    def count(self, person_id: str = "") -> int:
        query = select(func.count()).select_from(tables.readings)
        if person_id:
            query = query.where(tables.readings.c.person_id == person_id)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _keep(self, connection: Connection, run: Run) -> None:
        """See that a run is there; one that is keeps the camera that it has, whose name may have been taken from it."""
        if connection.scalar(select(runs.c.run_id).where(runs.c.run_id == run.run_id)) is None:
            its_id = camera_id(connection, self._database.vault, run.camera)
            row = {"run_id": run.run_id, "camera_id": its_id, "started_at": run.started_at}
            connection.execute(insert(runs).values(row))

    def _pages(self, query: Any) -> Iterator[Row[Any]]:
        last = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(tables.readings.c.reading_id > last).limit(_PAGE)).all()
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1].reading_id

    def _frame(self, row: Row[Any]) -> FrameReading:
        camera = camera_of(row, self._database.vault)
        return FrameReading(camera, row.frame, row.time_s, row.width, row.height, row.latency_s, ())


def _names(connection: Connection, vault: Vault) -> dict[str, str]:
    """What the people of all ids are called today, those of merged ones too."""
    rows = connection.execute(select(people.c.person_id, people.c.name, people.c.merged_into)).all()
    into = {row.person_id: row.merged_into for row in rows}
    names = {row.person_id: NAME.open(vault, row.name, row.person_id).decode() if row.name else "" for row in rows}
    return {person_id: names[_root(person_id, into)] for person_id in names}


def _root(person_id: str, into: Mapping[str, str | None]) -> str:
    above = into[person_id]
    return person_id if above is None else _root(above, into)


def _row(
    run_id: int,
    reading: FrameReading,
    face: FaceReading,
    known: frozenset[str],
    sets: dict[tuple[str, ...], int | None],
) -> dict[str, Any]:
    is_forgotten = bool(face.person_id) and face.person_id not in known
    return {
        "run_id": run_id,
        "frame": reading.index,
        "time_s": reading.time_s,
        "width": reading.width,
        "height": reading.height,
        "latency_s": reading.latency_s,
        "box": pack(face.box),
        "landmarks": pack(face.landmarks),
        "identity": "undecided" if is_forgotten else face.identity,
        "person_id": face.person_id if face.person_id in known else None,
        "label_set_id": sets[face.emotion_labels],
        "probabilities": pack(face.probabilities),
        "pose": pack(face.pose),
        **{name: getattr(face, name) for name in _PLAIN},
    }


def _face(row: Row[Any], names: Mapping[str, str]) -> FaceReading:
    x1, y1, x2, y2 = unpack(row.box)
    points = unpack(row.landmarks)
    return FaceReading(
        box=(x1, y1, x2, y2),
        landmarks=tuple(zip(points[::2], points[1::2], strict=True)),
        identity=row.identity,
        person_id=row.person_id or "",
        person_name=names.get(row.person_id, ""),
        emotion_labels=labels_of(row.labels),
        probabilities=tuple(unpack(row.probabilities)),
        pose=tuple(unpack(row.pose or b"")),
        **{name: getattr(row, name) for name in _PLAIN},
    )
