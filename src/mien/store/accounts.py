"""Repository of accounts, of the sessions of browsers, and of API keys."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from mien.domain.accounts import Account, ApiKey, KeyScope, Role, Session


class AccountStore(Protocol):
    """Accounts by name, sessions and keys by a digest of their secrets: no secret is kept.

    Names of accounts are personal: they are sealed, as those of people are, and found by whatever spelling. An account
    goes with the person whom it is of, when that one is forgotten. Raises StoreError.
    """

    def add(self, name: str, role: Role, at: datetime, password_hash: str = "", person_id: str = "") -> Account:
        """A new account; raises AccountError where the name is taken."""
        ...

    def add_first(self, name: str, at: datetime, password_hash: str) -> Account:
        """The first account, an admin; raises AccountError where there is one already, whoever was faster."""
        ...

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by id."""
        ...

    def account(self, account_id: int) -> Account | None:
        """An account by its id."""
        ...

    def named(self, name: str) -> tuple[Account, str] | None:
        """An account by its name, with its password's hash (empty where it has none)."""
        ...

    def change(
        self,
        account_id: int,
        *,
        role: Role | None = None,
        is_enabled: bool | None = None,
        allows_face: bool | None = None,
        person_id: str | None = None,
        password_hash: str | None = None,
    ) -> Account:
        """Change what is given; sessions of an account that is shut out, or whose password or role changes, end.

        Raises AccountError where there is none, or where it would leave no admin who can log in.
        """
        ...

    def remove(self, account_id: int) -> None:
        """Remove an account with its sessions and keys; raises AccountError as `change` does."""
        ...

    def failures(self, name_or_address: str) -> tuple[int, datetime | None]:
        """How often in a row somebody failed to log in under a name, or from an address, and when last."""
        ...

    def note_failure(self, name_or_address: str, at: datetime) -> int:
        """Count one more failure; returns how many there are now."""
        ...

    def clear_failures(self, name_or_address: str) -> None:
        """Begin to count anew."""
        ...

    def begin_session(self, account_id: int, digest: str, csrf_token: str, at: datetime, until: datetime) -> Session:
        """A browser logged in; ``digest`` is that of the cookie's token."""
        ...

    def session(self, digest: str, at: datetime) -> Session | None:
        """The session of a cookie that is valid at a moment, of an account that is enabled."""
        ...

    def end_session(self, digest: str) -> None:
        """A browser logged out; idempotent."""
        ...

    def add_key(
        self,
        account_id: int,
        digest: str,
        begins: str,
        label: str,
        scopes: Collection[KeyScope],
        at: datetime,
        expires_at: datetime | None = None,
    ) -> ApiKey:
        """A new API key of an account."""
        ...

    def key(self, digest: str, at: datetime) -> tuple[ApiKey, Account] | None:
        """The key of a secret that is valid at a moment, of an account that is enabled; its use is noted."""
        ...

    def keys(self, account_id: int | None = None) -> tuple[ApiKey, ...]:
        """The keys of an account, or of all."""
        ...

    def remove_key(self, key_id: int) -> bool:
        """Remove a key; whether there was one."""
        ...
