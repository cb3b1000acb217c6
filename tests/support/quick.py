"""What every test would pay for anew and hardly any looks at.

The steps to the newest schema, the tree of commands, the wording of SQL, and a Python for each file that is read apart.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, BinaryIO
from uuid import uuid4

import pytest
import typer.main
from alembic import op
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.util import LRUCache

from mien.privacy.forgetting import verification
from mien.store.sql import database
from mien.store.sql.database import Database
from mien.store.vault.keys import MemoryKey

_OWN = ("facts", "keys", "alembic_version")
"""Tables in which a home is told from others, or its schema."""

_steps = ScriptDirectory.iterate_revisions


def make_homes_step_by_step(patch: pytest.MonkeyPatch) -> None:
    """Let a new home take all the steps that an old one takes."""
    patch.setattr(ScriptDirectory, "iterate_revisions", _steps)


def make_homes_at_once(patch: pytest.MonkeyPatch) -> None:
    """Let a new home have its tables in one step; each still gets an id and keys of its own, in one transaction."""
    patch.setattr(ScriptDirectory, "iterate_revisions", _in_one_step)


def keep_commands(patch: pytest.MonkeyPatch) -> None:
    """Let the tree of commands be built once; a call of one leaves nothing in it."""
    patch.setattr(typer.main, "get_command", cache(typer.main.get_command))


class _Statements:
    """Statements as they are worded in SQL, kept for every engine: all are of one dialect, by which they are found."""

    def __init__(self) -> None:
        self._kept: LRUCache[Any, Any] = LRUCache(5000)

    def get(self, key: tuple[Any, ...]) -> Any:
        return self._kept.get(key[1:])

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._kept[key[1:]] = compiled


def keep_statements(patch: pytest.MonkeyPatch) -> None:
    """Let a statement be worded once, and not once for each home."""
    statements = _Statements()

    def made(*asked: Any, **options: Any) -> Engine:
        engine = create_engine(*asked, **options)
        engine._compiled_cache = statements  # type: ignore[assignment]
        return engine

    patch.setattr(database, "create_engine", made)


def read_at_once(patch: pytest.MonkeyPatch) -> None:
    """Let files of a database be read by a process that starts sooner than Python; what is told of some is the same."""
    if shutil.which("cat"):
        patch.setattr(verification, "read_apart", _read_by_cat)


@contextmanager
def _read_by_cat(path: Path) -> Iterator[BinaryIO]:
    if not path.exists():
        raise FileNotFoundError(path)
    with subprocess.Popen(("cat", "--", path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise OSError(f"{path} was not read to its end")


def _in_one_step(script: ScriptDirectory, upper: Any, lower: Any, **more: Any) -> Iterator[Any]:
    if (upper, lower) != ("head", "base"):
        return _steps(script, upper, lower, **more)
    module = SimpleNamespace(upgrade=partial(_upgrade, _statements()))
    return iter([SimpleNamespace(module=module, revision=script.get_current_head())])


def _upgrade(statements: tuple[tuple[str, tuple[Any, ...]], ...]) -> None:
    connection = op.get_bind()
    for statement, values in statements:
        connection.exec_driver_sql(statement, values)
    connection.execute(text("INSERT INTO facts VALUES ('home_id', :home_id)"), {"home_id": uuid4().hex})
    op.get_context().opts["unlock"](connection)


@cache
def _statements() -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """What makes the tables that all the steps together lead to, and the rows that are in them then."""
    with ExitStack() as stack:
        make_homes_step_by_step(stack.enter_context(pytest.MonkeyPatch.context()))
        path = Path(stack.enter_context(TemporaryDirectory(prefix="mien-schema-"))) / "mien.sqlite3"
        database = stack.enter_context(Database.open_file(path, lambda _: MemoryKey()))
        connection = stack.enter_context(database.reading())
        made = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        masters = connection.execute(text(made)).all()
        tables = [name for kind, name, _ in masters if kind == "table" and name not in _OWN]
        rows = [(name, tuple(row)) for name in tables for row in connection.execute(text(f"SELECT * FROM {name}"))]
    schema = [(sql, ()) for _, name, sql in masters if name not in ("sqlite_sequence", "alembic_version")]
    filled = [(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row) for name, row in rows]
    return (*schema, *filled)
