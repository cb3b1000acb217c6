"""Events in SQL: one table, in which a kind of event fills the columns it has."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select

from mien.domain.events import EVENT_KINDS, CameraLost, Event, ExpressionShifted, person_in
from mien.store.history.events import EventQuery
from mien.store.sql import tables
from mien.store.sql.cameras import NAME_OF_CAMERA, camera_id, camera_key, camera_of
from mien.store.sql.database import Database
from mien.store.sql.history.label_sets import label_set, labels_of, pack, unpack
from mien.store.sql.people.rows import living, valid_scopes
from mien.store.sql.sealed import REASON
from mien.store.vault.vault import Vault

_events = tables.events.c
_NAMES = {kind: name for name, kind in EVENT_KINDS.items()}
_COLUMNS = tuple(column.name for column in tables.events.columns)
_ROWS = (
    select(tables.events, NAME_OF_CAMERA, tables.label_sets.c.labels)
    .join(tables.cameras, tables.cameras.c.camera_id == _events.camera_id)
    .outerjoin(tables.label_sets, tables.label_sets.c.label_set_id == _events.label_set_id)
)
_EVER = datetime.min.replace(tzinfo=UTC)  # consent that expires holds until it is let go of as a whole


class SqlEvents:
    """The store of events over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, events: Sequence[Event]) -> tuple[Event, ...]:
        given = {event.event_id: event for event in events}
        if not given:
            return ()
        with self._database.writing() as connection:
            stored = connection.scalars(select(_events.event_id).where(_events.event_id.in_(given))).all()
            new = _may_stay(connection, [event for event_id, event in given.items() if event_id not in stored])
            if new:
                self._insert(connection, new)
        return tuple(new)

    def _insert(self, connection: Connection, events: Sequence[Event]) -> None:
        vault = self._database.vault
        cameras = {camera: camera_id(connection, vault, camera) for camera in {event.camera for event in events}}
        rows = [_row(event, vault) | {"camera_id": cameras[event.camera]} for event in events]
        for row, event in zip(rows, events, strict=True):
            if isinstance(event, ExpressionShifted):
                row["label_set_id"] = label_set(connection, tuple(event.probabilities))
        connection.execute(insert(tables.events), rows)

    def latest(self, limit: int, camera: str = "") -> tuple[Event, ...]:
        return self.find(EventQuery(camera), limit)

    def find(self, query: EventQuery, limit: int) -> tuple[Event, ...]:
        rows = _ROWS.order_by(_events.at.desc(), _events.event_id).limit(limit)
        if query.kinds:
            rows = rows.where(_events.kind.in_(query.kinds))
        if query.person_ids:
            rows = rows.where(_events.person_id.in_(query.person_ids))
        if query.since is not None:
            rows = rows.where(_events.at >= query.since)
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


def _may_stay(connection: Connection, events: Collection[Event]) -> list[Event]:
    """Events that are about nobody, or about somebody who is there and agrees to what is told of them."""
    known = living(connection, map(person_in, events))
    shifted = {person_in(event) for event in events if isinstance(event, ExpressionShifted)} & known
    agreeing = {one for one in shifted if "expression" in valid_scopes(connection, one, _EVER)}
    return [
        event
        for event in events
        if not (person_id := person_in(event))
        or person_id in (agreeing if isinstance(event, ExpressionShifted) else known)
    ]


def _row(event: Event, vault: Vault) -> dict[str, Any]:
    """The columns of an event but for those that refer to other tables."""
    fields = asdict(event) | {"kind": _NAMES[type(event)]}
    del fields["camera"]
    if isinstance(event, CameraLost):
        fields["reason"] = REASON.seal(vault, event.reason.encode(errors="surrogateescape"), event.event_id)
    if isinstance(event, ExpressionShifted):
        fields["probabilities"] = pack([*event.probabilities.values()])
    return dict.fromkeys(_COLUMNS) | fields


def _event(row: Row[Any], vault: Vault) -> Event:
    kind, fields = EVENT_KINDS[row.kind], row._asdict() | {"camera": camera_of(row, vault)}
    if row.reason is not None:
        fields["reason"] = REASON.open(vault, row.reason, row.event_id).decode(errors="surrogateescape")
    if row.probabilities is not None:
        fields["probabilities"] = dict(zip(labels_of(row.labels), unpack(row.probabilities), strict=True))
    return kind(**{name: fields[name] for name in kind.__dataclass_fields__})
