"""What the audit log is yet to hear: put down in the transaction that does it, so that no kill keeps it from it."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select

from mien.domain.accounts import current_actor
from mien.store.journal import Fact, Heard, Hears, Told
from mien.store.sql import tables
from mien.store.sql.database import Database

_outbox = tables.outbox.c
_HEARD = "heard"
"""A fact: number and hash of the last entry of the audit log."""


class SqlOutbox:
    """The outbox over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliver(self, hears: Hears, begun_before: datetime | None = None, about: Collection[str] = ()) -> int:
        is_due: ColumnElement[bool] = _outbox.begun_at.is_(None)
        if begun_before is not None:
            is_due = or_(is_due, _outbox.begun_at < begun_before)
        if about:
            is_due = or_(is_due, _outbox.note_id.in_(self._naming({*about})))
        count = 0
        while self._deliver_one(hears, is_due):
            count += 1
        return count

    def _naming(self, ids: set[str]) -> list[int]:
        """The notes of what was begun that name any of some ids, as whom it is about or in a fact."""
        with self._database.reading() as connection:
            begun = connection.execute(select(tables.outbox).where(_outbox.begun_at.is_not(None))).all()
        told = ((row.note_id, *_opened(row)) for row in begun)
        return [note_id for note_id, people, facts in told if not ids.isdisjoint((*people, *map(str, facts.values())))]

    def tell(self, action: str, people: tuple[str, ...], facts: Mapping[str, Fact], hears: Hears) -> Heard | None:
        with self._database.writing() as connection:
            return _told(connection, (action, people, facts), current_actor(), hears)

    def begin(self, action: str, people: tuple[str, ...], facts: Mapping[str, Fact], at: datetime) -> int:
        with self._database.writing() as connection:
            return post(connection, action, people, facts, at)

    def end(self, note_id: int, told: Told | None, hears: Hears) -> None:
        with self._database.writing() as connection:
            if told is not None:
                _told(connection, told, current_actor(), hears)
            connection.execute(delete(tables.outbox).where(_outbox.note_id == note_id))

    def last_heard(self) -> tuple[int, str] | None:
        with self._database.reading() as connection:
            return _noted(connection)

    def _deliver_one(self, hears: Hears, is_due: ColumnElement[bool]) -> bool:
        """Hand over the oldest note; the lock of a transaction that writes keeps others from the same one."""
        query = select(tables.outbox).where(is_due).order_by(_outbox.note_id).limit(1)
        with self._database.reading() as connection:
            if connection.execute(query).first() is None:
                return False
        with self._database.writing() as connection:
            row = connection.execute(query).first()
            if row is None:
                return False
            people, facts = _opened(row)
            known: dict[str, Fact] = {} if row.begun_at is None else {"is_interrupted": True}
            _told(connection, (row.action, people, {**facts, **known}), row.actor or "", hears)
            connection.execute(delete(tables.outbox).where(_outbox.note_id == row.note_id))
        return True


def post(
    connection: Connection, action: str, people: tuple[str, ...], facts: Mapping[str, Fact], at: datetime | None = None
) -> int:
    """Put down what the audit log is to hear of what this transaction does, or of what is begun at a moment; its id."""
    row = {"action": action, "people": json.dumps(people), "facts": json.dumps(dict(facts)), "begun_at": at}
    values = {**row, "actor": current_actor() or None}
    key = connection.execute(insert(tables.outbox).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _opened(row: Row[tuple[object, ...]]) -> tuple[tuple[str, ...], dict[str, Fact]]:
    """The people and the facts of a note."""
    facts = json.loads(row.facts)
    return tuple(json.loads(row.people)), {
        name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
    }


def _told(connection: Connection, told: Told, actor: str, hears: Hears) -> Heard | None:
    """Hand something over, and remember what became of it.

    A process that dies between the two leaves an entry that is not remembered; none that is remembered is missing.
    """
    heard = hears(*told, actor)
    before = _noted(connection)
    if heard is not None and (before is None or before[0] < heard.number):
        connection.execute(delete(tables.facts).where(tables.facts.c.name == _HEARD))
        connection.execute(insert(tables.facts).values(name=_HEARD, value=f"{heard.number} {heard.hash}"))
    return heard


def _noted(connection: Connection) -> tuple[int, str] | None:
    value = connection.scalar(select(tables.facts.c.value).where(tables.facts.c.name == _HEARD))
    number, _, found = (value or "").partition(" ")
    return (int(number), found) if number.isdecimal() else None
