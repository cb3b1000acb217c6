"""Entries of the journal as rows: what takes a change back, sealed, for names stand there too; which go together."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select

from mien.domain.errors import GalleryError
from mien.store.journal import (
    Change,
    FilesDeleted,
    PersonFounded,
    PersonMerged,
    PersonName,
    PersonStanding,
    PictureMove,
    PictureStates,
    PicturesVouched,
    Step,
    TemplatesDropped,
)
from mien.store.sql import tables
from mien.store.sql.sealed import STEPS
from mien.store.vault.vault import Vault

_KINDS: dict[str, type[Step]] = {
    "picture_move": PictureMove,
    "picture_states": PictureStates,
    "pictures_vouched": PicturesVouched,
    "person_merged": PersonMerged,
    "person_standing": PersonStanding,
    "person_name": PersonName,
    "person_founded": PersonFounded,
    "templates_dropped": TemplatesDropped,
    "files_deleted": FilesDeleted,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def seal_steps(change_id: int, undoing: Iterable[Step], people: Iterable[str], vault: Vault) -> bytes:
    """What a change holds, as it is stored: names stand there too."""
    told = {"people": list(people), "undoing": [{"step": _NAMES[type(one)], **asdict(one)} for one in undoing]}
    return STEPS.seal(vault, json.dumps(told, ensure_ascii=False).encode(), change_id)


def change(row: Row[Any], vault: Vault) -> Change:
    """A change as a row has it."""
    told = json.loads(STEPS.open(vault, row.steps, row.change_id))
    return Change(
        row.change_id,
        row.kind,
        row.at,
        tuple(told["people"]),
        tuple(map(_step, told["undoing"])),
        row.undone_at,
        is_automatic=row.is_automatic,
    )


def to_undo(connection: Connection, vault: Vault, change_id: int) -> list[Change]:
    """A change, or the newest that somebody made, with those that have to be taken back before it, the newest first.

    These put pictures that it touched into another state, and nobody asked for them. Raises GalleryError where there is
    no such change, or another one stands in the way.
    """
    later: list[Change] = []
    for row in connection.execute(select(tables.changes).order_by(tables.changes.c.change_id.desc())):
        found = change(row, vault)
        is_wanted = found.change_id == change_id if change_id else not (found.undone_at or found.is_automatic)
        if is_wanted:
            break
        if found.undone_at is None:
            later.append(found)
    else:
        raise GalleryError(f"there is no change {change_id} (any more)" if change_id else "there is nothing to undo")
    if found.undone_at is not None:
        raise GalleryError(f"change {found.change_id} is undone already")
    made = [one for one in later if not _is_sorting(one)]
    if standing := next((one for one in made if {*one.people} & {*found.people}), None):
        raise GalleryError(f"change {standing.change_id} came after it and touched the same people: undo that first")
    own = _pictures(found)
    return [*(one for one in later if _is_sorting(one) and _pictures(one) & own), found]


def _is_sorting(one: Change) -> bool:
    """Whether mien itself has put pictures into another state, and nothing else."""
    return one.is_automatic and all(isinstance(step, PictureStates) for step in one.undoing)


def _pictures(one: Change) -> set[int]:
    """The pictures that a change moved, or put into another state."""
    steps = (step for step in one.undoing if isinstance(step, PictureMove | PictureStates))
    return {picture_id for step in steps for picture_id in step.picture_ids}


def _step(told: dict[str, Any]) -> Step:
    kind: Any = _KINDS[told.pop("step")]
    step: Step = kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in told.items()})
    return step


def changes_of(connection: Connection, vault: Vault, person_ids: Collection[str]) -> list[int]:
    """The changes that touched any of some people."""
    rows = connection.execute(select(tables.changes))
    return [row.change_id for row in rows if {*change(row, vault).people} & {*person_ids}]
