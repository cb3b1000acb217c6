"""By what a person who is to be forgotten would be recognised, read from SQL, and what of them is in other records."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, Connection, Select, delete, select, update

from mien.domain.people.consent import DECLARATION, DECLARED, REFUSED
from mien.domain.people.spelling import NamesInTexts
from mien.store.departures import Marks
from mien.store.journal import Change, PersonName
from mien.store.sql import tables
from mien.store.sql.accounts import rows as accounts
from mien.store.sql.cameras import rename
from mien.store.sql.outputs import BLOT, is_gone
from mien.store.sql.people import erasing
from mien.store.sql.people.changes import change
from mien.store.sql.sealed import (
    ACCOUNT,
    CAMERA,
    DIGEST,
    EVIDENCE,
    KEY_LABEL,
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
    ACCOUNT: tables.accounts.c.account_id,
    KEY_LABEL: tables.api_keys.c.key_id,
    VECTOR: _pictures.picture_id,
    VIEW: _views.view_id,
}
"""In which others' records a person may be recognised, and by what one of these is found again."""
_ABOUT_PEOPLE = (ORIGIN, EVIDENCE)
_SAYS_NOTHING = (DECLARATION, REFUSED)  # of anybody
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


def readable(connection: Connection, vault: Vault, sought: Collection[str]) -> Iterator[tuple[str, bytes, bool]]:
    """What is sealed of all who are there, opened: by where it is kept, and whether it is a text.

    The names that are sought are left out where they are but part of the name of somebody who is there. The texts of
    consent are not among it: they are the operator's own words, which others agreed to as they stand.
    """
    names = _names(connection, vault)
    found = NamesInTexts(sought, everybodys=names.values)
    for one in (ORIGIN, EVIDENCE, CAMERA, REASON, PATH, ACCOUNT, KEY_LABEL):
        for row, data in one.opened(connection, vault):
            text = found.without_own(_text(data), names.get(row[1], ""))
            yield _at(one, row), text.encode(errors="surrogateescape"), True
    for row in connection.execute(select(tables.changes)):
        yield f"{STEPS.place} {row.change_id}", _ids(change(row, vault)).encode(), True
    for one in (VECTOR, VIEW):
        for row, data in one.opened(connection, vault):
            yield _at(one, row), data, False


class Others:
    """What is kept of others in which a person may be recognised: by names that stand there, or by the very vectors.

    ``marks`` are the person's; names that are ``borne`` by others are left to these. ``among`` are ids of what is
    looked through, as `found` told them of an earlier moment, else it is everything.
    """

    def __init__(
        self,
        connection: Connection,
        vault: Vault,
        marks: Marks,
        borne: Collection[str] = (),
        among: Mentions | None = None,
    ) -> None:
        self._connection, self._vault, self._marks, self._among = connection, vault, marks, among
        self._sought = NamesInTexts(marks.names, borne, lambda: _names(connection, vault).values())
        self._vectors = {*marks.vectors}

    def found(self) -> Mentions:
        """By id where the person is recognised; it takes the longer the more is kept of others."""
        return {one: tuple({row[-1] for row, _ in self._recognised(one)}) for one in _KEYS}

    def unname(self) -> tuple[int, int]:
        """Take the names out, where they stand as words of their own; of how many cameras' names, and other records.

        They go from names of cameras and sources, from why these were lost, from origins of pictures, from what proves
        consent and from what its text is called, from names of accounts and what keys are called; they are blotted out
        of the paths of what was written elsewhere and is there still. The text of consent stays as it was agreed to.
        """
        if not self._sought:
            return 0, 0
        cameras = [*self._taken_out(CAMERA, UNNAMED)]
        for row, name in cameras:
            rename(self._connection, self._vault, row.camera_id, name)
        others = self._unname_versions()
        for row, name in [*self._taken_out(ACCOUNT, UNNAMED)]:
            accounts.rename(self._connection, self._vault, row.account_id, name)
            others += 1
        for sealed in (ORIGIN, EVIDENCE, REASON, KEY_LABEL):
            for row, text in [*self._taken_out(sealed, UNNAMED)]:
                self._put(sealed, row, text)
                others += 1
        for row, data in [*self._recognised(PATH)]:
            others += 1
            if is_gone(_text(data)):
                self._connection.execute(delete(tables.outputs).where(_KEYS[PATH] == row.output_id))
            else:
                self._put(PATH, row, self._sought.without(_text(data), BLOT))
        return len(cameras), others

    def _taken_out(self, one: Sealed, instead: str) -> Iterator[tuple[Any, str]]:
        """Texts of a kind, with their rows, from which something was taken out."""
        named = [*self._recognised(one)]
        own = _names(self._connection, self._vault, {row[1] for row, _ in named}) if one in _ABOUT_PEOPLE else {}
        for row, data in named:
            left = self._sought.without(_text(data), instead, own.get(row[1], ""))
            if left != _text(data):
                yield row, left

    def _put(self, one: Sealed, row: Any, text: str) -> None:
        anew = one.seal(self._vault, text.encode(errors="surrogateescape"), *row[1:-1])
        where = _KEYS[one] == row[-1]
        self._connection.execute(update(one.column.table).where(where).values({one.column.name: anew}))

    def _unname_versions(self) -> int:
        """They stand in plain, where no name may be, not even as part of a longer word; how many were changed."""
        version, count = tables.consents.c.version, 0
        for text in self._connection.scalars(select(version).distinct()).all():
            left = text if text == DECLARED else self._sought.without_any(text, UNNAMED)
            if left != text:
                renamed = update(tables.consents).where(version == text).values(version=left)
                count += self._connection.execute(renamed).rowcount
        return count

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
        elif self._sought:
            for row, data in self._opened(one):
                text = _text(data)
                if text not in _SAYS_NOTHING and self._sought.are_in(text):
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
    yield ACCOUNT, tables.accounts.c.person_id.in_(ids)
    yield KEY_LABEL, tables.api_keys.c.account_id.in_(accounts.of_people(ids))


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
