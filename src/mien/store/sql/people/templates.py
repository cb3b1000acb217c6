"""Templates in SQL: sealed vectors, by the picture they are of and the model they are from."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    distinct,
    exists,
    func,
    insert,
    select,
    update,
)

from mien.domain.errors import StoreError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import PRESENT, Template, Variant
from mien.store.people import Holding, NewTemplate, TemplateOwners
from mien.store.sql import tables
from mien.store.sql.sealed import VECTOR
from mien.store.vault.vault import Vault

_templates, _pictures, _people = tables.templates.c, tables.pictures.c, tables.people.c
_models = tables.embedding_models.c
_VECTOR = np.dtype("<f4")
_PLACE = ("picture_id", "model_id", "variant")
"""What there is one template of, and what it is sealed for beside its person: the last columns of ``VECTOR.row``."""
MODEL = (_models.network, _models.alignment, _models.detector, _models.precision)
"""The columns of an EmbeddingModel."""
_WHOLE = (_templates.template_id, _templates.vector, *VECTOR.row, *MODEL)
_ASKED = 500  # ids in one question: SQLite takes a limited number of values


def add(connection: Connection, vault: Vault, new: Iterable[tuple[int, NewTemplate]]) -> int:
    """Add templates to pictures by id; those that are stored already, or whose picture is gone, are left out.

    Of two for one place it is the first that counts. Raises StoreError where a vector is of another length than those
    of its model.
    """
    rows: dict[tuple[int, int, str], dict[str, Any]] = {}
    lengths: dict[int, int] = {}
    for picture_id, template in new:
        place = (picture_id, model_id(connection, template.model), template.variant)
        owner = connection.scalar(select(_pictures.person_id).where(_pictures.picture_id == picture_id))
        if owner is not None and place not in rows and not _is_stored(connection, place):
            _check_length(connection, lengths, place[1], template)
            sealed = VECTOR.seal(vault, vector_bytes(template.vector), owner, *place)
            rows[place] = dict(zip(_PLACE, place, strict=True)) | {"vector": sealed}
    if rows:
        connection.execute(insert(tables.templates), [*rows.values()])
    return len(rows)


def dimensions(connection: Connection) -> dict[EmbeddingModel, int]:
    """How many numbers the vectors have of each model of which there are templates, of whomever."""
    query = select(*MODEL, _models.dimensions).where(_models.dimensions.is_not(None), _has_templates(_models.model_id))
    return {EmbeddingModel(*row[:4]): row.dimensions for row in connection.execute(query)}


def of_variant(connection: Connection, picture_ids: Collection[int], variant: Variant) -> frozenset[int]:
    """Those of some pictures that have a template of a variant, of whichever model."""
    where = (_templates.picture_id.in_(picture_ids), _templates.variant == variant)
    return frozenset(connection.scalars(select(_templates.picture_id).where(*where)))


def drop(connection: Connection, picture_ids: Collection[int], variant: Variant) -> None:
    """Delete the templates of a variant of some pictures."""
    where = (_templates.picture_id.in_(picture_ids), _templates.variant == variant)
    connection.execute(delete(tables.templates).where(*where))


def rebind(connection: Connection, vault: Vault, picture_id: int, former: str, owner: str) -> None:
    """Seal the templates of a picture, which was that of a person, for whom it is of now."""
    query = select(_templates.template_id, _templates.vector, *(_templates[name] for name in _PLACE))
    for row in connection.execute(query.where(_templates.picture_id == picture_id)).all():
        sealed = VECTOR.seal(vault, VECTOR.open(vault, row.vector, former, *row[2:]), owner, *row[2:])
        where = _templates.template_id == row.template_id
        connection.execute(update(tables.templates).where(where).values(vector=sealed))


def model_id(connection: Connection, model: EmbeddingModel) -> int:
    """The number of a model, which is given one where it has none."""
    found = stored_model_id(connection, model)
    if found is not None:
        return found
    key = connection.execute(insert(tables.embedding_models).values(_fields(model))).inserted_primary_key
    assert key is not None
    return int(key[0])


def read(connection: Connection, vault: Vault, model: EmbeddingModel | None, person_id: str) -> Iterator[Template]:
    """Templates that are looked at, by ascending id."""
    query = _looked_at(*_WHOLE).join(tables.embedding_models, _models.model_id == _templates.model_id)
    if model is not None:
        query = query.where(_templates.model_id == stored_model_id(connection, model))
    if person_id:
        query = query.where(_pictures.person_id == person_id)
    yield from map(_opener(vault), connection.execute(query.order_by(_templates.template_id)))


def of_pictures(connection: Connection, vault: Vault, picture_ids: Collection[int]) -> list[Template]:
    """Templates of some pictures of whatever state, of whomever, by ascending id."""
    query = select(*_WHOLE).select_from(VECTOR.source.join(tables.embedding_models))
    asked = sorted({*picture_ids})
    found: list[Template] = []
    for start in range(0, len(asked), _ASKED):
        part = query.where(_templates.picture_id.in_(asked[start : start + _ASKED]))
        found += map(_opener(vault), connection.execute(part))
    return sorted(found, key=lambda one: one.template_id)


def _opener(vault: Vault) -> Callable[[Any], Template]:
    """What makes a template of a row of ``_WHOLE``."""

    def opened(row: Any) -> Template:
        vector, model = open_vector(row[1:6], vault), EmbeddingModel(*row[6:])
        return Template(row.template_id, row.picture_id, row.person_id, vector, model, row.variant)

    return opened


def owners(connection: Connection, model: EmbeddingModel, after: int) -> TemplateOwners:
    """Whose templates of a model are that are looked at, of people whom a change after a revision touched."""
    query = _looked_at(_templates.template_id, _pictures.person_id, _pictures.quality)
    query = query.where(_templates.model_id == stored_model_id(connection, model))
    if after >= 0:
        touched = select(_people.person_id).where(_people.revision > after)
        query = query.where(_pictures.person_id.in_(touched))  # a join would go through every picture
    ids, person_ids, qualities = tuple(zip(*connection.execute(query), strict=True)) or ((), (), ())
    places: dict[str, int] = {}
    owned = np.array([places.setdefault(person_id, len(places)) for person_id in person_ids], np.int32)
    order = np.argsort(ids)  # faster than in SQL, which would go through the vectors
    weights = np.square(np.array(qualities, np.float32))
    return TemplateOwners(np.array(ids, np.int64)[order], owned[order], tuple(places), weights[order])


def vectors(
    connection: Connection, vault: Vault, template_ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The vectors of some templates that are there, by ascending id."""
    found: list[Row[Any]] = []
    query = select(_templates.template_id, _templates.vector, *VECTOR.row).select_from(VECTOR.source)
    query = query.order_by(_templates.template_id)
    asked = np.sort(template_ids).tolist()
    for start in range(0, len(asked), _ASKED):
        part = query.where(_templates.template_id.in_(asked[start : start + _ASKED]))
        found += connection.execute(part).all()
    if not found:
        return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
    opened = np.stack([open_vector(row[1:], vault) for row in found])
    return np.array([row.template_id for row in found], np.int64), opened


