"""Whom forgetting takes, with what, and what it comes to: the plan before it, and the receipt after it."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mien.domain.people.consent import SIGN_UP_TEXT
from mien.domain.people.people import folded_name
from mien.domain.people.spelling import names_literally, spelling_key
from mien.privacy.bearers import Namesake
from mien.privacy.forgetting.verification import Found, Verified
from mien.store.departures import Departure, Marks
from mien.store.outputs import Output
from mien.store.people import Forgotten, PeopleStore
from mien.telemetry.text import counted

NOT_COVERED = (
    "the pictures that somebody was enrolled from: importing a folder that still has them takes the person in anew",
    "views of the person that were never said to be theirs: of undecided visits, and of strangers, for hours at most",
    "files outside the home, such as results of analyses, exports that were handed over and copies of the home",
    "blocks of the disk that the file system has given back and not yet overwritten",
    "files of other programs in the home that are encrypted, or packed as anything but a zip",
    "names in texts of the home in other encodings than UTF-8 and UTF-16",
    "other spellings of the name than in any case and with spaces, hyphens, underscores, a dot or a plus between its "
    "words: parts of it, its words in another order, short forms",
)
"""What forgetting does not reach, whoever is forgotten."""
TOLD = ("pictures", "templates", "readings", "rollups", "sightings", "events", "exports", "journal")
"""Counts that the audit log has words for."""


@dataclass(frozen=True, slots=True)
class Leaver:
    """A record that would go: under which ids, where it stands (*leaving* where it has begun to go), how much it is."""

    person_ids: tuple[str, ...]
    standing: str
    counts: dict[str, int]

    @property
    def person_id(self) -> str:
        """The present one."""
        return self.person_ids[0]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Which records would be forgotten, what goes with them, and what stays.

    ``exports`` are all archives that lie in the home as it is begun, for nobody can tell who is in them; ``namesakes``
    bear the name as well and stay; ``outputs`` lie outside the home and stay.
    """

    records: tuple[Leaver, ...]
    exports: tuple[Path, ...]
    namesakes: tuple[Namesake, ...]
    outputs: tuple[Output, ...]

    @property
    def person_id(self) -> str:
        """That of the first record."""
        return self.records[0].person_id

    @property
    def person_ids(self) -> tuple[str, ...]:
        """Those of all records."""
        return tuple(dict.fromkeys(one for record in self.records for one in record.person_ids))

    @property
    def counts(self) -> dict[str, int]:
        """How much there is of all of them together, by kind."""
        total = {kind: 0 for record in self.records for kind in record.counts}
        for record in self.records:
            for kind, count in record.counts.items():
                total[kind] += count
        return {**total, "exports": max(total.get("exports", 0), len(self.exports))}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What forgetting came to. It holds no name and no id: whoever keeps it keeps nothing of the person.

    ``removed`` by kind; ``opened`` is how many values were searched that are kept encrypted; ``on_record`` is how often
    the audit log has their ids; ``entry`` number and digest of the one that tells of it; ``outside`` how many folders
    and files mien wrote outside the home are still there, by kind.
    """

    at: datetime
    removed: dict[str, int]
    files: int
    size: int
    opened: int
    on_record: int
    entry: tuple[int, str]
    outside: dict[str, int]
    not_covered: tuple[str, ...] = NOT_COVERED

    def fields(self) -> dict[str, Any]:
        """As JSON has it."""
        number, digest = self.entry
        searched = {"files": self.files, "bytes": self.size, "opened": self.opened}
        verified = {**searched, "traces": 0, "ids_in_the_audit_log": self.on_record}
        told = {"at": self.at.isoformat(), "removed": self.removed, "verified": verified}
        left = {"not_covered": list(self.not_covered), "written_outside": self.outside}
        return {**told, "audit": {"number": number, "digest": digest}, **left}


@dataclass(frozen=True, slots=True)
class Forgot:
    """Who was forgotten, the receipt, whether others bear the name too, and where it stands beside their records."""

    leaving: Leaving
    receipt: Receipt
    is_name_borne: bool = False
    of_namesakes: tuple[Found, ...] = ()


def leaver(departure: Departure) -> Leaver:
    """Whoever has begun to go."""
    return Leaver(departure.marks.person_ids, "leaving", departure.counts)


def left_to_others(borne: tuple[str, ...], verified: Verified, unnamed: int) -> Iterator[str]:
    """What could not be said to be theirs, and stays."""
    if borne:
        places = sum(one.count for one in verified.of_namesakes)
        beside = f", and {counted(places, 'place')}" if places else ""
        yield f"the name where it may be that of others who bear it: their records{beside}"
    if unnamed:
        yield (
            f"{counted(unnamed, 'picture')} of the last minute that nothing names yet while others have the home open; "
            "mien privacy purge removes what gets no name"
        )


def named_again(cameras: int) -> Iterator[str]:
    """What comes back by itself where a camera goes on under its name."""
    if cameras:
        yield (
            f"what {counted(cameras, 'camera or source', 'cameras or sources')} that had the name in theirs write from "
            "now on: one that runs, or is started again, as it was called brings the name back; call it something else"
        )


def agreed_to(names: Collection[str], texts: Collection[str]) -> Iterator[str]:
    """That texts of consent, which stay as others agree to them, have a name; mien's own has nobody's."""
    if any(names_literally(text, name) for text in texts if text != SIGN_UP_TEXT for name in names):
        yield (
            "the text of consent, which stays as others agreed to it: it names them, or has a word that is their name; "
            "where service.consent_text says so, change that"
        )


def kept_of(there: Forgotten) -> dict[str, int]:
    """How much there is of somebody, by kind."""
    fields = asdict(there)
    rows = {name: fields[name] for name in TOLD if name in fields}
    crops = {"crops": len(there.crops), "visit_crops": there.visit_crops}
    return {**rows, **crops, "consents": there.consents, "journal": there.changes, "accounts": there.accounts}


def apart(people: PeopleStore, marks: Marks) -> tuple[Marks, tuple[str, ...]]:
    """Marks without what others of the same name have as well, names and pictures, and which names others bear.

    What stays of a namesake is theirs: the same picture under the same name is no other person's. Whose name is but
    another spelling of one keeps it where it is spelt so.
    """
    spelt, own = {spelling_key(name) for name in marks.names}, {folded_name(name) for name in marks.names}
    here = [one for one in people.people(everybody=True) if one.name and spelling_key(one.name) in spelt]
    namesakes = [one for one in here if folded_name(one.name) in own]
    theirs = {folded_name(one.name) for one in namesakes}
    kept = {one for namesake in namesakes for one in people.marks(namesake.person_id).vectors}
    left = tuple(name for name in marks.names if folded_name(name) not in theirs)
    borne = tuple(dict.fromkeys(name for name in (*marks.names, *(one.name for one in here)) if name not in left))
    return replace(marks, names=left, vectors=tuple(one for one in marks.vectors if one not in kept)), borne
