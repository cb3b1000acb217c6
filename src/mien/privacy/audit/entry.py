"""One line of the audit log: its fields, its one spelling, and the hash that chains it to the line before."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
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
    for one of the service, ``visitor`` for whoever has not logged in there (yet), ``system`` for what nobody asked for,
    ``local`` where users have no numbers: a number leads to whoever holds the account and is no name, which the log
    could not forget. ``previous`` is the hash of the entry
    before; ``hash`` is HMAC-SHA256 of all other fields, in hexadecimal digits, by the key of the log.
    """

    number: int
    at: str
    action: str
    people: tuple[str, ...]
    facts: Mapping[str, Fact]
    actor: str
    previous: str
    hash: str = ""

    @classmethod
    def made(cls, action: str, at: datetime, people: tuple[str, ...], facts: Mapping[str, Fact], actor: str) -> Self:
        """An entry that follows none yet; raises ValueError where the log has no word for something."""
        check_words(action, people, facts, actor)
        return cls(1, at.isoformat(timespec="milliseconds"), action, people, dict(facts), actor, BEGINNING)

    def following(self, last: Self | None, key: bytes) -> Self:
        """This entry behind another one, or as the first."""
        placed = replace(self, number=last.number + 1, previous=last.hash) if last else self
        return replace(placed, hash=sealed(placed.fields, key))

    @classmethod
    def read(cls, line: bytes, key: bytes) -> Self:
        """The entry of a line without its end; raises ValueError where it is not, to the byte, what was written."""
        try:
            fields = json.loads(line)
            if not isinstance(fields, dict) or fields.keys() != _FIELDS | {"hash"}:
                raise ValueError("is no entry")
            entry = cls(**{name: fields[name] for name in _FIELDS - {"people"}}, people=tuple(fields["people"]))
            entry = replace(entry, hash=sealed(entry.fields, key))
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

    def line(self) -> bytes:
        """The line, with its end."""
        return _spelt({**self.fields, "hash": self.hash}) + b"\n"


def sealed(fields: Mapping[str, Any], key: bytes) -> str:
    """What nobody can give to fields who has not the key (HMAC-SHA256 of their one spelling, hexadecimal)."""
    return hmac.digest(key, _spelt(fields), "sha256").hex()


def _spelt(fields: Mapping[str, Any]) -> bytes:
    """JSON in one spelling: ASCII, keys in order, no spaces."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
