"""Routes that put people in order: each answers in words what it did, and takes nothing that was changed meanwhile."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query, Response

from mien.domain.errors import GalleryError, UsageError
from mien.domain.people.people import PRESENT
from mien.gallery.curation.plan import Deed, Plan
from mien.service.area import Area
from mien.service.people.desk import PeopleDesk, carried_out, done_once
from mien.service.people.schemas import (
    AskedOfSeen,
    Done,
    Merge,
    PersonChange,
    PersonId,
    PicturesKept,
    PicturesMoved,
    PicturesPut,
    Split,
    Undo,
    Undone,
)
from mien.service.repeats import Repeats, Sent, digest_of_asked
from mien.service.revisions import IfMatch, bear, planned_as_seen
from mien.store.journal import Change

DryRun = Annotated[bool, Query(description="Say what would be done, and do nothing.")]


def add(router: Area, desk: PeopleDesk, repeats: Repeats) -> None:
    """Add the routes to those of people; what founds somebody is answered again as it was before."""
    _change_person(router, desk)
    _split(router, desk, repeats)
    _change_pictures(router, desk)
    _take_back(router, desk)


def _change_person(router: Area, desk: PeopleDesk) -> None:
    def done(person_id: str, plan: Callable[[], Plan], match: str | None, response: Response, dry_run: bool) -> Done:
        told = carried_out(desk.curator, planned_as_seen(_seen(person_id, match), desk.people, plan), dry_run=dry_run)
        bear(response, desk.person(person_id))
        return told

    @router.patch("/people/{person_id}")
    def change(
        person_id: PersonId, asked: PersonChange, response: Response, match: IfMatch = None, dry_run: DryRun = False
    ) -> Done:
        return done(person_id, lambda: _changed(desk, person_id, asked), match, response, dry_run)

    @router.delete("/people/{person_id}")
    def remove(person_id: PersonId, response: Response, match: IfMatch = None, dry_run: DryRun = False) -> Done:
        return done(person_id, lambda: desk.curator.remove([person_id]), match, response, dry_run)

    @router.post("/people/{person_id}/restore")
    def restore(person_id: PersonId, response: Response, match: IfMatch = None, dry_run: DryRun = False) -> Done:
        return done(person_id, lambda: desk.curator.restore(person_id), match, response, dry_run)


def _seen(person_id: str, match: str | None) -> dict[str, str]:
    return {} if match is None else {person_id: match}


def _split(router: Area, desk: PeopleDesk, repeats: Repeats) -> None:
    @router.post("/people/{person_id}/split")
    def split(
        person_id: PersonId,
        asked: Split,
        response: Response,
        sent: Sent,
        match: IfMatch = None,
        dry_run: DryRun = False,
    ) -> Done:
        if asked.consent and not asked.name:
            raise UsageError("consent is of somebody with a name: tell the name too, or no consent")

        consent = desk.consenting.terms(asked.consent).consent if asked.name else None

        def planned() -> Plan:
            return desk.curator.split(person_id, asked.picture_ids, asked.name or "", consent)

        def parted() -> Done:
            plan = planned_as_seen(_seen(person_id, match), desk.people, planned)
            return carried_out(desk.curator, plan, dry_run=dry_run)

        request = sent, digest_of_asked(f"split {person_id} {dry_run}", asked)
        told = done_once(repeats, request, desk.people, lambda done: done.people, parted)
        bear(response, desk.person(person_id))
        return told


def _changed(desk: PeopleDesk, person_id: str, asked: PersonChange) -> Plan:
    """The plan of what is to be changed about a person, who is in sight, hidden or ignored."""
    if (asked.name is None) == (asked.standing is None):
        raise UsageError("tell either another name or another standing")
    if asked.name is not None:
        return desk.curator.rename(person_id, asked.name)
    person = desk.person(person_id)
    if person.standing == asked.standing and asked.standing in PRESENT:
        raise GalleryError(f"{person.person_id} is {asked.standing} already")
    if asked.standing == "active":
        return desk.curator.show(person_id)
    return desk.curator.hide(person_id) if asked.standing == "hidden" else desk.curator.ignore([person_id])


def _change_pictures(router: Area, desk: PeopleDesk) -> None:
    def done(asked: AskedOfSeen, plan: Callable[[], Plan], dry_run: bool) -> Done:
        return carried_out(desk.curator, planned_as_seen(asked.seen, desk.people, plan), dry_run=dry_run)

    @router.post("/pictures/state")
    def put(asked: PicturesPut, dry_run: DryRun = False) -> Done:
        curator = desk.curator
        ways = {"set_aside": curator.set_aside, "binned": curator.remove_pictures, "active": curator.restore_pictures}
        return done(asked, lambda: ways[asked.state](asked.picture_ids, asked.person_id or ""), dry_run)

    @router.post("/pictures/keep")
    def keep(asked: PicturesKept, dry_run: DryRun = False) -> Done:
        return done(asked, lambda: desk.curator.vouch(asked.picture_ids, asked.person_id or ""), dry_run)

    @router.post("/pictures/move")
    def move(asked: PicturesMoved, dry_run: DryRun = False) -> Done:
        return done(asked, lambda: desk.curator.move(asked.picture_ids, asked.to, asked.person_id or ""), dry_run)

    @router.post("/people/merge")
    def merge(asked: Merge, dry_run: DryRun = False) -> Done:
        return done(asked, lambda: desk.curator.merge(asked.into, asked.others), dry_run)


def _take_back(router: Area, desk: PeopleDesk) -> None:
    def told(change: Change, taken_back: tuple[str, ...], stays: tuple[str, ...], is_dry_run: bool) -> Undone:
        what = f"{desk.telling.word(change)}: {desk.telling.who(change, with_ids=True)}"
        deed = Deed("undo", f"change {change.change_id} ({what})")
        return Undone(
            change_id=change.change_id,
            kind=change.kind,
            summary=deed.told(is_done=not is_dry_run),
            warnings=list(stays),
            people=list(change.people),
            is_dry_run=is_dry_run,
            taken_back=list(taken_back),
        )

    def undo_or_foresee(change_id: int, *, is_dry_run: bool) -> Undone:
        foreseen = desk.curator.foresee_undo(change_id)
        lines, stays = desk.telling.undoing(foreseen), desk.telling.stays(foreseen)
        answer = told(foreseen, lines, stays, is_dry_run)
        if not is_dry_run:
            desk.curator.undo(foreseen.change_id)
        return answer

    @router.post("/changes/foresee")
    def foresee(asked: Undo) -> Undone:
        return undo_or_foresee(asked.change_id or 0, is_dry_run=True)

    @router.post("/changes/undo")
    def undo(asked: Undo, dry_run: DryRun = False) -> Undone:
        return undo_or_foresee(asked.change_id or 0, is_dry_run=dry_run)
