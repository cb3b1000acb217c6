"""Routes that take people in from pictures that are sent."""

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Form, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mien.domain.errors import GalleryError, PersonUnknown, UsageError
from mien.domain.people.consent import Scope
from mien.gallery.names import called, name_to_enrol
from mien.service.access.gate import Caller, caller
from mien.service.area import Area, area
from mien.service.people.changing import DryRun
from mien.service.people.desk import PeopleDesk
from mien.service.people.schemas import ConsentAsked, Enrolled, GivenName, PersonId, PictureOutcome
from mien.service.problems import problem
from mien.service.repeats import RepeatKey, Repeats
from mien.service.turns import Turns
from mien.service.uploads import MOST_PICTURES, admitting, sent_pictures, too_large
from mien.service.wording import spoken
from mien.sources.images import SentPicture

MOST_REQUESTS, MOST_OWN = 4, 2
"""At once, of everybody and of one account: each holds its pictures in memory, and a thread while it waits."""

Who = Annotated[Caller, Depends(caller)]


class PicturesSent(BaseModel):
    """Pictures of somebody, and on which terms they are taken in. Without ``scopes`` whoever is logged in answers for
    it that the person consents; ``overrule`` takes in what looks like somebody else."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[UploadFile] = Field(min_length=1, max_length=MOST_PICTURES)
    scopes: list[Scope] = Field(default=[], max_length=3)
    version: str = Field("", max_length=100)
    evidence: str = Field("", max_length=500)
    expires_at: AwareDatetime | None = None
    overrule: bool = False

    @property
    def consent(self) -> ConsentAsked | None:
        """What they consent to, where that is told; raises UsageError where something of it is told alone."""
        if self.scopes:
            fields = self.model_dump(include={"scopes", "version", "evidence", "expires_at"})
            return ConsentAsked(**fields)
        if self.version or self.evidence or self.expires_at:
            raise UsageError("version, evidence and expires_at tell of consent: say to what with scopes")
        return None


class PersonSent(PicturesSent):
    """Somebody who is new: the name, and the first pictures."""

    name: GivenName


def build(desk: PeopleDesk, repeats: Repeats) -> Area:
    """The routes, which answer a request that is sent again as they did before."""
    router = area("people")
    router.route_class = admitting(Turns(MOST_REQUESTS, MOST_OWN).taken)

    @router.post("/people", status_code=HTTPStatus.CREATED, response_model=Enrolled)
    def enrol(
        asked: Annotated[PersonSent, Form(media_type="multipart/form-data")],
        who: Who,
        key: RepeatKey = None,
        dry_run: DryRun = False,
    ) -> Enrolled | Response:
        name, pictures = name_to_enrol(asked.name), sent_pictures(asked.pictures)

        def enrolled() -> Enrolled:
            if there := desk.people.named(name):
                raise GalleryError(f"{called(there)} is enrolled already: add the pictures to that person")
            return _enrolled(desk, name, pictures, asked, dry_run)

        return _answered(desk, repeats, (who, key, _digest(f"new {name}", asked, pictures, dry_run)), enrolled)

    @router.post("/people/{person_id}/pictures", response_model=Enrolled)
    def add(
        person_id: PersonId,
        asked: Annotated[PicturesSent, Form(media_type="multipart/form-data")],
        who: Who,
        key: RepeatKey = None,
        dry_run: DryRun = False,
    ) -> Enrolled | Response:
        pictures = sent_pictures(asked.pictures)

        def enrolled() -> Enrolled:
            person = desk.roster.find(person_id)
            if person.kind != "enrolled":
                raise GalleryError(f"{person.person_id} is a stranger: give them a name first")
            return _enrolled(desk, person.name, pictures, asked, dry_run)

        return _answered(desk, repeats, (who, key, _digest(person_id, asked, pictures, dry_run)), enrolled)

    return router


class _NothingTakenError(Exception):
    """None of the pictures that were sent got in."""

    def __init__(self, told: Enrolled) -> None:
        super().__init__()
        self.told = told


def _answered(
    desk: PeopleDesk, repeats: Repeats, asked: tuple[Caller, str | None, str], work: Callable[[], Enrolled]
) -> Enrolled | Response:
    """What became of pictures; a problem, with the reason of each, where nothing of them is kept."""
    who, key, digest = asked
    try:
        told = repeats.once(who.account.account_id, key, digest, work)
        if told.person_id and desk.people.person(told.person_id) is None:  # since the first answer
            raise PersonUnknown(
                "whoever these pictures are of was forgotten: they are not taken in again under this key"
            )
        return told
    except _NothingTakenError as error:
        pictures = [one.model_dump() for one in error.told.pictures]
        reasons = "; ".join(dict.fromkeys(f"{one.picture}: {one.reason}" for one in error.told.pictures[:3]))
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"no picture was taken in: {reasons}", pictures=pictures)


def _enrolled(
    desk: PeopleDesk, name: str, pictures: Sequence[SentPicture], asked: PicturesSent, dry_run: bool
) -> Enrolled:
    """Take pictures of somebody in; raises _NothingTakenError where none got in."""
    terms = desk.consenting.terms(asked.consent, is_overruled=asked.overrule)
    fitting = [one for one in pictures if not too_large(one.content)]
    is_new = desk.people.named(name) is None
    judged = iter(desk.enrolling.enrol(name, fitting, terms, is_rehearsal=dry_run))
    outcomes: list[PictureOutcome] = []
    for one in pictures:
        if told := too_large(one.content):
            outcomes.append(PictureOutcome(picture=one.name, outcome="refused", reason=told))
        else:
            found = next(judged)
            outcomes.append(PictureOutcome(picture=one.name, outcome=found.outcome, reason=spoken(found.reason)))
    person, counts = desk.people.named(name), Counter(one.outcome for one in outcomes)
    enrolled = Enrolled(
        person_id=person.person_id if person else None,
        is_new=is_new,
        is_dry_run=dry_run,
        is_declared=not terms.is_given,
        accepted=counts["accepted"],
        skipped=counts["skipped"],
        refused=counts["refused"],
        pictures=outcomes,
    )
    if not (enrolled.accepted or enrolled.skipped):
        raise _NothingTakenError(enrolled)
    return enrolled


def _digest(whom: str, asked: PicturesSent, pictures: Sequence[SentPicture], dry_run: bool) -> str:
    """By what a request is told from others."""
    terms = asked.model_dump_json(exclude={"pictures", "name"})
    parts = [whom.encode(), terms.encode(), str(dry_run).encode()]
    parts += [sha256(one.content).digest() for one in pictures]
    return sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()
