"""Taking a view of a face into the gallery: what is checked, what is kept, and how many of a person."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from mien.domain.clock import Clock
from mien.domain.errors import EnrolmentRefused, StoreError
from mien.domain.people.consent import NewConsent, Scope
from mien.domain.people.people import Person
from mien.gallery.curation.limit import Limit
from mien.gallery.enrolment.sight import Portrait
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best, Floats
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.gallery.matching.views import unit
from mien.gallery.names import called
from mien.gallery.registry import Registry
from mien.store.people import NewPicture, NewTemplate

_ENOUGH = 3  # pictures of a person from which on another one is held against them
_OVERRULE = ": --overrule takes it in all the same"


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms people are taken in.

    ``consent`` is what they agreed to, or what the operator declares that they did. It is put on record of whoever is
    new, or has none yet; of everybody where it ``is_given`` for these very people. With ``is_overruled`` a view is
    taken although it looks like somebody else, or like none or one of those that are there: whoever says so has looked.
    ``declared`` is called whenever something is put on record that was not given but declared.
    """

    consent: NewConsent
    is_given: bool = False
    is_overruled: bool = False
    declared: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class View:
    """A face that is to be taken in, where it is from, and a digest of the file, where it is from one."""

    portrait: Portrait
    origin: str
    digest: str = ""


