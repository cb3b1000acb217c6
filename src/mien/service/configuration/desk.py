"""What the area of settings needs, and what it is told: the settings themselves lie in a room above the service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Applies = Literal["restart", "start"]
"""When a setting that was changed takes effect: as the service is restarted, or as mien itself is started anew."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: ``value`` is what it says now and ``in_force`` what the service goes by, both without secrets.

    ``place`` are the keys that lead to it, ``key`` is the same in one word. ``source`` says where the value is from: a
    variable, a file with the line, an option, a model, or "default". ``fixed`` says why it cannot be changed from here.
    """

    key: str
    place: tuple[str, ...]
    value: Any
    in_force: Any
    default: Any
    source: str
    fixed: str
    applies: Applies
    is_pending: bool
    description: str


@dataclass(frozen=True, slots=True)
class Settled:
    """All settings in a ``revision`` of their file, whose name is ``file``; ``begun`` counts restarts.

    ``problems`` are what is wrong with the file, by key: what a service that is restarted could not start with.
    ``refused`` says why the last restart did not take new settings.
    """

    items: tuple[Setting, ...]
    file: str
    revision: str
    begun: int
    problems: tuple[tuple[str, str], ...] = ()
    refused: str = ""


class SettingsDesk(Protocol):
    """Where settings are shown and changed."""

    def settled(self) -> Settled:
        """All of them."""
        ...

    def schema(self) -> Mapping[str, Any]:
        """What each of them may be, as a JSON schema."""
        ...

    def change(self, changes: Mapping[str, Any], check: Callable[[str], None]) -> Settled:
        """Write values under keys, none for what is to be as by default; all of them or, where one is wrong, nothing.

        ``check`` is told the revision before, and raises where that is not the one that was looked at. Raises
        SettingsError with every fault, SettingsFixed where one of them is not to be changed from here.
        """
        ...

    def restart(self) -> int:
        """Have the service begin anew with what is written; how often it has begun so far.

        Raises SettingsError where it could not start with that, SettingsFixed where it cannot be begun anew from here.
        """
        ...
