"""What SQLite alone needs: its pragmas, its transactions and the words of its complaints."""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, LargeBinary, cast, column, event, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

BUSY_TIMEOUT_S = 15.0
SCRUB_TIMEOUT_S = 3.0
WRITING = "mien_writing"
"""Execution option of a connection whose transactions write."""
LASTING = "mien_lasting"
"""Execution option of one whose transactions are on the disk when they end."""


def prepare(engine: Engine) -> None:
    """Give every connection foreign keys and patience, and every transaction its true beginning.

    Python's sqlite3 opens transactions late and not before changes of the schema, so it is told not to, and
    transactions that write take the lock at once: two that first read and then write would refuse each other.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("foreign_keys=ON", "secure_delete=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(WRITING, False):
            # With NORMAL the write-ahead log is synced now and then; FULL syncs it, all before included, at the end.
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get(LASTING, False) else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITING, False) else "BEGIN")


def use_write_ahead_log(engine: Engine) -> None:
    """Switch the file to WAL, in which readers and one writer do not wait for each other.

    The switch needs the file for itself for a moment and does not heed the busy timeout, so it is tried again.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise OperationalError("PRAGMA journal_mode=WAL", None, error) from error
            time.sleep(0.02)
        finally:
            connection.close()


def scrub(engine: Engine) -> bool:
    """Move the write-ahead log into the file and empty it, so that deleted rows are in neither.

    False where somebody else reads or writes for longer than a moment: then the log could not be emptied.
    """
    connection = engine.raw_connection()
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={SCRUB_TIMEOUT_S * 1000:.0f}")
        # That it waited in vain SQLite says in the first column of a row, and only of this very connection by an error.
        (is_busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}")
        connection.close()
    return not is_busy


def compact(engine: Engine) -> None:
    """Write the file anew from its rows alone, which needs a moment in which nobody else writes."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM")
    except sqlite3.OperationalError as error:
        raise OperationalError("VACUUM", None, error) from error
    finally:
        connection.close()


def schema(connection: Connection) -> tuple[str, ...]:
    """The statements by which the tables were made, and what stands before each in the file."""
    rows = connection.exec_driver_sql("SELECT type || name || tbl_name, coalesce(sql, '') FROM sqlite_master")
    return tuple(text for row in rows for text in row if text)


def texts(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """What stands in the columns of all tables that are for texts, each of a column once, and in which."""
    for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all():
        typed = connection.exec_driver_sql("SELECT name, upper(type) FROM pragma_table_info(?)", (name,)).all()
        columns = [one for one, kind in typed if not kind or "CHAR" in kind or "TEXT" in kind]
        cells = [cast(column(one), LargeBinary) for one in columns]  # whatever bytes a text is made of
        found: set[tuple[str, bytes]] = set()
        for row in connection.execute(select(*cells).select_from(table(name)).distinct()) if cells else ():
            found.update((one, text) for one, text in zip(columns, row, strict=True) if text is not None)
        yield from ((f"{name}.{one}", text) for one, text in sorted(found))


def is_alone(engine: Engine) -> bool:
    """Whether no other process has the file open, and no transaction of this one is at work.

    Whoever has a file in WAL open keeps it locked against those who want it for themselves; connections that wait for
    work do so too, and are closed.
    """
    engine.dispose()
    connection = sqlite3.connect(str(engine.url.database), timeout=0)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def is_locked(error: BaseException) -> bool:
    """Whether nothing is wrong but that somebody else is at work."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def complaint(error: BaseException) -> str:
    """What is wrong, in words for a person."""
    text = str(error)
    for sign, words in (
        ("disk is full", "the disk is full"),
        ("disk I/O error", "the disk cannot be written"),
        ("readonly", "it cannot be written"),
        ("unable to open", "the folder cannot be read or written"),
        ("not a database", "the file is not a database"),
        ("malformed", "the file is damaged"),
        ("locked", f"another process has kept it locked for {BUSY_TIMEOUT_S:g} s"),
    ):
        if sign in text:
            return words
    return text
