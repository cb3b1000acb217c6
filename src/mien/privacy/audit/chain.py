"""Whether the lines of an audit log are those that were written, and the first one that is not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from mien.privacy.audit.entry import BEGINNING, Entry
from mien.privacy.audit.head import Head
from mien.telemetry.text import counted

RESUMED = "log.resumed"
"""The action of an entry that accounts for what lies before it and is none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a log: its entries, and the line (from 1; 0 where all is well) at which it is broken.

    ``torn`` counts lines that a process died over, each accounted for by the entry behind it: no fault of the log.
    """

    entries: int
    torn: int = 0
    line: int = 0
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, inserted, taken out, moved or cut off."""
        return not self.line


def digest(remains: bytes) -> str:
    """What stands in an entry for bytes that are none."""
    return sha256(remains.removesuffix(b"\n")).hexdigest()


def verified(lines: Iterable[bytes], key: bytes, heads: Iterable[Head] = ()) -> Verdict:
    """Follow a chain of lines, each with its end, from the first to the last; ``heads`` are entries it must hold."""
    chain = _Chain(key, {head.number: head.hash for head in heads})
    for place, line in enumerate(lines, 1):
        reason = chain.follow(place, line)
        if reason:
            return Verdict(chain.entries, chain.torn, chain.broken_at or place, reason)
    return Verdict(chain.entries, chain.torn, *chain.ended())


@dataclass(slots=True)
class _Chain:
    """How far the lines were followed; ``known`` are hashes of entries by their numbers."""

    key: bytes
    known: Mapping[int, str]
    entries: int = 0
    torn: int = 0
    last: str = BEGINNING
    lines: int = 0
    is_ended: bool = True
    remains: bytes = b""
    broken_at: int = 0
    fault: str = field(default="")

    def follow(self, place: int, line: bytes) -> str:
        """Take the next line; says what is wrong, or nothing."""
        self.lines, self.is_ended = place, line.endswith(b"\n")
        try:
            entry = Entry.read(line.removesuffix(b"\n"), self.key)
        except ValueError as error:
            if not self.remains:
                self.broken_at, self.fault = place, str(error)
            self.remains += line
            return ""
        reason = self._unaccounted(entry) or self._unchained(entry)
        if reason:
            return reason
        if self.remains:
            self.torn += 1
        self.remains, self.broken_at, self.fault = b"", 0, ""
        self.entries, self.last = entry.number, entry.hash
        if self.known.get(entry.number, entry.hash) != entry.hash:
            return f"is not the entry {entry.number} that was written"
        return ""

    def _unaccounted(self, entry: Entry) -> str:
        """What stands before an entry and is none must be what the entry says it is: a line that was never complete."""
        if entry.action != RESUMED:
            return self.fault
        if entry.facts.get("cause") == "cut":
            return self.fault or f"says that up to {entry.facts.get('missing')} entries before it were removed"
        if entry.facts.get("cause") == "headless":
            return self.fault or "says that nothing told how many entries there were before it"
        is_torn = entry.facts.get("cause") == "torn" and self.remains.count(b"\n") == 1
        if is_torn and entry.facts.get("digest") == digest(self.remains):
            return ""
        return self.fault or "accounts for a line that is not there"

    def _unchained(self, entry: Entry) -> str:
        if entry.number > self.entries + 1:
            return f"is entry {entry.number} and follows entry {self.entries}: what was between them is missing"
        if entry.number <= self.entries:
            return f"is entry {entry.number} and follows entry {self.entries}: it was moved or inserted"
        return "" if entry.previous == self.last else "does not follow from the entry before it"

    def ended(self) -> tuple[int, str]:
        """What is wrong with the end of the log, and with which line."""
        if self.remains and self.is_ended:
            return self.broken_at, self.fault
        if not self.is_ended:
            return self.lines, "has no end: a process died while it wrote it, which the next entry accounts for"
        count = max(self.known, default=0)
        if count > self.entries:
            missing = count - self.entries
            gone = "the last one is" if missing == 1 else f"the last {missing} are"
            return self.lines + 1, f"is missing: there were {counted(count, 'entry', 'entries')}, {gone} gone"
        return 0, ""
