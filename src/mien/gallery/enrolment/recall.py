"""Enrolling somebody from what cameras have seen of them: a visit, or all that is kept of a stranger."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mien.domain.errors import EnrolmentRefused, GalleryError, MienError, StoreError
from mien.domain.people.people import Picture
from mien.domain.people.sightings import Sighting
from mien.gallery.curation.curator import Curator
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.sight import Portrait, Sight
from mien.gallery.names import name_to_enrol
from mien.gallery.registry import Registry
from mien.store.history.sightings import SightingStore
from mien.store.people import NewTemplate


@dataclass(frozen=True, slots=True)
class Recalled:
    """What became of one view: where it is from, and the reason or a remark."""

    origin: str
    outcome: Literal["accepted", "refused"]
    reason: str = ""


class Recall:
    """Enrols people from the history of a home, by the checks that pictures go through. Not for several threads."""

    def __init__(
        self, registry: Registry, sightings: SightingStore, admission: Admission, sight: Sight, curator: Curator
    ) -> None:
        self._registry = registry
        self._sightings = sightings
        self._admission = admission
        self._sight = sight
        self._curator = curator

    def enrol_visit(self, name: str, told: str, terms: Terms) -> Iterator[Recalled]:
        """Enrol the face of a visit under a name, old or new: a sighting's number, or a track that is the only one
        of its camera and number (``camera:track``).

        Raises GalleryError where it is not clear which visit that is, or nothing is kept of it any more.
        """
        sighting = self._sighting(told)
        track, tidied = sighting.track, name_to_enrol(name)
        views = self._sightings.views(sighting.sighting_id)
        if not views:
            raise GalleryError(f"no picture is kept of sighting {sighting.sighting_id}, {track}")
        for view in views:
            try:
                portrait = self._portrait(view.crop, view.quality)
                yield Recalled(track, "accepted", self._admission.admit(tidied, portrait, track, terms))
            except StoreError:
                raise
            except MienError as error:
                yield Recalled(track, "refused", str(error))

    def _sighting(self, told: str) -> Sighting:
        camera, _, number = told.rpartition(":")
        if not number.isdecimal():
            raise GalleryError(f"a visit is told by its number or as camera:track, not as {told!r}")
        if not camera:
            found = self._sightings.sighting(int(number))
            if found is None:
                raise GalleryError(f"there is no sighting {number}, or it is not kept any more")
            return found
        visits = self._sightings.of_track(camera, int(number))
        if not visits:
            raise GalleryError(f"nobody was seen as track {number} of {camera}, or it is not kept any more")
        if len(visits) > 1:
            numbers = ", ".join(str(one.sighting_id) for one in visits)
            raise GalleryError(f"{told} was in view {len(visits)} times: name one visit by its number ({numbers})")
        return visits[0]

    def enrol_stranger(self, name: str, stranger: str, terms: Terms) -> Iterator[Recalled]:
        """Make a stranger a person of a name, new or known; pictures that do not pass go into the recycle bin.

        It is one change, which can be taken back. Raises GalleryError, and changes nothing, where none passes.
        """
        tidied, (person_id, *_) = name_to_enrol(name), self._registry.people.selves(stranger)
        pictures = [one for one in self._registry.people.pictures(person_id) if one.state == "active"]
        accepted: dict[int, Portrait] = {}
        told = []
        for picture in pictures:
            try:
                portrait = self._portrait(picture.crop, picture.quality)
                self._admission.check(tidied, portrait, terms)
                accepted[picture.picture_id] = portrait
                told.append(Recalled(picture.origin, "accepted"))
            except EnrolmentRefused as error:
                told.append(Recalled(picture.origin, "refused", str(error)))
        if not accepted:
            yield from told
            reasons = "; ".join(dict.fromkeys(one.reason for one in told)) or "none is kept"
            raise GalleryError(f"no picture of {person_id} can be enrolled: {reasons}")
        self._give(tidied, person_id, pictures, accepted, terms)
        yield from told

    def _portrait(self, crop: str, quality: float) -> Portrait:
        if not crop:
            raise EnrolmentRefused("its picture is not kept")
        return self._sight.recalled(self._registry.media.load(crop), quality)

    def _give(
        self, name: str, stranger: str, pictures: list[Picture], accepted: dict[int, Portrait], terms: Terms
    ) -> None:
        """Make the change, and add what enrolled people have and strangers have not: how they look from afar."""
        self._admission.check_consent(name, terms)
        known = self._registry.people.named(name)
        if known:
            self._admission.record(known, terms)
        refused = [one.picture_id for one in pictures if one.picture_id not in accepted]
        if known:
            plan = self._curator.merge(name, [stranger], refused)
        else:
            plan = self._curator.name(stranger, name, terms.consent, refused)
        self._curator.carry_out(plan)
        model = self._sight.recogniser.model
        self._registry.people.add_templates(
            (picture_id, NewTemplate(portrait.distant, model, "distant")) for picture_id, portrait in accepted.items()
        )
