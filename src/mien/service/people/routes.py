"""Routes that tell of people, their pictures and visits, and of what was done to them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Query, Response

from mien.domain.errors import UsageError
from mien.domain.people.people import PersonKind
from mien.domain.people.sightings import Sighting
from mien.service.area import Area, area
from mien.service.paging import After, Limit, Page, number_after
from mien.service.people import changing, enrolling
from mien.service.people.desk import PeopleDesk, picture_card
from mien.service.people.listing import Wanted
from mien.service.people.schemas import (
    ChangeCard,
    Group,
    Groups,
    PersonCard,
    PersonId,
    PersonPage,
    PictureCard,
    PictureId,
    SightingCard,
)
from mien.service.repeats import Repeats
from mien.service.revisions import bear

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def build(desk: PeopleDesk) -> Area:
    """The routes over the people of a home."""
    router = area("people")
    _tell_people(router, desk)
    _tell_pictures(router, desk)
    _tell_changes(router, desk)
    repeats = Repeats(desk.clock)
    changing.add(router, desk, repeats)
    router.routes.extend(enrolling.build(desk, repeats).routes)
    return router


def _tell_people(router: Area, desk: PeopleDesk) -> None:
    @router.get("/people")
    def people(
        q: Annotated[str, Query(max_length=200, description="What the name or the id has in it.")] = "",
        kind: PersonKind | None = None,
        everybody: Annotated[bool, Query(description="Hidden, ignored, merged and thrown away ones too.")] = False,
        limit: Limit = 50,
        after: After = None,
    ) -> Page[PersonCard]:
        items, following = desk.listing.page(Wanted(q, kind, everybody), after, limit)
        return Page(items=items, next=following)

    @router.get("/people/{person_id}")
    def person(person_id: PersonId, response: Response) -> PersonPage:
        who, card = desk.listing.person(person_id)
        bear(response, who)
        visits = desk.sightings.visits().get(who.person_id)
        return PersonPage(
            **card.model_dump(),
            consents=sorted(desk.consents.scopes_of(who.person_id, desk.clock.now())),
            visits=visits.count if visits else 0,
            first_seen_at=visits.first_at if visits else None,
            last_seen_at=visits.last_at if visits else None,
        )

    @router.get("/people/{person_id}/sightings")
    def sightings(person_id: PersonId, limit: Limit = 50, after: After = None) -> Page[SightingCard]:
        found = desk.sightings.latest(limit + 1, desk.person(person_id).person_id, _moment(after))
        is_more = len(found) > limit
        return Page(items=list(map(_sighting, found[:limit])), next=_place(found[limit - 1]) if is_more else None)


def _tell_pictures(router: Area, desk: PeopleDesk) -> None:
    @router.get("/people/{person_id}/pictures")
    def pictures(person_id: PersonId, limit: Limit = 200, after: After = None) -> Page[PictureCard]:
        behind = number_after(after)
        own = [one for one in desk.people.pictures(desk.person(person_id).person_id) if one.picture_id > behind]
        following = str(own[limit - 1].picture_id) if len(own) > limit else None
        return Page(items=list(map(picture_card, own[:limit])), next=following)

    @router.get("/people/{person_id}/groups")
    def groups(person_id: PersonId) -> Groups:
        found = desk.groups(person_id)
        return Groups(groups=[Group(picture_ids=sorted(one.picture_ids), similarity=one.similarity) for one in found])

    @router.get(
        "/pictures/{picture_id}",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}, "description": "The picture of a face"}},
    )
    def picture(picture_id: PictureId) -> Response:
        return Response(desk.image(picture_id), media_type="image/png")


def _tell_changes(router: Area, desk: PeopleDesk) -> None:
    @router.get("/changes")
    def changes(limit: Limit = 50, after: After = None) -> Page[ChangeCard]:
        found = desk.curator.changes(limit + 1, number_after(after))
        items = [
            ChangeCard(
                change_id=one.change_id,
                kind=one.kind,
                what=desk.telling.word(one),
                who=desk.telling.who(one),
                people=list(one.people),
                at=one.at,
                is_automatic=one.is_automatic,
                undone_at=one.undone_at,
            )
            for one in found[:limit]
        ]
        return Page(items=items, next=str(found[limit - 1].change_id) if len(found) > limit else None)


def _sighting(one: Sighting) -> SightingCard:
    return SightingCard(
        sighting_id=one.sighting_id,
        camera=one.camera,
        track_id=one.track_id,
        identity=one.identity,
        similarity=one.similarity,
        began_at=one.began_at,
        ended_at=one.ended_at,
    )


def _place(one: Sighting) -> str:
    """Where a visit stands among all: by when it ended."""
    return f"{(one.ended_at - _BEGINNING) // timedelta(microseconds=1)}.{one.sighting_id}"


def _moment(after: str | None) -> tuple[datetime, int] | None:
    if after is None:
        return None
    moment, _, number = after.partition(".")
    at, sighting_id = map(_whole, (moment, number))
    return _BEGINNING + timedelta(microseconds=at), sighting_id


def _whole(text: str) -> int:
    """A whole number; raises UsageError where it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 17):
        raise UsageError("after is what next of the page before says")
    return int(text)
