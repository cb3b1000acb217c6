"""What is about to be done to people: the steps, and what they come to, to be looked at before they are taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mien.store.journal import Fact, Step

Verb = Literal[
    "enrol", "forget", "hide", "ignore", "keep", "make", "merge", "move", "put", "rename", "show", "take", "undo"
]
_DONE: Mapping[Verb, str] = {
    "enrol": "enrolled",
    "forget": "forgot",
    "hide": "hid",
    "ignore": "ignored",
    "keep": "kept",
    "make": "made",
    "merge": "merged",
    "move": "moved",
    "put": "put",
    "rename": "renamed",
    "show": "showed",
    "take": "took",
    "undo": "undid",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done to people, in words: a verb, and all that follows it."""

    verb: Verb
    what: str

    def told(self, *, is_done: bool) -> str:
        """The words that follow *would*, or what is told of it when it is done."""
        return f"{_DONE[self.verb] if is_done else self.verb} {self.what}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that nobody has made yet.

    ``kind`` is the audit log's word for it, ``people`` the ids it is about, ``deed`` what it is in words, and
    ``warnings`` what speaks against it.
    """

    kind: str
    steps: tuple[Step, ...]
    people: tuple[str, ...]
    deed: Deed
    facts: Mapping[str, Fact] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
