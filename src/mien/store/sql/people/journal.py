"""Changes to people in SQL: steps taken in one transaction, with what takes them back kept beside them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mien.domain.errors import GalleryError
from mien.domain.people.people import PRESENT, Person
from mien.store.consents import LetGo
from mien.store.journal import (
    NEW,
    AsPlanned,
    Change,
    Fact,
    FilesDeleted,
    PersonConsented,
    PersonFounded,
    PersonMerged,
    PersonName,
    PersonStanding,
    PictureMove,
    PictureStates,
    PicturesVouched,
    Step,
    TemplatesAdded,
    TemplatesDropped,
)
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.outbox import post
from mien.store.sql.people import templates
from mien.store.sql.people.changes import change, seal_steps, to_undo
from mien.store.sql.people.consents import heed, refuse_alike
from mien.store.sql.people.parting import part
from mien.store.sql.people.planned import check_as_planned, check_bare, check_own
from mien.store.sql.people.rows import (
    Made,
    check_free,
    found_person,
    give_consent,
    name_key,
    next_id,
    person_of,
    picture_rows,
    rebind_picture,
    touch,
    weigh,
)
from mien.store.sql.sealed import NAME
from mien.store.vault.vault import Vault

_people, _pictures, _changes = tables.people.c, tables.pictures.c, tables.changes.c


class SqlJournal:
    """The journal over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(
        self,
        kind: str,
        steps: Sequence[Step],
        at: datetime,
        about: tuple[str, ...] = (),
        facts: Mapping[str, Fact] = MappingProxyType({}),
        is_automatic: bool = False,
    ) -> Change:
        with self._database.writing() as connection:
            taken = _Taken(connection, self._database.vault, at)
            for step in steps:
                taken.take(step)
            taken.heed_consent()
            touch(connection, taken.people, is_decided=not is_automatic)
            undoing, people = tuple(reversed(taken.undoing)), tuple(sorted(taken.people))
            row = {"kind": kind, "at": at, "steps": b"", "is_automatic": is_automatic}
            key = connection.execute(insert(tables.changes).values(row)).inserted_primary_key
            assert key is not None
            sealed = seal_steps(int(key[0]), undoing, people, self._database.vault)
            connection.execute(update(tables.changes).where(_changes.change_id == key[0]).values(steps=sealed))
            post(connection, kind, tuple(dict.fromkeys((*about, *people))), facts)
        self._scrub(taken)
        return Change(int(key[0]), kind, at, people, undoing, None, taken.crops, is_automatic)

    def changes(self, limit: int = 0, person_id: str = "", before: int = 0) -> tuple[Change, ...]:
        query = select(tables.changes).order_by(_changes.change_id.desc())
        if before:
            query = query.where(_changes.change_id < before)
        if limit and not person_id:
            query = query.limit(limit)
        with self._database.reading() as connection:
            found = (change(row, self._database.vault) for row in connection.execute(query))
            chosen = [one for one in found if not person_id or person_id in one.people]
        return tuple(chosen[:limit] if limit else chosen)

    def undo(self, at: datetime, change_id: int = 0) -> Change:
        with self._database.writing() as connection:
            found, taken = self._undo(connection, at, change_id)
        self._scrub(taken)
        return replace(found, crops=taken.crops)

    def foresee_undo(self, at: datetime, change_id: int = 0) -> Change:
        with self._database.writing() as connection, connection.begin_nested() as tried:
            found, _ = self._undo(connection, at, change_id)
            tried.rollback()
        return found

    def _scrub(self, taken: "_Taken") -> None:
        if any(gone.templates or gone.readings or gone.rollups for gone in taken.gone):
            self._database.scrub()

    def _undo(self, connection: Connection, at: datetime, change_id: int) -> "tuple[Change, _Taken]":
        undone = to_undo(connection, self._database.vault, change_id)
        found = replace(undone[-1], undoing=tuple(step for one in undone for step in one.undoing))
        taken = _Taken(connection, self._database.vault, at, is_undoing=True)
        for step in found.undoing:
            taken.take(step)
        taken.heed_consent()
        touch(connection, {*taken.people, *found.people})
        where = _changes.change_id.in_([one.change_id for one in undone])
        connection.execute(update(tables.changes).where(where).values(undone_at=at))
        post(connection, "change.undone", found.people, {"undone": found.kind})
        return found, taken


