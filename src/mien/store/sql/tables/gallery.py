"""People, their pictures and templates, what they consent to, and what was done to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from mien.store.sql.tables.kinds import BigId, UtcDateTime, metadata

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
    Column("decided", BigInteger, nullable=False),  # the counter's, when somebody last did something to the person
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
    Column("is_vouched", Boolean, nullable=False),  # somebody says that it shows its person
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

consent_texts = Table(  # what was agreed to, each text once
    "consent_texts",
    metadata,
    Column("text_id", BigId, primary_key=True),
    Column("text", LargeBinary, nullable=False),  # sealed
    sqlite_autoincrement=True,
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
    Column("text_id", ForeignKey("consent_texts.text_id")),
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
