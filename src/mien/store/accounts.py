"""Repository of accounts, of the sessions of browsers, and of API keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypedDict, Unpack

from mien.domain.accounts import Account, ApiKey, KeyScope, Role, Session

FAILURES_KEPT = timedelta(days=1)
"""Whoever failed to log in and then kept away for so long begins anew."""

MOST_KEYS = 50
"""API keys of an account."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key before it has an id; ``digest`` is that of its secret, which ``begins`` so."""

    digest: str
    begins: str
    label: str
    scopes: frozenset[KeyScope]
    expires_at: datetime | None = None


class AccountChanges(TypedDict, total=False):
    """What is to become of an account; what is none, or not told, stays. ``person_id`` is empty for nobody.

    With ``ends_keys`` its keys go with its former password.
    """

    name: str | None
    role: Role | None
    is_enabled: bool | None
    allows_face: bool | None
    person_id: str | None
    password_hash: str | None
    ends_keys: bool


class AccountStore(Protocol):
    """Accounts by name, sessions and keys by a digest of their secrets: no secret is kept.

    Names of accounts are personal: they are sealed, as those of people are, and found in whatever case. An account goes
    with the person whom it is of, when that one is forgotten, and keeps to whom that one was merged into. What is done
    to accounts and keys the audit log hears of by the outbox. Safe for several threads and processes.

    Every method raises StoreError where the database cannot be used.
    """

    def add(self, name: str, role: Role, at: datetime, password_hash: str = "", person_id: str = "") -> Account:
        """A new account; raises AccountError where the name is taken, PersonUnknown."""
        ...

    def add_first(self, name: str, at: datetime, password_hash: str) -> Account:
        """The first admin; raises AccountError where there is one who may come in, whoever was faster."""
        ...

    def has_admin(self) -> bool:
        """Whether there is an admin who may come in by a password."""
        ...

    def accounts(self, after: int = 0, limit: int = 0) -> tuple[Account, ...]:
        """Accounts by id, those behind one and so many, or all."""
        ...

    def account(self, account_id: int) -> Account | None:
        """An account by its id."""
        ...

    def named(self, name: str) -> tuple[Account, str] | None:
        """An account by its name, with its password's hash (empty where it has none)."""
        ...

    def change(self, account_id: int, seen: Account | None = None, **changes: Unpack[AccountChanges]) -> Account:
        """Change what is given; sessions of an account that is shut out, or whose password or role changes, end.

        Whoever is nobody in the gallery is not let in by a face. Raises AccountUnknown, PersonUnknown, AccountError
        where the name is taken, where a face would open an account of nobody, where it would leave no admin who may
        come in by a password, or where the account is not as it was ``seen`` any more.
        """
        ...

    def remove(self, account_id: int, seen: Account | None = None) -> None:
        """Remove an account with its sessions and keys; raises as `change` does."""
        ...

    def failures(self, name_or_address: str, at: datetime) -> tuple[int, datetime | None]:
        """How often in a row somebody failed to log in under a name, or from an address, and when last."""
        ...

    def note_failure(self, name_or_address: str, at: datetime) -> int:
        """Count one more failure; returns how many there are now."""
        ...

    def clear_failures(self, name_or_address: str) -> None:
        """Begin to count anew."""
        ...

    def is_used(self, digest: str) -> bool:
        """Whether the invitation of a digest was used."""
        ...

    def use_invitation(self, digest: str, at: datetime, until: datetime) -> None:
        """Use an invitation, which holds until a moment and is known as long; raises AccountError where it was used."""
        ...

    def begin_session(self, account_id: int, digest: str, csrf_token: str, at: datetime, until: datetime) -> Session:
        """A browser logged in; ``digest`` is that of the cookie's token. Raises AccountUnknown."""
        ...

    def session(self, digest: str, at: datetime) -> Session | None:
        """The session of a cookie that is valid at a moment, of an account that is enabled."""
        ...

    def end_session(self, digest: str) -> None:
        """A browser logged out; idempotent."""
        ...

    def add_key(self, account_id: int, new: NewKey, at: datetime) -> ApiKey:
        """A new API key of an account; raises AccountUnknown, AccountError where it has MOST_KEYS."""
        ...

    def key(self, digest: str, at: datetime) -> tuple[ApiKey, Account] | None:
        """The key of a secret that is valid at a moment, of an account that is enabled; its use is noted."""
        ...

    def keys(self, account_id: int | None = None, after: int = 0, limit: int = 0) -> tuple[ApiKey, ...]:
        """The keys of an account, or of all, by id: those behind one and so many, or all."""
        ...

    def remove_key(self, key_id: int) -> bool:
        """Remove a key; whether there was one."""
        ...
