"""Passwords: how they are kept (argon2id, RFC 9106), and which are refused."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mien.domain.errors import UsageError

SHORTEST, LONGEST = 10, 256
_AT_ONCE = 4  # each takes 64 MiB


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # the second set of parameters that RFC 9106 recommends


@cache
def _turns() -> BoundedSemaphore:
    return BoundedSemaphore(_AT_ONCE)


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody's password")


def hash_of(password: str) -> str:
    """What is kept of a password; raises UsageError where it is too short or too long to be one."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}")
    with _turns():
        return _hasher().hash(password)


def is_right(password: str, kept: str) -> bool:
    """Whether a password is the one that is kept; as slow where there is none, so that nobody learns who is there."""
    try:
        with _turns():
            return _hasher().verify(kept or _nobodys(), password[:LONGEST]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False
