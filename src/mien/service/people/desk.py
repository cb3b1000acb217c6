"""What the routes about people need of the rest, and how what they come to is told."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, TypeVar

import cv2
from fastapi import HTTPException

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, PersonUnknown, StoreError, UsageError
from mien.domain.people.assurance import Presence
from mien.domain.people.consent import ConsentText, NewConsent
from mien.domain.people.people import Person, Picture
from mien.gallery.curation.curator import Curator
from mien.gallery.curation.face_groups import FaceGroup
from mien.gallery.curation.plan import Plan
from mien.gallery.curation.telling import Telling
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.enroller import Enrolment
from mien.gallery.names import called
from mien.gallery.roster import Roster
from mien.privacy.consent import consent_told, declaration
from mien.privacy.purpose import Purpose
from mien.service.people.listing import Listing
from mien.service.people.schemas import ConsentAsked, Done, PictureCard
from mien.service.repeats import Repeats, Sender
from mien.sources.images import SentPicture
from mien.store.consents import ConsentStore
from mien.store.history.sightings import SightingStore
from mien.store.media import MediaStore
from mien.store.people import PeopleStore
from mien.telemetry.wording import spoken

_T = TypeVar("_T")
Request = tuple[Sender, str]
"""Who sent something, perhaps under a key, and by what it is told from others."""


class TakingIn(Protocol):
    """Takes people in from pictures, call by call, on the terms of one request."""

    def enrol(self, name: str, pictures: Sequence[SentPicture]) -> list[Enrolment]:
        """What becomes of each picture, in their order; raises StoreError."""
        ...


class Enrolling(Protocol):
    """Takes people in from pictures. Safe for several threads, of which one at a time is at work."""

    def begin(self, terms: Terms, *, is_rehearsal: bool) -> TakingIn:
        """What takes in the people of one request that comes in parts; raises ModelError, StoreError."""
        ...

    def enrol(self, name: str, pictures: Sequence[SentPicture], terms: Terms, *, is_rehearsal: bool) -> list[Enrolment]:
        """What becomes of each picture, in their order; raises ModelError, StoreError."""
        ...


class Consenting:
    """Reads what somebody consents to, as the purpose and the own ``text`` of the deployment let it go on record."""

    def __init__(self, purpose: Purpose, clock: Clock, text: ConsentText) -> None:
        self._purpose = purpose
        self._clock = clock
        self._text = text

    def told(self, asked: ConsentAsked) -> NewConsent:
        """What is consented to, given or declared; raises UsageError where it has to be given, or is over already."""
        if asked.expires_at is not None and asked.expires_at <= self._clock.now():
            raise UsageError(f"consent until {asked.expires_at.day} {asked.expires_at:%B %Y} is over already")
        of = (frozenset(asked.scopes), asked.version, asked.evidence, asked.expires_at)
        return consent_told(self._purpose, self._text, *of)

    def terms(self, asked: ConsentAsked | None, *, is_overruled: bool = False, presence: Presence = "") -> Terms:
        """The terms of what was asked for; raises UsageError where consent has to be given and is not."""
        consent = declaration(self._purpose) if asked is None else self.told(asked)
        return Terms(consent, is_given=not consent.is_declared, is_overruled=is_overruled, presence=presence)


@dataclass(frozen=True, slots=True)
class PeopleDesk:
    """What the routes about people need. ``groups`` raises PersonUnknown, GalleryError."""

    people: PeopleStore
    roster: Roster
    sightings: SightingStore
    consents: ConsentStore
    media: MediaStore
    listing: Listing
    curator: Curator
    telling: Telling
    groups: Callable[[str], tuple[FaceGroup, ...]]
    enrolling: Enrolling
    consenting: Consenting
    clock: Clock

    def image(self, picture_id: int) -> bytes:
        """A picture as PNG; raises HTTPException (404) where there is none to see."""
        found = self.people.pictures_by_id([picture_id])
        if not found:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no picture {picture_id}")
        if not found[0].crop:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"of picture {picture_id} nothing is kept that could be seen")
        try:
            image = self.media.load(found[0].crop)
        except StoreError as error:
            told = f"picture {picture_id} is missing or damaged"
            raise HTTPException(HTTPStatus.NOT_FOUND, told) from error
        encoded, png = cv2.imencode(".png", image)
        assert encoded, "it was stored as PNG"
        return png.tobytes()

    def person(self, person_id: str) -> Person:
        """Who has an id, of whatever standing; raises PersonUnknown."""
        return self.listing.person(person_id)[0]


def check_new(people: PeopleStore, name: str) -> None:
    """Raise GalleryError where somebody of a tidy name is enrolled."""
    if there := people.named(name):
        raise GalleryError(f"{called(there)} is enrolled already: add the pictures to that person")


def check_named(person: Person) -> None:
    """Raise GalleryError where somebody is a stranger, who gets no pictures."""
    if person.kind != "enrolled":
        raise GalleryError(f"{person.person_id} is a stranger: give them a name first")


def carried_out(curator: Curator, plan: Plan, *, dry_run: bool) -> Done:
    """Carry out a plan, unless it is only to be seen; raises PeopleChanged, GalleryError."""
    change = None if dry_run else curator.carry_out(plan)
    return Done(
        change_id=change.change_id if change else None,
        kind=plan.kind,
        summary=plan.deed.told(is_done=not dry_run),
        warnings=list(map(spoken, plan.warned(is_done=not dry_run))),
        people=list(dict.fromkeys((*plan.people, *(change.people if change else ())))),
        is_dry_run=dry_run,
    )


def done_once(
    repeats: Repeats,
    request: Request,
    people: PeopleStore,
    whom: Callable[[_T], Iterable[str]],
    work: Callable[[], _T],
) -> _T:
    """What something comes to that is done to people, once for all requests of a key; ``whom`` tells their ids.

    Raises PersonUnknown where it is sent again and whoever it was about was forgotten since.
    """
    sent, digest = request
    told = repeats.once(sent.account_id, sent.key, digest, work)
    if any(people.person(one) is None for one in whom(told)):
        raise PersonUnknown("whoever this was about was forgotten: it is not done again under this key")
    return told


def picture_card(one: Picture) -> PictureCard:
    """A picture as it is told."""
    return PictureCard(
        picture_id=one.picture_id,
        person_id=one.person_id,
        state=one.state,
        state_at=one.state_at,
        quality=one.quality,
        origin=one.origin,
        is_stored=bool(one.crop),
        is_vouched=one.is_vouched,
        created_at=one.created_at,
    )