def holdings(connection: Connection) -> tuple[Holding, ...]:
    """Whom there are templates of, model by model."""
    of_kind = (
        func.count(distinct(case((_people.kind == kind, _people.person_id)))) for kind in ("enrolled", "stranger")
    )
    query = (
        _looked_at(*MODEL, *of_kind, func.count())
        .join(tables.embedding_models, _models.model_id == _templates.model_id)
        .group_by(*MODEL)
        .order_by(*MODEL)
    )
    return tuple(Holding(EmbeddingModel(*row[:4]), *row[4:]) for row in connection.execute(query))


def embedded_pictures(connection: Connection, person_id: str, model: EmbeddingModel) -> frozenset[int]:
    """The pictures of a person, of whatever state, that have a template of a model."""
    query = (
        select(_templates.picture_id)
        .join(tables.pictures, _pictures.picture_id == _templates.picture_id)
        .where(_pictures.person_id == person_id, _templates.model_id == stored_model_id(connection, model))
    )
    return frozenset(connection.scalars(query))


def embedded(connection: Connection, model: EmbeddingModel) -> frozenset[int]:
    """The pictures of anybody, of whatever state, that have a plain template of a model."""
    where = (_templates.model_id == stored_model_id(connection, model), _templates.variant == "plain")
    return frozenset(connection.scalars(select(_templates.picture_id).where(*where)))


