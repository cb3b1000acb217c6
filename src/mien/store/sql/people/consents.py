"""Consent in SQL, and what is let go of without it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, delete, func, or_, select, update

from mien.domain.people.consent import (
    SCOPES,
    Consent,
    NewConsent,
    Scope,
    allowed_at,
    put_down_at,
    refused_at,
    scopes_at,
)
from mien.store.consents import LetGo
from mien.store.journal import Fact
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.outbox import post
from mien.store.sql.people import erasing
from mien.store.sql.people.rows import consent_records, give_consent, refuse, touch, valid_scopes, weigh
from mien.store.sql.sealed import CONSENT_TEXT, EVIDENCE
from mien.store.vault.vault import Vault

_consents, _people, _pictures = tables.consents.c, tables.people.c, tables.pictures.c
_views = tables.sighting_views.c
NO_EXPRESSION = {
    "emotion": "",
    "confidence": 0.0,
    "label_set_id": None,
    "probabilities": b"",
    "emotion_smoothed": "",
    "valence": 0.0,
    "arousal": 0.0,
    "valence_arousal_source": "",
}
"""The columns of a reading in which an expression stands, without one."""


class SqlConsents:
    """The store of consents over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, person_id: str, consent: NewConsent, at: datetime) -> None:
        with self._database.writing() as connection:
            (person_id, *_) = erasing.selves(connection, person_id)
            give_consent(connection, self._database.vault, person_id, consent, at)
            touch(connection, {person_id})

    def withdraw(self, person_id: str, scopes: Collection[Scope], at: datetime) -> LetGo:
        with self._database.writing() as connection:
            ids = erasing.selves(connection, person_id)
            moment = put_down_at(consent_records(connection, ids), at)
            gone = take_back(connection, self._database.vault, person_id, dict.fromkeys(sorted(scopes), moment), at)
        self._database.scrub()
        return gone

    def at_stake(self, person_id: str, scopes: Collection[Scope]) -> LetGo:
        with self._database.reading() as connection:
            return at_stake(connection, person_id, scopes)

    def lapse(self, at: datetime) -> tuple[LetGo, ...]:
        is_over = (_consents.withdrawn_at.is_(None), _consents.expires_at <= at)
        with self._database.reading() as connection:
            if connection.execute(select(_consents.consent_id).where(*is_over)).first() is None:
                return ()
        with self._database.writing() as connection:
            ended: dict[str, set[Scope]] = defaultdict(set)
            for row in connection.execute(select(tables.consents).where(*is_over)):
                ended[erasing.selves(connection, row.person_id)[0]].add(row.scope)
            connection.execute(update(tables.consents).where(*is_over).values(withdrawn_at=_consents.expires_at))
            gone = [self._lapsed(connection, person_id, frozenset(scopes), at) for person_id, scopes in ended.items()]
            touch(connection, ended.keys(), is_decided=False)
        self._database.scrub()
        return tuple(gone)

    def _lapsed(self, connection: Connection, person_id: str, ended: frozenset[Scope], at: datetime) -> LetGo:
        gone = _let_go(
            connection, erasing.selves(connection, person_id), ended - valid_scopes(connection, person_id, at)
        )
        weigh(connection, person_id, at)
        post(connection, "consent.withdrawn", (person_id,), {**_facts(gone), "kind": "consent"})
        return gone

    def lapsing(self, at: datetime) -> frozenset[str]:
        query = select(_consents.person_id).where(_consents.withdrawn_at.is_(None), _consents.expires_at <= at)
        with self._database.reading() as connection:
            return frozenset(erasing.selves(connection, one)[0] for one in connection.scalars(query).all())

    def of(self, person_id: str) -> tuple[Consent, ...]:
        with self._database.reading() as connection:
            theirs = _consents.person_id.in_(erasing.selves(connection, person_id))
            rows = connection.execute(select(tables.consents).where(theirs).order_by(_consents.consent_id)).all()
            some = CONSENT_TEXT.row[0].in_({row.text_id for row in rows} - {None})
            texts = CONSENT_TEXT.opened(connection, self._database.vault, some)
            by_id = {row.text_id: text.decode() for row, text in texts}
            return tuple(_consent(row, self._database.vault, by_id.get(row.text_id, "")) for row in rows)

    def texts(self) -> tuple[str, ...]:
        with self._database.reading() as connection:
            is_on_record = CONSENT_TEXT.row[0].in_(select(_consents.text_id))
            texts = CONSENT_TEXT.opened(connection, self._database.vault, is_on_record)
            return tuple(text.decode() for _, text in texts)

    def scopes_of(self, person_id: str, at: datetime) -> frozenset[Scope]:
        with self._database.reading() as connection:
            return scopes_at(consent_records(connection, erasing.selves(connection, person_id)), at)

    def valid(self, at: datetime) -> dict[str, frozenset[Scope]]:
        found: dict[str, list[Any]] = defaultdict(list)
        with self._database.reading() as connection:
            merged = select(_people.person_id).where(_people.merged_into.is_not(None))
            roots = {one: erasing.selves(connection, one)[0] for one in connection.scalars(merged).all()}
            for row in connection.execute(select(tables.consents).order_by(_consents.consent_id)):
                found[roots.get(row.person_id, row.person_id)].append(row)
            strangers = frozenset(connection.scalars(select(_people.person_id).where(_people.kind == "stranger")))
        return {one: allowed_at(rows, at, is_stranger=one in strangers) for one, rows in found.items()}


