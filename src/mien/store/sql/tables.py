"""The tables as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
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

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("master", String, primary_key=True),  # the fingerprint of the key that wraps this one
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("name_key", String, unique=True),  # blinded
    Column("created_at", UtcDateTime, nullable=False),
    Column("name", LargeBinary),  # sealed
    Column("uid", String),
    Column("standing", String, nullable=False),
    Column("standing_at", UtcDateTime),
    Column("merged_into", String),
    Column("may_identify", Boolean, nullable=False),  # consent to it, as of the last look at the clock
    Column("revision", BigInteger, nullable=False),  # the counter's, when the person last changed
    Index("people_by_uid", "uid", unique=True),
    Index("people_by_revision", "revision"),
    Index("people_by_merged_into", "merged_into"),
)

apart = Table(  # people who are two: seen together, or parted again by somebody
    "apart",
    metadata,
    Column("person_id", ForeignKey("people.person_id"), primary_key=True),
    Column("other_id", ForeignKey("people.person_id"), primary_key=True),
    Index("apart_by_other", "other_id"),
)

embedding_models = Table(
    "embedding_models",
    metadata,
    Column("model_id", BigId, primary_key=True),
    *[Column(name, String, nullable=False) for name in ("network", "alignment", "detector", "precision")],
    Column("dimensions", Integer),  # of its vectors, as of the first template; none before there was any
    UniqueConstraint("network", "alignment", "detector", "precision", name="model_of_embeddings"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("picture_id", BigId, primary_key=True),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    Column("quality", Float, nullable=False),
    Column("judge", String),  # who said so of the crop afterwards, if anybody did
    Column("origin", LargeBinary, nullable=False),  # sealed, as is the digest: file names hold names
    Column("digest", LargeBinary),
    Column("crop", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("state_at", UtcDateTime),
    Index("pictures_by_person", "person_id"),
    sqlite_autoincrement=True,
)

templates = Table(
    "templates",
    metadata,
    Column("template_id", BigId, primary_key=True),
    Column("picture_id", ForeignKey("pictures.picture_id"), nullable=False),
    Column("model_id", ForeignKey("embedding_models.model_id"), nullable=False),
    Column("variant", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # sealed
    UniqueConstraint("picture_id", "model_id", "variant", name="template_of_a_picture"),
    sqlite_autoincrement=True,  # an id that was given once must not come back for another face
)

consents = Table(
    "consents",
    metadata,
    Column("consent_id", BigId, primary_key=True),
    Column("person_id", ForeignKey("people.person_id"), nullable=False),
    Column("scope", String, nullable=False),
    Column("version", String, nullable=False),
    Column("evidence", LargeBinary, nullable=False),  # sealed
    Column("given_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("withdrawn_at", UtcDateTime),
    Index("consents_by_person", "person_id"),
)

changes = Table(
    "changes",
    metadata,
    Column("change_id", BigId, primary_key=True),
    Column("kind", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("steps", LargeBinary, nullable=False),  # sealed
    Column("is_automatic", Boolean, nullable=False),
    Column("undone_at", UtcDateTime),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("note_id", BigId, primary_key=True),
    Column("action", String, nullable=False),
    Column("people", String, nullable=False),  # ids as JSON, as the facts are: neither holds a name
    Column("facts", String, nullable=False),
    Column("begun_at", UtcDateTime),  # of what is done outside the database, and is not known to be done yet
    Column("actor", String),  # who did it, where that is not whoever delivers it
)

inner_keys = Table(
    "inner_keys",
    metadata,
    Column("name", String, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

calibrations = Table(
    "calibrations",
    metadata,
    Column("model_id", ForeignKey("embedding_models.model_id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("figures", String, nullable=False),
)

outputs = Table(
    "outputs",
    metadata,
    Column("output_id", BigId, primary_key=True),
    Column("kind", String, nullable=False),
    Column("path", LargeBinary, nullable=False),  # sealed
    Column("at", UtcDateTime, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("mark", String, primary_key=True),  # a hash of the uid
)

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
    Column("looks", Integer, nullable=False),  # readings in which an expression was measured
    Column("unsure", Integer, nullable=False),  # of these, in which none was likely enough
    Column("winners", LargeBinary, nullable=False),  # how often each label was the likeliest, uint32 (k,)
    Column("probabilities", LargeBinary, nullable=False),  # summed, float64 (k,)
    Column("placed", Integer, nullable=False),  # readings with valence and arousal, which are summed
    Column("valence", Float, nullable=False),
    Column("arousal", Float, nullable=False),
    Index("rollups_by_time", "span", "begins_at"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", BigId, primary_key=True),
    Column("name_key", String, nullable=False, unique=True),  # blinded
    Column("name", LargeBinary, nullable=False),  # sealed
    Column("role", String, nullable=False),
    Column("password_hash", String, nullable=False),  # empty where there is none
    Column("person_id", ForeignKey("people.person_id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("allows_face", Boolean, nullable=False),
    Index("accounts_by_person", "person_id"),
    sqlite_autoincrement=True,  # the audit log tells of accounts by their ids
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("who", String, primary_key=True),  # a name or an address, blinded
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String, primary_key=True),  # of the cookie's token
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False),
    Column("csrf_token", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("sessions_by_account", "account_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", BigId, primary_key=True),
    Column("account_id", ForeignKey("accounts.account_id"), nullable=False),
    Column("digest", String, nullable=False, unique=True),  # of the secret
    Column("begins", String, nullable=False),
    Column("label", LargeBinary, nullable=False),  # sealed
    Column("scopes", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    Index("api_keys_by_account", "account_id"),
    sqlite_autoincrement=True,
)
