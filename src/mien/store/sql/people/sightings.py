"""Sightings in SQL, with the views that are kept of those who are not known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select

from mien.domain.faces import EmbeddingModel
from mien.domain.people.sightings import SightedView, Sighting, Visits
from mien.store.history.sightings import Noted
from mien.store.sql import tables
from mien.store.sql.cameras import NAME_OF_CAMERA, camera_id, camera_key, camera_of
from mien.store.sql.database import Database
from mien.store.sql.people import erasing, templates
from mien.store.sql.people.parting import part, parted
from mien.store.sql.people.rows import living, valid_scopes
from mien.store.sql.sealed import VIEW
from mien.store.vault.vault import Vault

_sightings, _views, _models = tables.sightings.c, tables.sighting_views.c, tables.embedding_models.c
_people = tables.people.c
_ROWS = select(tables.sightings, NAME_OF_CAMERA).join(tables.cameras)


class SqlSightings:
    """The store of sightings over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sighting: Sighting, views: Sequence[SightedView] = ()) -> Noted:
        vault = self._database.vault
        with self._database.writing() as connection:
            is_there = bool(living(connection, [sighting.person_id]))
            row = {
                "camera_id": camera_id(connection, vault, sighting.camera),
                "track_id": sighting.track_id,
                "person_id": sighting.person_id if is_there else None,
                "identity": sighting.identity if is_there or not sighting.person_id else "undecided",
                "similarity": sighting.similarity,
                "began_at": sighting.began_at,
                "ended_at": sighting.ended_at,
            }
            key = connection.execute(insert(tables.sightings).values(row)).inserted_primary_key
            assert key is not None
            kept = _agreed(connection, sighting, views) if is_there else [] if sighting.person_id else [*views]
            if rows := [_view_row(connection, vault, int(key[0]), view) for view in kept]:
                connection.execute(insert(tables.sighting_views), rows)
        needed = {view.crop for view in kept}
        return Noted(int(key[0]), tuple(view.crop for view in views if view.crop not in needed))

    def latest(
        self, limit: int, person_id: str = "", before: tuple[datetime, int] | None = None
    ) -> tuple[Sighting, ...]:
        query = _ROWS.order_by(_sightings.ended_at.desc(), _sightings.sighting_id.desc()).limit(limit)
        if before is not None:
            at, sighting_id = before
            is_older = and_(_sightings.ended_at == at, _sightings.sighting_id < sighting_id)
            query = query.where(or_(_sightings.ended_at < at, is_older))
        with self._database.reading() as connection:
            if person_id:
                query = query.where(_sightings.person_id.in_(erasing.selves(connection, person_id)))
            return self._sightings(connection, query)

    def came(self, begin: datetime, end: datetime, camera: str = "") -> frozenset[str]:
        inside = (_sightings.person_id.is_not(None), _sightings.ended_at >= begin, _sightings.ended_at < end)
        query = select(_sightings.person_id).distinct().where(*inside)
        with self._database.reading() as connection:
            if camera:
                self._database.renew_keys(connection)
                key = camera_key(camera, self._database.vault)
                query = query.join(tables.cameras).where(tables.cameras.c.name_key == key)
            into = _merged(connection)
            return frozenset(_standing(one, into) for one in connection.scalars(query))

    def sighting(self, sighting_id: int) -> Sighting | None:
        with self._database.reading() as connection:
            return next(iter(self._sightings(connection, _ROWS.where(_sightings.sighting_id == sighting_id))), None)

    def of_track(self, camera: str, track_id: int) -> tuple[Sighting, ...]:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            key = camera_key(camera, self._database.vault)
            of_track = (tables.cameras.c.name_key == key, _sightings.track_id == track_id)
            return self._sightings(connection, _ROWS.where(*of_track).order_by(_sightings.sighting_id.desc()))

    def _sightings(self, connection: Connection, query: Select[Any]) -> tuple[Sighting, ...]:
        return tuple(_sighting(row, self._database.vault) for row in connection.execute(query))

    def views(self, sighting_id: int) -> tuple[SightedView, ...]:
        query = (
            select(tables.sighting_views, *templates.MODEL)
            .join(tables.embedding_models, _models.model_id == _views.model_id)
            .where(_views.sighting_id == sighting_id)
            .order_by(_views.quality.desc(), _views.view_id)
        )
        with self._database.reading() as connection:
            return tuple(
                SightedView(
                    templates.vector_of(VIEW.open(self._database.vault, row.vector, sighting_id, row.model_id)),
                    EmbeddingModel(row.network, row.alignment, row.detector, row.precision),
                    row.quality,
                    row.crop,
                )
                for row in connection.execute(query)
            )

    def part(self, pairs: Collection[tuple[str, str]]) -> None:
        with self._database.writing() as connection:
            part(connection, pairs)

    def parted(self, person_id: str) -> frozenset[str]:
        with self._database.reading() as connection:
            return parted(connection, person_id)

    def visits(self) -> dict[str, Visits]:
        columns = (func.count(), func.min(_sightings.began_at), func.max(_sightings.ended_at))
        query = (
            select(_sightings.person_id, *columns)
            .where(_sightings.person_id.is_not(None))
            .group_by(_sightings.person_id)
        )
        found: dict[str, Visits] = {}
        with self._database.reading() as connection:
            into = _merged(connection)
            for seen_as, *told in connection.execute(query):
                person_id, own = _standing(seen_as, into), Visits(*told)
                found[person_id] = found[person_id].joined(own) if person_id in found else own
        return found


def _merged(connection: Connection) -> dict[str, str]:
    """Into whom everybody was merged who was, step by step."""
    merged = select(_people.person_id, _people.merged_into).where(_people.merged_into.is_not(None))
    return dict(connection.execute(merged).all())


def _standing(person_id: str, into: Mapping[str, str]) -> str:
    """The id that stands for somebody now."""
    while person_id in into:
        person_id = into[person_id]
    return person_id


def _agreed(connection: Connection, sighting: Sighting, views: Sequence[SightedView]) -> list[SightedView]:
    """What may be kept of views: a stranger may have got a name meanwhile, and said no to some of it."""
    scopes = valid_scopes(connection, sighting.person_id, sighting.ended_at)
    if "identify" not in scopes:
        return []
    return [view if "keep" in scopes else replace(view, crop="") for view in views]


def _view_row(connection: Connection, vault: Vault, sighting_id: int, view: SightedView) -> dict[str, Any]:
    model_id = templates.model_id(connection, view.model)
    return {
        "sighting_id": sighting_id,
        "model_id": model_id,
        "vector": VIEW.seal(vault, templates.vector_bytes(view.vector), sighting_id, model_id),
        "quality": view.quality,
        "crop": view.crop,
    }


def _sighting(row: Row[Any], vault: Vault) -> Sighting:
    return Sighting(
        camera_of(row, vault),
        row.track_id,
        row.identity,
        row.person_id or "",
        row.similarity,
        row.began_at,
        row.ended_at,
        row.sighting_id,
    )
