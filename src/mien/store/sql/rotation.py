"""Giving a home new keys: everything is sealed anew, whatever dies meanwhile, and the old keys are gone in the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from mien.domain.errors import StoreError
from mien.store.sql.accounts.rows import account_key
from mien.store.sql.cameras import camera_key
from mien.store.sql.database import Database
from mien.store.sql.outbox import post
from mien.store.sql.people.rows import name_key
from mien.store.sql.sealed import ACCOUNT, CAMERA, NAME, SEALED, Sealed
from mien.store.sql.tables import facts, keys, login_failures
from mien.store.sql.unlocking import KeyRecord, add_key, home_key, key_record, newest_key, owners_key
from mien.store.vault.keys import NEW_KEY_VARIABLE, KeyPlace
from mien.store.vault.vault import NUMBER_BYTES, Vault, fingerprint, new_key

ROTATING = "rotating"
"""A fact: the number of the key that is being brought in, and the fingerprint of the owner's key at that time."""
_BATCH = 1000
_TAKEN_UP_S = 2.0  # other processes look once a second, and read the new key by the owner's former one


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a rotation would do: replace the key of a record, or, where one was interrupted, go on with bringing it in.

    ``values`` of the database would be sealed anew.
    """

    record: KeyRecord
    is_begun: bool
    values: int


class Rotation:
    """Brings in a new key of the home, and a new key of its owner.

    The home's comes first, and name keys change in the same transaction; other processes take it up within a second, or
    where they meet what was sealed with it. Then everything is sealed with it, while they go on; then the owner's is
    put above the former one, and last every other key is removed. Nothing is left behind under a key that goes: who
    writes rows takes up the newest key within the transaction, and who writes a file looks for a newer one once it is
    in its place, or waits for who seals anew. Whatever dies, the next rotation goes on from there: no key is removed
    before what replaces it is on the disk, so that a power cut is no worse than a kill.
    """

    def __init__(self, database: Database, reseal_files: Callable[[], object]) -> None:
        """``reseal_files`` seals what lies beside the database."""
        self._database = database
        self._place: KeyPlace = database.key_place()
        self._reseal_files = reseal_files

    def rotate(self, given: bytes | None = None, wait: Callable[[float], None] = time.sleep) -> KeyRecord:
        """Rotate; the owner's new key is ``given``, or made. Raises StoreError where its place cannot be written."""
        self.check(given)
        is_changed = self._is_owner_changed()
        number = self._begin()
        wait(_TAKEN_UP_S)
        self._reseal()
        owner = self._master() if is_changed else given or new_key()
        if not is_changed:
            self._change_owner(number, owner)
        return self._end(number, owner)

    def check(self, given: bytes | None = None) -> None:
        """Raise StoreError where a rotation to what is ``given`` would be refused."""
        is_changed = self._is_owner_changed()
        if self._place.kind == "environment" and not (given or is_changed):
            raise StoreError(f"the key is given by {self._place.told}: the new one has to come by {NEW_KEY_VARIABLE}")
        if given == self._master() and not is_changed:
            raise StoreError("the new key is the one that is in use")

    def foresee(self, given: bytes | None = None) -> Foreseen:
        """What a rotation to what is ``given`` would do; raises StoreError where it would be refused."""
        self.check(given)
        is_begun, record = bool(self._database.fact(ROTATING)), self._database.key_record()
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            values = sum(self._count(connection, one, is_begun) for one in SEALED)
        return Foreseen(record, is_begun, values)

    def _count(self, connection: Connection, one: Sealed, is_begun: bool) -> int:
        query = select(func.count()).select_from(one.column.table).where(one.is_there)
        query = query.where(_outdated(one, self._database.vault)) if is_begun else query
        return int(connection.execute(query).scalar_one())

    def _is_owner_changed(self) -> bool:
        """Whether the owner's key that is in place now is another than when the rotation began."""
        _, _, before = self._database.fact(ROTATING).partition(" ")
        return bool(before) and before != fingerprint(self._master())

    def _master(self) -> bytes:
        with self._database.reading() as connection:
            master = owners_key(connection, self._place)
        assert master is not None, "without it the database would not be open"
        return master

    def _begin(self) -> int:
        """The number of the new key, which from now on seals."""
        if self._database.fact(ROTATING):
            return self._database.vault.newest
        key, master = new_key(), self._master()
        with self._database.writing(is_lasting=True) as connection:  # before any file is sealed by it
            number = newest_key(connection) + 1
            add_key(connection, master, number, key)
            self._renew_name_keys(connection, Vault({number: key}, number))
            connection.execute(insert(facts).values(name=ROTATING, value=f"{number} {fingerprint(master)}"))
        with self._database.writing():
            return number  # a transaction that writes takes the new key up

    def _renew_name_keys(self, connection: Connection, new: Vault) -> None:
        for one, key_of in ((NAME, name_key), (CAMERA, camera_key), (ACCOUNT, account_key)):
            table, (row_id,) = one.column.table, one.row
            for row, name in [*one.opened(connection, self._database.vault, table.c.name_key.is_not(None))]:
                key = key_of(name.decode(errors="surrogateescape"), new)
                connection.execute(update(table).where(row_id == row[1]).values(name_key=key))
        connection.execute(delete(login_failures))  # nobody knows any more under which names and from where

    def _reseal(self) -> None:
        """Seal everything with the newest key, batch by batch, until nothing is left that another one sealed."""
        for one in SEALED:
            last: Any = None
            while (last := self._reseal_batch(one, last)) is not None:
                pass
        self._reseal_files()

    def _reseal_batch(self, one: Sealed, after: Any) -> Any:
        """Seal some rows behind a key; the key of the last one, or none where there were no more."""
        table: Any = one.column.table
        (key,) = table.primary_key.columns
        vault = self._database.vault
        query = select(key, one.column, *one.row).select_from(one.source)
        query = query.where(one.is_there, _outdated(one, vault))
        query = query if after is None else query.where(key > after)
        with self._database.writing() as connection:
            rows = connection.execute(query.order_by(key).limit(_BATCH)).all()
            anew = [
                {"place": at, "anew": one.seal(vault, one.open(vault, sealed, *row), *row)} for at, sealed, *row in rows
            ]
            if anew:
                change = update(table).where(key == bindparam("place")).values({one.column.name: bindparam("anew")})
                connection.execute(change, anew)
        return rows[-1][0] if rows else None

    def _change_owner(self, number: int, owner: bytes) -> None:
        """Keep the key of the home under a new one of the owner too, and put that in its place."""
        master = self._master()
        with self._database.writing(is_lasting=True) as connection:
            connection.execute(delete(keys).where(keys.c.master != fingerprint(master)))
            add_key(connection, owner, number, home_key(connection, master, number))
        if self._place.kind != "environment":
            self._place.write(owner)

    def _end(self, number: int, owner: bytes) -> KeyRecord:
        """Remove every other key; what they sealed is nowhere any more."""
        if self._place.kind != "environment" and self._master() != owner:
            raise StoreError("another process changes the key of this home: nothing was removed")
        mark = fingerprint(owner)
        with self._database.writing(is_lasting=True) as connection:
            connection.execute(delete(keys).where((keys.c.number != number) | (keys.c.master != mark)))
            connection.execute(delete(facts).where(facts.c.name == ROTATING))
            record = key_record(connection, owner, self._place.told)
            post(connection, "key.rotated", (), {"version": number, "key_from": self._place.kind})
        self._place.end_others(owner)
        self._database.compact()
        return record


def _outdated(one: Sealed, vault: Vault) -> ColumnElement[bool]:
    """The condition that another key than the newest sealed a value."""
    return func.substr(one.column, 1, NUMBER_BYTES) != vault.newest.to_bytes(NUMBER_BYTES, "big")
