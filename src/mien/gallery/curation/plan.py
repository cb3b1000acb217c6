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
class Loss:
    """What goes for good with a change: why, and what there is of it, one thing or several."""

    why: str
    what: str
    is_one: bool

    def told(self, *, is_done: bool) -> str:
        """The words of a warning, or of what is told when it is done."""
        past = "was" if self.is_one else "were"
        return f"{self.why}: {self.what} {past if is_done else 'will be'} deleted, which no undo brings back"


Caution = str | Loss
"""What speaks against a change."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that nobody has made yet.

    ``kind`` is the audit log's word for it, ``people`` the ids it is about, ``deed`` what it is in words, and
    ``cautions`` what speaks against it.
    """

    kind: str
    steps: tuple[Step, ...]
    people: tuple[str, ...]
    deed: Deed
    facts: Mapping[str, Fact] = field(default_factory=dict)
    cautions: tuple[Caution, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against it, in words, before it is done."""
        return self.warned(is_done=False)

    def warned(self, *, is_done: bool) -> tuple[str, ...]:
        """The same, of what is still to be done or is done."""
        return tuple(one.told(is_done=is_done) if isinstance(one, Loss) else one for one in self.cautions)
