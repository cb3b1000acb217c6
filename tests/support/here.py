"""Bringing models in within this process: starting one that imports both runtimes takes longer than most networks."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from mien.inference.conversion.apart import call_apart

_IMPORTING = "mien.wiring.importing.call_apart"


def _call_here(function: Callable[..., Any], *arguments: object, what: str, deadline_s: float) -> Any:
    """What another process would give, by what goes there and comes back."""
    sent, given = pickle.loads(pickle.dumps((function, arguments)))
    return pickle.loads(pickle.dumps(sent(*given)))


def import_here(patch: pytest.MonkeyPatch) -> None:
    """Let models be brought in here; for tests of networks that end, and of files that crash nobody."""
    patch.setattr(_IMPORTING, _call_here)


def import_apart(patch: pytest.MonkeyPatch) -> None:
    """Let models be brought in as ever, by a process of their own."""
    patch.setattr(_IMPORTING, call_apart)
