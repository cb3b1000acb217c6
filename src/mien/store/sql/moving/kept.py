"""Pictures as they are kept, with their templates of every model, and the marks by which one that comes again is known.

A mark is 16 bytes of a digest: of the file a picture is from, of a template, or of where and when it was taken.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Picture
from mien.store.moving.transfer import KeptPicture
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql import tables
from mien.store.sql.people import templates
from mien.store.sql.people.rows import picture_of
from mien.store.sql.sealed import DIGEST, VECTOR
from mien.store.vault.vault import Vault

_pictures, _templates = tables.pictures.c, tables.templates.c
_models = tables.embedding_models
TEMPLATES = select(_templates.template_id, _templates.vector, *VECTOR.row, *templates.MODEL).select_from(
    VECTOR.source.join(_models, _models.c.model_id == _templates.model_id)
)
"""Every template with its place and its model, as `template_of` reads it."""


def template_of(row: Any, vault: Vault) -> NewTemplate:
    """The template of a row of ``TEMPLATES``."""
    return NewTemplate(templates.open_vector(row[1:6], vault), EmbeddingModel(*row[6:]), row.variant)


def kept_pictures(connection: Connection, vault: Vault, which: ColumnElement[bool]) -> dict[int, KeptPicture]:
    """Pictures by id, in ascending order."""
    embedded: dict[int, list[NewTemplate]] = defaultdict(list)
    rows: Iterable[Any] = connection.execute(TEMPLATES.where(which).order_by(_templates.template_id))
    for row in rows:
        embedded[row.picture_id].append(template_of(row, vault))
    found: dict[int, KeptPicture] = {}
    for row in connection.execute(select(tables.pictures).where(which).order_by(_pictures.picture_id)):
        one = picture_of(row, vault)
        digest = DIGEST.open(vault, row.digest, one.person_id, one.picture_id).decode() if row.digest else ""
        new = NewPicture(tuple(embedded[one.picture_id]), one.quality, one.origin, digest, one.crop)
        found[one.picture_id] = KeptPicture(new, one.created_at, one.state, one.state_at, one.is_vouched)
    return found


def marks_of(kept: KeptPicture) -> list[bytes]:
    """The marks of a picture among those of one person."""
    return [*face_marks(kept), moment_mark(kept.created_at, kept.picture)]


def face_marks(kept: KeptPicture) -> list[bytes]:
    """The marks that no two pictures of one person have in common, also where they were taken in together."""
    by_file = [file_mark(kept.picture.digest)] if kept.picture.digest else []
    return [*by_file, *map(template_mark, kept.picture.templates)]


def file_mark(digest: str) -> bytes:
    """The mark of the file of a digest."""
    return _mark(digest.encode())


def template_mark(template: NewTemplate) -> bytes:
    """The mark of a template."""
    return _mark(f"{template.model} {template.variant} ".encode() + template.vector.tobytes())


def moment_mark(created_at: datetime, picture: NewPicture | Picture) -> bytes:
    """The mark of when a picture was taken in, from where and how good; those of a table may have it in common."""
    return _mark(f"{created_at.isoformat()} {picture.quality!r} {picture.origin}".encode())


def _mark(told: bytes) -> bytes:
    return hashlib.sha256(told).digest()[:16]
