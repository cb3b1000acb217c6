"""The seventh schema: accounts of the web app, and expressions added up by minute, hour and day."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("actor", sa.String))
    _accounts()
    _sessions_and_keys()
    op.create_table(
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
