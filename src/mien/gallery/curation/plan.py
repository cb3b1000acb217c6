"""What is about to be done to people: the steps, and what they come to, to be looked at before they are taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.store.journal import Fact, Step


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that nobody has made yet.

    ``kind`` is the audit log's word for it, ``people`` the ids it is about, ``summary`` a sentence for whoever is to
    agree, and ``warnings`` what speaks against it.
    """

    kind: str
    steps: tuple[Step, ...]
    people: tuple[str, ...]
    summary: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
