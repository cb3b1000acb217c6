"""Who acts: noted with what is done to people, for whoever tells the audit log of it may be somebody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ACTOR: ContextVar[str | None] = ContextVar("actor", default=None)


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
