"""Whose the pictures are that a database holds already, found by the marks of one that comes again."""

from collections import defaultdict
from threading import Lock

from sqlalchemy import Connection, select

from mien.store.moving.transfer import KeptPicture
from mien.store.people import NewTemplate
from mien.store.sql import tables
from mien.store.sql.moving.kept import (
    TEMPLATES,
    file_mark,
    kept_pictures,
    moment_mark,
    template_mark,
    template_of,
)
from mien.store.sql.people.rows import picture_of
from mien.store.sql.sealed import DIGEST
from mien.store.vault.vault import Vault

_pictures, _templates = tables.pictures.c, tables.templates.c
_MANY = 16  # pictures from which on a moment that they have in common says nothing


class HeldPictures:
    """The pictures of everybody, of whatever state. Safe for several threads.

    What was read once stays right: no picture ever gets the number of another one, and whose it is now is asked anew.
    So each time only what came since is read.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[bytes, tuple[int, ...]] = defaultdict(tuple)
        self._last_picture = self._last_template = 0

    def owner(self, connection: Connection, vault: Vault, kept: KeptPicture) -> str:
        """The id of whoever has the same picture, or an empty text.

        It is the same where the digest of its file is. Where it has none, a template tells, or moment, quality and
        origin do as long as no template contradicts. Ask before the transaction writes: what is taken back stays here.
        """
        picture = kept.picture
        with self._lock:
            self._read_pictures(connection, vault)
            if picture.digest:
                return _owner(connection, self._found.get(file_mark(picture.digest), ()))
            alike = self._found.get(moment_mark(kept.created_at, picture), ())
            if owner := _owner(connection, _agreeing(connection, vault, alike, picture.templates)):
                return owner
            if picture.templates:
                self._read_templates(connection, vault)
            same = (one for mark in map(template_mark, picture.templates) for one in self._found.get(mark, ()))
            return _owner(connection, tuple(same))

    def _read_pictures(self, connection: Connection, vault: Vault) -> None:
        query = select(tables.pictures).where(_pictures.picture_id > self._last_picture)
        for row in connection.execute(query.order_by(_pictures.picture_id)):
            if row.digest:
                mark = file_mark(DIGEST.open(vault, row.digest, row.person_id, row.picture_id).decode())
            else:
                mark = moment_mark(row.created_at, picture_of(row, vault))
            self._found[mark] += (row.picture_id,)
            self._last_picture = row.picture_id

    def _read_templates(self, connection: Connection, vault: Vault) -> None:
        query = TEMPLATES.where(_templates.template_id > self._last_template).order_by(_templates.template_id)
        for row in connection.execute(query):
            self._found[template_mark(template_of(row, vault))] += (row.picture_id,)
            self._last_template = row.template_id


def _owner(connection: Connection, picture_ids: tuple[int, ...]) -> str:
    """Whose the first of some pictures is that is still there."""
    if not picture_ids:
        return ""
    query = select(_pictures.person_id).where(_pictures.picture_id.in_(picture_ids)).order_by(_pictures.picture_id)
    return connection.scalar(query.limit(1)) or ""


def _agreeing(
    connection: Connection, vault: Vault, picture_ids: tuple[int, ...], own: tuple[NewTemplate, ...]
) -> tuple[int, ...]:
    """Those of a few pictures that have no template which is another one than that of its kind among some."""
    if not 0 < len(picture_ids) < _MANY:
        return ()
    marks = {(one.model, one.variant): template_mark(one) for one in own}
    held = kept_pictures(connection, vault, _pictures.picture_id.in_(picture_ids))
    return tuple(
        picture_id
        for picture_id, kept in held.items()
        if all(marks.get((one.model, one.variant), mark) == mark for one, mark in _marked(kept))
    )


def _marked(kept: KeptPicture) -> list[tuple[NewTemplate, bytes]]:
    return [(one, template_mark(one)) for one in kept.picture.templates]
