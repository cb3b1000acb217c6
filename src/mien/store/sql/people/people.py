"""People and their pictures in SQL."""

import unicodedata
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from mien.domain.errors import GalleryError, PersonUnknown
from mien.domain.faces import EmbeddingModel
from mien.domain.people import PRESENT, Person, PersonKind, Picture, Template
from mien.store.people import ChangedPeople, Forgotten, Holding, NewPicture, NewTemplate, Purged, TemplateOwners
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.people import erasing, templates
from mien.store.sql.tables import counters
from mien.store.vault.vault import Vault

_ID_FORMS: dict[PersonKind, str] = {"enrolled": "person-{:04d}", "stranger": "unknown-{:04d}"}
_people, _pictures = tables.people.c, tables.pictures.c


class SqlPeople:
    """The store of people over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _vault(self) -> Vault:
        return self._database.vault

    def add_person(self, name: str, pictures: Sequence[NewPicture], at: datetime, uid: str = "") -> Person:
        return self._add("enrolled", name, pictures, at, uid)

    def add_stranger(self, pictures: Sequence[NewPicture], at: datetime) -> Person:
        return self._add("stranger", "", pictures, at, "")

    def _add(self, kind: PersonKind, name: str, pictures: Sequence[NewPicture], at: datetime, uid: str) -> Person:
        with self._database.writing() as connection:
            person = found_person(connection, self._vault, next_id(connection, kind), name, at, uid)
            for picture in pictures:
                add_picture(connection, self._vault, person.person_id, picture, at)
            touch(connection, {person.person_id})
        return person

    def add_pictures(self, person_id: str, pictures: Sequence[NewPicture], at: datetime) -> int:
        with self._database.writing() as connection:
            person_of(connection, self._vault, person_id)
            stored = _by_digest(connection, self._vault, person_id)
            added = 0
            for picture in pictures:
                known = stored.get(picture.digest) if picture.digest else None
                if known is None:
                    add_picture(connection, self._vault, person_id, picture, at)
                    added += 1
                else:
                    new = [(known, template) for template in picture.templates]
                    added += bool(templates.add(connection, self._vault, new))
            if added:
                touch(connection, {person_id})
        return added

    def add_templates(self, new: Iterable[tuple[int, NewTemplate]]) -> int:
        with self._database.writing() as connection:
            given = list(new)
            query = select(_pictures.person_id).where(_pictures.picture_id.in_({picture_id for picture_id, _ in given}))
            owners = set(connection.scalars(query))
            added = templates.add(connection, self._vault, given)
            if added:
                touch(connection, owners)
        return added

    def people(self, *, everybody: bool = False) -> tuple[Person, ...]:
        query = select(tables.people)
        if not everybody:
            query = query.where(_people.standing.in_(PRESENT))
        with self._database.reading() as connection:
            found = [person(row, self._vault) for row in connection.execute(query)]
        return tuple(sorted(found, key=_order))

    def named(self, name: str) -> Person | None:
        with self._database.reading() as connection:
            query = select(tables.people).where(_people.name_key == name_key(name, self._vault))
            return _find(connection, query, self._vault)

    def person(self, person_id: str) -> Person | None:
        with self._database.reading() as connection:
            query = select(tables.people).where(_people.person_id == person_id)
            return _find(connection, query, self._vault)

    def pictures(self, person_id: str = "") -> tuple[Picture, ...]:
        query = select(tables.pictures).order_by(_pictures.picture_id)
        if person_id:
            query = query.where(_pictures.person_id == person_id)
        with self._database.reading() as connection:
            return tuple(_picture(row, self._vault) for row in connection.execute(query))

    def templates(self, model: EmbeddingModel | None = None, person_id: str = "") -> tuple[Template, ...]:
        with self._database.reading() as connection:
            return tuple(templates.read(connection, self._vault, model, person_id))

    def template_owners(self, model: EmbeddingModel, after: int = -1) -> TemplateOwners:
        with self._database.reading() as connection:
            return templates.owners(connection, model, after)

    def template_vectors(self, template_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        with self._database.reading() as connection:
            return templates.vectors(connection, self._vault, template_ids)

    def changed_people(self, after: int) -> ChangedPeople:
        query = select(tables.people).where(_people.revision > after)
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(tables.people)).scalar_one()
            return ChangedPeople(tuple(person(row, self._vault) for row in connection.execute(query)), int(total))

    def holdings(self) -> tuple[Holding, ...]:
        with self._database.reading() as connection:
            return templates.holdings(connection)

    def counts(self) -> dict[str, int]:
        query = (
            select(_pictures.person_id, func.count().label("held"))
            .where(_pictures.state == "active")
            .group_by(_pictures.person_id)
        )
        with self._database.reading() as connection:
            return {row.person_id: row.held for row in connection.execute(query)}

    def digests(self, person_id: str, model: EmbeddingModel) -> frozenset[str]:
        with self._database.reading() as connection:
            stored = _by_digest(connection, self._vault, person_id)
            embedded = templates.embedded_pictures(connection, person_id, model)
        return frozenset(digest for digest, picture_id in stored.items() if picture_id in embedded)

    def purge(self, before: datetime) -> Purged:
        with self._database.writing() as connection:
            gone = erasing.purge(connection, self._vault, before)
            touch(connection, ())
        self._database.scrub()
        return gone

    def forget(self, person_id: str) -> Forgotten:
        with self._database.writing() as connection:
            forgotten = erasing.forget(connection, self._vault, person_id)
            touch(connection, ())
        self._database.scrub()
        return forgotten

    def selves(self, person_id: str) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return erasing.selves(connection, person_id)

    def is_forgotten(self, uid: str) -> bool:
        query = select(tables.tombstones.c.mark).where(tables.tombstones.c.mark == erasing.tombstone(uid))
        with self._database.reading() as connection:
            return connection.scalar(query) is not None

    def traces(self, person_ids: Collection[str]) -> int:
        with self._database.reading() as connection:
            return erasing.traces(connection, self._vault, person_ids)

    def revision(self) -> int:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            return int(connection.scalars(select(counters.c.value).where(counters.c.name == "revision")).one())


def name_key(name: str, vault: Vault) -> str:
    """What two spellings of one name have in common, blinded."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return vault.blind(folded.encode(), b"name")


