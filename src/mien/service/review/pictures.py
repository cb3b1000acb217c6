"""The route that tells which pictures are doubtful: what becomes of them, the routes of pictures decide."""

from mien.domain.errors import UsageError
from mien.domain.people.people import Person
from mien.gallery.curation.outliers import CleanupSettings, Doubt
from mien.service.area import Area
from mien.service.paging import After, Limit
from mien.service.people.desk import picture_card
from mien.service.people.listing import best_seen
from mien.service.review.desk import ReviewDesk
from mien.service.review.schemas import DoubtfulPage, DoubtfulPicture, Owner, Resembled
from mien.service.revisions import etag_of

_FINE, _LAST = 1_000_000, 3_000_000  # of similarities, which are between -1 and 1
_LIKE = CleanupSettings().coherent


def add(router: Area, desk: ReviewDesk) -> None:
    """Add the route to those of the review."""

    @router.get("/review/pictures")
    def doubtful(limit: Limit = 50, after: After = None) -> DoubtfulPage:
        found, known = desk.doubtful(), people_by_id(desk)
        begin = _read(after) if after is not None else None
        waiting = sorted((one for one in found.doubts if one.person_id in known), key=_place)
        left = [one for one in waiting if begin is None or _place(one) > begin]
        page = left[:limit]
        return DoubtfulPage(
            items=_told(desk, page, known),
            next="{}.{}".format(*_place(page[-1])) if len(left) > limit else None,
            total=len(waiting),
            emptied=[_owner(desk, known[one]) for one in found.emptied if one in known],
            left_alone=found.left_alone.count,
        )


def people_by_id(desk: ReviewDesk) -> dict[str, Person]:
    """Everybody who is looked for."""
    return {one.person_id: one for one in desk.people.people()}


def resembled(desk: ReviewDesk, person: Person, similarity: float) -> Resembled:
    """Whom somebody or something resembles, and how much."""
    return Resembled(
        person_id=person.person_id,
        name=person.name,
        similarity=similarity,
        best_picture=best_seen(desk.people.pictures(person.person_id)),
        etag=etag_of(person),
    )


def _told(desk: ReviewDesk, page: list[Doubt], known: dict[str, Person]) -> list[DoubtfulPicture]:
    """Those of some doubts whose pictures are still there, as they are told."""
    pictures = {one.picture_id: one for one in desk.people.pictures_by_id([one.picture_id for one in page])}
    owners = {one: _owner(desk, known[one]) for one in dict.fromkeys(doubt.person_id for doubt in page)}
    return [
        DoubtfulPicture(
            **picture_card(pictures[one.picture_id]).model_dump(),
            owner=owners[one.person_id],
            reason=one.reason,
            similarity=one.own,
            resembles=resembled(desk, known[one.other_id], one.other) if _is_like(one, known) else None,
        )
        for one in page
        if one.picture_id in pictures
    ]


def _is_like(one: Doubt, known: dict[str, Person]) -> bool:
    """Whether whom a picture resembles most is worth naming: everybody resembles somebody most."""
    return one.other_id in known and (one.other >= _LIKE or one.reason == "more like somebody else")


def _owner(desk: ReviewDesk, person: Person) -> Owner:
    best = best_seen(desk.people.pictures(person.person_id))
    return Owner(person_id=person.person_id, name=person.name, best_picture=best, etag=etag_of(person))


def _place(one: Doubt) -> tuple[int, int]:
    """Where a picture stands: those furthest from their person first, poor ones last."""
    far = _LAST if one.reason == "too poor" else round(_FINE * ((one.own or 0.0) - one.other))
    return far, one.picture_id


def _read(after: str) -> tuple[int, int]:
    far, _, picture_id = after.partition(".")
    whole = [far.removeprefix("-"), picture_id]
    if not all(one.isascii() and one.isdecimal() and len(one) < 16 for one in whole):
        raise UsageError("after is what next of the page before says")
    return int(far), int(picture_id)
