"""Rows of what opens an account: the sessions of browsers, API keys, and invitations that were used."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, update

from mien.domain.accounts import ApiKey
from mien.domain.errors import AccountError
from mien.store.accounts import MOST_KEYS, NewKey
from mien.store.sql import tables
from mien.store.sql.outbox import post
from mien.store.sql.sealed import KEY_LABEL
from mien.store.vault.vault import Vault

_accounts, _sessions, _keys = tables.accounts.c, tables.sessions.c, tables.api_keys.c
_used = tables.used_invitations.c
_NOTED_EVERY = timedelta(minutes=1)  # a program that asks all the time is not to write all the time


def is_used(connection: Connection, digest: str) -> bool:
    """Whether an invitation was used."""
    return bool(connection.scalar(select(exists().where(_used.digest == digest))))


def use_invitation(connection: Connection, digest: str, at: datetime, until: datetime) -> None:
    """Note that an invitation is used, and let go of those that hold no more; raises AccountError where it was."""
    connection.execute(delete(tables.used_invitations).where(_used.expires_at < at))
    if is_used(connection, digest):
        raise AccountError("this invitation was used already")
    connection.execute(insert(tables.used_invitations).values(digest=digest, expires_at=until))


def begin_session(
    connection: Connection, account_id: int, digest: str, csrf_token: str, at: datetime, until: datetime
) -> None:
    """Keep a session, and let go of those that are over."""
    connection.execute(delete(tables.sessions).where(_sessions.expires_at <= at))
    row = {"digest": digest, "account_id": account_id, "csrf_token": csrf_token, "created_at": at, "expires_at": until}
    connection.execute(insert(tables.sessions).values(row))


def session(connection: Connection, digest: str, at: datetime) -> Row[Any] | None:
    """The row of an account that is enabled, with its session: ``csrf_token``, ``began_at``, ``expires_at``."""
    own = (_sessions.csrf_token, _sessions.created_at.label("began_at"), _sessions.expires_at)
    joined = tables.sessions.join(tables.accounts, _sessions.account_id == _accounts.account_id)
    valid = (_sessions.digest == digest, _sessions.expires_at > at, _accounts.is_enabled.is_(True))
    return connection.execute(select(tables.accounts, *own).select_from(joined).where(*valid)).first()


def add_key(connection: Connection, vault: Vault, account_id: int, new: NewKey, at: datetime) -> ApiKey:
    """Keep a key; raises AccountError where there are as many of the account as may be."""
    count = connection.scalar(select(func.count()).select_from(tables.api_keys).where(_keys.account_id == account_id))
    if (count or 0) >= MOST_KEYS:
        raise AccountError(f"an account has at most {MOST_KEYS} keys: remove one that is not needed any more")
    row = {
        "account_id": account_id,
        "digest": new.digest,
        "begins": new.begins,
        "label": b"",
        "scopes": " ".join(sorted(new.scopes)),
        "created_at": at,
        "expires_at": new.expires_at,
    }
    made = connection.execute(insert(tables.api_keys).values(row)).inserted_primary_key
    assert made is not None
    key_id = int(made[0])  # what is sealed is bound to it
    sealed = KEY_LABEL.seal(vault, new.label.encode(), key_id)
    connection.execute(update(tables.api_keys).where(_keys.key_id == key_id).values(label=sealed))
    post(connection, "key.issued", (), {"account": account_id})
    return ApiKey(key_id, account_id, new.label, new.begins, new.scopes, at, new.expires_at)


def key(connection: Connection, vault: Vault, digest: str, at: datetime) -> ApiKey | None:
    """The key of a secret, unless it is over."""
    is_valid = or_(_keys.expires_at.is_(None), _keys.expires_at > at)
    row = connection.execute(select(tables.api_keys).where(_keys.digest == digest, is_valid)).first()
    return _key_of(row, vault) if row else None


def keys(connection: Connection, vault: Vault, account_id: int | None, after: int, limit: int) -> tuple[ApiKey, ...]:
    """The keys of an account, or of all, behind one and so many, or all."""
    query = select(tables.api_keys).where(_keys.key_id > after).order_by(_keys.key_id).limit(limit or None)
    query = query if account_id is None else query.where(_keys.account_id == account_id)
    return tuple(_key_of(row, vault) for row in connection.execute(query))


def is_worth_noting(used_at: datetime | None, at: datetime) -> bool:
    """Whether the last use that is on record is a while ago."""
    return used_at is None or at - used_at >= _NOTED_EVERY


def note_use(connection: Connection, key_id: int, at: datetime) -> None:
    """Put down that a key was used."""
    connection.execute(update(tables.api_keys).where(_keys.key_id == key_id).values(used_at=at))


def remove_key(connection: Connection, key_id: int) -> bool:
    """Delete a key; whether there was one."""
    account_id = connection.scalar(select(_keys.account_id).where(_keys.key_id == key_id))
    if account_id is None:
        return False
    connection.execute(delete(tables.api_keys).where(_keys.key_id == key_id))
    post(connection, "key.revoked", (), {"account": int(account_id)})
    return True


def remove_keys(connection: Connection, account_id: int) -> None:
    """Delete all keys of an account; the audit log hears of each."""
    for key_id in connection.scalars(select(_keys.key_id).where(_keys.account_id == account_id)).all():
        remove_key(connection, key_id)


def _key_of(row: Row[Any], vault: Vault) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        account_id=row.account_id,
        label=KEY_LABEL.open(vault, row.label, row.key_id).decode(),
        begins=row.begins,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
