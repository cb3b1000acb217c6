"""The seventh schema: accounts, texts of consent, expressions over time, shifts, and what somebody answers for."""

from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("actor", sa.String))
    _accounts()
    _sessions_and_keys()
    _consent_texts()
    _rollups()
    _shifts()
    _said()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", _id, primary_key=True),
        sa.Column("name_key", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id")),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("allows_face", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("accounts_by_person", "accounts", ["person_id"])
    op.create_table(
        "login_failures",
        sa.Column("who", sa.String, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "used_invitations",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )


def _sessions_and_keys() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("account_id", _id, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("csrf_token", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("sessions_by_account", "sessions", ["account_id"])
    op.create_table(
        "api_keys",
        sa.Column("key_id", _id, primary_key=True),
        sa.Column("account_id", _id, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("begins", sa.String, nullable=False),
        sa.Column("label", sa.LargeBinary, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("used_at", sa.DateTime),
        sqlite_autoincrement=True,
    )
    op.create_index("api_keys_by_account", "api_keys", ["account_id"])


def _consent_texts() -> None:
    op.create_table(
        "consent_texts",
        sa.Column("text_id", _id, primary_key=True),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    reference = sa.Column("text_id", _id, sa.ForeignKey("consent_texts.text_id"))
    op.add_column("consents", reference, inline_references=True)


def _rollups() -> None:
    table = op.create_table(
        "expression_rollups",
        sa.Column("person_id", sa.String, sa.ForeignKey("people.person_id"), primary_key=True),
        sa.Column("span", sa.String, primary_key=True),
        sa.Column("begins_at", sa.DateTime, primary_key=True),
        sa.Column("label_set_id", _id, sa.ForeignKey("label_sets.label_set_id"), primary_key=True),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("unsure", sa.Integer, nullable=False),
        sa.Column("winners", sa.LargeBinary, nullable=False),
        sa.Column("probabilities", sa.LargeBinary, nullable=False),
        sa.Column("placed", sa.Integer, nullable=False),
        sa.Column("valence", sa.Float, nullable=False),
        sa.Column("arousal", sa.Float, nullable=False),
    )
    op.create_index("rollups_by_time", "expression_rollups", ["span", "begins_at"])
    rows = [
        {"person_id": person_id, "span": span, "begins_at": begins_at, "label_set_id": label_set_id, **_packed(sums)}
        for (person_id, span, begins_at, label_set_id), sums in _summed(op.get_bind()).items()
    ]
    op.bulk_insert(table, rows)


def _shifts() -> None:
    """An event may tell of an expression that shifted; SQLite adds no reference but one that may be empty."""
    for column in (
        sa.Column("from_expression", sa.String),
        sa.Column("to_expression", sa.String),
        sa.Column("held_s", sa.Float),
        sa.Column("stood_s", sa.Float),
        sa.Column("earlier_looks", sa.Integer),
        sa.Column("looks", sa.Integer),
        sa.Column("probabilities", sa.LargeBinary),
    ):
        op.add_column("events", column)
    reference = sa.Column("label_set_id", _id, sa.ForeignKey("label_sets.label_set_id"))
    op.add_column("events", reference, inline_references=True)


def _said() -> None:
    """When somebody last did something to a person, and which pictures somebody answers for."""
    op.add_column("people", sa.Column("decided", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE people SET decided = revision")
    op.add_column("pictures", sa.Column("is_vouched", sa.Boolean, nullable=False, server_default=sa.false()))


def _summed(connection: sa.Connection) -> dict[Any, list[Any]]:
    """What the expressions of readings that are there come to: looks, unsure, winners, probabilities, placed ones."""
    query = sa.text(
        "SELECT person_id, label_set_id, started_at, time_s, emotion, probabilities, valence, arousal, "
        "valence_arousal_source AS source FROM readings JOIN runs ON runs.run_id = readings.run_id "
        "WHERE person_id IS NOT NULL AND label_set_id IS NOT NULL AND length(probabilities) > 0"
    ).columns(started_at=sa.DateTime)
    found: dict[Any, list[Any]] = {}
    for row in connection.execute(query):
        values = np.frombuffer(row.probabilities, "<f4").astype("<f8")
        won = np.zeros(len(values), "<u4")
        won[values.argmax()] = bool(row.emotion)
        placed = (1, row.valence, row.arousal) if row.source else (0, 0.0, 0.0)
        new = [1, 0 if row.emotion else 1, won, values, *placed]
        minute = (row.started_at + timedelta(seconds=row.time_s)).replace(second=0, microsecond=0)
        hour = minute.replace(minute=0)
        for span, begins_at in (("minute", minute), ("hour", hour), ("day", hour.replace(hour=0))):
            key = row.person_id, span, begins_at, row.label_set_id
            found[key] = [one + other for one, other in zip(found[key], new, strict=True)] if key in found else new
    return found


def _packed(sums: list[Any]) -> dict[str, Any]:
    looks, unsure, winners, probabilities, placed, valence, arousal = sums
    counts = {"looks": looks, "unsure": unsure, "placed": placed, "valence": valence, "arousal": arousal}
    return {**counts, "winners": winners.tobytes(), "probabilities": probabilities.tobytes()}
