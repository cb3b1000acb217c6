"""What the audit log is yet to hear: put down in the transaction that does it, so that no kill keeps it from it."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from mien.store.journal import Fact, Heard, Hears
from mien.store.sql import tables
from mien.store.sql.database import Database

_outbox = tables.outbox.c
_HEARD = "heard"
"""A fact: number and hash of the last entry that the audit log made of what was handed over."""


class SqlOutbox:
    """The outbox over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliver(self, hears: Hears) -> int:
        count = 0
        while self._deliver_one(hears):
            count += 1
        return count

    def last_heard(self) -> tuple[int, str] | None:
        with self._database.reading() as connection:
            return _noted(connection)

    def _deliver_one(self, hears: Hears) -> bool:
        """Hand over the oldest note; the lock of a transaction that writes keeps others from the same one."""
        query = select(tables.outbox).order_by(_outbox.note_id).limit(1)
        with self._database.reading() as connection:
            if connection.execute(query).first() is None:
                return False
        with self._database.writing() as connection:
            row = connection.execute(query).first()
            if row is None:
                return False
            told = json.loads(row.facts)
            facts = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
            heard = hears(row.action, tuple(json.loads(row.people)), facts)
            if heard is not None:
                _note(connection, heard)
            connection.execute(delete(tables.outbox).where(_outbox.note_id == row.note_id))
        return True


def _note(connection: Connection, heard: Heard) -> None:
    """Remember an entry, unless a later one was heard of: numbers that go back are those of another log."""
    before = _noted(connection)
    if before is None or before[0] < heard.number:
        connection.execute(delete(tables.facts).where(tables.facts.c.name == _HEARD))
        connection.execute(insert(tables.facts).values(name=_HEARD, value=f"{heard.number} {heard.hash}"))


def _noted(connection: Connection) -> tuple[int, str] | None:
    value = connection.scalar(select(tables.facts.c.value).where(tables.facts.c.name == _HEARD))
    number, _, found = (value or "").partition(" ")
    return (int(number), found) if number.isdecimal() else None


def post(connection: Connection, action: str, people: tuple[str, ...], facts: Mapping[str, Fact]) -> None:
    """Put down what the audit log is to hear of what this transaction does."""
    row = {"action": action, "people": json.dumps(people), "facts": json.dumps(dict(facts))}
    connection.execute(insert(tables.outbox).values(row))
