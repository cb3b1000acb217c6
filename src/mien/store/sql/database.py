"""The opened database: its connections, its transactions and its way to the newest schema."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine, create_engine, delete, insert, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mien.domain.errors import StoreBusy, StoreError, StoreTooNew
from mien.store.home import PRIVATE
from mien.store.sql import sqlite
from mien.store.sql.sealed import INNER_KEY
from mien.store.sql.tables import facts, inner_keys
from mien.store.sql.unlocking import FindKey, KeyRecord, key_record, newest_key, owners_key, unlock
from mien.store.vault.keys import EncryptionSettings, KeyPlace, key_finder
from mien.store.vault.vault import Vault, new_key

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

_log = logging.getLogger(__name__)
_MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST_SCHEMA = "0007"
"""The revision that the migrations lead to: a home that is there already is opened without asking these."""
PLAIN_MEDIA = "plain_media"
"""A fact: pictures of an earlier version are there that are not sealed yet."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What a database is: its ``kind``, such as sqlite, and the revision of its schema."""

    kind: str
    schema: str


class Database:
    """A database at the newest schema. Safe for several threads; several processes may have it open.

    ``vault`` seals what is kept of people, and opens it.
    """

    vault: Vault

    def __init__(self, engine: Engine, place: str, find_key: FindKey) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{sqlite.WRITING: True})
        self._lasting_writer = engine.execution_options(**{sqlite.WRITING: True, sqlite.LASTING: True})
        self._place = place
        self._find_key = cache(find_key)  # a key that is in memory only is in one place

    @classmethod
    def open_file(cls, path: Path, find_key: FindKey | None = None) -> Self:
        """Open a SQLite file, made with its private folder where there is none, and bring it to the newest schema.

        ``find_key`` tells where the key lies by which it is encrypted; a new home is given one. Raises StoreTooNew,
        with nothing touched, where a newer mien wrote it, StoreError where it cannot be used or its key is missing,
        SettingsError where that cannot be where it is.
        """
        find_key = find_key or key_finder(EncryptionSettings(), path.parent)
        try:
            path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
        engine = create_engine(
            URL.create("sqlite+pysqlite", database=str(path)),
            connect_args={"timeout": sqlite.BUSY_TIMEOUT_S},
            hide_parameters=True,
        )
        sqlite.prepare(engine)
        database = cls(engine, str(path), find_key)
        try:
            database._upgrade()
            with database.reading() as connection:
                database.vault = unlock(connection, database._find_key)
            database.vault.renew_by(database._take_up_keys)
        except BaseException:
            engine.dispose()
            raise
        return database

    def close(self) -> None:
        """Give the connections back; idempotent."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction that sees one moment of the database."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, is_lasting: bool = False) -> Iterator[Connection]:
        """A connection in a transaction that is kept whole, or not at all where anything is raised.

        After a power cut the last few may be missing, but for those that are to be ``is_lasting``.
        """
        with self._explained(), (self._lasting_writer if is_lasting else self._writer).begin() as connection:
            self.renew_keys(connection)
            yield connection

    def renew_keys(self, connection: Connection) -> None:
        """Take up the keys that another process has changed meanwhile."""
        if newest_key(connection) > self.vault.newest:  # less where the transaction began before they came
            self.vault.adopt(unlock(connection, self._find_key))

    def _take_up_keys(self) -> None:
        with self.reading() as connection:
            self.renew_keys(connection)

    def key_place(self) -> KeyPlace:
        """Where the owner's key lies."""
        return self._find_key(self.fact("home_id"))

    def key_record(self) -> KeyRecord:
        """What may be said of the keys that are in use."""
        place = self.key_place()
        with self.reading() as connection:
            master = owners_key(connection, place)
            assert master is not None, "without it the database would not be open"
            return key_record(connection, master, place.told)

    def state(self) -> DatabaseState:
        """What it is, and at which schema; raises StoreError."""
        with self.reading() as connection:
            return DatabaseState(self._engine.dialect.name, self._revision(connection) or "")

    def fact(self, name: str) -> str:
        """What is noted under a name, or empty."""
        with self.reading() as connection:
            return connection.scalar(select(facts.c.value).where(facts.c.name == name)) or ""

    def inner_key(self, name: str) -> bytes:
        """A key of 32 random bytes that outlives rotations, kept sealed under a name; made where there is none yet."""
        with self.reading() as connection:
            found = self._inner_keys(connection)
        if name not in found:
            with self.writing(is_lasting=True) as connection:
                found = self._inner_keys(connection)  # another process may have been faster
                if name not in found:
                    found[name] = new_key()
                    sealed = INNER_KEY.seal(self.vault, found[name], name)
                    connection.execute(insert(inner_keys).values(name=name, sealed=sealed))
        return found[name]

    def _inner_keys(self, connection: Connection) -> dict[str, bytes]:
        return {row.name: key for row, key in INNER_KEY.opened(connection, self.vault)}

    def note_fact(self, name: str, value: str) -> None:
        """Note a text under a name; an empty one is no note."""
        with self.writing() as connection:
            connection.execute(delete(facts).where(facts.c.name == name))
            if value:
                connection.execute(insert(facts).values(name=name, value=value))

    def scrub(self) -> bool:
        """See to it that what was deleted cannot be read from the files any more; warns where that was not possible."""
        if self._engine.dialect.name != "sqlite":
            return True
        with self._explained():
            is_scrubbed = sqlite.scrub(self._engine)
        if not is_scrubbed:
            _log.warning(
                "what was deleted stays readable in the log beside %s until the other processes that use it end",
                self._place,
            )
        return is_scrubbed

    def compact(self) -> bool:
        """Write the file anew, without what was deleted; whether the log is rid of it too, as `scrub` is to see to it.

        SQLite overwrites what is deleted, but leaves copies where it moved rows from one page to another. Raises
        StoreError where others leave no moment for it.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        with self._explained():
            sqlite.compact(self._engine)
        return self.scrub()

    def own_texts(self) -> tuple[str, ...]:
        """What stands in the file whoever is kept there: the words of its schema."""
        with self.reading() as connection:
            return sqlite.schema(connection) if self._engine.dialect.name == "sqlite" else ()

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """What stands in the file as a text in plain: the table and column, and each text of these once."""
        if self._engine.dialect.name == "sqlite":
            with self.reading() as connection:
                yield from sqlite.texts(connection)

    def is_alone(self) -> bool:
        """Whether nobody else has it open, for a moment: no other process, and no transaction of this one."""
        return self._engine.dialect.name == "sqlite" and sqlite.is_alone(self._engine)

    def _upgrade(self) -> None:
        with self.reading() as connection:
            current = self._revision(connection)
        if current == NEWEST_SCHEMA:
            return
        from alembic.migration import MigrationContext  # takes as long to import as all that reads a home
        from alembic.operations import Operations

        script = _script()
        if self._engine.dialect.name == "sqlite":
            with self._explained():
                sqlite.use_write_ahead_log(self._engine)
        with self._explained(), self._lasting_writer.begin() as connection:  # files are sealed by what it brings
            current = self._revision(connection)  # another process may have been faster
            opts = {"unlock": partial(unlock, find_key=self._find_key)}
            context = MigrationContext.configure(connection, opts=opts)
            pending = list(script.iterate_revisions("head", current or "base"))
            with Operations.context(context):
                for step in reversed(pending):
                    step.module.upgrade()
                    context.stamp(script, step.revision)

    def _revision(self, connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        current: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if current not in (None, NEWEST_SCHEMA) and current not in {one.revision for one in _script().walk_revisions()}:
            raise StoreTooNew(
                f"the database {self._place} was written by a newer version of mien (schema {current}, this version "
                f"knows up to {NEWEST_SCHEMA}): update mien or use another home"
            )
        return current

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            cause = error.orig or error
            kind = StoreBusy if sqlite.is_locked(cause) else StoreError
            raise kind(f"the database {self._place} cannot be used: {sqlite.complaint(cause)}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"the database {self._place} cannot be used: {error}") from error


@cache
def _script() -> "ScriptDirectory":
    """The steps from one schema to the next."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(_MIGRATIONS), version_locations=[str(_MIGRATIONS)])
