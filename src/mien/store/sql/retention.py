"""Removing what has been kept long enough, in SQL: the very conditions that remove also count."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, delete, exists, func, or_, select, update

from mien.domain.people.people import Standing
from mien.store.retention import KINDS, Due, Kind
from mien.store.sql import tables
from mien.store.sql.cameras import remove_unused
from mien.store.sql.database import Database
from mien.store.sql.people import erasing
from mien.store.sql.people.outbox import post
from mien.store.sql.people.rows import touch
from mien.store.vault.vault import Vault

_people, _pictures, _sightings = tables.people.c, tables.pictures.c, tables.sightings.c
_views, _templates, _readings = tables.sighting_views.c, tables.templates.c, tables.readings.c
_LET_GO: dict[Kind, tuple[Standing, ...]] = {
    "stranger_crops": ("active", "hidden", "binned", "ignored"),
    "stranger_templates": ("active", "hidden", "binned"),
}
"""The standings of strangers of whom something goes."""


class SqlRetention:
    """Retention over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, before: Mapping[Kind, datetime]) -> Due:
        with self._database.reading() as connection:
            return _due(connection, before)

    def purge(self, before: Mapping[Kind, datetime]) -> Due:
        with self._database.writing() as connection:
            due = _due(connection, before)
            old = [kind for kind in KINDS if due.counts.get(kind)]
            for kind in old:
                _remove(connection, self._database.vault, kind, before[kind])
                post(connection, "retention.purged", (), {"kind": kind, "records": due.counts[kind]})
            is_less = _remove_runs(connection, before.get("readings")) or old
            if is_less:
                _remove_unmentioned(connection)
                remove_unused(connection)
                touch(connection, ())
        if is_less:
            self._database.scrub()
        return due

    def compact(self) -> None:
        self._database.compact()

    def named_crops(self) -> frozenset[str]:
        with self._database.reading() as connection:
            columns = (_pictures.crop, _views.crop)
            return frozenset(crop for one in columns for crop in connection.scalars(select(one).where(one != "")))


def _due(connection: Connection, before: Mapping[Kind, datetime]) -> Due:
    counts: dict[Kind, int] = {}
    crops: dict[str, None] = {}
    for kind, moment in before.items():
        rows = _rows(connection, kind, moment)
        counts[kind] = sum(connection.scalar(select(func.count()).select_from(one.subquery())) or 0 for one in rows)
        for one in _crops(kind, moment):
            crops |= dict.fromkeys(crop for crop in connection.scalars(one) if crop)
    return Due(counts, tuple(crops))


def _rows(connection: Connection, kind: Kind, before: datetime) -> list[Select[Any]]:
    """The rows of a kind that are older than a moment."""
    match kind:
        case "stranger_crops":
            of_strangers = _pictures.person_id.in_(_strangers(kind, before))
            return [
                select(_pictures.picture_id).where(of_strangers, _pictures.crop != ""),
                select(_views.view_id).where(_views.sighting_id.in_(_seen(before)), _views.crop != ""),
            ]
        case "stranger_templates":
            pictures = select(_pictures.picture_id).where(_pictures.person_id.in_(_strangers(kind, before)))
            return [
                select(_templates.template_id).where(_templates.picture_id.in_(pictures)),
                select(_views.view_id).where(_views.sighting_id.in_(_seen(before))),
            ]
        case "sightings":
            return [_seen(before)]
        case "readings":
            return _read(connection, before)
        case "events":
            return [select(tables.events.c.event_id).where(tables.events.c.at < before)]
        case "bin":
            return [
                select(_people.person_id).where(_is_binned(before)),
                select(_pictures.picture_id).where(_is_thrown(before)),
                select(tables.changes.c.change_id).where(tables.changes.c.at < before),
            ]


def _crops(kind: Kind, before: datetime) -> list[Select[Any]]:
    """The stored pictures that go with the rows of a kind."""
    views = select(_views.crop).where(_views.sighting_id.in_(_seen(before)))
    match kind:
        case "stranger_crops" | "stranger_templates":
            return [select(_pictures.crop).where(_pictures.person_id.in_(_strangers(kind, before))), views]
        case "sightings":
            return [views]
        case "bin":
            of_people = _pictures.person_id.in_(select(_people.person_id).where(_is_binned(before)))
            return [select(_pictures.crop).where(or_(of_people, _is_thrown(before)))]
        case _:
            return []