def counts(connection: Connection) -> dict[str, tuple[int, int, int]]:
    """Numbers of active pictures, of their templates and of those with a stored picture, of everybody who has any."""
    of = tables.pictures.c
    stored = distinct(case((of.crop != "", of.picture_id)))
    numbers = (distinct(of.picture_id), _templates.template_id, stored)
    query = (
        select(of.person_id, *map(func.count, numbers))
        .outerjoin(tables.templates, _templates.picture_id == of.picture_id)
        .where(of.state == "active")
        .group_by(of.person_id)
    )
    return {person_id: (*found,) for person_id, *found in connection.execute(query)}


def drop_superseded(connection: Connection, model: EmbeddingModel, successor: EmbeddingModel) -> tuple[int, set[str]]:
    """Delete templates of a model of pictures that have a plain one of its successor; how many, and of whom."""
    by_successor = select(_templates.picture_id).where(
        _templates.model_id == stored_model_id(connection, successor), _templates.variant == "plain"
    )
    superseded = and_(
        _templates.model_id == stored_model_id(connection, model), _templates.picture_id.in_(by_successor)
    )
    of = tables.pictures.c
    pictures = select(_templates.picture_id).where(superseded)
    owners = set(connection.scalars(select(of.person_id).where(of.picture_id.in_(pictures))))
    return connection.execute(delete(tables.templates).where(superseded)).rowcount, owners


def vector_bytes(vector: NDArray[np.float32]) -> bytes:
    """A vector (d,) as it is stored, before it is sealed."""
    return np.asarray(vector, _VECTOR).tobytes()


def vector_of(data: bytes) -> NDArray[np.float32]:
    """A vector (d,) float32 as it was stored, once it is opened."""
    return np.frombuffer(data, _VECTOR).astype(np.float32)


def open_vector(row: Sequence[Any], vault: Vault) -> NDArray[np.float32]:
    """The vector (d,) float32 of a template, from its sealed bytes and the values of the row they are bound to."""
    return vector_of(VECTOR.open(vault, *row))


def _looked_at(*columns: Any) -> Select[Any]:
    """Columns of templates whose picture is active and whose person is looked for."""
    return (
        select(*columns)
        .select_from(tables.templates)
        .join(tables.pictures, _pictures.picture_id == _templates.picture_id)
        .join(tables.people, _people.person_id == _pictures.person_id)
        .where(_pictures.state == "active", _people.standing.in_(PRESENT), _people.may_identify)
    )


def _fields(model: EmbeddingModel) -> dict[str, str]:
    return {
        "network": model.network,
        "alignment": model.alignment,
        "detector": model.detector,
        "precision": model.precision,
    }


def stored_model_id(connection: Connection, model: EmbeddingModel) -> int | None:
    """The number of a model that has one."""
    query = select(_models.model_id).where(*(_models[name] == value for name, value in _fields(model).items()))
    found = connection.scalar(query)
    return None if found is None else int(found)


def _is_stored(connection: Connection, place: tuple[Any, ...]) -> bool:
    """Whether a template is there."""
    where = [_templates[name] == value for name, value in zip(_PLACE, place, strict=True)]
    return connection.execute(select(_templates.template_id).where(*where)).first() is not None


def _check_length(connection: Connection, lengths: dict[int, int], number: int, template: NewTemplate) -> None:
    """Hold a model to one length of vectors, from its first template on until the last of them is gone.

    ``lengths`` are those of models that were looked at already. Raises StoreError.
    """
    given = len(template.vector)
    if number not in lengths:
        of_model = _models.model_id == number
        held = connection.scalar(select(_models.dimensions).where(of_model))
        if held != given and (held is None or not connection.scalar(select(_has_templates(number)))):
            connection.execute(update(tables.embedding_models).where(of_model).values(dimensions=given))
            held = given
        lengths[number] = held
    if lengths[number] != given:
        told = f"the vectors of {template.model} that are stored have {lengths[number]} numbers, and this one {given}"
        raise StoreError(
            f"{told}: one of both is not of it; mien people forget removes whoever came with the wrong one"
        )


def _has_templates(number: Any) -> ColumnElement[bool]:
    """The condition that there are templates of a model, by its number or by a column that has it."""
    return exists().where(_templates.model_id == number)
