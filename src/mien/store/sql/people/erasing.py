"""Deleting people in SQL for good: every row that names them, and what the recycle bin no longer has to keep."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, or_, select

from mien.domain.errors import PersonUnknown
from mien.domain.faces import EmbeddingModel
from mien.store.departures import check_agreed
from mien.store.people import Forgotten
from mien.store.sql import tables
from mien.store.sql.accounts import rows as accounts
from mien.store.sql.people.changes import changes_of
from mien.store.sql.people.templates import MODEL
from mien.store.vault.vault import Vault

_people, _pictures = tables.people.c, tables.pictures.c
_NAMING = (tables.readings, tables.events, tables.sightings, tables.consents, tables.pictures, tables.people)
"""The tables in which a person's id occurs, in an order in which they can be emptied."""


def tombstone(uid: str) -> str:
    """What is kept of somebody who was forgotten, so that no backup brings them back: says nothing about them."""
    return hashlib.sha256(f"forgotten {uid}".encode()).hexdigest()


def selves(connection: Connection, person_id: str) -> tuple[str, ...]:
    """All ids of the person of an id: whom it was merged into, and everybody who was merged into that one."""
    root = person_id
    while True:
        row = connection.execute(select(_people.merged_into).where(_people.person_id == root)).first()
        if row is None:
            raise PersonUnknown(f"there is no person {person_id}")
        if not row.merged_into:
            break
        root = row.merged_into
    found = [root]
    for one in found:  # grows while it is gone through
        found += connection.scalars(
            select(_people.person_id).where(_people.merged_into == one).order_by(_people.person_id)
        )
    return tuple(found)


def forget(connection: Connection, vault: Vault, person_id: str, agreed: Collection[str] | None = None) -> Forgotten:
    """Delete a person under all their ids, with the accounts that are theirs, and put up tombstones.

    Raises PersonUnknown, and PeopleChanged where an id among them was not ``agreed`` to.
    """
    ids = selves(connection, person_id)
    check_agreed(ids, ids if agreed is None else agreed)
    uids = connection.scalars(select(_people.uid).where(_people.person_id.in_(ids)))
    marks = {tombstone(uid) for uid in uids}
    known = set(connection.scalars(select(tables.tombstones.c.mark).where(tables.tombstones.c.mark.in_(marks))))
    if new := [{"mark": mark} for mark in sorted(marks - known)]:
        connection.execute(insert(tables.tombstones), new)
    found = _found(connection, vault, ids)
    accounts.remove(connection, connection.scalars(accounts.of_people(ids)).all())
    _erase(connection, vault, ids)
    return found


def purge(connection: Connection, vault: Vault, before: datetime) -> None:
    """Delete people and pictures that were put into the recycle bin before a moment, and entries of the journal.

    Accounts of such people stay, and are of nobody: that a face is known no more shuts nobody out.
    """
    binned = select(_people.person_id).where(_people.standing == "binned", _people.standing_at < before)
    for person_id in connection.scalars(binned).all():
        ids = selves(connection, person_id)
        accounts.unlink(connection, ids)
        _erase(connection, vault, ids)
    old = (_pictures.state == "binned", _pictures.state_at < before)
    old_pictures = select(_pictures.picture_id).where(*old)
    connection.execute(delete(tables.templates).where(tables.templates.c.picture_id.in_(old_pictures)))
    connection.execute(delete(tables.pictures).where(*old))
    connection.execute(delete(tables.changes).where(tables.changes.c.at < before))


def erase_pictures(
    connection: Connection, picture_ids: Collection[int], view_ids: Collection[int]
) -> tuple[set[str], tuple[str, ...]]:
    """Delete pictures of people and views of visits; whose the pictures were, and the stored ones of both."""
    views = tables.sighting_views.c
    pictures, seen = _pictures.picture_id.in_(picture_ids), views.view_id.in_(view_ids)
    owners = set(connection.scalars(select(_pictures.person_id).where(pictures)))
    crops = _crops(connection, tables.pictures, pictures) + _crops(connection, tables.sighting_views, seen)
    connection.execute(delete(tables.templates).where(tables.templates.c.picture_id.in_(picture_ids)))
    connection.execute(delete(tables.pictures).where(pictures))
    connection.execute(delete(tables.sighting_views).where(seen))
    return owners, tuple(crops)


def traces(connection: Connection, vault: Vault, person_ids: Collection[str]) -> int:
    """Number of rows in which ids still occur."""
    rows = sum(_count(connection, table, table.c.person_id.in_(person_ids)) for table in _NAMING)
    rows += _count(connection, tables.apart, pairs_of(person_ids))
    rows += len(connection.scalars(accounts.of_people(person_ids)).all())
    return rows + len(changes_of(connection, vault, person_ids))


def pairs_of(ids: Collection[str]) -> ColumnElement[bool]:
    """Which pairs of people who are two hold any of some ids."""
    return or_(tables.apart.c.person_id.in_(ids), tables.apart.c.other_id.in_(ids))


def belongings(connection: Connection, vault: Vault, person_id: str) -> Forgotten:
    """What would go with a person; raises PersonUnknown."""
    return _found(connection, vault, selves(connection, person_id))


def _erase(connection: Connection, vault: Vault, ids: tuple[str, ...]) -> None:
    changes = changes_of(connection, vault, ids)
    for statement in (
        delete(tables.templates).where(tables.templates.c.picture_id.in_(_pictures_of(ids))),
        delete(tables.sighting_views).where(tables.sighting_views.c.sighting_id.in_(_sightings_of(ids))),
        delete(tables.changes).where(tables.changes.c.change_id.in_(changes)),
        delete(tables.apart).where(pairs_of(ids)),
        *(delete(table).where(table.c.person_id.in_(ids)) for table in _NAMING),
    ):
        connection.execute(statement)


def _found(connection: Connection, vault: Vault, ids: tuple[str, ...]) -> Forgotten:
    views = tables.sighting_views
    crops = _crops(connection, tables.pictures, _pictures.person_id.in_(ids))
    seen = _crops(connection, views, views.c.sighting_id.in_(_sightings_of(ids)))
    there = {table.name: _count(connection, table, table.c.person_id.in_(ids)) for table in _NAMING}
    used = select(tables.templates.c.model_id).where(tables.templates.c.picture_id.in_(_pictures_of(ids)))
    models = connection.execute(select(*MODEL).where(tables.embedding_models.c.model_id.in_(used))).all()
    return Forgotten(
        person_id=ids[0],
        person_ids=ids,
        templates=_count(connection, tables.templates, tables.templates.c.picture_id.in_(_pictures_of(ids))),
        pictures=there["pictures"],
        readings=there["readings"],
        events=there["events"],
        sightings=there["sightings"],
        crops=(*crops, *seen),
        visit_crops=len(seen),
        consents=there["consents"],
        changes=len(changes_of(connection, vault, ids)),
        accounts=len(connection.scalars(accounts.of_people(ids)).all()),
        models=tuple(EmbeddingModel(*row) for row in models),
    )


def _pictures_of(ids: Collection[str]) -> Select[Any]:
    return select(_pictures.picture_id).where(_pictures.person_id.in_(ids))


def _sightings_of(ids: Collection[str]) -> Select[Any]:
    return select(tables.sightings.c.sighting_id).where(tables.sightings.c.person_id.in_(ids))


def _count(connection: Connection, table: Table, where: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(where)) or 0


def _crops(connection: Connection, table: Table, where: Any) -> list[str]:
    query: Select[Any] = select(table.c.crop).where(where, table.c.crop != "")
    return list(connection.scalars(query))
