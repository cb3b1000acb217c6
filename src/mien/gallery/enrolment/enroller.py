"""Enrolling people from picture files, with a word about every picture."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.domain.clock import Clock
from mien.domain.errors import EnrolmentRefused, GalleryError, MienError, SourceNotFound, StoreError
from mien.domain.people import Person
from mien.gallery.enrolment.sight import Portrait, Sight
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best
from mien.gallery.names import name_to_enrol
from mien.store.media import MediaStore
from mien.store.people import NewPicture, NewTemplate, PeopleStore
from mien.telemetry.text import writable


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of one picture: its path as given, the name as it is kept, and the reason or a remark.

    ``skipped`` are pictures that are enrolled already and files that belong to nobody, which have no name. A name that
    cannot be kept stands as it was given.
    """

    picture: Path
    name: str
    outcome: Literal["accepted", "skipped", "refused"]
    reason: str = ""


class Enroller:
    """Enrols people into a gallery. Not for several threads at once.

    Every method raises StoreError where the store cannot be used; every other trouble is the outcome of one picture.
    """

    def __init__(self, gallery: Gallery, people: PeopleStore, media: MediaStore, sight: Sight, clock: Clock) -> None:
        self._gallery = gallery
        self._people = people
        self._media = media
        self._sight = sight
        self._clock = clock

    def import_folder(self, folder: Path) -> Iterator[Enrolment]:
        """Enrol a tree ``name/picture``, a folder a person, picture by picture in alphabetical order.

        Hidden files are passed over. Raises SourceNotFound where there is no such folder.
        """
        if not folder.is_dir():
            raise SourceNotFound(f"{folder} is not a folder of people")
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith("."):
                continue
            if not entry.is_dir():
                yield Enrolment(entry, "", "skipped", "it lies in no person's folder")
                continue
            pictures = sorted(path for path in entry.rglob("*") if not path.is_dir() and not path.name.startswith("."))
            if not pictures:
                yield Enrolment(entry, entry.name, "refused", "the folder holds no picture")
            yield from self.enrol(entry.name, pictures)

    def enrol(self, name: str, pictures: Iterable[Path]) -> Iterator[Enrolment]:
        """Enrol pictures under a name, old or new; a person is made with the first picture that is accepted."""
        try:
            tidied = name_to_enrol(name)
        except GalleryError as error:
            yield from (Enrolment(picture, name, "refused", str(error)) for picture in pictures)
            return
        for picture in pictures:
            try:
                yield self._enrol(tidied, picture)
            except StoreError:
                raise
            except MienError as error:
                yield Enrolment(picture, tidied, "refused", str(error))
            except OSError as error:
                yield Enrolment(picture, tidied, "refused", f"it cannot be read: {error.strerror}")

    def _enrol(self, name: str, picture: Path) -> Enrolment:
        with picture.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        person = self._people.named(name)
        if person is not None and digest in self._people.digests(person.person_id, self._gallery.model):
            return Enrolment(picture, name, "skipped", "this picture is enrolled already")
        portrait = self._sight.portrait(self._sight.open_picture(picture))
        self._check_others(name, person, portrait)
        self._keep(name, person, portrait, writable(picture.name), digest)
        self._gallery.refresh()
        return Enrolment(picture, name, "accepted", portrait.remark)

    def _check_others(self, name: str, person: Person | None, portrait: Portrait) -> None:
        """Refuse a face that is clearly another enrolled person's: two names for one face would blind both."""
        crowd, settings = self._gallery.crowd, self._gallery.settings
        own = crowd.places.get(person.person_id, -1) if person else -1
        others = crowd.is_enrolled.copy()
        if own >= 0:
            others[own] = False
        nearest = Best.among(crowd.scores(portrait.vector[None])[0], others)
        if nearest.place >= 0 and nearest.similarity >= crowd.known_above(settings) + settings.strong:
            other = crowd.names[crowd.person_ids[nearest.place]]
            raise EnrolmentRefused(
                f"the face is that of {other!r} (similarity {nearest.similarity:.2f}), not of {name!r}"
            )

    def _keep(self, name: str, person: Person | None, portrait: Portrait, origin: str, digest: str) -> None:
        crop = self._media.save(portrait.crop)
        model = self._gallery.model
        templates = (NewTemplate(portrait.vector, model), NewTemplate(portrait.distant, model, "distant"))
        picture = NewPicture(templates, portrait.quality, origin, digest, crop)
        try:
            if person is None:
                self._people.add_person(name, [picture], self._clock.now())
            else:
                self._people.add_pictures(person.person_id, [picture], self._clock.now())
        except BaseException:
            self._media.delete(crop)
            raise
