"""People and templates in SQL."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, case, delete, distinct, func, insert, select, update

from mien.domain.errors import GalleryError, PersonUnknown
from mien.domain.faces import EmbeddingModel
from mien.domain.people import Person, PersonKind, Template
from mien.store.people import Forgotten, Holding, NewTemplate
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.tables import counters

_ID_FORMS: dict[PersonKind, str] = {"enrolled": "person-{:04d}", "stranger": "unknown-{:04d}"}
_people, _templates = tables.people.c, tables.templates.c
_VECTOR = np.dtype("<f4")
_NAMING = (tables.templates, tables.readings, tables.events, tables.people)
"""The tables in which a person's id occurs, in an order in which they can be emptied."""


class SqlPeople:
    """The store of people over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_person(self, name: str, templates: Sequence[NewTemplate], at: datetime) -> Person:
        with self._database.writing() as connection:
            return _add(connection, "enrolled", name, templates, at)

    def add_stranger(self, templates: Sequence[NewTemplate], at: datetime) -> Person:
        with self._database.writing() as connection:
            return _add(connection, "stranger", "", templates, at)

    def add_templates(self, person_id: str, templates: Sequence[NewTemplate], at: datetime) -> int:
        with self._database.writing() as connection:
            if _find(connection, select(tables.people).where(_people.person_id == person_id)) is None:
                raise PersonUnknown(f"there is no person {person_id}")
            new = [new for new in templates if not _is_stored(connection, person_id, new)]
            _insert_templates(connection, person_id, new, at)
            if new:
                _count(connection, "revision")
        return len(new)

    def people(self) -> tuple[Person, ...]:
        order = (_people.kind, _people.name_key, _people.created_at, _people.person_id)
        with self._database.reading() as connection:
            return tuple(_person(row) for row in connection.execute(select(tables.people).order_by(*order)))

    def named(self, name: str) -> Person | None:
        with self._database.reading() as connection:
            return _find(connection, select(tables.people).where(_people.name_key == _name_key(name)))

    def person(self, person_id: str) -> Person | None:
        with self._database.reading() as connection:
            return _find(connection, select(tables.people).where(_people.person_id == person_id))

    def templates(self, model: EmbeddingModel | None = None, after: int = 0) -> tuple[Template, ...]:
        query = select(tables.templates).where(_templates.template_id > after).order_by(_templates.template_id)
        if model is not None:
            query = query.where(*_of_model(model))
        with self._database.reading() as connection:
            return tuple(_template(row) for row in connection.execute(query))

    def template_ids(self, model: EmbeddingModel) -> tuple[int, ...]:
        query = select(_templates.template_id).where(*_of_model(model)).order_by(_templates.template_id)
        with self._database.reading() as connection:
            return tuple(connection.scalars(query))

    def holdings(self) -> tuple[Holding, ...]:
        columns = (_templates.network, _templates.alignment, _templates.detector, _templates.precision)
        of_kind = (
            func.count(distinct(case((_people.kind == kind, _people.person_id)))) for kind in ("enrolled", "stranger")
        )
        query = (
            select(*columns, *of_kind)
            .join(tables.people, _people.person_id == _templates.person_id)
            .group_by(*columns)
            .order_by(*columns)
        )
        with self._database.reading() as connection:
            return tuple(Holding(EmbeddingModel(*row[:4]), *row[4:]) for row in connection.execute(query))

    def counts(self) -> dict[str, int]:
        query = select(_templates.person_id, func.count().label("held")).group_by(_templates.person_id)
        with self._database.reading() as connection:
            return {row.person_id: row.held for row in connection.execute(query)}

    def crops(self, person_id: str) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return _crops(connection, person_id)

    def digests(self, person_id: str, model: EmbeddingModel) -> frozenset[str]:
        query = select(_templates.digest).where(
            _templates.person_id == person_id, _templates.digest.is_not(None), *_of_model(model)
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(query))

    def forget(self, person_id: str) -> Forgotten:
        with self._database.writing() as connection:
            if _find(connection, select(tables.people).where(_people.person_id == person_id)) is None:
                raise PersonUnknown(f"there is no person {person_id}")
            crops = _crops(connection, person_id)
            gone = {
                table.name: connection.execute(delete(table).where(table.c.person_id == person_id)).rowcount
                for table in _NAMING
            }
            _count(connection, "revision")
        self._database.scrub()
        return Forgotten(person_id, gone["templates"], gone["readings"], gone["events"], crops)

    def traces(self, person_id: str) -> int:
        with self._database.reading() as connection:
            return sum(
                connection.execute(
                    select(func.count()).select_from(table).where(table.c.person_id == person_id)
                ).scalar_one()
                for table in _NAMING
            )

    def revision(self) -> int:
        with self._database.reading() as connection:
            value = connection.scalars(select(counters.c.value).where(counters.c.name == "revision")).one()
        return int(value)


def _name_key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _count(connection: Connection, counter: str) -> int:
    """Raise a counter and return its new value; the row stays locked until the transaction ends."""
    connection.execute(update(counters).where(counters.c.name == counter).values(value=counters.c.value + 1))
    return int(connection.scalars(select(counters.c.value).where(counters.c.name == counter)).one())


def _add(connection: Connection, kind: PersonKind, name: str, templates: Sequence[NewTemplate], at: datetime) -> Person:
    person = Person(_ID_FORMS[kind].format(_count(connection, kind)), name, kind, at)
    name_key = _name_key(name) if kind == "enrolled" else None
    if name_key and _find(connection, select(tables.people).where(_people.name_key == name_key)) is not None:
        raise GalleryError(f"a person named {name!r} is enrolled already")
    connection.execute(
        insert(tables.people).values(
            person_id=person.person_id,
            kind=kind,
            name=name,
            name_key=name_key,
            created_at=at,
        )
    )
    _insert_templates(connection, person.person_id, templates, at)
    _count(connection, "revision")
    return person


def _insert_templates(connection: Connection, person_id: str, new: Sequence[NewTemplate], at: datetime) -> None:
    rows = [
        {
            "person_id": person_id,
            "network": template.model.network,
            "alignment": template.model.alignment,
            "detector": template.model.detector,
            "precision": template.model.precision,
            "vector": np.asarray(template.vector, _VECTOR).tobytes(),
            "quality": float(template.quality),
            "origin": template.origin,
            "digest": template.digest or None,
            "crop": template.crop,
            "created_at": at,
        }
        for template in new
    ]
    if rows:
        connection.execute(insert(tables.templates), rows)


def _crops(connection: Connection, person_id: str) -> tuple[str, ...]:
    query = select(_templates.crop).where(_templates.person_id == person_id, _templates.crop != "")
    return tuple(connection.scalars(query))


def _is_stored(connection: Connection, person_id: str, new: NewTemplate) -> bool:
    if not new.digest:
        return False
    query = select(_templates.template_id).where(
        _templates.person_id == person_id, _templates.digest == new.digest, *_of_model(new.model)
    )
    return connection.execute(query).first() is not None


def _of_model(model: EmbeddingModel) -> tuple[Any, ...]:
    return (
        _templates.network == model.network,
        _templates.alignment == model.alignment,
        _templates.detector == model.detector,
        _templates.precision == model.precision,
    )


def _find(connection: Connection, query: Select[Any]) -> Person | None:
    row = connection.execute(query).first()
    return None if row is None else _person(row)


def _person(row: Row[Any]) -> Person:
    return Person(row.person_id, row.name, row.kind, row.created_at)


def _template(row: Row[Any]) -> Template:
    return Template(
        row.template_id,
        row.person_id,
        np.frombuffer(row.vector, _VECTOR).astype(np.float32),
        EmbeddingModel(row.network, row.alignment, row.detector, row.precision),
        row.quality,
        row.origin,
        row.crop,
        row.created_at,
    )
