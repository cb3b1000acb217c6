"""Who is known not to be one person, in SQL: pairs of ids, whomever these come to stand for."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, insert, select

from mien.store.sql import tables
from mien.store.sql.people import erasing

_apart, _people = tables.apart.c, tables.people.c


def part(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Note pairs of ids of people who are two; those of whom somebody is gone are passed over."""
    wanted = {(min(pair), max(pair)) for pair in pairs}
    ids = {one for pair in wanted for one in pair}
    there = set(connection.scalars(select(_people.person_id).where(_people.person_id.in_(ids))))
    known = {(row.person_id, row.other_id) for row in connection.execute(select(tables.apart).where(_first_of(ids)))}
    rows = [
        {"person_id": one, "other_id": other}
        for one, other in sorted(wanted - known)
        if one != other and {one, other} <= there
    ]
    if rows:
        connection.execute(insert(tables.apart), rows)


def parted(connection: Connection, person_id: str) -> frozenset[str]:
    """Who a person, under all ids, is known not to be: those who stand for them now. Raises PersonUnknown."""
    ids = erasing.selves(connection, person_id)
    second = select(_apart.person_id).where(_apart.other_id.in_(ids))
    others = {*connection.scalars(select(_apart.other_id).where(_first_of(ids))), *connection.scalars(second)}
    return frozenset(erasing.selves(connection, other)[0] for other in others.difference(ids))


def _first_of(ids: Iterable[str]) -> ColumnElement[bool]:
    return _apart.person_id.in_(ids)
