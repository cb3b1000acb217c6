"""Routes that put people in order: each answers in words what it did, and takes nothing that was changed meanwhile."""

from typing import Annotated

from fastapi import Query, Response

from mien.domain.errors import GalleryError, UsageError
from mien.domain.people.people import PRESENT
from mien.gallery.curation.plan import Deed, Plan
from mien.service.area import Area
from mien.service.people.desk import PeopleDesk, carried_out
from mien.service.people.schemas import (
    Done,
    Merge,
    PersonChange,
    PersonId,
    PicturesMoved,
    PicturesPut,
    Split,
    Undo,
    Undone,
)
from mien.service.revisions import IfMatch, bear, check_unchanged
from mien.store.journal import Change

DryRun = Annotated[bool, Query(description="Say what would be done, and do nothing.")]


def add(router: Area, desk: PeopleDesk) -> None:
    """Add the routes to those of people."""
    _change_person(router, desk)
    _change_pictures(router, desk)
    _change_several(router, desk)
    _take_back(router, desk)


def _change_person(router: Area, desk: PeopleDesk) -> None:
    def done(person_id: str, plan: Plan, match: str | None, response: Response, dry_run: bool) -> Done:
        """Carry out what was planned of a person, who was looked at after that: what it is of is what was seen."""
        check_unchanged(match, desk.person(person_id))
        told = carried_out(desk.curator, plan, dry_run=dry_run)
        bear(response, desk.person(person_id))
        return told

    @router.patch("/people/{person_id}")
    def change(
        person_id: PersonId, asked: PersonChange, response: Response, match: IfMatch = None, dry_run: DryRun = False
    ) -> Done:
        return done(person_id, _changed(desk, person_id, asked), match, response, dry_run)

    @router.delete("/people/{person_id}")
    def remove(person_id: PersonId, response: Response, match: IfMatch = None, dry_run: DryRun = False) -> Done:
        return done(person_id, desk.curator.remove([person_id]), match, response, dry_run)

    @router.post("/people/{person_id}/restore")
    def restore(person_id: PersonId, response: Response, match: IfMatch = None, dry_run: DryRun = False) -> Done:
        return done(person_id, desk.curator.restore(person_id), match, response, dry_run)

    @router.post("/people/{person_id}/split")
    def split(
        person_id: PersonId, asked: Split, response: Response, match: IfMatch = None, dry_run: DryRun = False
    ) -> Done:
        if asked.consent and not asked.name:
            raise UsageError("consent is of somebody with a name: tell the name too, or no consent")
        consent = desk.consenting.terms(asked.consent).consent if asked.name else None
        plan = desk.curator.split(person_id, asked.picture_ids, asked.name or "", consent)
        return done(person_id, plan, match, response, dry_run)


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
    @router.post("/pictures/state")
    def put(asked: PicturesPut, dry_run: DryRun = False) -> Done:
        curator, ids, of = desk.curator, asked.picture_ids, asked.person_id or ""
        if asked.state == "set_aside":
            if of:
                desk.roster.owned(desk.roster.find(of), ids)
            plan = curator.set_aside(ids)
        else:
            plan = curator.remove_pictures(ids, of) if asked.state == "binned" else curator.restore_pictures(ids, of)
        return carried_out(curator, plan, dry_run=dry_run)

    @router.post("/pictures/move")
    def move(asked: PicturesMoved, dry_run: DryRun = False) -> Done:
        return carried_out(desk.curator, desk.curator.move(asked.picture_ids, asked.to), dry_run=dry_run)


def _change_several(router: Area, desk: PeopleDesk) -> None:
    @router.post("/people/merge")
    def merge(asked: Merge, dry_run: DryRun = False) -> Done:
        return carried_out(desk.curator, desk.curator.merge(asked.into, asked.others), dry_run=dry_run)


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
