"""The route that tells which pictures are doubtful: what becomes of them, the routes of pictures decide."""

from collections.abc import Sequence

from mien.domain.errors import UsageError
from mien.gallery.curation.outliers import CleanupSettings, Doubt
from mien.service.area import Area
from mien.service.paging import After, Limit
from mien.service.people.desk import picture_card
from mien.service.review.desk import ReviewDesk
from mien.service.review.likenesses import Likenesses
from mien.service.review.schemas import DoubtfulPage, DoubtfulPicture

_FINE, _LAST = 1_000_000, 3_000_000  # of similarities, which are between -1 and 1
_RULES = CleanupSettings()


def add(router: Area, desk: ReviewDesk) -> None:
    """Add the route to those of the review."""

    @router.get("/review/pictures")
    def doubtful(limit: Limit = 50, after: After = None) -> DoubtfulPage:
        found, known = desk.doubtful(), Likenesses(desk.people)
        begin = _read(after) if after is not None else None
        left = [one for one in sorted(found.doubts, key=_place) if begin is None or _place(one) > begin]
        page = left[:limit]
        return DoubtfulPage(
            items=_told(desk, page, known),
            next="{}.{}".format(*_place(page[-1])) if len(left) > limit else None,
            total=len(found.doubts),
            one_from=_RULES.same,
            emptied=[somebody for one in found.emptied if (somebody := known.of(one))],
            left_alone=found.left_alone.count,
        )


def _told(desk: ReviewDesk, page: Sequence[Doubt], known: Likenesses) -> list[DoubtfulPicture]:
    """Those of some doubts whose pictures, and whose people, are still there, as they are told."""
    pictures = {one.picture_id: one for one in desk.people.pictures_by_id([one.picture_id for one in page])}
    return [
        DoubtfulPicture(
            **picture_card(picture).model_dump(),
            owner=owner,
            reason=one.reason,
            similarity=one.own,
            resembles=known.resembled(one.other_id, one.other) if _is_like(one) else None,
        )
        for one in page
        if (picture := pictures.get(one.picture_id)) and (owner := known.of(picture.person_id))
    ]


def _is_like(one: Doubt) -> bool:
    """Whether whom a picture resembles most is worth naming: everybody resembles somebody most."""
    return bool(one.other_id) and (one.other >= _RULES.coherent or one.reason == "more like somebody else")


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
