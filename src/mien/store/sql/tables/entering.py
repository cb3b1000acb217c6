"""Accounts of the web app, and by what somebody comes in."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from mien.store.sql.tables.kinds import BigId, UtcDateTime, metadata

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

used_invitations = Table(
    "used_invitations",
    metadata,
    Column("digest", String, primary_key=True),  # of the seal
    Column("expires_at", UtcDateTime, nullable=False),
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
