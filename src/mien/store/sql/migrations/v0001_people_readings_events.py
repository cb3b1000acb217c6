"""The first schema: people, templates, runs, readings, events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _people()
    _readings()
    _events()


def _people() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(
        sa.table("counters", sa.column("name"), sa.column("value")),
        [{"name": name, "value": 0} for name in ("enrolled", "stranger", "revision")],
    )
    op.create_table(
        "people",
        sa.Column("person_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "templates",
        sa.Column("template_id", _id, primary_key=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id"), nullable=False),
        sa.Column("network", sa.String, nullable=False),
        sa.Column("alignment", sa.String, nullable=False),
        sa.Column("detector", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("quality", sa.Float, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("digest", sa.String),
        sa.Column("crop", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("person_id", "digest", "network", "alignment", "detector", name="template_of_a_picture"),
        sqlite_autoincrement=True,
    )


def _readings() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", _id, primary_key=True),
        sa.Column("camera", sa.String, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "label_sets",
        sa.Column("label_set_id", _id, primary_key=True),
        sa.Column("labels", sa.String, nullable=False, unique=True),
    )
    texts = ("emotion", "emotion_smoothed", "quality_reason", "identity_source", "emotion_source")
    numbers = ("time_s", "latency_s", "detection_score", "similarity", "margin", "confidence", "quality")
    op.create_table(
        "readings",
        sa.Column("reading_id", _id, primary_key=True),
        sa.Column("run_id", _id, sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id")),
        sa.Column("label_set_id", _id, sa.ForeignKey("label_sets.label_set_id")),
        *[sa.Column(name, sa.Integer, nullable=False) for name in ("frame", "width", "height", "track_id")],
        *[sa.Column(name, sa.LargeBinary, nullable=False) for name in ("box", "landmarks", "probabilities")],
        *[sa.Column(name, sa.String, nullable=False) for name in ("detection_source", "identity", *texts)],
        *[sa.Column(name, sa.Float, nullable=False) for name in numbers],
    )
    op.create_index("readings_by_run", "readings", ["run_id", "frame"])
    op.create_index("readings_by_person", "readings", ["person_id", "reading_id"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("camera", sa.String, nullable=False),
        sa.Column("track_id", sa.Integer),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id")),
        sa.Column("similarity", sa.Float),
        sa.Column("reason", sa.String),
        sa.Column("outage_s", sa.Float),
    )
    op.create_index("events_by_time", "events", ["at"])
    op.create_index("events_by_person", "events", ["person_id"])
