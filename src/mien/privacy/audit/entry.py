"""One line of the audit log: its fields, its one spelling, and the hash that chains it to the line before."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from mien.privacy.audit.words import check_words
from mien.store.journal import Fact

BEGINNING = "0" * 64
"""What stands for the hash before the first line."""
_FIELDS = {"number", "at", "action", "people", "facts", "actor", "previous"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done: the ``number``-th entry, counted from 1, made ``at`` a moment (ISO 8601, UTC).

    ``people`` are ids, ``facts`` see `words`. ``actor`` is ``uid:N`` for a user of the operating system, ``account:N``
    for one of the service, ``system`` for what nobody asked for, ``local`` where users have no numbers: a number leads
    to whoever holds the account and is no name, which the log could not forget. ``previous`` is the hash of the entry
    before.
    """

    number: int
    at: str
    action: str
    people: tuple[str, ...]
    facts: Mapping[str, Fact]
    actor: str
    previous: str

    @classmethod
    def made(cls, action: str, at: datetime, people: tuple[str, ...], facts: Mapping[str, Fact], actor: str) -> Self:
        """An entry that follows none yet; raises ValueError where the log has no word for something."""
        check_words(action, people, facts, actor)
        return cls(1, at.isoformat(timespec="milliseconds"), action, people, dict(facts), actor, BEGINNING)

    @classmethod
    def read(cls, line: bytes) -> Self:
        """The entry of a line without its end; raises ValueError where it is not, to the byte, what was written."""
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict) or fields.keys() != _FIELDS | {"hash"}:
                raise ValueError("is no entry")
            entry = cls(**{name: fields[name] for name in _FIELDS - {"people"}}, people=tuple(fields["people"]))
            number_is_right = type(entry.number) is int and entry.number > 0
            is_same = number_is_right and isinstance(entry.facts, dict) and entry.line() == line + b"\n"
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError("is no entry") from error
        if not is_same:
            raise ValueError("was changed: its content does not give its hash")
        return entry

    @property
    def fields(self) -> dict[str, Any]:
        """What is hashed."""
        return {
            "number": self.number,
            "at": self.at,
            "action": self.action,
            "people": list(self.people),
            "facts": dict(self.facts),
            "actor": self.actor,
            "previous": self.previous,
        }

    @property
    def hash(self) -> str:
        """SHA-256, in hexadecimal digits, of the fields in their one spelling."""
        return sha256(_spelt(self.fields)).hexdigest()

    def line(self) -> bytes:
        """The line, with its end."""
        return _spelt({**self.fields, "hash": self.hash}) + b"\n"


def _spelt(fields: Mapping[str, Any]) -> bytes:
    """JSON in one spelling: ASCII, keys in order, no spaces."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