def take_back(
    connection: Connection, vault: Vault, person_id: str, moments: Mapping[Scope, datetime], at: datetime
) -> LetGo:
    """End consent of a person, under all their ids, to each of some uses as of a moment, with all that rests on it.

    Of that, what is not consented to is put on record as refused. Raises PersonUnknown.
    """
    ids = erasing.selves(connection, person_id)
    for scope, moment in moments.items():
        theirs = (_consents.person_id.in_(ids), _consents.scope == scope, _consents.withdrawn_at.is_(None))
        ended = connection.execute(update(tables.consents).where(*theirs).values(withdrawn_at=moment))
        if not ended.rowcount:
            refuse(connection, vault, ids[0], [scope], moment)
    gone = _let_go(connection, ids, frozenset(moments))
    weigh(connection, ids[0], at)
    post(connection, "consent.withdrawn", (ids[0],), _facts(gone))
    touch(connection, ids)
    return gone


def at_stake(connection: Connection, person_id: str, scopes: Collection[Scope]) -> LetGo:
    """What would go if a person took back consent to some uses; raises PersonUnknown."""
    return _at_stake(connection, erasing.selves(connection, person_id), frozenset(scopes))


def heed(connection: Connection, person_id: str, at: datetime) -> LetGo:
    """Let go of what a person, under all their ids, does not consent to at a moment; raises PersonUnknown.

    Whoever gets what was somebody else's may have agreed to less than that one.
    """
    missing = frozenset(SCOPES) - valid_scopes(connection, person_id, at)
    return _let_go(connection, erasing.selves(connection, person_id), missing)


def refuse_alike(connection: Connection, vault: Vault, person_id: str, other_id: str, at: datetime) -> None:
    """Record that a person does not consent to what somebody else refused, took back, or let run out."""
    records = consent_records(connection, erasing.selves(connection, other_id))
    refuse(connection, vault, person_id, refused_at(records, at), at)
    weigh(connection, person_id, at)


def _facts(gone: LetGo) -> dict[str, Fact]:
    """What the audit log is told of what went with consent."""
    scopes = tuple(sorted(gone.scopes))
    counts = {"templates": gone.templates, "readings": gone.readings, "pictures": len(gone.crops)}
    of_expressions = {"rollups": gone.rollups, "events": gone.shifts}
    return {"scopes": scopes, **counts, **{name: count for name, count in of_expressions.items() if count}}


def _let_go(connection: Connection, ids: tuple[str, ...], scopes: frozenset[Scope]) -> LetGo:
    gone = _at_stake(connection, ids, scopes)
    if "identify" in scopes:
        connection.execute(delete(tables.templates).where(_of_pictures(ids)))
        connection.execute(delete(tables.sighting_views).where(_of_sightings(ids)))
    if "keep" in scopes:
        connection.execute(update(tables.pictures).where(_pictures.person_id.in_(ids)).values(crop=""))
        connection.execute(update(tables.sighting_views).where(_of_sightings(ids)).values(crop=""))
    if "expression" in scopes:
        connection.execute(update(tables.readings).where(_expressions_of(ids)).values(NO_EXPRESSION))
        connection.execute(delete(tables.expression_rollups).where(_rolled_up(ids)))
        connection.execute(delete(tables.events).where(_shifts_of(ids)))
    return gone


def _at_stake(connection: Connection, ids: tuple[str, ...], scopes: frozenset[Scope]) -> LetGo:
    """What rests on consent of a person, the first of whose ids is that of today."""
    templates = views = readings = rollups = shifts = 0
    crops: set[str] = set()
    seen: set[str] = set()
    if "identify" in scopes:
        templates = _count(connection, tables.templates, _of_pictures(ids))
        views = _count(connection, tables.sighting_views, _of_sightings(ids))
    if "keep" in scopes:
        crops = {*filter(None, connection.scalars(select(_pictures.crop).where(_pictures.person_id.in_(ids))))}
    if scopes & {"identify", "keep"}:
        seen = {*filter(None, connection.scalars(select(_views.crop).where(_of_sightings(ids))))} - crops
    if "expression" in scopes:
        readings = _count(connection, tables.readings, _expressions_of(ids))
        rollups = _count(connection, tables.expression_rollups, _rolled_up(ids))
        shifts = _count(connection, tables.events, _shifts_of(ids))
    stored = (*sorted(crops), *sorted(seen))
    return LetGo(ids[0], scopes, templates + views, readings, stored, views, len(seen), rollups, shifts)


def _count(connection: Connection, table: Table, where: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(where)) or 0


def _of_pictures(ids: tuple[str, ...]) -> Any:
    return tables.templates.c.picture_id.in_(select(_pictures.picture_id).where(_pictures.person_id.in_(ids)))


def _of_sightings(ids: tuple[str, ...]) -> Any:
    seen = select(tables.sightings.c.sighting_id).where(tables.sightings.c.person_id.in_(ids))
    return _views.sighting_id.in_(seen)


def _rolled_up(ids: tuple[str, ...]) -> Any:
    return tables.expression_rollups.c.person_id.in_(ids)


def _shifts_of(ids: tuple[str, ...]) -> Any:
    return and_(tables.events.c.person_id.in_(ids), tables.events.c.to_expression.is_not(None))


def _expressions_of(ids: tuple[str, ...]) -> Any:
    of = tables.readings.c
    return and_(
        of.person_id.in_(ids), or_(of.emotion != "", of.label_set_id.is_not(None), of.valence_arousal_source != "")
    )


def _consent(row: Row[Any], vault: Vault, text: str) -> Consent:
    evidence = EVIDENCE.open(vault, row.evidence, row.person_id, row.scope).decode()
    moments = (row.given_at, row.expires_at, row.withdrawn_at)
    return Consent(row.person_id, row.scope, row.version, evidence, *moments, text)