def touch(connection: Connection, person_ids: Collection[str]) -> None:
    """Count a change of people, and note it with those whom it touched."""
    revision = _count(connection, "revision")
    if person_ids:
        changed = update(tables.people).where(_people.person_id.in_(person_ids))
        connection.execute(changed.values(revision=revision))


def next_id(connection: Connection, kind: PersonKind) -> str:
    """An id that nobody ever had."""
    return _ID_FORMS[kind].format(_count(connection, kind))


def found_person(
    connection: Connection, vault: Vault, person_id: str, name: str, at: datetime, uid: str = ""
) -> Person:
    """A new person, enrolled where there is a name, else a stranger; raises GalleryError where the name is taken."""
    kind: PersonKind = "enrolled" if name else "stranger"
    if name:
        check_free(connection, vault, name)
    row = {
        "person_id": person_id,
        "kind": kind,
        "name": vault.seal(name.encode(), b"name") if name else None,
        "name_key": name_key(name, vault) if name else None,
        "created_at": at,
        "uid": uid or uuid.uuid4().hex,
        "standing": "active",
        "revision": 0,
    }
    connection.execute(insert(tables.people).values(row))
    return Person(person_id, name, kind, at, str(row["uid"]))


def check_free(connection: Connection, vault: Vault, name: str) -> None:
    """Raise GalleryError where somebody has a name."""
    if connection.scalar(select(_people.person_id).where(_people.name_key == name_key(name, vault))) is not None:
        raise GalleryError(f"a person named {name!r} is enrolled already")


def person_of(connection: Connection, vault: Vault, person_id: str) -> Person:
    """The person of an id; raises PersonUnknown."""
    found = _find(connection, select(tables.people).where(_people.person_id == person_id), vault)
    if found is None:
        raise PersonUnknown(f"there is no person {person_id}")
    return found


def add_picture(connection: Connection, vault: Vault, person_id: str, new: NewPicture, at: datetime) -> int:
    """Keep a picture with its templates; its id."""
    row = {
        "person_id": person_id,
        "quality": float(new.quality),
        "origin": vault.seal(new.origin.encode(), b"origin"),
        "digest": vault.seal(new.digest.encode(), b"digest") if new.digest else None,
        "crop": new.crop,
        "created_at": at,
        "state": "active",
    }
    key = connection.execute(insert(tables.pictures).values(row)).inserted_primary_key
    assert key is not None
    picture_id = int(key[0])
    templates.add(connection, vault, [(picture_id, template) for template in new.templates])
    return picture_id


def _by_digest(connection: Connection, vault: Vault, person_id: str) -> dict[str, int]:
    """The pictures of a person that were made from files, by the digest of the file."""
    query = select(_pictures.digest, _pictures.picture_id).where(
        _pictures.person_id == person_id, _pictures.digest.is_not(None)
    )
    return {vault.open(row.digest, b"digest").decode(): row.picture_id for row in connection.execute(query)}


def _count(connection: Connection, counter: str) -> int:
    """Raise a counter and return its new value; the row stays locked until the transaction ends."""
    connection.execute(update(counters).where(counters.c.name == counter).values(value=counters.c.value + 1))
    return int(connection.scalars(select(counters.c.value).where(counters.c.name == counter)).one())


def _find(connection: Connection, query: Select[Any], vault: Vault) -> Person | None:
    row = connection.execute(query).first()
    return None if row is None else person(row, vault)


def _order(one: Person) -> tuple[bool, str, datetime, str]:
    return one.kind != "enrolled", one.name.casefold(), one.created_at, one.person_id


def person(row: Row[Any], vault: Vault) -> Person:
    """A person as a row has it."""
    name = vault.open(row.name, b"name").decode() if row.name else ""
    standing = (row.standing, row.standing_at, row.merged_into or "")
    return Person(row.person_id, name, row.kind, row.created_at, row.uid or "", *standing)


def _picture(row: Row[Any], vault: Vault) -> Picture:
    origin = vault.open(row.origin, b"origin").decode()
    return Picture(
        row.picture_id, row.person_id, row.quality, origin, row.crop, row.created_at, row.state, row.state_at
    )
