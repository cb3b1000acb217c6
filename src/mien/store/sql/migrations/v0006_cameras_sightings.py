"""The sixth schema: visits, notes of what is begun, sealed names of cameras, and one length for a model's vectors."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SEALING, _NUMBER = 32, 4  # bytes: what sealing adds, and a number of a vector


def upgrade() -> None:
    vault = op.get_context().opts["unlock"](op.get_bind())
    _cameras(vault)
    _reasons(vault)
    _sightings()
    op.add_column("outbox", sa.Column("begun_at", sa.DateTime))
    _dimensions()


def _cameras(vault: Any) -> None:
    """The names of cameras are sealed in a table of their own; SQLite adds no reference but one that may be empty."""
    connection = op.get_bind()
    cameras = op.create_table(
        "cameras",
        sa.Column("camera_id", _id, primary_key=True),
        sa.Column("name_key", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
    )
    names = connection.scalars(sa.text("SELECT camera FROM runs UNION SELECT camera FROM events")).all()
    ids = {name: camera_id for camera_id, name in enumerate(names, 1)}
    for name, camera_id in ids.items():
        sealed = vault.seal(name.encode(), f"cameras.name {camera_id}".encode())
        row = {"camera_id": camera_id, "name_key": vault.blind(name.encode(), b"camera"), "name": sealed}
        connection.execute(sa.insert(cameras).values(row))
    for table, *indexed in (("runs", "camera_id"), ("events", "camera_id", "at")):
        reference = sa.Column("camera_id", _id, sa.ForeignKey("cameras.camera_id"))
        op.add_column(table, reference, inline_references=True)
        from_cameras = sa.table(table, sa.column("camera"), sa.column("camera_id"))
        for name, camera_id in ids.items():
            of_camera = sa.update(from_cameras).where(from_cameras.c.camera == name)
            connection.execute(of_camera.values(camera_id=camera_id))
        op.drop_column(table, "camera")
        op.create_index(f"{table}_by_camera", table, indexed)


def _reasons(vault: Any) -> None:
    """Why a camera was lost is sealed too, for the name of its source is told with it."""
    connection = op.get_bind()
    lost = connection.execute(sa.text("SELECT event_id, reason FROM events WHERE reason IS NOT NULL")).all()
    op.drop_column("events", "reason")
    op.add_column("events", sa.Column("reason", sa.LargeBinary))
    events = sa.table("events", sa.column("event_id"), sa.column("reason"))
    for event_id, reason in lost:
        sealed = vault.seal(reason.encode(), f"events.reason {event_id}".encode())
        connection.execute(sa.update(events).where(events.c.event_id == event_id).values(reason=sealed))


def _sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("sighting_id", _id, primary_key=True),
        sa.Column("camera_id", _id, sa.ForeignKey("cameras.camera_id"), nullable=False),
        sa.Column("track_id", sa.Integer, nullable=False),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id")),
        sa.Column("identity", sa.String, nullable=False),
        sa.Column("similarity", sa.Float, nullable=False),
        sa.Column("began_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("sightings_by_person", "sightings", ["person_id"])
    op.create_index("sightings_by_time", "sightings", ["ended_at"])
    op.create_index("sightings_by_track", "sightings", ["camera_id", "track_id"])
    op.create_table(
        "sighting_views",
        sa.Column("view_id", _id, primary_key=True),
        sa.Column("sighting_id", _id, sa.ForeignKey("sightings.sighting_id"), nullable=False),
        sa.Column("model_id", _id, sa.ForeignKey("embedding_models.model_id"), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("quality", sa.Float, nullable=False),
        sa.Column("crop", sa.String, nullable=False),
    )
    op.create_index("views_by_sighting", "sighting_views", ["sighting_id"])


def _dimensions() -> None:
    """Vectors of a model have the length that most of them have; others fit nothing and stop whoever reads them."""
    op.add_column("embedding_models", sa.Column("dimensions", sa.Integer))
    models = sa.table("embedding_models", sa.column("model_id"), sa.column("dimensions"))
    templates = sa.table("templates", *map(sa.column, ("template_id", "model_id", "vector")))
    length, connection = sa.func.length(templates.c.vector), op.get_bind()
    for model_id in connection.scalars(sa.select(models.c.model_id)).all():
        theirs = templates.c.model_id == model_id
        lengths = sa.select(length).where(theirs).group_by(length)
        usual = connection.scalar(
            lengths.order_by(sa.func.count().desc(), sa.func.min(templates.c.template_id)).limit(1)
        )
        if usual is not None:
            dimensions = (usual - _SEALING) // _NUMBER
            connection.execute(sa.update(models).where(models.c.model_id == model_id).values(dimensions=dimensions))
            connection.execute(sa.delete(templates).where(theirs, length != usual))