def _remove(connection: Connection, vault: Vault, kind: Kind, before: datetime) -> None:
    views = _views.sighting_id.in_(_seen(before))
    match kind:
        case "stranger_crops":
            of_strangers = _pictures.person_id.in_(_strangers(kind, before))
            connection.execute(update(tables.pictures).where(of_strangers).values(crop=""))
            connection.execute(update(tables.sighting_views).where(views).values(crop=""))
        case "stranger_templates":
            connection.execute(delete(tables.sighting_views).where(views))
            _fade(connection, tuple(connection.scalars(_strangers(kind, before))), before)
        case "sightings":
            connection.execute(delete(tables.sighting_views).where(views))
            connection.execute(delete(tables.sightings).where(_sightings.ended_at < before))
        case "readings":
            for old in _read(connection, before):
                connection.execute(delete(tables.readings).where(_readings.reading_id.in_(old)))
        case "events":
            connection.execute(delete(tables.events).where(tables.events.c.at < before))
        case "bin":
            erasing.purge(connection, vault, before)


def _fade(connection: Connection, strangers: tuple[str, ...], at: datetime) -> None:
    """Keep nothing of strangers but their ids, and those of strangers who were merged into them."""
    pictures = select(_pictures.picture_id).where(_pictures.person_id.in_(strangers))
    connection.execute(delete(tables.templates).where(_templates.picture_id.in_(pictures)))
    connection.execute(delete(tables.pictures).where(_pictures.person_id.in_(strangers)))
    strangers = tuple(one for stranger in strangers for one in erasing.selves(connection, stranger))
    connection.execute(delete(tables.apart).where(erasing.pairs_of(strangers)))
    faded: Update = update(tables.people).where(_people.person_id.in_(strangers))
    connection.execute(faded.values(standing="faded", standing_at=at))
    touch(connection, strangers)


def _remove_unmentioned(connection: Connection) -> None:
    """Strangers of whom nothing is kept go when nothing refers to them any more."""
    other = tables.people.alias()
    tables_of_ids = (tables.readings, tables.events, tables.sightings)
    mentions = [exists().where(table.c.person_id == _people.person_id) for table in tables_of_ids]
    mentions.append(exists().where(other.c.merged_into == _people.person_id))
    is_unmentioned = (_people.standing == "faded", ~or_(*mentions))
    theirs = tables.consents.c.person_id.in_(select(_people.person_id).where(*is_unmentioned))
    goes = True
    while goes:  # whoever was merged into another one goes first
        connection.execute(delete(tables.consents).where(theirs))
        goes = connection.execute(delete(tables.people).where(*is_unmentioned)).rowcount > 0


def _remove_runs(connection: Connection, before: datetime | None) -> bool:
    """Runs that began before a moment go when no reading of them is left; whether any did."""
    if before is None:
        return False
    is_empty = ~exists().where(_readings.run_id == tables.runs.c.run_id)
    return connection.execute(delete(tables.runs).where(tables.runs.c.started_at < before, is_empty)).rowcount > 0


def _strangers(kind: Kind, before: datetime) -> Select[Any]:
    """Ids of strangers of whom something goes, for they were seen last before a moment."""
    is_recent = or_(
        exists().where(_pictures.person_id == _people.person_id, _pictures.created_at >= before),
        exists().where(_sightings.person_id == _people.person_id, _sightings.ended_at >= before),
    )
    is_stranger = (_people.kind == "stranger", _people.standing.in_(_LET_GO[kind]), _people.created_at < before)
    return select(_people.person_id).where(*is_stranger, ~is_recent)


def _seen(before: datetime) -> Select[Any]:
    return select(_sightings.sighting_id).where(_sightings.ended_at < before)


def _is_binned(before: datetime) -> Any:
    return and_(_people.standing == "binned", _people.standing_at < before)


def _is_thrown(before: datetime) -> Any:
    return and_(_pictures.state == "binned", _pictures.state_at < before)


def _read(connection: Connection, before: datetime) -> list[Select[Any]]:
    """Readings by the start of their run and their time in it, run by run."""
    runs = connection.execute(select(tables.runs).where(tables.runs.c.started_at < before))
    return [
        select(_readings.reading_id).where(
            _readings.run_id == run.run_id, _readings.time_s < (before - run.started_at).total_seconds()
        )
        for run in runs
    ]
