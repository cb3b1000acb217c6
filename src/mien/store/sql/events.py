"""Events in SQL: one table, in which a kind of event fills the columns it has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, and_, func, insert, or_, select

from mien.domain.events import EVENT_KINDS, CameraLost, Event, PersonSeen, StrangerSeen
from mien.store.history.events import EventQuery
from mien.store.sql import tables
from mien.store.sql.cameras import NAME_OF_CAMERA, camera_id, camera_key, camera_of
from mien.store.sql.database import Database
from mien.store.sql.people.rows import living
from mien.store.sql.sealed import REASON
from mien.store.vault.vault import Vault

_events = tables.events.c
_NAMES = {kind: name for name, kind in EVENT_KINDS.items()}
_COLUMNS = tuple(column.name for column in tables.events.columns)
_ROWS = select(tables.events, NAME_OF_CAMERA).join(tables.cameras)


class SqlEvents:
    """The store of events over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, events: Sequence[Event]) -> int:
        given = {event.event_id: event for event in events}
        if not given:
            return 0
        with self._database.writing() as connection:
            stored = connection.scalars(select(_events.event_id).where(_events.event_id.in_(given))).all()
            known = living(connection, map(_person_id, given.values()))
            new = [
                event
                for event_id, event in given.items()
                if event_id not in stored and (not _person_id(event) or _person_id(event) in known)
            ]
            vault = self._database.vault
            ids = {camera: camera_id(connection, vault, camera) for camera in {event.camera for event in new}}
            if new:
                connection.execute(insert(tables.events), [_row(event, ids, vault) for event in new])
        return len(new)

    def latest(self, limit: int, camera: str = "") -> tuple[Event, ...]:
        return self.find(EventQuery(camera), limit)

    def find(self, query: EventQuery, limit: int) -> tuple[Event, ...]:
        rows = _ROWS.order_by(_events.at.desc(), _events.event_id).limit(limit)
        if query.kinds:
            rows = rows.where(_events.kind.in_(query.kinds))
        if query.person_ids:
            rows = rows.where(_events.person_id.in_(query.person_ids))
        if query.before is not None:
            at, event_id = query.before
            rows = rows.where(or_(_events.at < at, and_(_events.at == at, _events.event_id > event_id)))
        with self._database.reading() as connection:
            if query.camera:
                self._database.renew_keys(connection)
                rows = rows.where(tables.cameras.c.name_key == camera_key(query.camera, self._database.vault))
            return tuple(_event(row, self._database.vault) for row in connection.execute(rows))

    def of_person(self, person_ids: Collection[str]) -> tuple[Event, ...]:
        query = _ROWS.where(_events.person_id.in_(person_ids)).order_by(_events.at, _events.event_id)
        with self._database.reading() as connection:
            return tuple(_event(row, self._database.vault) for row in connection.execute(query))

    def count(self, person_id: str = "") -> int:
        query = select(func.count()).select_from(tables.events)
        if person_id:
            query = query.where(_events.person_id == person_id)
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def _person_id(event: Event) -> str:
    return event.person_id if isinstance(event, PersonSeen | StrangerSeen) else ""


def _row(event: Event, camera_ids: Mapping[str, int], vault: Vault) -> dict[str, Any]:
    fields = asdict(event)
    fields |= {"kind": _NAMES[type(event)], "camera_id": camera_ids[fields.pop("camera")]}
    if isinstance(event, CameraLost):
        fields["reason"] = REASON.seal(vault, event.reason.encode(errors="surrogateescape"), event.event_id)
    return dict.fromkeys(_COLUMNS) | fields


def _event(row: Row[Any], vault: Vault) -> Event:
    kind, fields = EVENT_KINDS[row.kind], row._asdict() | {"camera": camera_of(row, vault)}
    if row.reason is not None:
        fields["reason"] = REASON.open(vault, row.reason, row.event_id).decode(errors="surrogateescape")
    return kind(**{name: fields[name] for name in kind.__dataclass_fields__})
