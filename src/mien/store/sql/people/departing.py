"""By what a person who is to be forgotten would be recognised, read from SQL, and what of them is in other records."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import Column, Connection, Select, select, update

from mien.store.departures import Marks
from mien.store.journal import PersonName
from mien.store.sql import tables
from mien.store.sql.people import erasing
from mien.store.sql.people.changes import change
from mien.store.sql.people.templates import open_vector
from mien.store.vault.vault import Vault

UNNAMED = "forgotten"
"""What stands where the name of a camera or of its source held that of a person who was forgotten."""
_SLICE_BYTES, _LEAST_VALUES = 24, 8
_SEALED = slice(4, 28)  # behind the number of the key, which all have in common
_people, _pictures, _views = tables.people.c, tables.pictures.c, tables.sighting_views.c


def marks(connection: Connection, vault: Vault, person_id: str) -> Marks:
    """Read the marks of a person under all their ids; raises PersonUnknown."""
    ids = erasing.selves(connection, person_id)
    own = connection.execute(select(tables.people).where(_people.person_id.in_(ids))).all()
    names = {vault.open(row.name, b"name").decode() for row in own if row.name}
    sealed = [row.name for row in own if row.name]
    for row in connection.execute(select(tables.changes)):
        entry = change(row, vault)
        if {*entry.people} & {*ids}:
            sealed.append(row.steps)
            names |= {step.name for step in entry.undoing if isinstance(step, PersonName) and step.person_id in ids}
    pictures = _pictures.person_id.in_(ids)
    of_pictures = select(_pictures.picture_id).where(pictures)
    seen = select(tables.sightings.c.sighting_id).where(tables.sightings.c.person_id.in_(ids))
    vectors = _column(connection, tables.templates.c.vector, tables.templates.c.picture_id.in_(of_pictures))
    vectors += _column(connection, _views.vector, _views.sighting_id.in_(seen))
    sealed += vectors + _column(connection, tables.consents.c.evidence, tables.consents.c.person_id.in_(ids))
    for column in (_pictures.origin, _pictures.digest):
        sealed += _column(connection, column, pictures)
    crops = _column(connection, _pictures.crop, pictures) + _column(
        connection, _views.crop, _views.sighting_id.in_(seen)
    )
    return Marks(
        tuple(sorted(names - {""})),
        ids,
        tuple(row.uid for row in own if row.uid),
        tuple(filter(None, (distinctive(open_vector(vector, vault).astype("<f4").tobytes()) for vector in vectors))),
        tuple(one[_SEALED] for one in sealed),
        tuple(crop for crop in crops if crop),
    )


def distinctive(vector: bytes) -> bytes:
    """A part of a vector that no other bytes are likely to repeat; none where it has no such part."""
    values = np.frombuffer(vector, np.uint8)
    starts = range(0, max(len(values) - _SLICE_BYTES, 0) + 1, max(len(values) // 32 * 4, 4))
    best = max(starts, key=lambda start: len(np.unique(values[start : start + _SLICE_BYTES])))
    chosen = values[best : best + _SLICE_BYTES]
    return chosen.tobytes() if len(np.unique(chosen)) >= _LEAST_VALUES else b""


def unname(connection: Connection, names: Iterable[str]) -> None:
    """Take names out of those of cameras and sources, where they stand as words of their own."""
    spelt = {unicodedata.normalize(form, name) for name in names for form in ("NFC", "NFD")}
    if not spelt:
        return
    words = re.compile(
        rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(spelt, key=len, reverse=True)))})(?![^\W_])", re.I
    )
    for table in (tables.runs, tables.events, tables.sightings):
        for camera in connection.scalars(select(table.c.camera).distinct()).all():
            if (unnamed := words.sub(UNNAMED, camera)) != camera:
                connection.execute(update(table).where(table.c.camera == camera).values(camera=unnamed))


def _column(connection: Connection, column: Column[Any], where: Any) -> list[Any]:
    query: Select[Any] = select(column).where(where, column.is_not(None))
    return list(connection.scalars(query))
