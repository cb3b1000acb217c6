"""Routes that tell which strangers wait, and say who they are."""

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Query

from mien.domain.errors import UsageError
from mien.gallery.curation.plan import Plan
from mien.gallery.strangers.review import Place, Suggestion, Waiting
from mien.service.area import Area, area
from mien.service.paging import After, Limit
from mien.service.people.changing import DryRun
from mien.service.people.desk import carried_out, done_once
from mien.service.people.schemas import Done
from mien.service.repeats import Repeats, Sent, digest_of_asked
from mien.service.review import pictures
from mien.service.review.desk import ReviewDesk
from mien.service.review.likenesses import Likenesses
from mien.service.review.schemas import Assignment, Naming, Resembled, ReviewPage, Stranger, Strangers
from mien.service.revisions import etag_of, planned_as_seen


def build(desk: ReviewDesk) -> Area:
    """The routes over the strangers of a home, and its doubtful pictures."""
    router = area("review")
    _tell(router, desk)
    pictures.add(router, desk)
    _decide(router, desk, Repeats(desk.clock))
    return router


def _tell(router: Area, desk: ReviewDesk) -> None:
    @router.get("/review")
    def waiting(
        ignored: Annotated[bool, Query(description="Those who are ignored, too.")] = False,
        limit: Limit = 50,
        after: After = None,
    ) -> ReviewPage:
        page = desk.waiting(limit, _read(after) if after is not None else None, ignored)
        known = Likenesses(desk.people)
        return ReviewPage(
            items=[_stranger(one, known) for one in page.items],
            next=_told(page.items[-1]) if page.has_more else None,
            total=page.total,
            named_from=desk.named_from(),
            one_from=desk.one_from,
        )


def _decide(router: Area, desk: ReviewDesk, repeats: Repeats) -> None:
    curator = desk.curator

    def done(asked: Strangers, plan: Callable[[], Plan], dry_run: bool) -> Done:
        return carried_out(curator, planned_as_seen(asked.seen, desk.people, plan), dry_run=dry_run)

    @router.post("/review/assign")
    def assign(asked: Assignment, dry_run: DryRun = False) -> Done:
        return done(asked, lambda: curator.merge(asked.to, asked.strangers), dry_run)

    @router.post("/review/new")
    def new(asked: Naming, sent: Sent, dry_run: DryRun = False) -> Done:
        consent = desk.consenting.terms(asked.consent).consent
        request = sent, digest_of_asked(f"new {dry_run}", asked)

        def named() -> Done:
            return done(asked, lambda: curator.name(asked.strangers, asked.name, consent), dry_run)

        return done_once(repeats, request, desk.people, lambda done: done.people, named)

    @router.post("/review/ignore")
    def ignore(asked: Strangers, dry_run: DryRun = False) -> Done:
        return done(asked, lambda: curator.ignore(asked.strangers), dry_run)

    @router.post("/review/discard")
    def discard(asked: Strangers, dry_run: DryRun = False) -> Done:
        return done(asked, lambda: curator.discard(asked.strangers), dry_run)


def _told(one: Waiting) -> str:
    visits, person_id = one.place
    return f"{-visits}.{person_id}"


def _read(after: str) -> Place:
    visits, _, person_id = after.partition(".")
    if not (visits.isascii() and visits.isdecimal() and len(visits) < 16 and person_id):
        raise UsageError("after is what next of the page before says")
    return -int(visits), person_id


def _stranger(one: Waiting, known: Likenesses) -> Stranger:
    seen = (one.visits.first_at, one.visits.last_at) if one.visits else (one.person.created_at,) * 2
    return Stranger(
        person_id=one.person.person_id,
        standing=one.person.standing,
        pictures=[picture.picture_id for picture in one.pictures],
        stored=one.stored,
        best_picture=one.best.picture_id if one.best and one.best.crop else None,
        best_quality=one.best.quality if one.best else None,
        templates=one.templates,
        visits=one.visits.count if one.visits else 0,
        first_seen_at=seen[0],
        last_seen_at=seen[1],
        people=_resembled(one.people, known),
        strangers=_resembled(one.strangers, known),
        apart=list(one.apart),
        etag=etag_of(one.person),
    )


def _resembled(others: Iterable[Suggestion], known: Likenesses) -> list[Resembled]:
    return [told for one in others if (told := known.resembled(one.person_id, one.similarity))]
