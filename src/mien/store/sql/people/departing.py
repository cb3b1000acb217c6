"""By what a person who is to be forgotten would be recognised, read from SQL, and what of them is in other records."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, Connection, Select, delete, select, update

from mien.domain.people.consent import DECLARATION
from mien.store.departures import Marks
from mien.store.journal import Change, PersonName
from mien.store.sql import tables
from mien.store.sql.cameras import rename
from mien.store.sql.outputs import BLOT, is_gone
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
_ASKED = 500  # ids in one question: SQLite takes a limited number of values
_KEYS: Mapping[Sealed, Column[Any]] = {
    CAMERA: tables.cameras.c.camera_id,
    ORIGIN: _pictures.picture_id,
    EVIDENCE: tables.consents.c.consent_id,
    REASON: tables.events.c.event_id,
    PATH: tables.outputs.c.output_id,
    VECTOR: _pictures.picture_id,
    VIEW: _views.view_id,
}
"""In which others' records a person may be recognised, and by what one of these is found again."""
Mentions = Mapping[Sealed, Sequence[Any]]
"""Where a person is recognised in what is kept of others: ids, by what holds it."""


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


class Others:
    """What is kept of others in which a person may be recognised: by names that stand there, or by the very vectors.

    ``among`` are ids of what is looked through, as `found` told them of an earlier moment, else it is everything.
    """

    def __init__(self, connection: Connection, vault: Vault, marks: Marks, among: Mentions | None = None) -> None:
        self._connection, self._vault, self._marks, self._among = connection, vault, marks, among
        self._words, self._vectors = _words(marks.names), {*marks.vectors}

    def found(self) -> Mentions:
        """By id where the person is recognised; it takes the longer the more is kept of others."""
        return {one: tuple({row[-1] for row, _ in self._recognised(one)}) for one in _KEYS}

    def unname(self) -> int:
        """Take the names out, where they stand as words of their own; of how many cameras' names.

        They go from names of cameras and sources, from why these were lost, from origins of pictures and from what
        proves consent; they are blotted out of the paths of what was written elsewhere and is there still.
        """
        if self._words is None:
            return 0
        cameras = [*self._recognised(CAMERA)]
        for row, data in cameras:
            rename(self._connection, self._vault, row.camera_id, self._words.sub(UNNAMED, _text(data)))
        for sealed in (ORIGIN, EVIDENCE, REASON):
            named = [*self._recognised(sealed)]
            own = _names(self._connection, self._vault, {row[1] for row, _ in named})
            for row, data in named:
                unnamed = _unnamed(_text(data), self._words, own.get(row[1], "")).encode(errors="surrogateescape")
                anew = sealed.seal(self._vault, unnamed, *row[1:-1])
                where = _KEYS[sealed] == row[-1]
                self._connection.execute(update(sealed.column.table).where(where).values({sealed.column.name: anew}))
        for row, data in [*self._recognised(PATH)]:
            self._blot_out(row.output_id, _text(data), self._words)
        return len(cameras)

    def _blot_out(self, output_id: int, path: str, words: re.Pattern[str]) -> None:
        is_it = _KEYS[PATH] == output_id
        if is_gone(path):
            self._connection.execute(delete(tables.outputs).where(is_it))
            return
        blotted = words.sub(BLOT, path).encode(errors="surrogateescape")
        sealed = PATH.seal(self._vault, blotted, output_id)
        self._connection.execute(update(tables.outputs).where(is_it).values(path=sealed))

    def twins(self) -> tuple[set[int], set[int]]:
        """Pictures and views of visits, by id, that have the very vector of one of a person's: the same picture."""
        pictures = {row.picture_id for row, _ in self._recognised(VECTOR)}
        return pictures, {row.view_id for row, _ in self._recognised(VIEW)}

    def _recognised(self, one: Sealed) -> Iterator[tuple[Any, bytes]]:
        """Values of a kind by which the person is recognised, with their rows, the last column of which is the id."""
        if one in (VECTOR, VIEW):
            own = self._marks.person_ids if one is VECTOR else ()
            for row, data in self._opened(one) if self._vectors else ():
                if row[1] not in own and not self._vectors.isdisjoint(_slices(data)):
                    yield row, data
        elif self._words is not None:
            for row, data in self._opened(one):
                text = _text(data)
                if text != DECLARATION and self._words.search(text):  # which says nothing of anybody
                    yield row, data

    def _opened(self, one: Sealed) -> Iterator[tuple[Any, bytes]]:
        key = _KEYS[one]
        if self._among is None:
            yield from one.opened(self._connection, self._vault, also=(key,))
            return
        asked = self._among[one]
        for start in range(0, len(asked), _ASKED):
            some = key.in_(asked[start : start + _ASKED])
            yield from one.opened(self._connection, self._vault, some, also=(key,))


def distinctive(vector: bytes) -> bytes:
    """A part of a vector that no other bytes are likely to repeat; none where it has no such part."""
    best = max(_slices(vector), key=lambda one: len({*one}))
    return best if len({*best}) >= _LEAST_VALUES else b""


def _slices(vector: bytes) -> Iterator[bytes]:
    starts = range(0, max(len(vector) - _SLICE_BYTES, 0) + 1, max(len(vector) // 32 * 4, 4))
    return (vector[start : start + _SLICE_BYTES] for start in starts)


def _words(names: Iterable[str]) -> re.Pattern[str] | None:
    """What finds names as words of their own, in whichever spelling; nothing where there are none."""
    spelt = {
        unicodedata.normalize(form, word)
        for name in names
        for word in (name, name.casefold(), name.upper())
        for form in ("NFC", "NFD")
    }
    longest_first = sorted(spelt, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W_])", re.I) if spelt else None


def _unnamed(text: str, words: re.Pattern[str], own: str) -> str:
    """A text without words that are names, but for those within the name of whoever it is about."""
    found = re.compile(f"({re.escape(own)})|{words.pattern}", words.flags) if own else words
    return found.sub(lambda one: (one[1] if own else "") or UNNAMED, text)


def _names(connection: Connection, vault: Vault, person_ids: Collection[str] | None = None) -> dict[str, str]:
    """The names of everybody who has one, or of some of them, by id."""
    if person_ids is None:
        return {row.person_id: data.decode() for row, data in NAME.opened(connection, vault)}
    ids, found = sorted(person_ids), dict[str, str]()
    for start in range(0, len(ids), _ASKED):
        some = _people.person_id.in_(ids[start : start + _ASKED])
        found |= {row.person_id: data.decode() for row, data in NAME.opened(connection, vault, some)}
    return found


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