class Admission:
    """Takes views of faces into a gallery. Not for several threads at once."""

    def __init__(self, gallery: Gallery, registry: Registry, settings: EnrolmentSettings, clock: Clock) -> None:
        self._gallery = gallery
        self._registry = registry
        self._settings = settings
        self._limiting = Limit(registry, settings.cap, clock)
        self._clock = clock
        self._recorded: set[str] = set()
        self._own: _Own | None = None

    def knows(self, name: str) -> bool:
        """Whether somebody of a name is there already."""
        return self._registry.people.named(name) is not None

    def has(self, name: str, digest: str) -> bool:
        """Whether a picture of a digest is kept of whoever has a name, for this model."""
        self._gallery.refresh()
        return digest in self._own_of(name, self._registry.people.named(name)).digests

    def check_consent(self, name: str, terms: Terms) -> None:
        """Raise EnrolmentRefused where the terms let nothing of whoever has a tidy name be taken in."""
        self._consent(name, self._registry.people.named(name), terms)

    def consent_due(self, name: str, terms: Terms) -> NewConsent | None:
        """What is to be put on record of whoever has a tidy name, new or known, before something of them is taken in.

        Raises EnrolmentRefused where the terms let nothing be taken in.
        """
        consent = self._consent(name, self._registry.people.named(name), terms)
        return consent.given if consent.is_due else None

    def note_consent(self, person_id: str, terms: Terms) -> None:
        """What was due of somebody is on record now: if it was given it is not put there again, else that is told."""
        if terms.is_given:
            self._recorded.add(person_id)
        else:
            terms.declared()

    def check(self, name: str, view: Portrait, terms: Terms) -> None:
        """Raise EnrolmentRefused where a view is somebody else's, or says nothing new, unless that is overruled."""
        if not terms.is_overruled:
            self._gallery.refresh()
            person = self._registry.people.named(name)
            self._check_others(name, person, view)
            own = self._own_of(name, person).vectors
            self._check_unlike(name, own, view)
            self._check_copies(own, view)

    def admit(self, name: str, view: Portrait, origin: str, terms: Terms, digest: str = "") -> str:
        """Take in a view of somebody of a tidy name, new or known; a remark on it, or none.

        Raises EnrolmentRefused with the reason, StoreError.
        """
        self.check_consent(name, terms)
        self.check(name, view, terms)
        own = self._own_of(name, self._registry.people.named(name))
        person_id = self._keep(name, [View(view, origin, digest)], terms)
        own.add(view, digest)
        own.revision = self._gallery.crowd.revision
        return view.remark or self._limit(person_id, own)

    def admit_together(self, name: str, views: Sequence[View], terms: Terms) -> str:
        """Take in views that were rehearsed, all of them or, where anything goes wrong, none; a remark, or none.

        Raises EnrolmentRefused where the terms let nothing be taken in any more, StoreError.
        """
        self._keep(name, views, terms)
        return self.limit(name)

    def rehearse(self, name: str, view: Portrait, terms: Terms, digest: str = "") -> str:
        """What `admit` would say of a view, which is kept only to compare the next one of the name with."""
        person = self._registry.people.named(name)
        self._consent(name, person, terms)
        self.check(name, view, terms)
        self._own_of(name, person).add(view, digest)
        return view.remark

    def start_anew(self) -> None:
        """Compare with nothing any more that was only rehearsed."""
        self._own = None

    def limit(self, name: str) -> str:
        """Do what a process may have died before: set aside what is one too many of a person; says so where it did."""
        self._registry.tell()
        person = self._registry.people.named(name)
        return "" if person is None else self._limit(person.person_id, self._own_of(name, person))

    def _consent(self, name: str, person: Person | None, terms: Terms) -> "_Consent":
        """What holds for a person, and whether it is to be put on record first.

        What an operator declares stands for people of whom there is no record: nobody's withdrawal is undone by it.
        """
        if person is None:
            on_record, is_due = frozenset[Scope](), True
        else:
            consents = self._registry.consents
            on_record = consents.scopes_of(person.person_id, self._clock.now())
            is_given = terms.is_given and person.person_id not in self._recorded
            is_due = is_given or not consents.of(person.person_id)
        scopes = on_record | terms.consent.scopes if is_due else on_record
        if "identify" not in scopes:
            if person is None:
                raise EnrolmentRefused(f"there is no consent of {name!r} to be identified: --consent must name it")
            raise EnrolmentRefused(
                f"{called(person)} does not consent to be identified (any more): --consent puts it on record anew"
            )
        return _Consent(terms.consent, is_due, "keep" in scopes)

    def _check_others(self, name: str, person: Person | None, view: Portrait) -> None:
        """Refuse a face that is clearly another enrolled person's: two names for one face would blind both."""
        crowd, settings = self._gallery.crowd, self._gallery.settings
        others = crowd.is_enrolled.copy()
        if person is not None and person.person_id in crowd.places:
            others[crowd.places[person.person_id]] = False
        nearest = Best.among(crowd.scores(view.vector[None])[0], others)
        if nearest.place >= 0 and nearest.similarity >= crowd.known_above(settings) + settings.strong:
            other = crowd.names[crowd.person_ids[nearest.place]]
            raise EnrolmentRefused(
                f"the face is that of {other!r} (similarity {nearest.similarity:.2f}), not of {name!r}{_OVERRULE}"
            )

    def _own_of(self, name: str, person: Person | None) -> "_Own":
        """What is kept of whoever has a name; it is read anew when another name comes, or somebody else changed people.

        So a folder of many people is taken in without going through all that is kept of each for every picture.
        """
        revision = self._gallery.crowd.revision
        if self._own is None or (self._own.name, self._own.revision) != (name, revision):
            digests, vectors = frozenset[str](), list[Floats]()
            if person is not None:
                digests = self._registry.people.digests(person.person_id, self._gallery.model)
                vectors = self._vectors(person.person_id)
            self._own = _Own(name, revision, {*digests}, vectors)
        return self._own

    def _check_unlike(self, name: str, own: Sequence[Floats], view: Portrait) -> None:
        """Refuse a face that nobody would take for the person of several pictures, were there nobody else.

        That is so where not even a decision would stand that was made before; fewer pictures may themselves be wrong.
        """
        settings = self._gallery.settings
        if len(own) < _ENOUGH:
            return
        similarity = float(unit(np.sum(own, axis=0)) @ view.vector)
        if similarity < settings.known_above(1, view.quality) - settings.hysteresis:
            raise EnrolmentRefused(
                f"the face is unlike the {len(own)} pictures of {name!r} that are there "
                f"(similarity {similarity:.2f}){_OVERRULE}"
            )

    def _check_copies(self, own: Sequence[Floats], view: Portrait) -> None:
        """Refuse what says no more than a picture that is there."""
        likest = max((float(vector @ view.vector) for vector in own), default=-1.0)
        if likest >= self._settings.near_copy:
            raise EnrolmentRefused(f"it is nearly the same as a picture that is there (similarity {likest:.2f})")

    def _keep(self, name: str, views: Sequence[View], terms: Terms) -> str:
        """Keep views by one change, with what is consented to where that is due; the id of whose they are."""
        person = self._registry.people.named(name)
        consent = self._consent(name, person, terms)
        crops: list[str] = []
        try:
            for view in views:
                crops.append(self._registry.media.save(view.portrait.crop) if consent.keeps else "")
            pictures = [self._picture(view, crop) for view, crop in zip(views, crops, strict=True)]
            person_id, unused = self._store(name, person, pictures, consent, terms)
        except BaseException:
            with suppress(StoreError):  # then purging finds what no row names
                self._let_go([crop for crop in crops if crop and not self._registry.people.has_crop(crop)])
            raise
        if consent.is_due:
            self.note_consent(person_id, terms)
        self._registry.tell()
        self._let_go(unused)
        self._gallery.refresh()
        return person_id

    def _picture(self, view: View, crop: str) -> NewPicture:
        portrait, model = view.portrait, self._gallery.model
        templates = (NewTemplate(portrait.vector, model), NewTemplate(portrait.distant, model, "distant"))
        return NewPicture(templates, portrait.quality, view.origin, view.digest, crop)

    def _store(
        self, name: str, person: Person | None, pictures: list[NewPicture], consent: "_Consent", terms: Terms
    ) -> tuple[str, Sequence[str]]:
        """Keep pictures and consent in one transaction; the id of whose they are, and the crops that none needs."""
        people, now, is_overruled = self._registry.people, self._clock.now(), terms.is_overruled
        if person is None:
            return people.add_person(name, pictures, now, consent.given, is_overruled=is_overruled).person_id, ()
        given = consent.given if consent.is_due else None
        return person.person_id, people.add_pictures(person.person_id, pictures, now, is_overruled, given).unused

    def _let_go(self, crops: Sequence[str]) -> None:
        for crop in crops:
            self._registry.media.delete(crop)

    def _limit(self, person_id: str, own: "_Own") -> str:
        """Set aside what is one too many of a person, and say so."""
        if len(own.vectors) <= self._limiting.cap or not self._limiting.enforce(person_id):
            return ""
        self._gallery.refresh()
        own.vectors = self._vectors(person_id)
        own.revision = self._gallery.crowd.revision
        return f"more than {self._limiting.cap} pictures: the most redundant was set aside"

    def _vectors(self, person_id: str) -> list[Floats]:
        held = self._registry.people.templates(self._gallery.model, person_id)
        return [one.vector for one in held if one.variant == "plain"]


@dataclass(slots=True)
class _Own:
    """What is kept of whoever has a name at a revision of the store: digests, and vectors (d,) that are looked at."""

    name: str
    revision: int
    digests: set[str]
    vectors: list[Floats]

    def add(self, view: Portrait, digest: str) -> None:
        self.vectors.append(view.vector)
        if digest:
            self.digests.add(digest)


@dataclass(frozen=True, slots=True)
class _Consent:
    given: NewConsent
    is_due: bool
    keeps: bool
