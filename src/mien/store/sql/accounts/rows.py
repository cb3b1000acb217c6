"""Rows of accounts: how they are found and read, and what goes with those of somebody who leaves."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, select, update

from mien.domain.accounts import Account
from mien.domain.errors import AccountError, AccountUnknown, PersonUnknown
from mien.domain.people.people import folded_name
from mien.store.sql import tables
from mien.store.sql.outbox import post
from mien.store.sql.sealed import ACCOUNT
from mien.store.vault.vault import Vault

_accounts, _people = tables.accounts.c, tables.people.c
ADMITS: ColumnElement[bool] = (
    (_accounts.role == "admin") & _accounts.is_enabled.is_(True) & (_accounts.password_hash != "")
)
"""The condition that an account is that of an admin who may come in by a password."""


def account_key(name: str, vault: Vault) -> str:
    """What two spellings of the name of an account have in common, blinded."""
    return vault.blind(folded_name(name).encode(), b"account")


def account_of(connection: Connection, vault: Vault, row: Row[Any]) -> Account:
    """The account of a row."""
    return Account(
        account_id=row.account_id,
        name=ACCOUNT.open(vault, row.name, row.account_id).decode(),
        role=row.role,
        created_at=row.created_at,
        person_id=root_of(connection, row.person_id) if row.person_id else "",
        is_enabled=row.is_enabled,
        allows_face=row.allows_face,
        has_password=bool(row.password_hash),
    )


def account_row(connection: Connection, account_id: int) -> Row[Any]:
    """The row of an account; raises AccountUnknown."""
    row = connection.execute(select(tables.accounts).where(_accounts.account_id == account_id)).first()
    if row is None:
        raise AccountUnknown(f"there is no account {account_id}")
    return row


def root_of(connection: Connection, person_id: str) -> str:
    """The present id of a person; raises PersonUnknown."""
    while True:
        row = connection.execute(select(_people.merged_into).where(_people.person_id == person_id)).first()
        if row is None:
            raise PersonUnknown(f"there is no person {person_id}")
        if not row.merged_into:
            return person_id
        person_id = row.merged_into


def is_free(connection: Connection, vault: Vault, name: str, whose: int = 0) -> bool:
    """Whether no account has a name but that of an id."""
    taken = (_accounts.name_key == account_key(name, vault), _accounts.account_id != whose)
    return not connection.scalar(select(exists().where(*taken)))


def check_free(connection: Connection, vault: Vault, name: str, whose: int = 0) -> None:
    """Raise AccountError where another account has a name."""
    if not is_free(connection, vault, name, whose):
        raise AccountError("there is an account of that name already")


def named(vault: Vault, name: str, account_id: int) -> dict[str, Any]:
    """What a row has where its account bears a name."""
    return {"name_key": account_key(name, vault), "name": ACCOUNT.seal(vault, name.encode(), account_id)}


def check_admitted(connection: Connection) -> None:
    """Raise AccountError where no admin is left who may come in by a password."""
    if not connection.scalar(select(exists().where(ADMITS))):
        raise AccountError("this would leave no admin who can log in with a password: make another one first")


def rename(connection: Connection, vault: Vault, account_id: int, name: str) -> None:
    """Call an account something else; where that is taken, with its number behind."""
    if not is_free(connection, vault, name, account_id):
        name = f"{name} {account_id}"
    called = named(vault, name, account_id)
    connection.execute(update(tables.accounts).where(_accounts.account_id == account_id).values(called))
    post(connection, "account.changed", (), {"account": account_id})


def end_sessions(connection: Connection, account_ids: Collection[int]) -> None:
    """Log accounts out of every browser."""
    connection.execute(delete(tables.sessions).where(tables.sessions.c.account_id.in_(account_ids)))


def remove(connection: Connection, account_ids: Collection[int]) -> None:
    """Delete accounts with all that opens them; the audit log hears of each."""
    end_sessions(connection, account_ids)
    connection.execute(delete(tables.api_keys).where(tables.api_keys.c.account_id.in_(account_ids)))
    connection.execute(delete(tables.accounts).where(_accounts.account_id.in_(account_ids)))
    for account_id in sorted(account_ids):
        post(connection, "account.removed", (), {"account": account_id})


def of_people(person_ids: Collection[str]) -> Select[Any]:
    """A query for the accounts that are of some people, by the ids that they were linked to."""
    return select(_accounts.account_id).where(_accounts.person_id.in_(person_ids))


def unlink(connection: Connection, person_ids: Collection[str]) -> None:
    """Let the accounts of people who are not kept any more be of nobody, so that no face opens them."""
    linked = update(tables.accounts).where(_accounts.person_id.in_(person_ids))
    connection.execute(linked.values(person_id=None, allows_face=False))
