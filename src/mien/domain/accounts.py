"""Who may do what in the web app: accounts, their roles, keys of programs, and who is at work in this context."""

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


_ACTOR: ContextVar[str] = ContextVar("actor", default="")


def current_actor() -> str:
    """Who is at work in this context, as the audit log has it; empty where that is the process itself."""
    return _ACTOR.get()


@contextmanager
def acting(actor: int | Literal["system"]) -> Iterator[None]:
    """Within this, and in threads that copy the context, an account by its id is at work, or nobody in particular."""
    before = _ACTOR.set(actor if isinstance(actor, str) else f"account:{actor}")
    try:
        yield
    finally:
        _ACTOR.reset(before)


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
