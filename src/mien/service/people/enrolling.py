"""Routes that take people in from pictures that are sent."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from threading import Lock
from typing import Annotated

from fastapi import Form, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mien.domain.errors import UsageError
from mien.domain.people.consent import Scope
from mien.gallery.names import name_to_enrol
from mien.service.area import Area, area
from mien.service.people.changing import DryRun
from mien.service.people.desk import PeopleDesk, Request, check_named, check_new, done_once
from mien.service.people.schemas import ConsentAsked, Enrolled, GivenName, PersonId, PictureOutcome
from mien.service.problems import problem
from mien.service.repeats import Repeats, Sent
from mien.service.revisions import IfMatch, check_unchanged, etag_of
from mien.service.turns import Turns
from mien.service.uploads import MOST_PICTURES, admitting, sent_pictures, too_large
from mien.sources.images import SentPicture
from mien.telemetry.wording import spoken

MOST_REQUESTS, MOST_OWN = 4, 2
"""At once, of everybody and of one account: each holds its pictures in memory, and a thread while it waits."""


class PicturesSent(BaseModel):
    """Pictures of somebody, and on which terms they are taken in. Without ``evidence`` whoever is logged in answers for
    it that the person consents, without ``scopes`` to everything; ``overrule`` takes in what looks like somebody else.
    """

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
    _take_newcomers(router, desk, repeats)
    _take_more(router, desk, repeats)
    return router


def _take_newcomers(router: Area, desk: PeopleDesk, repeats: Repeats) -> None:
    @router.post("/people", status_code=HTTPStatus.CREATED, response_model=Enrolled)
    def enrol(
        asked: Annotated[PersonSent, Form(media_type="multipart/form-data")],
        sent: Sent,
        response: Response,
        dry_run: DryRun = False,
    ) -> Enrolled | Response:
        name, pictures = name_to_enrol(asked.name), sent_pictures(asked.pictures)

        def enrolled() -> Enrolled:
            check_new(desk.people, name)
            return _enrolled(desk, (name, ""), pictures, asked, dry_run)

        request = sent, _digest(f"new {name}", asked, pictures, dry_run)
        return _answered(desk, repeats, request, response, enrolled)


def _take_more(router: Area, desk: PeopleDesk, repeats: Repeats) -> None:
    alone = Lock()  # between what was seen of somebody and what is done nobody else sends pictures

    @router.post("/people/{person_id}/pictures", response_model=Enrolled)
    def add(
        person_id: PersonId,
        asked: Annotated[PicturesSent, Form(media_type="multipart/form-data")],
        sent: Sent,
        response: Response,
        match: IfMatch = None,
        dry_run: DryRun = False,
    ) -> Enrolled | Response:
        pictures = sent_pictures(asked.pictures)

        def enrolled() -> Enrolled:
            with alone:
                person = desk.roster.find(person_id)
                check_named(person)
                check_unchanged(match, person)
                return _enrolled(desk, (person.name, person.person_id), pictures, asked, dry_run)

        request = sent, _digest(person_id, asked, pictures, dry_run)
        return _answered(desk, repeats, request, response, enrolled)


class _NothingTakenError(Exception):
    """None of the pictures that were sent got in."""

    def __init__(self, told: Enrolled) -> None:
        super().__init__()
        self.told = told


def _answered(
    desk: PeopleDesk, repeats: Repeats, request: Request, response: Response, work: Callable[[], Enrolled]
) -> Enrolled | Response:
    """What became of pictures; a problem, with the reason of each, where nothing of them is kept."""
    try:
        told = done_once(repeats, request, desk.people, lambda done: filter(None, [done.person_id]), work)
        if told.etag:
            response.headers["etag"] = told.etag
        return told
    except _NothingTakenError as error:
        pictures = [one.model_dump() for one in error.told.pictures]
        reasons = "; ".join(dict.fromkeys(f"{one.picture}: {one.reason}" for one in error.told.pictures[:3]))
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"no picture was taken in: {reasons}", pictures=pictures)


def _enrolled(
    desk: PeopleDesk, whom: tuple[str, str], pictures: Sequence[SentPicture], asked: PicturesSent, dry_run: bool
) -> Enrolled:
    """Take in pictures of somebody of a name and an id, or of none yet; raises _NothingTakenError where none got in."""
    (name, person_id), terms = whom, desk.consenting.terms(asked.consent, is_overruled=asked.overrule)
    terms = replace(terms, person_id=person_id, for_newcomers=not person_id)
    fitting = [one for one in pictures if not too_large(one.content)]
    judged = iter(desk.enrolling.enrol(name, fitting, terms, is_rehearsal=dry_run))
    outcomes: list[PictureOutcome] = []
    for one in pictures:
        if told := too_large(one.content):
            outcomes.append(PictureOutcome(picture=one.name, outcome="refused", reason=told))
        else:
            found = next(judged)
            outcomes.append(PictureOutcome(picture=one.name, outcome=found.outcome, reason=spoken(found.reason)))
    person = desk.people.person(person_id) if person_id else desk.people.named(name)
    counts = Counter(one.outcome for one in outcomes)
    enrolled = Enrolled(
        person_id=person.person_id if person else None,
        etag=etag_of(person) if person else None,
        is_new=not person_id,
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
