"""What every test would pay for anew and hardly any looks at: the steps to the newest schema, the tree of commands."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import typer.main
from alembic import op
from alembic.script import ScriptDirectory
from sqlalchemy import text

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
