"""What a home keeps of itself: its keys, facts, and what it has to tell."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table

from mien.store.sql.tables.kinds import BigId, UtcDateTime, metadata

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
