"""What is sent and answered where accounts and keys are kept."""

from dataclasses import astuple
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from mien.domain.accounts import Account, ApiKey, KeyScope, Role
from mien.service.access.passwords import LONGEST, SHORTEST

Name = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
PersonId = Annotated[str, Field(max_length=40)]
LONGEST_LABEL, LONGEST_DAYS = 100, 3650


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewAccount(_Asked):
    """An account to be made; without a password only a face opens it, once it ``allows_face``."""

    name: Name
    role: Role
    password: Password | None = None
    person_id: PersonId = Field("", description="Who it is in the gallery, or empty.")


class ChangedAccount(_Asked):
    """What is to become of an account; what is left out stays."""

    name: Name | None = None
    role: Role | None = None
    is_enabled: bool | None = None
    allows_face: bool | None = Field(None, description="Whether its person gets in by their face.")
    person_id: PersonId | None = Field(None, description="Who it is in the gallery; empty: nobody.")
    password: Password | None = None


class AccountTold(BaseModel):
    """An account as an admin sees it."""

    account_id: int
    name: str
    role: Role
    created_at: datetime
    person_id: str
    is_enabled: bool
    allows_face: bool
    has_password: bool
    etag: str = Field(description="To be shown as If-Match with a change: 412 where somebody else changed it since.")

    @classmethod
    def of(cls, account: Account) -> Self:
        """As it is kept."""
        return cls(
            account_id=account.account_id,
            name=account.name,
            role=account.role,
            created_at=account.created_at,
            person_id=account.person_id,
            is_enabled=account.is_enabled,
            allows_face=account.allows_face,
            has_password=account.has_password,
            etag=etag_of(account),
        )


class Accounts(BaseModel):
    """Accounts by id; ``next`` is what to ask for more with, as ``after``."""

    items: list[AccountTold]
    next: int | None


class NewPassword(_Asked):
    """Another password for one's own account; ``current`` is left empty where it has none yet."""

    current: str = Field("", max_length=LONGEST)
    new: Password


class NewApiKey(_Asked):
    """A key to be made; without ``days`` it is valid until it is removed."""

    label: str = Field(min_length=1, max_length=LONGEST_LABEL, description="What it is for.")
    scopes: set[KeyScope] = Field(min_length=1)
    days: int | None = Field(None, ge=1, le=LONGEST_DAYS)


class KeyTold(BaseModel):
    """A key without its secret; ``begins`` are the first characters of that."""

    key_id: int
    account_id: int
    label: str
    begins: str
    scopes: list[KeyScope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """As it is kept."""
        return cls(**_fields(key))


class KeyIssued(KeyTold):
    """A key that was made just now: its ``secret`` is shown this once."""

    secret: str

    @classmethod
    def with_secret(cls, key: ApiKey, secret: str) -> Self:
        """As it is handed over."""
        return cls(**_fields(key), secret=secret)


def etag_of(account: Account) -> str:
    """What stands for an account as it is now."""
    return f'"{sha256(repr(astuple(account)).encode()).hexdigest()[:32]}"'


def _fields(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "account_id": key.account_id,
        "label": key.label,
        "begins": key.begins,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "used_at": key.used_at,
    }