class _Taken:
    """Steps as they are taken, what takes them back, whom they touched, and what was let go of for want of consent."""

    def __init__(self, connection: Connection, vault: Vault, at: datetime, *, is_undoing: bool = False) -> None:
        self._connection = connection
        self._vault = vault
        self._at = at
        self._is_undoing = is_undoing
        self._new = NEW
        self.undoing: list[Step] = []
        self.people: set[str] = set()
        self.gone: list[LetGo] = []
        self._richer: set[str] = set()

    @property
    def crops(self) -> tuple[str, ...]:
        """Stored pictures that no row names any more."""
        return tuple(crop for gone in self.gone for crop in gone.crops)

    def heed_consent(self) -> None:
        """Once all steps are taken: keep nothing that its new owner does not consent to."""
        stored = self._stored(sorted(self._richer))
        self.gone += [heed(self._connection, one, self._at) for one in sorted(self._richer)]
        gone = {*self.crops}
        if deleted := tuple(picture_id for picture_id, crop in stored.items() if crop in gone):
            self.undoing.append(FilesDeleted(deleted))

    def _stored(self, person_ids: Sequence[str]) -> dict[int, str]:
        """The files of pictures of some people."""
        is_stored = (_pictures.person_id.in_(person_ids), _pictures.crop != "")
        query = select(_pictures.picture_id, _pictures.crop).where(*is_stored).order_by(_pictures.picture_id)
        return dict(self._connection.execute(query).all())

    def take(self, step: Step) -> None:
        match step:
            case PictureMove():
                self._move(step)
            case PictureStates():
                self._put(step)
            case PicturesVouched():
                self._vouch(step)
            case PersonMerged():
                self._merge(step)
            case PersonStanding():
                self._stand(step)
            case PersonName():
                self._name(step)
            case PersonFounded():
                self._found(step)
            case PersonConsented():
                give_consent(self._connection, self._vault, step.person_id, step.consent, self._at)
                self.people.add(step.person_id)
            case TemplatesAdded():
                self._embed(step)
            case TemplatesDropped():
                templates.drop(self._connection, step.picture_ids, step.variant)
            case FilesDeleted():
                pass
            case AsPlanned():
                check_as_planned(self._connection, self._vault, step)

    def _found(self, step: PersonFounded) -> None:
        self._new = next_id(self._connection, "enrolled" if step.name else "stranger")
        found_person(self._connection, self._vault, self._new, step.name, self._at, Made(consent=step.consent))
        if step.parted_from:
            refuse_alike(self._connection, self._vault, self._new, step.parted_from, self._at)
        self.undoing.append(PersonStanding(self._new, "binned", is_unfounded=True))
        self.people.add(self._new)

    def _merge(self, step: PersonMerged) -> None:
        for one in (step.person_id, self._id(step.into)):
            if person_of(self._connection, self._vault, one).standing not in PRESENT:
                raise GalleryError(f"{one} is not in the gallery (any more)")
        owned = select(_pictures.picture_id).where(_pictures.person_id == step.person_id)
        if pictures := tuple(self._connection.scalars(owned)):
            self._move(PictureMove(pictures, step.into))
        self._stand(PersonStanding(step.person_id, "merged", self._id(step.into)))

    def _id(self, person_id: str) -> str:
        return self._new if person_id == NEW else person_id

    def _move(self, step: PictureMove) -> None:
        owner = person_of(self._connection, self._vault, self._id(step.person_id))
        if not self._is_undoing:  # what was theirs goes back; its templates went with consent
            self._check_consent(owner)
        before: dict[str, list[int]] = defaultdict(list)
        found = picture_rows(self._connection, step.picture_ids)
        rows = [row for row in found if row.person_id != owner.person_id]
        if vouched := tuple(row.picture_id for row in rows if row.is_vouched):
            self.undoing.append(PicturesVouched(vouched, is_vouched=True))  # once they have gone back
        for row in rows:
            before[row.person_id].append(row.picture_id)
            rebind_picture(self._connection, self._vault, row, owner.person_id, is_vouched=step.is_vouched)
        self._richer.add(owner.person_id)
        self.undoing += [PictureMove(tuple(ids), before_id) for before_id, ids in before.items()]
        self.people |= {owner.person_id, *before}

    def _put(self, step: PictureStates) -> None:
        before: dict[Any, list[int]] = defaultdict(list)
        for row in picture_rows(self._connection, step.picture_ids):
            before[row.state].append(row.picture_id)
            self.people.add(row.person_id)
        self._update_pictures(step.picture_ids, {"state": step.state, "state_at": self._at})
        self.undoing += [PictureStates(tuple(ids), state) for state, ids in before.items()]

    def _vouch(self, step: PicturesVouched) -> None:
        rows = picture_rows(self._connection, step.picture_ids)
        changed = tuple(row.picture_id for row in rows if row.is_vouched != step.is_vouched)
        self.people |= {row.person_id for row in rows}
        self._update_pictures(changed, {"is_vouched": step.is_vouched})
        self.undoing.append(PicturesVouched(changed, not step.is_vouched))

    def _embed(self, step: TemplatesAdded) -> None:
        rows = picture_rows(self._connection, [picture_id for picture_id, _ in step.templates])
        owners = {row.person_id for row in rows}
        for owner in owners:
            self._check_consent(person_of(self._connection, self._vault, owner))
        for variant in dict.fromkeys(template.variant for _, template in step.templates):
            ids = {picture_id for picture_id, template in step.templates if template.variant == variant}
            bare = ids - templates.of_variant(self._connection, ids, variant)
            self.undoing.append(TemplatesDropped(tuple(sorted(bare)), variant))
        templates.add(self._connection, self._vault, step.templates)
        self.people |= owners

    def _update_pictures(self, picture_ids: Sequence[int], values: dict[str, Any]) -> None:
        self._connection.execute(update(tables.pictures).where(_pictures.picture_id.in_(picture_ids)).values(values))

    def _stand(self, step: PersonStanding) -> None:
        before = person_of(self._connection, self._vault, step.person_id)
        if before.standing == "faded":
            raise GalleryError(f"nothing is kept of {step.person_id} any more")
        if not self._is_undoing:
            check_own(self._connection, self._vault, before)
        if step.is_unfounded:
            check_bare(self._connection, step.person_id)
        into = self._id(step.merged_into) or None
        values: dict[str, Any] = {"standing": step.standing, "standing_at": self._at, "merged_into": into}
        if step.standing not in PRESENT:
            values["name_key"] = None  # the name is free for somebody else
        elif before.name:
            check_free(self._connection, self._vault, before.name, before.person_id)
            values["name_key"] = name_key(before.name, self._vault)
        self._update_person(step.person_id, values)
        if before.standing == "merged":  # somebody has looked, and says that they are two
            part(self._connection, [(before.person_id, before.merged_into)])
        self.undoing.append(PersonStanding(step.person_id, before.standing, before.merged_into))
        for one in {step.person_id, before.merged_into} - {""}:
            weigh(self._connection, one, self._at)  # with whom else they are, what they consent to may change
            self._richer.add(one)
        self.people |= {step.person_id, *({self._id(step.merged_into)} - {""})}

    def _check_consent(self, owner: Person) -> None:
        check_own(self._connection, self._vault, owner)
        if not owner.may_identify:
            raise GalleryError(f"{owner.person_id} has not consented to be identified, or not any more")

    def _name(self, step: PersonName) -> None:
        before = person_of(self._connection, self._vault, step.person_id)
        key = name_key(step.name, self._vault) if step.name and before.standing in PRESENT else None
        if key:
            check_free(self._connection, self._vault, step.name, before.person_id)
        sealed = NAME.seal(self._vault, step.name.encode(), before.person_id) if step.name else None
        kind = "enrolled" if step.name else "stranger"
        self._update_person(step.person_id, {"name": sealed, "name_key": key, "kind": kind})
        self.undoing.append(PersonName(step.person_id, before.name))
        self.people.add(step.person_id)

    def _update_person(self, person_id: str, values: dict[str, Any]) -> None:
        self._connection.execute(update(tables.people).where(_people.person_id == person_id).values(values))
