"""Consent in SQL, and what is let go of without it."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from mien.domain.people.consent import Consent, NewConsent, Scope
from mien.store.consents import LetGo
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.people.rows import add_consent, person_of, touch
from mien.store.vault.vault import Vault

_consents, _people, _pictures = tables.consents.c, tables.people.c, tables.pictures.c
_NO_EXPRESSION = {
    "emotion": "",
    "confidence": 0.0,
    "label_set_id": None,
    "probabilities": b"",
    "emotion_smoothed": "",
    "valence": 0.0,
    "arousal": 0.0,
    "valence_arousal_source": "",
}


class SqlConsents:
    """The store of consents over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give(self, person_id: str, consent: NewConsent, at: datetime) -> None:
        with self._database.writing() as connection:
            person = person_of(connection, self._database.vault, person_id)
            add_consent(connection, self._database.vault, person_id, consent, at)
            if person.standing == "withheld" and "identify" in consent.scopes:
                _stand(connection, person_id, "active", at)
            touch(connection, {person_id})

    def withdraw(self, person_id: str, scopes: Collection[Scope], at: datetime) -> LetGo:
        with self._database.writing() as connection:
            person_of(connection, self._database.vault, person_id)
            mine = (_consents.person_id == person_id, _consents.scope.in_(scopes), _consents.withdrawn_at.is_(None))
            connection.execute(update(tables.consents).where(*mine).values(withdrawn_at=at))
            gone = _let_go(connection, person_id, frozenset(scopes), at)
            touch(connection, {person_id})
        self._database.scrub()
        return gone

    def lapse(self, at: datetime) -> tuple[LetGo, ...]:
        is_over = (_consents.withdrawn_at.is_(None), _consents.expires_at <= at)
        with self._database.reading() as connection:
            if connection.execute(select(_consents.consent_id).where(*is_over)).first() is None:
                return ()
        with self._database.writing() as connection:
            valid = self._valid(connection, at)
            ended: dict[str, set[Scope]] = defaultdict(set)
            for row in connection.execute(select(tables.consents).where(*is_over)):
                ended[row.person_id].add(row.scope)
            connection.execute(update(tables.consents).where(*is_over).values(withdrawn_at=_consents.expires_at))
            gone = [
                _let_go(connection, person_id, frozenset(scopes) - valid.get(person_id, frozenset()), at)
                for person_id, scopes in ended.items()
            ]
            touch(connection, ended.keys())
        self._database.scrub()
        return tuple(gone)

    def of(self, person_id: str) -> tuple[Consent, ...]:
        query = select(tables.consents).where(_consents.person_id == person_id).order_by(_consents.consent_id)
        with self._database.reading() as connection:
            return tuple(_consent(row, self._database.vault) for row in connection.execute(query))

    def valid(self, at: datetime) -> dict[str, frozenset[Scope]]:
        with self._database.reading() as connection:
            return self._valid(connection, at)

    def _valid(self, connection: Connection, at: datetime) -> dict[str, frozenset[Scope]]:
        found: dict[str, set[Scope]] = defaultdict(set)
        for row in connection.execute(select(tables.consents)):
            is_valid = row.withdrawn_at is None and (row.expires_at is None or at < row.expires_at)
            found[row.person_id] |= {row.scope} if is_valid else set()
        return {person_id: frozenset(scopes) for person_id, scopes in found.items()}


def _let_go(connection: Connection, person_id: str, scopes: frozenset[Scope], at: datetime) -> LetGo:
    templates = readings = 0
    crops: tuple[str, ...] = ()
    own = select(_pictures.picture_id).where(_pictures.person_id == person_id)
    if "identify" in scopes:
        templates = connection.execute(delete(tables.templates).where(tables.templates.c.picture_id.in_(own))).rowcount
        _stand(connection, person_id, "withheld", at)
    if "keep" in scopes:
        is_kept = (_pictures.person_id == person_id, _pictures.crop != "")
        crops = tuple(connection.scalars(select(_pictures.crop).where(*is_kept)))
        connection.execute(update(tables.pictures).where(*is_kept).values(crop=""))
    if "expression" in scopes:
        is_theirs = tables.readings.c.person_id == person_id
        readings = connection.execute(update(tables.readings).where(is_theirs).values(_NO_EXPRESSION)).rowcount
    return LetGo(person_id, scopes, templates, readings, crops)


def _stand(connection: Connection, person_id: str, standing: str, at: datetime) -> None:
    where = (_people.person_id == person_id, _people.standing.in_(("active", "hidden", "withheld")))
    connection.execute(update(tables.people).where(*where).values(standing=standing, standing_at=at))


def _consent(row: Row[Any], vault: Vault) -> Consent:
    evidence = vault.open(row.evidence, b"evidence").decode()
    return Consent(row.person_id, row.scope, row.version, evidence, row.given_at, row.expires_at, row.withdrawn_at)
