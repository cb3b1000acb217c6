"""The keys of a home, in its database under the key of its owner, which is elsewhere."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select

from mien.domain.errors import KeyUnusable
from mien.store.sql.tables import facts, keys
from mien.store.vault.keys import KeyPlace
from mien.store.vault.vault import Vault, fingerprint, new_key

_log = logging.getLogger(__name__)

FindKey = Callable[[str], KeyPlace]
"""Finds where the key of a home lies, by the home's id."""


def unlock(connection: Connection, find_key: FindKey) -> Vault:
    """The vault of a home; a home without keys is given some, in a transaction that has to be one that writes.

    Raises KeyUnusable where the key is missing or that of another home.
    """
    home_id = connection.scalars(select(facts.c.value).where(facts.c.name == "home_id")).one()
    place = find_key(home_id)
    master = owners_key(connection, place)
    stored = connection.execute(select(keys).order_by(keys.c.number)).all()
    if not stored:
        return _locked(connection, place, master)
    if master is None:
        told = f"the people of this home are encrypted, and the key to them is not there: {place.told}"
        raise KeyUnusable(told, place.told)
    mark = fingerprint(master)
    mine = {row.number: row.wrapped for row in stored if row.master == mark}
    if not mine:
        told = f"the people of this home are encrypted, and not with the key that is there: {place.told}"
        raise KeyUnusable(told, place.told)
    opener = Vault.of(master)
    return Vault({number: opener.open(wrapped, _context(number)) for number, wrapped in mine.items()}, max(mine))


def owners_key(connection: Connection, place: KeyPlace) -> bytes | None:
    """Of the keys in a place the newest by which this home is kept, or the newest of all, or none where none is."""
    marks = set(connection.scalars(select(keys.c.master)))
    found = place.all()
    return next((key for key in found if fingerprint(key) in marks), next(iter(found), None))


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What may be said of the keys of a home: which number seals, since when, and whose key it is kept under.

    ``owner`` is the fingerprint of the owner's key, ``place`` where that lies, in words.
    """

    number: int
    since: datetime
    owner: str
    place: str


def key_record(connection: Connection, master: bytes, place: str) -> KeyRecord:
    """What may be said of the newest key that is kept under that of the owner."""
    mark = fingerprint(master)
    row = connection.execute(select(keys).where(keys.c.master == mark).order_by(keys.c.number.desc())).first()
    assert row is not None, "the home is open, so there is one"
    return KeyRecord(row.number, row.created_at, mark, place)


def home_key(connection: Connection, master: bytes, number: int) -> bytes:
    """A key of the home, by that of its owner."""
    where = (keys.c.number == number, keys.c.master == fingerprint(master))
    return Vault.of(master).open(connection.scalars(select(keys.c.wrapped).where(*where)).one(), _context(number))


def newest_key(connection: Connection) -> int:
    """The number of the key that seals."""
    return int(connection.scalars(select(func.max(keys.c.number))).one())


def add_key(connection: Connection, master: bytes, number: int, key: bytes) -> None:
    """Keep a key of the home under the key of its owner."""
    wrapped = Vault.of(master).seal(key, _context(number))
    row = {"number": number, "master": fingerprint(master), "wrapped": wrapped, "created_at": datetime.now(UTC)}
    connection.execute(insert(keys).values(row))


def _locked(connection: Connection, place: KeyPlace, master: bytes | None) -> Vault:
    if master is None:
        master = new_key()
        place.write(master)
        if place.is_lasting:
            _log.warning(
                "the people of this home are encrypted from now on; without the key, %s, nobody can read them: "
                "keep a copy of it, apart from the home",
                place.told,
            )
    key = new_key()
    add_key(connection, master, 1, key)
    return Vault({1: key}, 1)


def _context(number: int) -> bytes:
    return b"key %d" % number
