"""What is done to accounts: by an admin to all of them, and by everybody to their own password and keys."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from mien.domain.accounts import Account, ApiKey, KeyScope, Role
from mien.domain.clock import Clock
from mien.domain.errors import AccountUnknown, GalleryError, UsageError
from mien.gallery.names import tidy_name
from mien.privacy.audit.trail import AuditTrail
from mien.service.access.entrance import Entrance, Opened, account_name
from mien.service.access.gate import digest_of
from mien.service.access.passwords import hash_of
from mien.store.accounts import AccountStore, NewKey

KEY_BEGINS = "mien_"
_SHOWN = len(KEY_BEGINS) + 4  # of 43 random characters: enough to tell keys apart


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is to become of an account; what is none stays. ``person_id`` is empty of whoever is nobody's."""

    name: str | None = None
    role: Role | None = None
    is_enabled: bool | None = None
    allows_face: bool | None = None
    person_id: str | None = None
    password: str | None = None


class AccountKeeping:
    """Keeps accounts and keys; the audit log hears of everything at once."""

    def __init__(self, accounts: AccountStore, entrance: Entrance, trail: AuditTrail, clock: Clock) -> None:
        self._accounts = accounts
        self._entrance = entrance
        self._trail = trail
        self.clock = clock

    def accounts(self, after: int = 0, limit: int = 0) -> tuple[Account, ...]:
        """So many accounts behind one, by id, or all."""
        return self._accounts.accounts(after, limit)

    def account(self, account_id: int) -> Account:
        """An account by its id; raises AccountUnknown."""
        found = self._accounts.account(account_id)
        if found is None:
            raise AccountUnknown(f"there is no account {account_id}")
        return found

    def add(self, name: str, role: Role, password: str, person_id: str) -> Account:
        """A new account, without a password where that is empty; raises AccountError, PersonUnknown, UsageError."""
        kept = hash_of(password) if password else ""
        account = self._accounts.add(account_name(name), role, self.clock.now(), kept, person_id)
        self._trail.catch_up()
        return account

    def change(self, account_id: int, asked: AccountChange, seen: Account | None = None) -> Account:
        """Change what is asked; raises AccountUnknown, AccountError, PersonUnknown, UsageError.

        AccountError where it is not as it was ``seen`` any more, too. Another password ends sessions and API keys:
        whoever has got hold of the account is to be out.
        """
        account = self._accounts.change(
            account_id,
            seen,
            name=None if asked.name is None else account_name(asked.name),
            role=asked.role,
            is_enabled=asked.is_enabled,
            allows_face=asked.allows_face,
            person_id=asked.person_id,
            password_hash=None if asked.password is None else hash_of(asked.password),
            ends_keys=True,
        )
        self._trail.catch_up()
        return account

    def named(self, name: str) -> Account:
        """The account of a name, however it is spelt; raises AccountUnknown, UsageError."""
        found = self._accounts.named(account_name(name))
        if found is None:
            raise AccountUnknown(f"there is no account of the name {name!r}: mien accounts list tells which there are")
        return found[0]

    def give_password(self, account: Account, password: str) -> None:
        """Another password for whoever lost theirs: their sessions and keys end, and they wait for nothing.

        Raises AccountUnknown, UsageError.
        """
        self.change(account.account_id, AccountChange(password=password))
        self._entrance.forgive(account.name)

    def remove(self, account_id: int, seen: Account | None = None) -> None:
        """Remove an account with its keys; raises as `change` does."""
        self._accounts.remove(account_id, seen)
        self._trail.catch_up()

    def set_password(self, account: Account, current: str, new: str, address: str) -> Opened:
        """Give one's own account another password, and log in anew; raises LoginRefused, TooManyFailures, UsageError.

        All its sessions end, those of whoever may have got in by the former one, too.
        """
        kept = hash_of(new)
        if account.has_password:
            self._entrance.prove(account.name, current, address)
        changed = self._accounts.change(account.account_id, password_hash=kept)
        return self._entrance.open(changed, "password")

    def keys(self, account: Account, after: int = 0, limit: int = 0) -> tuple[ApiKey, ...]:
        """The keys of an account, or of all of them, where it is an admin's: those behind one and so many, or all."""
        return self._accounts.keys(None if account.role == "admin" else account.account_id, after, limit)

    def issue(
        self, account: Account, label: str, scopes: Collection[KeyScope], lasts: timedelta | None
    ) -> tuple[ApiKey, str]:
        """A new key of an account, and its secret, told this once.

        Raises UsageError without a scope or a label, AccountError where the account has as many as may be.
        """
        if not scopes:
            raise UsageError("a key opens something: name a scope at least")
        try:
            told = tidy_name(label)
        except GalleryError as error:
            raise UsageError("say what the key is for, in letters that can be seen") from error
        secret = f"{KEY_BEGINS}{secrets.token_urlsafe(32)}"
        now = self.clock.now()
        until = now + lasts if lasts else None
        new = NewKey(digest_of(secret), secret[:_SHOWN], told, frozenset(scopes), until)
        key = self._accounts.add_key(account.account_id, new, now)
        self._trail.catch_up()
        return key, secret

    def revoke(self, account: Account, key_id: int) -> None:
        """Remove a key that the account may see; raises AccountUnknown where there is none."""
        if not any(key.key_id == key_id for key in self.keys(account)) or not self._accounts.remove_key(key_id):
            raise AccountUnknown(f"there is no key {key_id} of yours")
        self._trail.catch_up()
