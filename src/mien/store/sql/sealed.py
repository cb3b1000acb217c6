"""What of the database is sealed, and to which row each value is bound."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, select

from mien.store.sql import tables
from mien.store.vault.vault import Vault


class Sealed:
    """A column whose values are sealed: each for what it is and for the row it stands in, and opens nowhere else.

    ``row`` are the columns that say which row that is; ``source`` reaches those of other tables. Where one of them
    changes, the value is sealed anew.
    """

    def __init__(self, column: Column[Any], *row: Column[Any], source: FromClause | None = None) -> None:
        self.column = column
        self.row = row
        self.source: FromClause = column.table if source is None else source
        self._place = f"{column.table.name}.{column.name}"

    @property
    def place(self) -> str:
        """Table and column."""
        return self._place

    def seal(self, vault: Vault, data: bytes, *row: object) -> bytes:
        """Seal a value for a row, of which the values of ``self.row`` are given."""
        return vault.seal(data, self._context(row))

    def open(self, vault: Vault, sealed: bytes, *row: object) -> bytes:
        """Open the value of a row; raises StoreError where it was sealed for another one."""
        return vault.open(sealed, self._context(row))

    def opened(
        self, connection: Connection, vault: Vault, *where: ColumnElement[bool], also: tuple[Column[Any], ...] = ()
    ) -> Iterator[tuple[Any, bytes]]:
        """Values with their rows: the value as it is stored, the values of ``self.row``, and what else is asked for."""
        query = select(self.column, *self.row, *also).select_from(self.source).where(self.is_there, *where)
        for row in connection.execute(query):
            yield row, self.open(vault, row[0], *row[1 : 1 + len(self.row)])

    @property
    def is_there(self) -> ColumnElement[bool]:
        """The condition that a row has a value."""
        return self.column.is_not(None)

    def _context(self, row: tuple[object, ...]) -> bytes:
        assert len(row) == len(self.row), f"{self._place} is bound to {len(self.row)} values"
        return " ".join((self._place, *map(str, row))).encode()


_pictures, _templates, _views = tables.pictures.c, tables.templates.c, tables.sighting_views.c
_WITH_OWNER = tables.templates.join(tables.pictures, _pictures.picture_id == _templates.picture_id)

NAME = Sealed(tables.people.c.name, tables.people.c.person_id)
ORIGIN = Sealed(_pictures.origin, _pictures.person_id, _pictures.picture_id)
DIGEST = Sealed(_pictures.digest, _pictures.person_id, _pictures.picture_id)
VECTOR = Sealed(
    _templates.vector,
    _pictures.person_id,
    _templates.picture_id,
    _templates.model_id,
    _templates.variant,
    source=_WITH_OWNER,
)
VIEW = Sealed(_views.vector, _views.sighting_id, _views.model_id)
EVIDENCE = Sealed(tables.consents.c.evidence, tables.consents.c.person_id, tables.consents.c.scope)
CONSENT_TEXT = Sealed(tables.consent_texts.c.text, tables.consent_texts.c.text_id)
STEPS = Sealed(tables.changes.c.steps, tables.changes.c.change_id)
CAMERA = Sealed(tables.cameras.c.name, tables.cameras.c.camera_id)
REASON = Sealed(tables.events.c.reason, tables.events.c.event_id)
PATH = Sealed(tables.outputs.c.path, tables.outputs.c.output_id)
ACCOUNT = Sealed(tables.accounts.c.name, tables.accounts.c.account_id)
KEY_LABEL = Sealed(tables.api_keys.c.label, tables.api_keys.c.key_id)
INNER_KEY = Sealed(tables.inner_keys.c.sealed, tables.inner_keys.c.name)

SEALED: tuple[Sealed, ...] = (
    NAME,
    ORIGIN,
    DIGEST,
    VECTOR,
    VIEW,
    EVIDENCE,
    CONSENT_TEXT,
    STEPS,
    CAMERA,
    REASON,
    PATH,
    ACCOUNT,
    KEY_LABEL,
    INNER_KEY,
)
"""Every column that is sealed."""
