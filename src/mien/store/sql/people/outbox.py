"""What the audit log is yet to hear: put down in the transaction that does it, so that no kill keeps it from it."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from mien.store.journal import Fact, Hears
from mien.store.sql import tables
from mien.store.sql.database import Database

_outbox = tables.outbox.c


class SqlOutbox:
    """The outbox over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliver(self, hears: Hears) -> int:
        count = 0
        while self._deliver_one(hears):
            count += 1
        return count

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
            hears(row.action, tuple(json.loads(row.people)), facts)
            connection.execute(delete(tables.outbox).where(_outbox.note_id == row.note_id))
        return True


def post(connection: Connection, action: str, people: tuple[str, ...], facts: Mapping[str, Fact]) -> None:
    """Put down what the audit log is to hear of what this transaction does."""
    row = {"action": action, "people": json.dumps(people), "facts": json.dumps(dict(facts))}
    connection.execute(insert(tables.outbox).values(row))
