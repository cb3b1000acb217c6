"""Everything that is kept of one person, in a zip file to be handed to them (GDPR, art. 15 and 20)."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, StoreError, UsageError
from mien.domain.people.people import PRESENT, Person
from mien.domain.people.sightings import SightedView, Sighting
from mien.domain.people.timelines import Rollup
from mien.gallery.kept_crops import KeptCrops, LostPicture
from mien.gallery.names import tidy_name
from mien.gallery.roster import Roster
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.bearers import Bearers, Namesake, bearers
from mien.privacy.export_files import COLUMNS, Rows, plain, texts, zipped
from mien.store.history.readings import ReadingStore
from mien.store.journal import Fact
from mien.store.records import Records

_MOST_SIGHTINGS = 1 << 31


@dataclass(frozen=True, slots=True)
class Exported:
    """Whose record it is, the file that was written, how many rows of each kind, and who bears the name as well.

    Stored pictures that are ``lost``, and so many of visits, are not in the file.
    """

    person: Person
    path: Path
    counts: dict[str, int]
    namesakes: tuple[Namesake, ...] = ()
    lost: tuple[LostPicture, ...] = ()
    lost_views: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    """One record: whose it is, what is told of it as a whole, its tables, and its stored pictures by their files.

    ``lost`` are pictures that cannot be opened, ``lost_views`` how many of visits.
    """

    person: Person
    profile: dict[str, Any]
    tables: dict[str, Rows]
    crops: dict[str, str]
    lost: tuple[LostPicture, ...]
    lost_views: int


class PersonalExport:
    """Writes what is kept of one person, who is named by name or id.

    Several people may bear one name, and nobody but whoever asks can tell which of them is meant.
    """

    def __init__(self, records: Records, roster: Roster, trail: AuditTrail, clock: Clock) -> None:
        self._records = records
        self._roster = roster
        self._trail = trail
        self._clock = clock

    def write(self, who: str, place: Path, *, overwrites: bool = False) -> Exported:
        """Write a file that only its owner may read: of whom an id names, or who bears a name in the gallery.

        Where nobody in the gallery does, it is the one who was thrown away. Others of the name are told, and nothing of
        theirs is in the file. Raises PersonUnknown, GalleryError where several were thrown away; UsageError where there
        is such a file already and it is not to be overwritten, or where the place is in the home, in which nothing lies
        in plain; StoreError where it cannot be written.
        """
        person, others = self._meant(who)
        self._records.home.check_outside(place)
        if place.is_dir() or (place.exists() and not overwrites):
            raise UsageError(f"{place} is {'a folder' if place.is_dir() else 'there already'}")
        kept = self._kept(person)
        try:
            self._put(place, kept, overwrites=overwrites)
        except OSError as error:
            raise StoreError(f"{place} cannot be written: {error.strerror}") from error
        return Exported(person, place, _counts(kept), others, kept.lost, kept.lost_views)

    def foresee(self, who: str) -> Exported:
        """What would be in a file, which is none: raises PersonUnknown, GalleryError as `write` does."""
        return self._handed(who)[0]

    def hand_over(self, who: str) -> tuple[Exported, Iterator[bytes]]:
        """The same as `write`, piece by piece, to whoever asked for it: nothing is written here.

        It is on record before the first piece. Raises PersonUnknown, GalleryError, StoreError.
        """
        handed, kept = self._handed(who)
        self._trail.append("person.exported", (kept.person.person_id,), _told(handed.counts))
        return handed, zipped(self._files(kept))

    def _handed(self, who: str) -> tuple[Exported, _Kept]:
        person, others = self._meant(who)
        kept = self._kept(person)
        return Exported(person, Path(), _counts(kept), others, kept.lost, kept.lost_views), kept

    def _meant(self, who: str) -> tuple[Person, tuple[Namesake, ...]]:
        """Whom a name or an id means, and who else may be meant."""
        found = bearers(self._records.people, self._roster, who)
        person = _meant(found, tidy_name(who))
        others = tuple(Namesake(one) for one in found.people if one is not person)
        return person, (*others, *found.namesakes)

    def _put(self, place: Path, kept: _Kept, *, overwrites: bool) -> None:
        """Write beside the place and move there. Both are remembered before there is anything, whatever dies then."""
        partial = place.with_name(f".{place.name}.{os.getpid()}.partial")
        told = _told(_counts(kept))
        is_reserved = False
        for path in (partial, place):
            self._records.outputs.note("export", path, self._clock.now())
        try:
            self._pack(partial, kept)
            if not overwrites:
                os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                is_reserved = True
            with self._trail.telling("person.exported", (kept.person.person_id,), told):
                partial.replace(place)
            self._records.outputs.note("export", place, self._clock.now())  # who looked meanwhile has found none there
        except FileExistsError as error:
            raise UsageError(f"{error.filename} is there already") from error
        finally:
            with suppress(OSError):
                if is_reserved and partial.exists():
                    place.unlink()
                partial.unlink(missing_ok=True)
            self._records.outputs.still_there()  # lets go of what is not

    def _pack(self, path: Path, kept: _Kept) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(zipped(self._files(kept)))

    def _kept(self, person: Person) -> _Kept:
        ids = self._records.people.selves(person.person_id)
        sightings = tuple(reversed(self._records.sightings.latest(_MOST_SIGHTINGS, person.person_id)))
        views = {one.sighting_id: self._records.sightings.views(one.sighting_id) for one in sightings}
        opening = KeptCrops(self._records.people, self._records.media)
        asked = [one for one in self._crops(ids, views) if one[1]]
        crops = {file: crop for file, crop, own in asked if opening.image(crop, own) is not None}
        profile = self._profile(person, [view for seen in views.values() for view in seen])
        tables, lost = dict(self._tables(ids, sightings, crops)), opening.lost
        return _Kept(person, profile, tables, crops, lost, len(asked) - len(crops) - len(lost))

    def _files(self, kept: _Kept) -> Iterator[tuple[str, str | bytes]]:
        yield from texts(kept.profile, kept.tables)
        yield from ((file, self._png(crop)) for file, crop in kept.crops.items())

    def _profile(self, person: Person, views: list[SightedView]) -> dict[str, Any]:
        there = self._records.people.belongings(person.person_id)
        models = {*there.models, *(view.model for view in views)}
        return {
            "name": person.name,
            "person_id": person.person_id,
            "earlier_ids": list(there.person_ids[1:]),
            "kind": person.kind,
            "standing": person.standing,
            "since": person.created_at.isoformat(),
            "accounts": list(self._accounts(there.person_ids)),
            "templates": {"count": there.templates, "of_sightings": len(views), "models": sorted(map(str, models))},
        }

    def _accounts(self, ids: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        kept = self._records.accounts
        for one in kept.accounts():
            if one.person_id in ids:
                told = plain({"name": one.name, "role": one.role, "since": one.created_at})
                yield {**told, "keys": [key.label for key in kept.keys(one.account_id)]}

    def _tables(
        self, ids: tuple[str, ...], sightings: tuple[Sighting, ...], crops: Mapping[str, str]
    ) -> Iterator[tuple[str, Rows]]:
        records = self._records
        yield "consents", [plain(asdict(one)) for one in records.consents.of(ids[0])]
        pictures = [one for own in ids for one in records.people.pictures(own)]
        files = [file if (file := _file(one.picture_id)) in crops else "" for one in pictures]
        yield "pictures", [plain({**asdict(one), "crop": file}) for one, file in zip(pictures, files, strict=True)]
        yield "sightings", [plain(asdict(one)) for one in sightings]
        yield "readings", list(_readings(records.readings, ids))
        yield "rollups", [_rollup(one) for one in records.rollups.of(ids)]
        yield "events", [{"kind": type(one).__name__, **plain(asdict(one))} for one in records.events.of_person(ids)]
        changes = {one.change_id: one for own in ids for one in records.journal.changes(person_id=own)}
        yield (
            "journal",
            [
                plain({"change": one.change_id, "what": one.kind, "at": one.at, "undone_at": one.undone_at})
                for one in sorted(changes.values(), key=lambda one: one.change_id)
            ],
        )

    def _crops(
        self, ids: tuple[str, ...], views: Mapping[int, tuple[SightedView, ...]]
    ) -> Iterator[tuple[str, str, str]]:
        """The file that each picture becomes, the name of what is stored of it, and the id under which it is kept."""
        for own in ids:
            for one in self._records.people.pictures(own):
                yield _file(one.picture_id), one.crop, own
        for sighting_id, seen in views.items():
            for number, view in enumerate(seen, 1):
                yield f"pictures/sighting-{sighting_id}-{number}.png", view.crop, ids[0]

    def _png(self, crop: str) -> bytes:
        encoded, png = cv2.imencode(".png", self._records.media.load(crop))
        assert encoded, "it was stored as PNG"
        return png.tobytes()


def _counts(kept: _Kept) -> dict[str, int]:
    """How many rows there are of each kind."""
    return {name: len(kept.tables[name]) for name in COLUMNS}


def _rollup(one: Rollup) -> dict[str, Any]:
    row = asdict(one)
    labels = row.pop("labels")
    sums = {name: dict(zip(labels, row[name], strict=True)) for name in ("winners", "probabilities")}
    return plain({**row, **sums})


def _told(counts: Mapping[str, int]) -> dict[str, Fact]:
    """What the audit log is told of them."""
    return {name: counts[name] for name in ("pictures", "sightings", "readings", "rollups", "events", "journal")}


def _meant(found: Bearers, who: str) -> Person:
    """Who of those whom a name or an id names is in the gallery, or the only one; GalleryError where that is nobody."""
    present = [one for one in found.people if one.standing in PRESENT]
    (person, *others) = present or found.people
    if others:
        ids = ", ".join(one.person_id for one in found.people)
        raise GalleryError(f"several people in the recycle bin bear the name {who!r}: export one of {ids}, by its id")
    return person


def _file(picture_id: int) -> str:
    return f"pictures/{picture_id}.png"


def _readings(store: ReadingStore, person_ids: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for one in store.of_person(person_ids):
        (face,) = one.frame.faces
        read = asdict(face)
        labels, probabilities = read.pop("emotion_labels"), read.pop("probabilities")
        del read["is_ignored"]  # which is not kept
        at = one.began_at + timedelta(seconds=one.frame.time_s)
        row = {"at": at, "camera": one.frame.camera, "frame": one.frame.index, **read}
        yield plain({**row, "probabilities": dict(zip(labels, probabilities, strict=False))})
