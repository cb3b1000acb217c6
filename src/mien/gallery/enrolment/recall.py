"""Enrolling somebody from what cameras have seen of them: a visit, or all that is kept of a stranger."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from mien.domain.errors import EnrolmentRefused, GalleryError, StoreError
from mien.domain.people.people import Person
from mien.domain.people.sightings import Sighting
from mien.gallery.curation.curator import Curator
from mien.gallery.curation.plan import Deed
from mien.gallery.enrolment.admission import Admission, Terms, View
from mien.gallery.enrolment.sight import Portrait, Sight
from mien.gallery.names import called, name_to_enrol
from mien.gallery.registry import Registry
from mien.store.history.sightings import SightingStore
from mien.store.journal import TemplatesAdded
from mien.store.people import NewTemplate
from mien.telemetry.text import counted


@dataclass(frozen=True, slots=True)
class Recalled:
    """What became of one view: where it is from, and the reason or a remark."""

    origin: str
    outcome: Literal["accepted", "refused"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What was done, in words, to whom, and what became of each view.

    ``person_id`` is empty where nobody of the name was there and nobody was made. ``warnings`` are what speaks against
    it. What was done ``can_be_undone`` by the journal or not.
    """

    name: str
    person_id: str
    is_new: bool
    deed: Deed
    views: tuple[Recalled, ...]
    warnings: tuple[str, ...] = ()
    can_be_undone: bool = False

    @property
    def accepted(self) -> int:
        """How many views passed."""
        return sum(view.outcome == "accepted" for view in self.views)


class Recall:
    """Enrols people from the history of a home, by the checks that pictures go through. Not for several threads.

    Each is one change, whole or not at all. A rehearsal says the same and changes nothing.
    """

    def __init__(
        self, registry: Registry, sightings: SightingStore, admission: Admission, sight: Sight, curator: Curator
    ) -> None:
        self._registry = registry
        self._sightings = sightings
        self._admission = admission
        self._sight = sight
        self._curator = curator

    def enrol_visit(self, name: str, told: str, terms: Terms, *, is_rehearsal: bool = False) -> Recollection:
        """Enrol the face of a visit under a name, old or new: a sighting's number, or a track that is the only one
        of its camera and number (``camera:track``).

        Raises GalleryError where it is not clear which visit that is, or nothing is kept of it any more; StoreError.
        """
        sighting = self._sighting(told)
        track, tidied = sighting.track, name_to_enrol(name)
        views = self._sightings.views(sighting.sighting_id)
        if not views:
            raise GalleryError(f"no picture is kept of sighting {sighting.sighting_id}, {track}")
        self._admission.check_consent(tidied, terms)
        known = self._registry.people.named(tidied)
        judged, accepted = [], []
        self._admission.start_anew()
        for view in views:
            try:
                portrait = self._portrait(view.crop, view.quality)
                judged.append(Recalled(track, "accepted", self._admission.rehearse(tidied, portrait, terms)))
                accepted.append(View(portrait, track))
            except EnrolmentRefused as error:
                judged.append(Recalled(track, "refused", str(error)))
        if accepted and not is_rehearsal:
            _, remark = self._admission.admit_together(tidied, accepted, terms)
            last = max(place for place, one in enumerate(judged) if one.outcome == "accepted")
            judged[last] = replace(judged[last], reason=judged[last].reason or remark)
        whom = called(known) if known else f"the new person {tidied!r}"
        deed = Deed("enrol", f"{whom if accepted else 'nobody'} from {track}")
        is_new = bool(accepted) and not known
        return Recollection(tidied, self._id_of(tidied), is_new, deed, tuple(judged))

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

    def enrol_stranger(
        self, name: str, stranger: str, terms: Terms, *, is_rehearsal: bool = False, is_same: bool = False
    ) -> Recollection:
        """Make a stranger a person of a name, new or known; pictures that do not pass go into the recycle bin.

        It can be taken back. Raises GalleryError, and changes nothing, where none passes, unless it ``is_same``: then
        the person's face told that they are one, and pictures that say nothing new are to be expected; StoreError.
        """
        tidied, who = name_to_enrol(name), self._stranger(stranger)
        due = self._admission.consent_due(tidied, terms)
        pictures = [one for one in self._registry.people.pictures(who.person_id) if one.state == "active"]
        accepted: dict[int, Portrait] = {}
        judged = []
        for picture in pictures:
            try:
                portrait = self._portrait(picture.crop, picture.quality)
                self._admission.check(tidied, portrait, terms)
                accepted[picture.picture_id] = portrait
                judged.append(Recalled(picture.origin, "accepted"))
            except EnrolmentRefused as error:
                judged.append(Recalled(picture.origin, "refused", str(error)))
        if not accepted and not is_same:
            reasons = "; ".join(dict.fromkeys(one.reason for one in judged)) or "none is kept"
            raise GalleryError(f"no picture of {who.person_id} can be enrolled as {tidied!r}: {reasons}")
        known = self._registry.people.named(tidied)
        refused = [one.picture_id for one in pictures if one.picture_id not in accepted]
        if known:
            plan = self._curator.merge(tidied, [who.person_id], refused, due)
        else:
            plan = self._curator.name([who.person_id], tidied, terms.consent, refused)
        if not is_rehearsal:
            self._curator.carry_out(replace(plan, steps=(*plan.steps, self._seen_from_afar(accepted))))
            if due:
                self._admission.note_consent(self._id_of(tidied), terms)
        into_bin = f", and put {counted(len(refused), 'picture')} into the recycle bin" if refused else ""
        deed = replace(plan.deed, what=f"{plan.deed.what}{into_bin}")
        done = Recollection(tidied, self._id_of(tidied), not known, deed, tuple(judged))
        return replace(done, warnings=plan.warned(is_done=not is_rehearsal), can_be_undone=True)

    def _stranger(self, told: str) -> Person:
        person = self._registry.people.person(self._registry.people.selves(told)[0])
        if person is None or person.kind != "stranger":
            whom = called(person) if person else told
            raise GalleryError(f"{whom} is enrolled, and no stranger: mien people merge makes two people one")
        return person

    def _portrait(self, crop: str, quality: float) -> Portrait:
        if not crop:
            raise EnrolmentRefused("its picture is not kept")
        try:
            image = self._registry.media.load(crop)
        except StoreError as error:
            raise EnrolmentRefused("its picture is lost: the file is missing or damaged") from error
        return self._sight.recalled(image, quality)

    def _seen_from_afar(self, portraits: Mapping[int, Portrait]) -> TemplatesAdded:
        """What pictures of enrolled people have, and those of strangers have not: how the face looks from afar."""
        model = self._sight.recogniser.model
        return TemplatesAdded(
            tuple((number, NewTemplate(one.distant, model, "distant")) for number, one in portraits.items())
        )

    def _id_of(self, name: str) -> str:
        person = self._registry.people.named(name)
        return person.person_id if person else ""
