"""Entries of the journal as rows: what takes a change back, sealed, for names stand there too."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select

from mien.store.journal import (
    Change,
    PersonFounded,
    PersonMerged,
    PersonName,
    PersonStanding,
    PictureMove,
    PictureStates,
    Step,
    TemplatesDropped,
)
from mien.store.sql import tables
from mien.store.sql.sealed import STEPS
from mien.store.vault.vault import Vault

_KINDS: dict[str, type[Step]] = {
    "picture_move": PictureMove,
    "picture_states": PictureStates,
    "person_merged": PersonMerged,
    "person_standing": PersonStanding,
    "person_name": PersonName,
    "person_founded": PersonFounded,
    "templates_dropped": TemplatesDropped,
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


def _step(told: dict[str, Any]) -> Step:
    kind: Any = _KINDS[told.pop("step")]
    step: Step = kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in told.items()})
    return step


def changes_of(connection: Connection, vault: Vault, person_ids: Collection[str]) -> list[int]:
    """The changes that touched any of some people."""
    rows = connection.execute(select(tables.changes))
    return [row.change_id for row in rows if {*change(row, vault).people} & {*person_ids}]
