"""People and their pictures in SQL."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, func, select, update

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.assurance import NOTHING_ASSURED, Assurance
from mien.domain.people.consent import NewConsent
from mien.domain.people.people import PRESENT, Person, Picture, PictureState, Template
from mien.store.departures import Marks
from mien.store.people import Added, ChangedPeople, Effaced, Forgotten, Holding, NewPicture, NewTemplate, TemplateOwners
from mien.store.sql import tables
from mien.store.sql.cameras import remove_unused
from mien.store.sql.database import Database
from mien.store.sql.outbox import post
from mien.store.sql.people import departing, erasing, templates
from mien.store.sql.people.rows import (
    Made,
    add_picture,
    by_digest,
    check_revision,
    find,
    found_person,
    give_consent,
    judge_pictures,
    name_key,
    next_id,
    order,
    person_of,
    person_of_row,
    picture_of,
    revision,
    touch,
    valid_scopes,
)
from mien.store.vault.vault import Vault

_people, _pictures = tables.people.c, tables.pictures.c


class SqlPeople:
    """The store of people over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _vault(self) -> Vault:
        return self._database.vault

    def add_person(
        self,
        name: str,
        pictures: Sequence[NewPicture],
        at: datetime,
        consent: NewConsent | None = None,
        uid: str = "",
        assured: Assurance = NOTHING_ASSURED,
    ) -> Person:
        with self._database.writing() as connection:
            made = Made(uid, consent)
            person = found_person(connection, self._vault, next_id(connection, "enrolled"), name, at, made)
            facts = {"pictures": len(pictures), **assured.facts}
            post(connection, "person.enrolled", (person.person_id,), facts)
            self._add(connection, person.person_id, pictures, at)
        return person

    def add_stranger(self, pictures: Sequence[NewPicture], at: datetime, as_of: int | None = None) -> Person:
        with self._database.writing() as connection:
            if as_of is not None:
                check_revision(connection, as_of)
            person = found_person(connection, self._vault, next_id(connection, "stranger"), "", at)
            self._add(connection, person.person_id, pictures, at)
        return person

    def _add(self, connection: Connection, person_id: str, pictures: Sequence[NewPicture], at: datetime) -> None:
        for picture in pictures:
            add_picture(connection, self._vault, person_id, picture, at)
        touch(connection, {person_id})

    def add_pictures(
        self,
        person_id: str,
        pictures: Sequence[NewPicture],
        at: datetime,
        assured: Assurance = NOTHING_ASSURED,
        consent: NewConsent | None = None,
    ) -> Added:
        with self._database.writing() as connection:
            (person_id, *_) = erasing.selves(connection, person_id)  # whoever added it may not know of a merge yet
            if consent is not None:
                give_consent(connection, self._vault, person_id, consent, at)
            person = person_of(connection, self._vault, person_id)
            if not person.may_identify:
                raise GalleryError(f"{person_id} has not consented to be identified, or not any more")
            keeps = "keep" in valid_scopes(connection, person_id, at)
            kept = [picture if keeps else replace(picture, crop="") for picture in pictures]
            stored = by_digest(connection, self._vault, person_id)
            added = sum(self._add_picture(connection, person_id, picture, stored, at) for picture in kept)
            if added or consent is not None:
                touch(connection, {person_id}, is_decided=person.kind == "enrolled" or consent is not None)
            if added and person.kind == "enrolled":
                facts = {"pictures": added, **assured.facts}
                post(connection, "picture.added", (person_id,), facts)
            given = dict.fromkeys(picture.crop for picture in pictures if picture.crop)
            needed = set(connection.scalars(select(_pictures.crop).where(_pictures.crop.in_(given))))
        return Added(added, tuple(crop for crop in given if crop not in needed))

    def _add_picture(
        self, connection: Connection, person_id: str, picture: NewPicture, stored: dict[str, int], at: datetime
    ) -> bool:
        """Add a picture, or what is new of one that is there; whether anything was."""
        known = stored.get(picture.digest) if picture.digest else None
        if known is None:
            add_picture(connection, self._vault, person_id, picture, at)
            return True
        if picture.crop:
            is_bare = (_pictures.picture_id == known, _pictures.crop == "")
            connection.execute(update(tables.pictures).where(*is_bare).values(crop=picture.crop))
        return bool(templates.add(connection, self._vault, [(known, template) for template in picture.templates]))

    def add_templates(self, new: Iterable[tuple[int, NewTemplate]]) -> int:
        with self._database.writing() as connection:
            given = list(new)
            query = (
                select(_pictures.picture_id, _pictures.person_id)
                .join(tables.people, _people.person_id == _pictures.person_id)
                .where(_pictures.picture_id.in_({one for one, _ in given}), _people.may_identify)
            )
            owners = dict(connection.execute(query).all())
            added = templates.add(connection, self._vault, [one for one in given if one[0] in owners])
            if added:
                touch(connection, {*owners.values()}, is_decided=False)
        return added

    def people(self, *, everybody: bool = False) -> tuple[Person, ...]:
        query = select(tables.people)
        if not everybody:
            query = query.where(_people.standing.in_(PRESENT))
        with self._database.reading() as connection:
            found = [person_of_row(row, self._vault) for row in connection.execute(query)]
        return tuple(sorted(found, key=order))

    def named(self, name: str) -> Person | None:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            query = select(tables.people).where(_people.name_key == name_key(name, self._vault))
            return find(connection, query, self._vault)

    def person(self, person_id: str) -> Person | None:
        with self._database.reading() as connection:
            query = select(tables.people).where(_people.person_id == person_id)
            return find(connection, query, self._vault)

    def pictures(self, person_id: str = "", state: PictureState | None = None) -> tuple[Picture, ...]:
        query = select(tables.pictures).order_by(_pictures.picture_id)
        if person_id:
            query = query.where(_pictures.person_id == person_id)
        if state:
            query = query.where(_pictures.state == state)
        with self._database.reading() as connection:
            return tuple(picture_of(row, self._vault) for row in connection.execute(query))

    def pictures_by_id(self, picture_ids: Collection[int]) -> tuple[Picture, ...]:
        asked = select(tables.pictures).where(_pictures.picture_id == bindparam("picture_id"))
        with self._database.reading() as connection:
            found = (connection.execute(asked, {"picture_id": one}).first() for one in sorted({*picture_ids}))
            return tuple(picture_of(row, self._vault) for row in found if row is not None)

    def templates(self, model: EmbeddingModel | None = None, person_id: str = "") -> tuple[Template, ...]:
        with self._database.reading() as connection:
            return tuple(templates.read(connection, self._vault, model, person_id))

    def templates_of(self, picture_ids: Collection[int]) -> tuple[Template, ...]:
        with self._database.reading() as connection:
            return tuple(templates.of_pictures(connection, self._vault, picture_ids))

    def template_owners(self, model: EmbeddingModel, after: int = -1) -> TemplateOwners:
        with self._database.reading() as connection:
            return templates.owners(connection, model, after)

    def template_vectors(self, template_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        with self._database.reading() as connection:
            return templates.vectors(connection, self._vault, template_ids)

    def changed_people(self, after: int) -> ChangedPeople:
        query = select(tables.people).where(_people.revision > after)
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(tables.people)).scalar_one()
            return ChangedPeople(
                tuple(person_of_row(row, self._vault) for row in connection.execute(query)), int(total)
            )

    def person_ids(self) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(_people.person_id)))

    def holdings(self) -> tuple[Holding, ...]:
        with self._database.reading() as connection:
            return templates.holdings(connection)

    def counts(self) -> dict[str, tuple[int, int, int]]:
        with self._database.reading() as connection:
            return templates.counts(connection)

    def digests(self, person_id: str, model: EmbeddingModel, *, is_bare: bool = False) -> frozenset[str]:
        with self._database.reading() as connection:
            stored = by_digest(connection, self._vault, person_id, is_bare=is_bare)
            embedded = templates.embedded_pictures(connection, person_id, model)
        return frozenset(digest for digest, picture_id in stored.items() if picture_id in embedded)

    def has_crop(self, crop: str) -> bool:
        query = select(_pictures.picture_id).where(_pictures.crop == crop)
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def embedded(self, model: EmbeddingModel) -> frozenset[int]:
        with self._database.reading() as connection:
            return templates.embedded(connection, model)

    def judged_by(self, judge: str) -> frozenset[int]:
        with self._database.reading() as connection:
            return frozenset(connection.scalars(select(_pictures.picture_id).where(_pictures.judge == judge)))

    def set_qualities(self, judge: str, qualities: Mapping[int, float]) -> int:
        if not qualities:
            return 0
        with self._database.writing() as connection:
            owners = judge_pictures(connection, judge, qualities)
            touch(connection, {*owners.values()}, is_decided=False)
        return len(owners)

    def drop_templates(self, model: EmbeddingModel, successor: EmbeddingModel) -> int:
        if model == successor:
            return 0
        with self._database.writing() as connection:
            gone, owners = templates.drop_superseded(connection, model, successor)
            if gone:
                touch(connection, owners, is_decided=False)
        self._database.scrub()
        return gone

    def belongings(self, person_id: str) -> Forgotten:
        with self._database.reading() as connection:
            return erasing.belongings(connection, self._vault, person_id)

    def marks(self, person_id: str) -> Marks:
        with self._database.reading() as connection:
            return departing.marks(connection, self._vault, person_id)

    def readable(self, sought: Collection[str] = ()) -> Iterator[tuple[str, bytes, bool]]:
        with self._database.reading() as connection:
            yield from departing.readable(connection, self._vault, sought)

    def forget(self, person_id: str, agreed: Collection[str] | None = None) -> Forgotten:
        with self._database.writing() as connection:
            forgotten = erasing.forget(connection, self._vault, person_id, agreed)
            touch(connection, ())
        return forgotten

    def efface(self, marks: Marks, borne: Collection[str] = ()) -> Effaced:
        with self._database.reading() as connection:  # others go on writing while everything is looked through
            mentions = departing.Others(connection, self._vault, marks, borne).found()
        with self._database.writing() as connection:
            others = departing.Others(connection, self._vault, marks, borne, mentions)
            cameras, records = others.unname()
            pictures, views = others.twins()
            owners, crops = erasing.erase_pictures(connection, pictures, views)
            records += remove_unused(connection) + len(pictures) + len(views)
            if owners:
                touch(connection, owners, is_decided=False)
        return Effaced(crops, cameras, records)

    def selves(self, person_id: str) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return erasing.selves(connection, person_id)

    def has_forgotten(self) -> bool:
        with self._database.reading() as connection:
            return connection.execute(select(tables.tombstones.c.mark)).first() is not None

    def is_forgotten(self, uid: str) -> bool:
        query = select(tables.tombstones.c.mark).where(tables.tombstones.c.mark == erasing.tombstone(uid))
        with self._database.reading() as connection:
            return connection.scalar(query) is not None

    def traces(self, person_ids: Collection[str]) -> int:
        with self._database.reading() as connection:
            return erasing.traces(connection, self._vault, person_ids)

    def revision(self) -> int:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            return revision(connection)
