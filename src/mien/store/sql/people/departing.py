"""By what a person who is to be forgotten would be recognised, read from SQL, and what of them is in other records."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, Connection, Select, delete, select, update

from mien.domain.people.consent import DECLARATION
from mien.store.departures import Marks
from mien.store.journal import Change, PersonName
from mien.store.sql import tables
from mien.store.sql.cameras import rename
from mien.store.sql.people import erasing
from mien.store.sql.people.changes import change
from mien.store.sql.sealed import (
    CAMERA,
    DIGEST,
    EVIDENCE,
    NAME,
    ORIGIN,
    PATH,
    REASON,
    STEPS,
    VECTOR,
    VIEW,
    Sealed,
)
from mien.store.vault.vault import Vault

UNNAMED = "forgotten"
"""What stands where the name of a camera or of its source held that of a person who was forgotten."""
_NAMING = ("person_id", "merged_into", "into")  # fields of steps
_SLICE_BYTES, _LEAST_VALUES = 24, 8
_SEALED = slice(4, 28)  # behind the number of the key, which all have in common
_people, _pictures, _views = tables.people.c, tables.pictures.c, tables.sighting_views.c


def marks(connection: Connection, vault: Vault, person_id: str) -> Marks:
    """Read the marks of a person under all their ids; raises PersonUnknown."""
    ids = erasing.selves(connection, person_id)
    names, sealed, vectors = set[str](), [], []
    for one, where in _whose(ids):
        for row, data in one.opened(connection, vault, where):
            sealed.append(row[0])
            if one is NAME:
                names.add(data.decode())
            elif one in (VECTOR, VIEW):
                vectors.append(distinctive(data))
    for row in connection.execute(select(tables.changes)):
        entry = change(row, vault)
        if {*entry.people} & {*ids}:
            sealed.append(row.steps)
            names |= {step.name for step in entry.undoing if isinstance(step, PersonName) and step.person_id in ids}
    crops = _column(connection, _pictures.crop, _pictures.person_id.in_(ids))
    crops += _column(connection, _views.crop, _views.sighting_id.in_(_seen(ids)))
    return Marks(
        tuple(sorted(names - {""})),
        ids,
        tuple(_column(connection, _people.uid, _people.person_id.in_(ids))),
        tuple(filter(None, vectors)),
        tuple(one[_SEALED] for one in sealed),
        tuple(filter(None, crops)),
    )


def readable(connection: Connection, vault: Vault) -> Iterator[tuple[str, bytes, bool]]:
    """What is sealed of all who are there, opened: by where it is kept, and whether it is a text.

    The names that people bear are left out wherever they stand: a name may well hold another person's.
    """
    names = _names(connection, vault)
    for one in (ORIGIN, EVIDENCE, CAMERA, REASON, PATH):
        for row, data in one.opened(connection, vault):
            text, own = _text(data), names.get(row[1], "")
            left = re.sub(re.escape(own), "", text, flags=re.I) if own else text
            yield _at(one, row), left.encode(errors="surrogateescape"), True
    for row in connection.execute(select(tables.changes)):
        yield f"{STEPS.place} {row.change_id}", _ids(change(row, vault)).encode(), True
    for one in (VECTOR, VIEW):
        for row, data in one.opened(connection, vault):
            yield _at(one, row), data, False


def twins(connection: Connection, vault: Vault, marks: Marks) -> tuple[set[int], set[int]]:
    """Others' pictures and views of visits, by id, that have the very vector of one of a person's: the same picture."""
    wanted = {*marks.vectors}
    pictures = VECTOR.opened(connection, vault, _pictures.person_id.not_in(marks.person_ids))
    views = VIEW.opened(connection, vault, also=(_views.view_id,))
    return (
        {row.picture_id for row, data in pictures if not wanted.isdisjoint(_slices(data))},
        {row.view_id for row, data in views if not wanted.isdisjoint(_slices(data))},
    )


def distinctive(vector: bytes) -> bytes:
    """A part of a vector that no other bytes are likely to repeat; none where it has no such part."""
    best = max(_slices(vector), key=lambda one: len({*one}))
    return best if len({*best}) >= _LEAST_VALUES else b""


def _slices(vector: bytes) -> Iterator[bytes]:
    starts = range(0, max(len(vector) - _SLICE_BYTES, 0) + 1, max(len(vector) // 32 * 4, 4))
    return (vector[start : start + _SLICE_BYTES] for start in starts)


def unname(connection: Connection, vault: Vault, names: Iterable[str]) -> int:
    """Take names out of what is kept of others, where they stand as words of their own; of how many cameras' names.

    They go from names of cameras and sources, from why these were lost, from origins of pictures and from what proves
    consent; where something was written to a path with such a name is not remembered any longer.
    """
    spelt = {
        unicodedata.normalize(form, word)
        for name in names
        for word in (name, name.casefold(), name.upper())
        for form in ("NFC", "NFD")
    }
    if not spelt:
        return 0
    words = re.compile(
        rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(spelt, key=len, reverse=True)))})(?![^\W_])", re.I
    )
    cameras = [(row, camera) for row, data in CAMERA.opened(connection, vault) if words.search(camera := _text(data))]
    for row, camera in cameras:
        rename(connection, vault, row.camera_id, words.sub(UNNAMED, camera))
    own = _names(connection, vault)
    ids = (_pictures.picture_id, tables.consents.c.consent_id, tables.events.c.event_id)
    for sealed, key in zip((ORIGIN, EVIDENCE, REASON), ids, strict=True):
        opened = sealed.opened(connection, vault, also=(key,))
        told = ((row, text) for row, data in opened if (text := _text(data)) != DECLARATION)
        named = [(row, text) for row, text in told if words.search(text)]
        for row, text in named:
            unnamed = _unnamed(text, words, own.get(row[1], "")).encode(errors="surrogateescape")
            anew = sealed.seal(vault, unnamed, *row[1:-1])
            connection.execute(update(sealed.column.table).where(key == row[-1]).values({sealed.column.name: anew}))
    gone = [row.output_id for row, data in PATH.opened(connection, vault) if words.search(_text(data))]
    connection.execute(delete(tables.outputs).where(tables.outputs.c.output_id.in_(gone)))
    return len(cameras)


def _unnamed(text: str, words: re.Pattern[str], own: str) -> str:
    """A text without words that are names, but for those within the name of whoever it is about."""
    found = re.compile(f"({re.escape(own)})|{words.pattern}", words.flags) if own else words
    return found.sub(lambda one: (one[1] if own else "") or UNNAMED, text)


def _names(connection: Connection, vault: Vault) -> dict[str, str]:
    """The names of everybody who has one, by id."""
    return {row.person_id: data.decode() for row, data in NAME.opened(connection, vault)}


def _whose(ids: tuple[str, ...]) -> Iterator[tuple[Sealed, Any]]:
    """What is sealed of people, and the condition that a value is theirs."""
    yield NAME, _people.person_id.in_(ids)
    for one in (ORIGIN, DIGEST, VECTOR):
        yield one, _pictures.person_id.in_(ids)
    yield VIEW, _views.sighting_id.in_(_seen(ids))
    yield EVIDENCE, tables.consents.c.person_id.in_(ids)


def _seen(ids: tuple[str, ...]) -> Select[Any]:
    return select(tables.sightings.c.sighting_id).where(tables.sightings.c.person_id.in_(ids))


def _at(one: Sealed, row: Any) -> str:
    return " ".join((one.place, *map(str, row[1 : 1 + len(one.row)])))


def _text(data: bytes) -> str:
    """Names of files may be no UTF-8."""
    return data.decode(errors="surrogateescape")


def _ids(entry: Change) -> str:
    """The ids that an entry of the journal holds."""
    steps = [asdict(step) for step in entry.undoing]
    return " ".join((*entry.people, *(str(step.get(name, "")) for step in steps for name in _NAMING)))


def _column(connection: Connection, column: Column[Any], where: Any) -> list[Any]:
    query: Select[Any] = select(column).where(where, column.is_not(None))
    return list(connection.scalars(query))
