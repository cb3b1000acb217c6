"""Removing what has been kept long enough, in SQL: the very conditions that remove also count."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Update,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from mien.domain.people.people import Standing
from mien.domain.people.timelines import Span
from mien.store.retention import KINDS, Due, Follower, Kind
from mien.store.sql import tables
from mien.store.sql.cameras import remove_unused
from mien.store.sql.database import Database
from mien.store.sql.outbox import post
from mien.store.sql.people import erasing
from mien.store.sql.people.rows import touch
from mien.store.vault.vault import Vault

_people, _pictures, _sightings = tables.people.c, tables.pictures.c, tables.sightings.c
_views, _templates, _readings = tables.sighting_views.c, tables.templates.c, tables.readings.c
_runs, _cameras, _rollups = tables.runs.c, tables.cameras.c, tables.expression_rollups.c
_LET_GO: dict[Kind, tuple[Standing, ...]] = {
    "stranger_crops": ("active", "hidden", "binned", "ignored"),
    "stranger_templates": ("active", "hidden", "binned"),
}
"""The standings of strangers of whom something goes."""
_ADDED_UP: dict[Kind, tuple[Span, ...]] = {"rollup_minutes": ("minute",), "rollups": ("hour", "day")}


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
            went = _remove_followers(connection, before.get("readings"))
            is_less = old or any(went.values())
            if is_less:
                _remove_unmentioned(connection)
                touch(connection, ())
        if is_less:
            self._database.scrub()
        return replace(due, counts={**due.counts, **went})

    def compact(self) -> bool:
        return self._database.compact()

    def named_crops(self) -> frozenset[str]:
        with self._database.reading() as connection:
            columns = (_pictures.crop, _views.crop)
            return frozenset(crop for one in columns for crop in connection.scalars(select(one).where(one != "")))


def _due(connection: Connection, before: Mapping[Kind, datetime]) -> Due:
    counts = _following(connection, before)
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
        case "rollups" | "rollup_minutes":
            return [select(_rollups.begins_at).where(_is_rolled_up(kind, before))]
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
        case "rollups" | "rollup_minutes":
            connection.execute(delete(tables.expression_rollups).where(_is_rolled_up(kind, before)))
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
    connection.execute(delete(tables.expression_rollups).where(_rollups.person_id.in_(strangers)))
    faded: Update = update(tables.people).where(_people.person_id.in_(strangers))
    connection.execute(faded.values(standing="faded", standing_at=at))
    touch(connection, strangers, is_decided=False)


def _remove_unmentioned(connection: Connection) -> None:
    """Strangers of whom nothing is kept go when nothing refers to them any more."""
    other = tables.people.alias()
    tables_of_ids = (tables.readings, tables.expression_rollups, tables.events, tables.sightings)
    mentions = [exists().where(table.c.person_id == _people.person_id) for table in tables_of_ids]
    mentions.append(exists().where(other.c.merged_into == _people.person_id))
    is_unmentioned = (_people.standing == "faded", ~or_(*mentions))
    theirs = tables.consents.c.person_id.in_(select(_people.person_id).where(*is_unmentioned))
    goes = True
    while goes:  # whoever was merged into another one goes first
        connection.execute(delete(tables.consents).where(theirs))
        goes = connection.execute(delete(tables.people).where(*is_unmentioned)).rowcount > 0


def _remove_followers(connection: Connection, before: datetime | None) -> dict[Kind | Follower, int]:
    """Runs that began before a moment go when no reading of them is left, cameras when nothing is; how many did."""
    went: dict[Kind | Follower, int] = {"runs": 0, "cameras": 0}
    if before is not None:
        is_empty = ~exists().where(_readings.run_id == _runs.run_id)
        went["runs"] = connection.execute(delete(tables.runs).where(_runs.started_at < before, is_empty)).rowcount
    went["cameras"] = remove_unused(connection)
    for kind, count in went.items():
        if count:
            post(connection, "retention.purged", (), {"kind": kind, "records": count})
    return went


def _following(connection: Connection, before: Mapping[Kind, datetime]) -> dict[Kind | Follower, int]:
    """How many runs and cameras nothing will refer to once a purge has removed the rest."""
    erased = _erased(connection, before)
    runs = connection.execute(select(tables.runs)).all()
    kept = [run for run in runs if _is_kept(connection, run, before.get("readings"), erased)]
    cameras = {*connection.scalars(select(_cameras.camera_id))} - {run.camera_id for run in kept}
    aging: tuple[tuple[Kind, Table, Any], ...] = (
        ("events", tables.events, tables.events.c.at),
        ("sightings", tables.sightings, _sightings.ended_at),
    )
    for kind, table, at in aging:
        stays = [table.c.camera_id == _cameras.camera_id, _is_of_others(table, erased)]
        stays += [at >= before[kind]] if kind in before else []
        cameras -= {*connection.scalars(select(_cameras.camera_id).where(exists().where(*stays)))}
    return {"runs": len(runs) - len(kept), "cameras": len(cameras)}


def _is_kept(connection: Connection, run: Row[Any], before: datetime | None, erased: Collection[str]) -> bool:
    """Whether a run began after a moment, or has readings that stay."""
    if before is None or run.started_at >= before:
        return True
    is_young = _readings.time_s >= (before - run.started_at).total_seconds()
    stays = (_readings.run_id == run.run_id, is_young, _is_of_others(tables.readings, erased))
    return connection.execute(select(_readings.reading_id).where(*stays).limit(1)).first() is not None


def _is_of_others(table: Table, person_ids: Collection[str]) -> ColumnElement[bool]:
    """Which rows are of nobody, or of somebody else than some people."""
    return or_(table.c.person_id.is_(None), table.c.person_id.not_in(person_ids))


def _erased(connection: Connection, before: Mapping[Kind, datetime]) -> tuple[str, ...]:
    """All ids of whoever goes from the recycle bin, with all that names them; strangers who fade first do not."""
    if "bin" not in before:
        return ()
    binned = select(_people.person_id).where(_is_binned(before["bin"]))
    if "stranger_templates" in before:
        kind: Kind = "stranger_templates"
        binned = binned.where(_people.person_id.not_in(_strangers(kind, before[kind])))
    return tuple(own for one in connection.scalars(binned).all() for own in erasing.selves(connection, one))


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


def _is_rolled_up(kind: Kind, before: datetime) -> Any:
    """Which roll-ups go: those that hold anything from before a moment, and of whoever nothing is told any more."""
    faded = select(_people.person_id).where(_people.standing == "faded")
    return and_(_rollups.span.in_(_ADDED_UP[kind]), or_(_rollups.begins_at < before, _rollups.person_id.in_(faded)))


def _is_binned(before: datetime) -> Any:
    return and_(_people.standing == "binned", _people.standing_at < before)


def _is_thrown(before: datetime) -> Any:
    return and_(_pictures.state == "binned", _pictures.state_at < before)


def _read(connection: Connection, before: datetime) -> list[Select[Any]]:
    """Readings by the start of their run and their time in it, run by run."""
    runs = connection.execute(select(tables.runs).where(_runs.started_at < before))
    return [
        select(_readings.reading_id).where(
            _readings.run_id == run.run_id, _readings.time_s < (before - run.started_at).total_seconds()
        )
        for run in runs
    ]
