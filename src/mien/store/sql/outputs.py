"""What was written outside the home, in SQL: paths are sealed, for they hold names."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from mien.store.outputs import Output, OutputKind
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.sealed import PATH

_outputs = tables.outputs.c
BLOT = "\0"
"""What stands in a path that is kept for the name of somebody who was forgotten; no path has it of its own."""


class SqlOutputs:
    """The store of outputs over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, kind: OutputKind, path: Path, at: datetime) -> None:
        place = path.absolute()
        with self._database.writing(is_lasting=True) as connection:
            before = [key for key, output in self._read(connection) if output.path == place and not output.is_blotted]
            connection.execute(delete(tables.outputs).where(_outputs.output_id.in_(before)))
            key = connection.execute(insert(tables.outputs).values(kind=kind, path=b"", at=at)).inserted_primary_key
            assert key is not None
            sealed = PATH.seal(self._database.vault, str(place).encode(errors="surrogateescape"), key[0])
            connection.execute(update(tables.outputs).where(_outputs.output_id == key[0]).values(path=sealed))

    def still_there(self) -> tuple[Output, ...]:
        with self._database.reading() as connection:
            found = self._read(connection)
        missing = [(key, output) for key, output in found if not (output.is_blotted or _is_there(output.path))]
        if gone := [key for key, output in missing if not _may_be_away(output.path)]:
            with self._database.writing() as connection:
                connection.execute(delete(tables.outputs).where(_outputs.output_id.in_(gone)))
        hidden = {key for key, _ in missing}
        return tuple(output for key, output in found if key not in hidden)

    def _read(self, connection: Connection) -> list[tuple[int, Output]]:
        query = select(tables.outputs).order_by(_outputs.at, _outputs.output_id)
        vault = self._database.vault
        opened = [(row, PATH.open(vault, row.path, row.output_id)) for row in connection.execute(query)]
        texts = [(row, path.decode(errors="surrogateescape")) for row, path in opened]
        return [
            (row.output_id, Output(row.kind, Path(path.replace(BLOT, "…")), row.at, BLOT in path))
            for row, path in texts
        ]


def is_gone(path: str) -> bool:
    """Whether nothing is where something was written, and nothing comes back to it with a disk."""
    return BLOT not in path and not _is_there(Path(path)) and not _may_be_away(Path(path))


def _is_there(path: Path) -> bool:
    """Whether something is at a path; what may not be looked at is taken to be."""
    try:
        return path.exists() and not (path.is_dir() and next(path.iterdir(), None) is None)
    except OSError:
        return True


def _may_be_away(path: Path) -> bool:
    """Whether a missing path may come back with a disk: the folder it lay in is gone, or empty as where one is put."""
    try:
        return next(path.parent.iterdir(), None) is None
    except OSError:
        return True
