"""Who may do what in the web app: accounts, their roles, and the keys that programs use in their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Role = Literal["viewer", "operator", "admin"]
"""*viewer*: looks; *operator*: puts people in order, too; *admin*: changes settings, accounts and keys, too."""

KeyScope = Literal["read", "people", "analyze", "privacy", "settings"]
"""What a key opens, never more than its owner's role does: *read* looks at everything but accounts; *people* enrols and
puts people in order; *analyze* sends pictures; *privacy* consent, forgetting, exports; *settings* changes settings."""

ROLES: tuple[Role, ...] = get_args(Role)
KEY_SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
_ACTOR: ContextVar[str | None] = ContextVar("actor", default=None)


def is_at_least(role: Role, least: Role) -> bool:
    """Whether a role may do what ``least`` may."""
    return ROLES.index(role) >= ROLES.index(least)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who logs in. ``person_id`` is who they are in the gallery, or empty; they may log in by their face only
    where ``allows_face``. An account without a password is entered by face alone."""

    account_id: int
    name: str
    role: Role
    created_at: datetime
    person_id: str = ""
    is_enabled: bool = True
    allows_face: bool = False
    has_password: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in: who it is, and the token that requests which change anything show besides."""

    account: Account
    csrf_token: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a program shows in place of logging in; ``begins`` are the first characters of it, by which it is told."""

    key_id: int
    account_id: int
    label: str
    begins: str
    scopes: frozenset[KeyScope]
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None


def who_acts() -> str | None:
    """The actor as the audit log names one, such as ``account:3``; none where it is whoever runs the process."""
    return _ACTOR.get()


@contextmanager
def acting(actor: str | None) -> Iterator[None]:
    """Whatever is done within this, in this thread or task and those that it waits for, an actor did."""
    token = _ACTOR.set(actor)
    try:
        yield
    finally:
        _ACTOR.reset(token)
