"""What cameras saw: readings, events, visits, and readings added up."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table

from mien.store.sql.tables.kinds import BigId, UtcDateTime, metadata

cameras = Table(
    "cameras",
    metadata,
    Column("camera_id", BigId, primary_key=True),
    Column("name_key", String, nullable=False, unique=True),  # blinded
    Column("name", LargeBinary, nullable=False),  # sealed
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", BigId, primary_key=True),
    Column("camera_id", ForeignKey("cameras.camera_id")),  # never empty: SQLite adds no reference that may not be
    Column("started_at", UtcDateTime, nullable=False),
    Index("runs_by_camera", "camera_id"),
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
    *[Column(name, Integer, nullable=False) for name in ("frame", "width", "height", "track_id")],
    Column("time_s", Float, nullable=False),
    Column("latency_s", Float, nullable=False),
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
    *[Column(name, String, nullable=False) for name in ("identity_source", "emotion_source")],
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
    Column("camera_id", ForeignKey("cameras.camera_id")),  # never empty, as that of runs
    Column("track_id", Integer),
    Column("person_id", ForeignKey("people.person_id")),
    Column("similarity", Float),
    Column("reason", LargeBinary),  # sealed: it names the source
    Column("outage_s", Float),
    Column("liveness_score", Float),
    Column("from_expression", String),
    Column("to_expression", String),
    Column("held_s", Float),
    Column("stood_s", Float),
    Column("earlier_looks", Integer),
    Column("looks", Integer),
    Column("label_set_id", ForeignKey("label_sets.label_set_id")),
    Column("probabilities", LargeBinary),  # float32 (k,)
    Index("events_by_time", "at"),
    Index("events_by_person", "person_id"),
    Index("events_by_camera", "camera_id", "at"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("sighting_id", BigId, primary_key=True),
    Column("camera_id", ForeignKey("cameras.camera_id"), nullable=False),
    Column("track_id", Integer, nullable=False),
    Column("person_id", ForeignKey("people.person_id")),
    Column("identity", String, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Index("sightings_by_person", "person_id"),
    Index("sightings_by_time", "ended_at"),
    Index("sightings_by_track", "camera_id", "track_id"),
    sqlite_autoincrement=True,
)

sighting_views = Table(
    "sighting_views",
    metadata,
    Column("view_id", BigId, primary_key=True),
    Column("sighting_id", ForeignKey("sightings.sighting_id"), nullable=False),
    Column("model_id", ForeignKey("embedding_models.model_id"), nullable=False),
    Column("vector", LargeBinary, nullable=False),  # sealed
    Column("quality", Float, nullable=False),
    Column("crop", String, nullable=False),
    Index("views_by_sighting", "sighting_id"),
)

expression_rollups = Table(  # readings of a person added up; whoever is merged keeps theirs, as readings are kept
    "expression_rollups",
    metadata,
    Column("person_id", ForeignKey("people.person_id"), primary_key=True),
    Column("span", String, primary_key=True),  # minute, hour or day
    Column("begins_at", UtcDateTime, primary_key=True),
    Column("label_set_id", ForeignKey("label_sets.label_set_id"), primary_key=True),
    Column("looks", Integer, nullable=False),  # readings that hold an expression
    Column("unsure", Integer, nullable=False),  # of these, in which none was likely enough
    Column("winners", LargeBinary, nullable=False),  # how often each label was said, uint32 (k,)
    Column("probabilities", LargeBinary, nullable=False),  # summed, float64 (k,)
    Column("placed", Integer, nullable=False),  # readings with valence and arousal, which are summed
    Column("valence", Float, nullable=False),
    Column("arousal", Float, nullable=False),
    Index("rollups_by_time", "span", "begins_at"),
)
