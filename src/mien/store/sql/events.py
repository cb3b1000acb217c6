"""Events in SQL: one table, in which a kind of event fills the columns it has."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, insert, select

from mien.domain.events import CameraLost, CameraRecovered, Event, PersonSeen, SpoofSuspected, StrangerSeen
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.readings import living

_KINDS: dict[str, type[Event]] = {
    "person_seen": PersonSeen,
    "stranger_seen": StrangerSeen,
    "spoof_suspected": SpoofSuspected,
    "camera_lost": CameraLost,
    "camera_recovered": CameraRecovered,
}
_events = tables.events.c
_NAMES = {kind: name for name, kind in _KINDS.items()}
_COLUMNS = tuple(column.name for column in tables.events.columns)


class SqlEvents:
    """The store of events over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, events: Sequence[Event]) -> int:
        rows = {event.event_id: _row(event) for event in events}
        if not rows:
            return 0
        with self._database.writing() as connection:
            stored = connection.scalars(select(_events.event_id).where(_events.event_id.in_(rows))).all()
            known = living(connection, {row["person_id"] or "" for row in rows.values()})
            new = [
                row
                for event_id, row in rows.items()
                if event_id not in stored and (row["person_id"] is None or row["person_id"] in known)
            ]
            if new:
                connection.execute(insert(tables.events), new)
        return len(new)

    def latest(self, limit: int, camera: str = "") -> tuple[Event, ...]:
        query = select(tables.events).order_by(_events.at.desc(), _events.event_id).limit(limit)
        if camera:
            query = query.where(_events.camera == camera)
        with self._database.reading() as connection:
            return tuple(_event(row) for row in connection.execute(query))

    def of_person(self, person_ids: Collection[str]) -> tuple[Event, ...]:
        query = select(tables.events).where(_events.person_id.in_(person_ids)).order_by(_events.at, _events.event_id)
        with self._database.reading() as connection:
            return tuple(_event(row) for row in connection.execute(query))

    def count(self, person_id: str = "") -> int:
        query = select(func.count()).select_from(tables.events)
        if person_id:
            query = query.where(_events.person_id == person_id)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def _row(event: Event) -> dict[str, Any]:
    return dict.fromkeys(_COLUMNS) | asdict(event) | {"kind": _NAMES[type(event)]}


def _event(row: Row[Any]) -> Event:
    kind = _KINDS[row.kind]
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})
