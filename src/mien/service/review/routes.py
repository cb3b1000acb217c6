"""Routes that tell which strangers wait, and say who they are."""

from typing import Annotated

from fastapi import Query

from mien.domain.errors import UsageError
from mien.gallery.strangers.review import Place, Suggestion, Waiting
from mien.service.area import Area, area
from mien.service.paging import After, Limit
from mien.service.people.changing import DryRun
from mien.service.people.desk import carried_out
from mien.service.people.listing import best_seen
from mien.service.people.schemas import Done
from mien.service.review.desk import ReviewDesk
from mien.service.review.schemas import Assignment, Naming, Resembled, ReviewPage, Stranger, Strangers
from mien.store.people import PeopleStore


class _Best(dict[str, int | None]):
    """The best picture of each person, which is read once of those whom several strangers resemble."""

    def __init__(self, people: PeopleStore) -> None:
        super().__init__()
        self._people = people

    def __missing__(self, person_id: str) -> int | None:
        self[person_id] = best_seen(self._people.pictures(person_id))
        return self[person_id]


def build(desk: ReviewDesk) -> Area:
    """The routes over the strangers of a home."""
    router = area("review")
    _tell(router, desk)
    _decide(router, desk)
    return router


def _tell(router: Area, desk: ReviewDesk) -> None:
    @router.get("/review")
    def waiting(
        ignored: Annotated[bool, Query(description="Those who are ignored, too.")] = False,
        limit: Limit = 50,
        after: After = None,
    ) -> ReviewPage:
        page = desk.waiting(limit, _read(after) if after is not None else None, ignored)
        best = _Best(desk.people)
        return ReviewPage(
            items=[_stranger(one, best) for one in page.items],
            next=_told(page.items[-1]) if page.has_more else None,
            total=page.total,
            named_from=desk.named_from(),
            one_from=desk.one_from,
        )


def _decide(router: Area, desk: ReviewDesk) -> None:
    curator = desk.curator

    @router.post("/review/assign")
    def assign(asked: Assignment, dry_run: DryRun = False) -> Done:
        return carried_out(curator, curator.merge(asked.to, asked.strangers), dry_run=dry_run)

    @router.post("/review/new")
    def new(asked: Naming, dry_run: DryRun = False) -> Done:
        consent = desk.consenting.terms(asked.consent).consent
        return carried_out(curator, curator.name(asked.strangers, asked.name, consent), dry_run=dry_run)

    @router.post("/review/ignore")
    def ignore(asked: Strangers, dry_run: DryRun = False) -> Done:
        return carried_out(curator, curator.ignore(asked.strangers), dry_run=dry_run)

    @router.post("/review/discard")
    def discard(asked: Strangers, dry_run: DryRun = False) -> Done:
        return carried_out(curator, curator.discard(asked.strangers), dry_run=dry_run)


def _told(one: Waiting) -> str:
    visits, person_id = one.place
    return f"{-visits}.{person_id}"


def _read(after: str) -> Place:
    visits, _, person_id = after.partition(".")
    if not (visits.isascii() and visits.isdecimal() and len(visits) < 16 and person_id):
        raise UsageError("after is what next of the page before says")
    return -int(visits), person_id


def _stranger(one: Waiting, best: _Best) -> Stranger:
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
        people=[_resembled(other, best) for other in one.people],
        strangers=[_resembled(other, best) for other in one.strangers],
        apart=list(one.apart),
    )


def _resembled(other: Suggestion, best: _Best) -> Resembled:
    return Resembled(
        person_id=other.person_id,
        name=other.name,
        similarity=other.similarity,
        best_picture=best[other.person_id],
    )
