"""What a home holds, for comparing it before and after something, and what must be true of it at any moment."""

import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from mien.domain.clock import SystemClock
from mien.privacy.audit.chain import Verdict
from mien.privacy.sweeping import GRACE, Sweep
from mien.settings import Settings
from mien.store.sql import tables
from mien.wiring.people import build_curator
from mien.wiring.privacy import audit_entries, verify_audit
from mien.wiring.stores import Stores, build_stores

VARIANTS = {"enrolled": {"distant", "plain"}, "stranger": {"plain"}}
"""Of which kinds the templates of a picture are, by one model; those of a stranger are few and live for hours."""

Words = tuple[str, ...]


@dataclass(frozen=True)
class Holdings:
    """What a home holds, in words that can be compared.

    People; pictures with their owner, state and the models of their templates; every record of consent, but for when it
    was given; visits; changes with whether each was taken back; and how many files of pictures no row names.
    """

    people: Mapping[str, Words]
    pictures: Mapping[int, Words]
    consents: Mapping[str, tuple[Words, ...]]
    visits: Mapping[int, Words]
    changes: tuple[tuple[int, str, bool], ...]
    leftovers: int

    @property
    def as_told(self) -> tuple[object, ...]:
        """All of it but for ids of pictures, which are never given twice, and files that no row names."""
        owners = sorted((self.people[owner], *rest) for owner, *rest in self.pictures.values())
        return self.people, owners, self.consents, sorted(self.visits.values()), self.changes

    @property
    def lasting(self) -> tuple[object, ...]:
        """All but the journal, which only grows."""
        return self.people, self.pictures, self.consents, self.visits

    def within(self, other: "Holdings") -> bool:
        """Whether everybody, and every picture and visit, is there in another holding too, as it was or as changed."""
        return (
            self.people.keys() <= other.people.keys()
            and self.pictures.keys() <= other.pictures.keys()
            and self.visits.keys() <= other.visits.keys()
        )


class Later(SystemClock):
    """A clock by which all that is there is old enough to be left over."""

    def now(self) -> datetime:
        return super().now() + 2 * GRACE


@contextmanager
def opened(home: Path) -> Iterator[Stores]:
    with ExitStack() as stack:
        yield build_stores(Settings(home=home), stack)


def whole(home: Path, leaving: Collection[str] = ()) -> Holdings:
    """What a home holds; fails where anything in it is half of something, but for people who are ``leaving``."""
    with opened(home) as stores:
        with closing(sqlite3.connect(home / "mien.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        people = {one.person_id: one for one in stores.people.people(everybody=True)}
        gone = {one.crop for one in stores.people.pictures() if one.person_id in leaving}
        for crop in stores.retention.named_crops() - gone:
            assert stores.media.load(crop).shape == (112, 112, 3)
        valid = stores.consents.valid(SystemClock().now())
        for person in people.values():
            if person.kind == "enrolled" and person.is_present:
                assert stores.people.named(person.name) == person
                assert "identify" in valid[person.person_id]
        return Holdings(
            {one.person_id: (one.name, one.kind, one.standing, one.merged_into) for one in people.values()},
            _pictures(stores),
            {person_id: _consents(stores, person_id) for person_id in people},
            {
                one.sighting_id: (one.camera, str(one.track_id), one.identity, one.person_id)
                for one in stores.sightings.latest(1000)
            },
            tuple((one.change_id, one.kind, one.undone_at is not None) for one in stores.journal.changes()),
            len({*stores.media.names()} - stores.retention.named_crops()),
        )


def _pictures(stores: Stores) -> dict[int, Words]:
    """Every picture in words; each has an owner, and those of people who are looked for have whole templates."""
    people = {one.person_id: one for one in stores.people.people(everybody=True)}
    variants: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for template in stores.people.templates():
        variants[template.picture_id][template.model.network].add(template.variant)
    told = {}
    for picture in stores.people.pictures():
        owner, models = people[picture.person_id], variants[picture.picture_id]
        assert all(found == VARIANTS[owner.kind] for found in models.values()), picture
        assert models or picture.state != "active" or not owner.is_present, picture
        told[picture.picture_id] = (picture.person_id, picture.state, *sorted(models))
    return told


def _consents(stores: Stores, person_id: str) -> tuple[Words, ...]:
    return tuple(
        (one.scope, one.version, one.evidence, str(one.expires_at), "withdrawn" if one.withdrawn_at else "")
        for one in stores.consents.of(person_id)
    )


def sweep(home: Path) -> None:
    """Do what the next purge does once a minute has passed; fails unless just what nothing names goes by it."""
    before = whole(home)
    with opened(home) as stores:
        assert Sweep(stores, Later()).remove_left_over() == before.leftovers
        files = {path.name for path in stores.home.media.rglob("*") if path.is_file()}
        assert files == stores.retention.named_crops(), "files are left that no row names"
    assert whole(home) == replace(before, leftovers=0)


def unheard(home: Path) -> int:
    """How many notes of a home the audit log was not told of yet."""
    with opened(home) as stores, stores.database.reading() as connection:
        waiting = select(func.count()).select_from(tables.outbox).where(tables.outbox.c.begun_at.is_(None))
        return int(connection.scalar(waiting) or 0)


def audited(home: Path) -> Verdict:
    """What is to be said of the audit log of a home."""
    return verify_audit(Settings(home=home), SystemClock())


def unmentioned(home: Path) -> frozenset[str]:
    """Who is enrolled and looked for without any entry of the audit log about them."""
    heard = {person_id for entry in audit_entries(Settings(home=home), SystemClock()) for person_id in entry.people}
    with opened(home) as stores:
        return frozenset(one.person_id for one in stores.people.people() if one.kind == "enrolled") - heard


def undone(home: Path, scratch: Path) -> Holdings:
    """What a copy of a home holds once every change was taken back, the newest first."""
    shutil.copytree(home, scratch)
    try:
        with opened(scratch) as stores:
            curator = build_curator(Settings(home=scratch), stores, SystemClock())
            while standing := [change.change_id for change in curator.changes() if change.undone_at is None]:
                curator.undo(max(standing))
        return whole(scratch)
    finally:
        shutil.rmtree(scratch)
