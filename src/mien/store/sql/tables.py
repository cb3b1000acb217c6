"""The tables as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times, kept as UTC without a zone, because SQLite knows none."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows by itself only in INTEGER columns
metadata = MetaData()

counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("name_key", String, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

templates = Table(
    "templates",
    metadata,
    Column("template_id", BigId, primary_key=True),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    Column("network", String, nullable=False),
    Column("alignment", String, nullable=False),
    Column("detector", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("quality", Float, nullable=False),
    Column("origin", String, nullable=False),
    Column("digest", String),
    Column("crop", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("precision", String, nullable=False),
    UniqueConstraint(
        "person_id", "digest", "network", "alignment", "detector", "precision", name="template_of_a_picture"
    ),
    sqlite_autoincrement=True,  # an id that was given once must not come back for another face
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("camera", String, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

label_sets = Table(
    "label_sets",
    metadata,
    Column("label_set_id", BigId, primary_key=True),
    Column("labels", String, nullable=False, unique=True),
)

readings = Table(
    "readings",
    metadata,
    Column("reading_id", BigId, primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), nullable=False),
    Column("frame", Integer, nullable=False),
    Column("time_s", Float, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("latency_s", Float, nullable=False),
    Column("track_id", Integer, nullable=False),
    Column("box", LargeBinary, nullable=False),
    Column("landmarks", LargeBinary, nullable=False),
    Column("detection_score", Float, nullable=False),
    Column("detection_source", String, nullable=False),
    Column("identity", String, nullable=False),
    Column("person_id", ForeignKey("people.person_id")),
    Column("similarity", Float, nullable=False),
    Column("margin", Float, nullable=False),
    Column("emotion", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("label_set_id", ForeignKey("label_sets.label_set_id")),
    Column("probabilities", LargeBinary, nullable=False),
    Column("emotion_smoothed", String, nullable=False),
    Column("quality", Float, nullable=False),
    Column("quality_reason", String, nullable=False),
    Column("identity_source", String, nullable=False),
    Column("emotion_source", String, nullable=False),
    Column("valence", Float, nullable=False),
    Column("arousal", Float, nullable=False),
    Column("valence_arousal_source", String, nullable=False),
    Column("liveness", String, nullable=False),
    Column("liveness_score", Float, nullable=False),
    Column("liveness_reason", String, nullable=False),
    Column("pose", LargeBinary),
    Index("readings_by_run", "run_id", "frame"),
    Index("readings_by_person", "person_id", "reading_id"),
)

events = Table(
    "events",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("camera", String, nullable=False),
    Column("track_id", Integer),
    Column("person_id", ForeignKey("people.person_id")),
    Column("similarity", Float),
    Column("reason", String),
    Column("outage_s", Float),
    Column("liveness_score", Float),
    Index("events_by_time", "at"),
    Index("events_by_person", "person_id"),
)
