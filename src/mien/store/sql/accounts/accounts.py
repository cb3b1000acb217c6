"""The store of accounts over a database: names are sealed, and found blinded; the audit log hears what was done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from mien.domain.accounts import Account, ApiKey, Role, Session
from mien.domain.errors import AccountError
from mien.store.accounts import FAILURES_KEPT, AccountChanges, NewKey
from mien.store.sql import tables
from mien.store.sql.accounts import entering
from mien.store.sql.accounts.rows import (
    ADMITS,
    account_key,
    account_of,
    account_row,
    check_admitted,
    check_free,
    end_sessions,
    named,
    remove,
    root_of,
)
from mien.store.sql.database import Database
from mien.store.sql.outbox import post

_accounts, _failures = tables.accounts.c, tables.login_failures.c
_SHUTS_OUT = ("role", "is_enabled", "password_hash")
"""With what of an account its sessions end, where it changes."""


class SqlAccounts:
    """The store of accounts over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, role: Role, at: datetime, password_hash: str = "", person_id: str = "") -> Account:
        with self._database.writing(is_lasting=True) as connection:
            return self._add(connection, name, role, at, password_hash, person_id)

    def add_first(self, name: str, at: datetime, password_hash: str) -> Account:
        with self._database.writing(is_lasting=True) as connection:
            if connection.scalar(select(exists().where(ADMITS))):
                raise AccountError("there is an admin already: log in")
            return self._add(connection, name, "admin", at, password_hash)

    def _add(  # one account, as a transaction adds it
        self, connection: Connection, name: str, role: Role, at: datetime, password_hash: str, person_id: str = ""
    ) -> Account:
        check_free(connection, self._database.vault, name)
        row = {
            "name_key": account_key(name, self._database.vault),
            "name": b"",
            "role": role,
            "password_hash": password_hash,
            "person_id": root_of(connection, person_id) if person_id else None,
            "created_at": at,
            "is_enabled": True,
            "allows_face": False,
        }
        key = connection.execute(insert(tables.accounts).values(row)).inserted_primary_key
        assert key is not None
        account_id = int(key[0])  # what is sealed is bound to it
        called = named(self._database.vault, name, account_id)
        connection.execute(update(tables.accounts).where(_accounts.account_id == account_id).values(called))
        post(connection, "account.made", (), {"account": account_id, "role": role})
        return self._opened(connection, account_row(connection, account_id))

    def has_admin(self) -> bool:
        with self._database.reading() as connection:
            return bool(connection.scalar(select(exists().where(ADMITS))))

    def accounts(self, after: int = 0, limit: int = 0) -> tuple[Account, ...]:
        query = select(tables.accounts).where(_accounts.account_id > after).order_by(_accounts.account_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit) if limit else query).all()
            return tuple(self._opened(connection, row) for row in rows)

    def account(self, account_id: int) -> Account | None:
        with self._database.reading() as connection:
            row = connection.execute(select(tables.accounts).where(_accounts.account_id == account_id)).first()
            return self._opened(connection, row) if row else None

    def named(self, name: str) -> tuple[Account, str] | None:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)  # which blind the name
            key = account_key(name, self._database.vault)
            row = connection.execute(select(tables.accounts).where(_accounts.name_key == key)).first()
            return (self._opened(connection, row), row.password_hash) if row else None

    def change(self, account_id: int, seen: Account | None = None, **changes: Unpack[AccountChanges]) -> Account:
        given: dict[str, Any] = {field: value for field, value in changes.items() if value is not None}
        ends_keys = given.pop("ends_keys", False)
        name, person_id = given.pop("name", None), given.pop("person_id", None)
        with self._database.writing(is_lasting=True) as connection:
            before = self._as_seen(connection, account_id, seen)
            if person_id is not None:
                given["person_id"] = root_of(connection, person_id) if person_id else None
            changed = {field: value for field, value in given.items() if value != getattr(before, field)}
            if name is not None and name != self._opened(connection, before).name:
                check_free(connection, self._database.vault, name, account_id)
                changed |= named(self._database.vault, name, account_id)
            if changed:
                self._change(connection, before, changed)
            if ends_keys and "password_hash" in changed:
                entering.remove_keys(connection, account_id)
            return self._opened(connection, account_row(connection, account_id))

    def _change(self, connection: Connection, before: Row[Any], changed: Mapping[str, Any]) -> None:
        is_nobodys = changed.get("person_id", before.person_id) is None
        if is_nobodys and changed.get("allows_face"):
            raise AccountError("no face opens an account that is of nobody in the gallery: say first whose it is")
        values = {**changed, "allows_face": False} if is_nobodys else changed
        account_id = before.account_id
        connection.execute(update(tables.accounts).where(_accounts.account_id == account_id).values(values))
        if before.role == "admin":
            check_admitted(connection)
        if any(field in changed for field in _SHUTS_OUT):
            end_sessions(connection, (account_id,))
        role = changed.get("role", before.role)
        post(connection, "account.changed", (), {"account": account_id, "role": role})

    def _as_seen(self, connection: Connection, account_id: int, seen: Account | None) -> Row[Any]:
        row = account_row(connection, account_id)
        if seen is not None and self._opened(connection, row) != seen:
            raise AccountError(
                f"account {account_id} was changed by somebody else meanwhile: look again, and try again"
            )
        return row

    def remove(self, account_id: int, seen: Account | None = None) -> None:
        with self._database.writing(is_lasting=True) as connection:
            row = self._as_seen(connection, account_id, seen)
            remove(connection, (account_id,))
            if row.role == "admin":
                check_admitted(connection)
        self._database.scrub()

    def failures(self, name_or_address: str, at: datetime) -> tuple[int, datetime | None]:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            who = self._blinded(name_or_address)
            kept = (_failures.who == who, _failures.last_at > at - FAILURES_KEPT)
            row = connection.execute(select(_failures.count, _failures.last_at).where(*kept)).first()
        return (row[0], row[1]) if row else (0, None)

    def note_failure(self, name_or_address: str, at: datetime) -> int:
        with self._database.writing() as connection:
            connection.execute(delete(tables.login_failures).where(_failures.last_at <= at - FAILURES_KEPT))
            who = self._blinded(name_or_address)
            count = connection.scalar(select(_failures.count).where(_failures.who == who)) or 0
            connection.execute(delete(tables.login_failures).where(_failures.who == who))
            connection.execute(insert(tables.login_failures).values(who=who, count=count + 1, last_at=at))
        return int(count) + 1

    def clear_failures(self, name_or_address: str) -> None:
        with self._database.writing() as connection:
            who = self._blinded(name_or_address)
            connection.execute(delete(tables.login_failures).where(_failures.who == who))

    def is_used(self, digest: str) -> bool:
        with self._database.reading() as connection:
            return entering.is_used(connection, digest)

    def use_invitation(self, digest: str, at: datetime, until: datetime) -> None:
        with self._database.writing(is_lasting=True) as connection:
            entering.use_invitation(connection, digest, at, until)

    def begin_session(self, account_id: int, digest: str, csrf_token: str, at: datetime, until: datetime) -> Session:
        with self._database.writing() as connection:
            account = self._opened(connection, account_row(connection, account_id))
            entering.begin_session(connection, account_id, digest, csrf_token, at, until)
        return Session(account, csrf_token, at, until)

    def session(self, digest: str, at: datetime) -> Session | None:
        with self._database.reading() as connection:
            row = entering.session(connection, digest, at)
            if row is None:
                return None
            return Session(self._opened(connection, row), row.csrf_token, row.began_at, row.expires_at)

    def end_session(self, digest: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(tables.sessions).where(tables.sessions.c.digest == digest))

    def add_key(self, account_id: int, new: NewKey, at: datetime) -> ApiKey:
        with self._database.writing(is_lasting=True) as connection:
            account_row(connection, account_id)
            return entering.add_key(connection, self._database.vault, account_id, new, at)

    def key(self, digest: str, at: datetime) -> tuple[ApiKey, Account] | None:
        with self._database.reading() as connection:
            found = entering.key(connection, self._database.vault, digest, at)
            account = self._opened(connection, account_row(connection, found.account_id)) if found else None
        if found is None or account is None or not account.is_enabled:
            return None
        if entering.is_worth_noting(found.used_at, at):
            with self._database.writing() as connection:
                entering.note_use(connection, found.key_id, at)
        return found, account

    def keys(self, account_id: int | None = None, after: int = 0, limit: int = 0) -> tuple[ApiKey, ...]:
        with self._database.reading() as connection:
            return entering.keys(connection, self._database.vault, account_id, after, limit)

    def remove_key(self, key_id: int) -> bool:
        with self._database.writing(is_lasting=True) as connection:
            return entering.remove_key(connection, key_id)

    def _opened(self, connection: Connection, row: Row[Any]) -> Account:
        return account_of(connection, self._database.vault, row)

    def _blinded(self, name_or_address: str) -> str:
        """By what failures are counted; whether there is an account of that name makes no difference."""
        return self._database.vault.blind(name_or_address.casefold().encode(errors="replace"), b"login")
