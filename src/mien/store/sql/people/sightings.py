"""Sightings in SQL, with the views that are kept of those who are not known."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select

from mien.domain.faces import EmbeddingModel
from mien.domain.people.sightings import SightedView, Sighting, Visits
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.people import erasing, templates
from mien.store.sql.readings import living

_sightings, _views, _models = tables.sightings.c, tables.sighting_views.c, tables.embedding_models.c


class SqlSightings:
    """The store of sightings over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sighting: Sighting, views: Sequence[SightedView] = ()) -> int:
        vault = self._database.vault
        with self._database.writing() as connection:
            is_there = bool(living(connection, [sighting.person_id]))
            row = {
                "camera": sighting.camera,
                "track_id": sighting.track_id,
                "person_id": sighting.person_id if is_there else None,
                "identity": sighting.identity if is_there or not sighting.person_id else "undecided",
                "similarity": sighting.similarity,
                "began_at": sighting.began_at,
                "ended_at": sighting.ended_at,
            }
            key = connection.execute(insert(tables.sightings).values(row)).inserted_primary_key
            assert key is not None
            rows = [
                {
                    "sighting_id": key[0],
                    "model_id": templates.model_id(connection, view.model),
                    "vector": templates.seal_vector(view.vector, vault),
                    "quality": view.quality,
                    "crop": view.crop,
                }
                for view in views
            ]
            if rows:
                connection.execute(insert(tables.sighting_views), rows)
        return int(key[0])

    def latest(self, limit: int, person_id: str = "") -> tuple[Sighting, ...]:
        query = (
            select(tables.sightings).order_by(_sightings.ended_at.desc(), _sightings.sighting_id.desc()).limit(limit)
        )
        with self._database.reading() as connection:
            if person_id:
                query = query.where(_sightings.person_id.in_(erasing.selves(connection, person_id)))
            return tuple(map(_sighting, connection.execute(query)))

    def of_track(self, camera: str, track_id: int) -> Sighting | None:
        query = (
            select(tables.sightings)
            .where(_sightings.camera == camera, _sightings.track_id == track_id)
            .order_by(_sightings.sighting_id.desc())
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _sighting(row)

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
                    templates.open_vector(row.vector, self._database.vault),
                    EmbeddingModel(row.network, row.alignment, row.detector, row.precision),
                    row.quality,
                    row.crop,
                )
                for row in connection.execute(query)
            )

    def were_together(self, person_id: str, other_id: str) -> bool:
        one, other = tables.sightings.alias(), tables.sightings.alias()
        with self._database.reading() as connection:
            query = select(one.c.sighting_id).where(
                one.c.person_id.in_(erasing.selves(connection, person_id)),
                other.c.person_id.in_(erasing.selves(connection, other_id)),
                one.c.camera == other.c.camera,
                one.c.began_at < other.c.ended_at,
                other.c.began_at < one.c.ended_at,
            )
            return connection.execute(query.limit(1)).first() is not None

    def visits(self) -> dict[str, Visits]:
        columns = (func.count(), func.min(_sightings.began_at), func.max(_sightings.ended_at))
        query = (
            select(_sightings.person_id, *columns)
            .where(_sightings.person_id.is_not(None))
            .group_by(_sightings.person_id)
        )
        with self._database.reading() as connection:
            return {row[0]: Visits(*row[1:]) for row in connection.execute(query)}


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        row.camera,
        row.track_id,
        row.identity,
        row.person_id or "",
        row.similarity,
        row.began_at,
        row.ended_at,
        row.sighting_id,
    )
