"""Taking a view of a face into the gallery: what is checked, what is kept, and how many of a person."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from mien.domain.clock import Clock
from mien.domain.errors import EnrolmentRefused, GalleryError, StoreError
from mien.domain.people.assurance import Assurance, Presence
from mien.domain.people.consent import NewConsent, Scope
from mien.domain.people.people import Person, folded_name
from mien.gallery.curation.limit import Limit
from mien.gallery.enrolment.own import Own, OwnReader
from mien.gallery.enrolment.sight import Portrait
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.gallery.names import called
from mien.gallery.registry import Registry
from mien.store.people import Added, NewPicture, NewTemplate

_T = TypeVar("_T")
_OVERRULE = ": --overrule takes it in all the same"


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms people are taken in.

    ``consent`` is what they agreed to, or what the operator declares that they did. It is put on record of whoever is
    new, or has none yet; of everybody where it ``is_given`` for these very people. With ``is_overruled`` a view is
    taken although it looks like somebody else, or like none or one of those that are there: whoever says so has looked.
    ``declared`` is called whenever something is put on record that was not given but declared. Where they are only
    ``for_newcomers`` nothing of anybody who is there already is taken in, however soon before they came; where a
    ``person_id`` is told, nothing of anybody else who has the name by now. ``presence`` is what the audit log is told
    of whoever sat before a camera.
    """

    consent: NewConsent
    is_given: bool = False
    is_overruled: bool = False
    declared: Callable[[], object] = lambda: None
    for_newcomers: bool = False
    person_id: str = ""
    presence: Presence = ""


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
        self._founded: dict[str, str] = {}  # who was made here, by folded name
        self._own = OwnReader(gallery, registry.people)

    def knows(self, name: str) -> bool:
        """Whether somebody of a name is there already."""
        return self._registry.people.named(name) is not None

    def has(self, name: str, digest: str) -> bool:
        """Whether a picture of a digest is kept of whoever has a name, for this model."""
        self._gallery.refresh()
        return digest in self._own.of(name, self._registry.people.named(name)).digests

    def lacks(self, name: str, digest: str, terms: Terms) -> bool:
        """Whether a picture that is known of whoever has a name is not stored itself, although that is agreed to."""
        person = self._registry.people.named(name)
        is_bare = person is not None and digest in self._own.bare(name, person)
        return is_bare and self._consent(name, person, terms).keeps

    def restore(self, name: str, view: View, terms: Terms) -> None:
        """Store the picture itself of a view that is known and lacks it; raises GalleryError, StoreError."""
        self._keep(name, [view], terms)
        self._own.note_stored(view.digest)

    def check_consent(self, name: str, terms: Terms) -> None:
        """Raise EnrolmentRefused where the terms let nothing of whoever has a tidy name be taken in."""
        self._consent(name, self._registry.people.named(name), terms)

    def consent_due(self, name: str, terms: Terms) -> NewConsent | None:
        """What is to be put on record of whoever has a tidy name, new or known, before something of them is taken in.

        Raises EnrolmentRefused where the terms let nothing be taken in.
        """
        consent = self._consent(name, self._registry.people.named(name), terms)
        return consent.given if consent.is_due else None

    def put_on_record(self, name: str, terms: Terms) -> None:
        """Record what is due of somebody who is known, where nothing of them is taken in with it.

        Raises EnrolmentRefused where the terms let nothing be taken in, PersonUnknown, StoreError.
        """
        person, due = self._registry.people.named(name), self.consent_due(name, terms)
        if person is not None and due is not None:
            self._registry.consents.give(person.person_id, due, self._clock.now())
            self.note_consent(person.person_id, terms)
            self._registry.tell()

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
            self._check_own(name, self._own.of(name, person), view)

    def admit(self, name: str, view: Portrait, origin: str, terms: Terms, digest: str = "") -> str:
        """Take in a view of somebody of a tidy name, new or known; a remark on it, or none.

        Raises EnrolmentRefused with the reason, StoreError.
        """
        return self._despite_others(name, lambda: self._admit(name, View(view, origin, digest), terms))

    def admit_together(self, name: str, views: Sequence[View], terms: Terms) -> tuple[str, str]:
        """Take in views that were rehearsed, all of them or, where anything goes wrong, none.

        Returns the id of whose they are, and a remark or none.

        Raises EnrolmentRefused where the terms let nothing be taken in any more, StoreError.
        """
        person_id, _ = self._despite_others(name, lambda: self._keep(name, views, terms))
        self._own.forget()
        return person_id, self._limit(name)

    def rehearse(self, name: str, view: Portrait, terms: Terms, digest: str = "") -> str:
        """What `admit` would say of a view, which is kept only to compare the next ones of the name with."""
        person = self._registry.people.named(name)
        self._consent(name, person, terms)
        self.check(name, view, terms)
        self._own.rehearse(name, person, view, digest)
        return view.remark

    def start_anew(self) -> None:
        """Compare with nothing any more that was only rehearsed."""
        self._own.forget()

    def limit(self, name: str) -> str:
        """Do what a process may have died before: set aside what is one too many of a person; says so where it did."""
        self._registry.tell()
        return self._limit(name)

    def _admit(self, name: str, view: View, terms: Terms) -> str:
        self.check_consent(name, terms)
        self.check(name, view.portrait, terms)
        own = self._own.of(name, self._registry.people.named(name))
        _, is_new = self._keep(name, [view], terms)
        if is_new:
            self._own.note(own, view.portrait, view.digest)
        return view.portrait.remark or self._limit(name)

    def _despite_others(self, name: str, work: Callable[[], _T]) -> _T:
        """Take somebody in; where another process has just enrolled the first one of the name, do it once more."""
        was_there = self.knows(name)
        try:
            return work()
        except EnrolmentRefused:
            raise
        except GalleryError:
            if was_there or not self.knows(name):
                raise
        return work()

    def _consent(self, name: str, person: Person | None, terms: Terms) -> "_Consent":
        """What holds for a person, and whether it is to be put on record first.

        What an operator declares stands for people of whom there is no record: nobody's withdrawal is undone by it.
        """
        self._check_whom(name, person, terms)
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
                f"{called(person)} does not consent to be identified (any more): --consent with --evidence puts it on "
                "record anew"
            )
        return _Consent(terms.consent, is_due, "keep" in scopes)

    def _check_whom(self, name: str, person: Person | None, terms: Terms) -> None:
        """Refuse whoever has a name where the terms are of somebody else: of nobody, or of one who had it before."""
        meant = terms.person_id or (self._founded.get(folded_name(name), "") if terms.for_newcomers else "")
        if meant and (person is None or person.person_id != meant):
            raise EnrolmentRefused(f"{meant} is not there any more under that name: look again")
        if person is not None and terms.for_newcomers and not meant:
            raise EnrolmentRefused(f"{called(person)} is there already")

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

    def _check_own(self, name: str, own: Own, view: Portrait) -> None:
        """Refuse what is unlike the pictures that are there, or says no more than one of them."""
        similarity = own.unlike(view, self._gallery.settings)
        if similarity is not None:
            raise EnrolmentRefused(
                f"the face is unlike the {len(own.vectors)} pictures of {name!r} that are there "
                f"(similarity {similarity:.2f}){_OVERRULE}"
            )
        likest = own.likest(view)
        if likest >= self._settings.near_copy:
            raise EnrolmentRefused(f"it is nearly the same as a picture that is there (similarity {likest:.2f})")

    def _keep(self, name: str, views: Sequence[View], terms: Terms) -> tuple[str, bool]:
        """Keep views by one change, with what is consented to where that is due; whose, and whether any was new."""
        person = self._registry.people.named(name)
        consent = self._consent(name, person, terms)
        crops: list[str] = []
        try:
            for view in views:
                crops.append(self._registry.media.save(view.portrait.crop) if consent.keeps else "")
            pictures = [self._picture(view, crop) for view, crop in zip(views, crops, strict=True)]
            person_id, added = self._store(name, person, pictures, consent, terms)
        except BaseException:
            with suppress(StoreError):  # then purging finds what no row names
                self._let_go([crop for crop in crops if crop and not self._registry.people.has_crop(crop)])
            raise
        if consent.is_due:
            self.note_consent(person_id, terms)
        self._registry.tell()
        self._let_go(added.unused)
        self._gallery.refresh()
        return person_id, consent.is_due or added.count > 0

    def _picture(self, view: View, crop: str) -> NewPicture:
        portrait, model = view.portrait, self._gallery.model
        templates = (NewTemplate(portrait.vector, model), NewTemplate(portrait.distant, model, "distant"))
        return NewPicture(templates, portrait.quality, view.origin, view.digest, crop)

    def _store(
        self, name: str, person: Person | None, pictures: list[NewPicture], consent: "_Consent", terms: Terms
    ) -> tuple[str, Added]:
        """Keep pictures and consent in one transaction; the id of whose they are, and what was new."""
        people, now = self._registry.people, self._clock.now()
        assured = Assurance(terms.is_overruled, terms.presence)
        if person is None:
            made = people.add_person(name, pictures, now, consent.given, assured=assured)
            self._founded[folded_name(name)] = made.person_id
            return made.person_id, Added(len(pictures))
        given = consent.given if consent.is_due else None
        return person.person_id, people.add_pictures(person.person_id, pictures, now, assured, given)

    def _let_go(self, crops: Sequence[str]) -> None:
        for crop in crops:
            self._registry.media.delete(crop)

    def _limit(self, name: str) -> str:
        """Set aside what is one too many of whoever has a name, and say so."""
        person = self._registry.people.named(name)
        if person is None or len(self._own.of(name, person).vectors) <= self._limiting.cap:
            return ""
        if not self._limiting.enforce(person.person_id):
            return ""
        self._gallery.refresh()
        return f"more than {self._limiting.cap} pictures: the most redundant was set aside"


@dataclass(frozen=True, slots=True)
class _Consent:
    given: NewConsent
    is_due: bool
    keeps: bool
