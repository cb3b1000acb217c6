"""People with everything that is kept of them, out of SQL and into it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import SCOPES, Consent
from mien.domain.people.people import Person
from mien.store.moving.transfer import KeptPerson, KeptPicture, TakenIn
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.people import erasing, templates
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.outbox import post
from mien.store.sql.people.rows import (
    Made,
    add_picture,
    found_person,
    name_key,
    next_id,
    person_of,
    picture_of,
    touch,
)
from mien.store.sql.sealed import DIGEST, EVIDENCE, VECTOR
from mien.store.vault.vault import Vault

_people, _pictures, _templates = tables.people.c, tables.pictures.c, tables.templates.c
_AWAY = ("binned", "faded")


class SqlTransfers:
    """The store of transfers over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_out(self, person_id: str) -> KeptPerson:
        consents = SqlConsents(self._database).of(person_id)
        with self._database.reading() as connection:
            person = person_of(connection, self._database.vault, person_id)
            pictures = _kept(connection, self._database.vault, person_id)
        return KeptPerson(person, consents, tuple(pictures.values()))

    def foresee(self, person: KeptPerson, at: datetime) -> TakenIn:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            return _Arrival(connection, self._database.vault, person, at).foreseen

    def take_in(self, person: KeptPerson, at: datetime) -> TakenIn:
        with self._database.writing() as connection:
            return _Arrival(connection, self._database.vault, person, at).take_in()


class _Arrival:
    """Somebody who arrives, compared with who is there."""

    def __init__(self, connection: Connection, vault: Vault, arriving: KeptPerson, at: datetime) -> None:
        self._connection, self._vault, self._arriving = connection, vault, arriving
        self._here = _by_uid(connection, vault, arriving.person.uid)
        self._identifies, self._keeps = _agreed(connection, arriving, self._here, at)
        self._stored = _marks_of(connection, vault, self._here.person_id) if self._here else {}
        self.foreseen = self._foreseen()

    def take_in(self) -> TakenIn:
        told, facts = self.foreseen, {"pictures": len(self.foreseen.pictures), "templates": self.foreseen.templates}
        if told.outcome == "known" and (told.pictures or told.templates):
            self._add(told.person_id)
            post(self._connection, "picture.added", (told.person_id,), facts)
        elif told.outcome == "new":
            told = replace(told, person_id=self._found(told.name))
            self._add(told.person_id)
            post(self._connection, "person.enrolled", (told.person_id,), facts)
        return told

    def _foreseen(self) -> TakenIn:
        arriving = self._arriving.person
        mark = tables.tombstones.c.mark
        if self._connection.scalar(select(mark).where(mark == erasing.tombstone(arriving.uid))) is not None:
            return TakenIn("forgotten", "", arriving.name)
        if self._here is not None and self._here.standing in _AWAY:
            return TakenIn("away", self._here.person_id, self._here.name)
        new, count = [], 0
        for place, kept in enumerate(self._arriving.pictures):
            known = self._known(kept)
            embedded = kept.picture.templates if self._identifies else ()
            if known:
                count += sum(_mark(template) not in self._stored for template in embedded)
            elif embedded or (kept.picture.crop and self._keeps):
                new.append(place)
                count += len(embedded)
        crops = [at for at in new if self._arriving.pictures[at].picture.crop and self._keeps]
        if self._here is not None:
            return TakenIn("known", self._here.person_id, self._here.name, tuple(new), tuple(crops), count)
        return TakenIn("new", "", self._free_name(arriving.name), tuple(new), tuple(crops), count)

    def _known(self, kept: KeptPicture) -> int:
        """The id of the picture that is the same, or 0."""
        return next((self._stored[mark] for mark in _marks(kept) if mark in self._stored), 0)

    def _free_name(self, name: str) -> str:
        free, number = name, 1
        while free and self._is_taken(free):
            number += 1
            free = f"{name} ({number})"
        return free

    def _is_taken(self, name: str) -> bool:
        key = name_key(name, self._vault)
        return self._connection.scalar(select(_people.person_id).where(_people.name_key == key)) is not None

    def _found(self, name: str) -> str:
        arriving = self._arriving.person
        person_id = next_id(self._connection, arriving.kind)
        found_person(self._connection, self._vault, person_id, name, arriving.created_at, Made(arriving.uid))
        values: dict[str, Any] = {"may_identify": self._identifies}
        if arriving.standing != "active":
            values |= {"standing": arriving.standing, "standing_at": arriving.standing_at or arriving.created_at}
        self._connection.execute(update(tables.people).where(_people.person_id == person_id).values(values))
        rows = [_consent_row(one, person_id, self._vault) for one in self._arriving.consents]
        if rows:
            self._connection.execute(insert(tables.consents), rows)
        return person_id

    def _add(self, person_id: str) -> None:
        new = {*self.foreseen.pictures}
        for place, kept in enumerate(self._arriving.pictures):
            embedded = kept.picture.templates if self._identifies else ()
            if place in new:
                crop = kept.picture.crop if self._keeps else ""
                picture = replace(kept.picture, templates=embedded, crop=crop)
                picture_id = add_picture(self._connection, self._vault, person_id, picture, kept.created_at)
                values = {"state": kept.state, "state_at": kept.state_at}
                self._connection.execute(
                    update(tables.pictures).where(_pictures.picture_id == picture_id).values(values)
                )
            elif known := self._known(kept):
                templates.add(self._connection, self._vault, [(known, template) for template in embedded])
        touch(self._connection, {person_id})


def _by_uid(connection: Connection, vault: Vault, uid: str) -> Person | None:
    """The person of a uid, or whom that one was merged into."""
    person_id = connection.scalar(select(_people.person_id).where(_people.uid == uid))
    return None if person_id is None else person_of(connection, vault, erasing.selves(connection, person_id)[0])


def _agreed(connection: Connection, arriving: KeptPerson, here: Person | None, at: datetime) -> tuple[bool, bool]:
    """Whether templates of somebody may be kept, and pictures; strangers are asked once they have a name."""
    if (here or arriving.person).kind == "stranger":
        return True, True
    if here is None:
        valid = {one.scope for one in arriving.consents if one.is_valid(at)}
    else:
        of = tables.consents.c
        rows = connection.execute(select(tables.consents).where(of.person_id == here.person_id))
        valid = {
            row.scope for row in rows if row.withdrawn_at is None and (row.expires_at is None or at < row.expires_at)
        }
    return "identify" in valid, "keep" in valid


def _kept(connection: Connection, vault: Vault, person_id: str) -> dict[int, KeptPicture]:
    """The pictures of a person, by id, with their templates of every model."""
    embedded: dict[int, list[NewTemplate]] = defaultdict(list)
    models = tables.embedding_models
    query = (
        select(_templates.vector, *VECTOR.row, *templates.MODEL)
        .select_from(VECTOR.source)
        .join(models, models.c.model_id == _templates.model_id)
        .where(_pictures.person_id == person_id)
        .order_by(_templates.template_id)
    )
    rows: Iterable[Any] = connection.execute(query)
    for row in rows:
        opened = templates.open_vector(row[:5], vault)
        embedded[row.picture_id].append(NewTemplate(opened, EmbeddingModel(*row[5:]), row.variant))
    found: dict[int, KeptPicture] = {}
    of_person = select(tables.pictures).where(_pictures.person_id == person_id).order_by(_pictures.picture_id)
    for row in connection.execute(of_person):
        one = picture_of(row, vault)
        digest = DIGEST.open(vault, row.digest, person_id, one.picture_id).decode() if row.digest else ""
        new = NewPicture(tuple(embedded[one.picture_id]), one.quality, one.origin, digest, one.crop)
        found[one.picture_id] = KeptPicture(new, one.created_at, one.state, one.state_at)
    return found


def _marks_of(connection: Connection, vault: Vault, person_id: str) -> dict[str, int]:
    """What the pictures of a person are recognised by, and which each is."""
    kept = _kept(connection, vault, person_id)
    return {mark: picture_id for picture_id, picture in kept.items() for mark in _marks(picture)}


def _marks(kept: KeptPicture) -> list[str]:
    picture = kept.picture
    by_moment = f"{kept.created_at.isoformat()} {picture.quality!r} {picture.origin}"
    return [*([picture.digest] if picture.digest else []), *map(_mark, picture.templates), by_moment]


def _mark(template: NewTemplate) -> str:
    told = f"{template.model} {template.variant} ".encode() + template.vector.tobytes()
    return hashlib.sha256(told).hexdigest()


def _consent_row(consent: Consent, person_id: str, vault: Vault) -> dict[str, Any]:
    assert consent.scope in SCOPES
    return {
        "person_id": person_id,
        "scope": consent.scope,
        "version": consent.version,
        "evidence": EVIDENCE.seal(vault, consent.evidence.encode(), person_id, consent.scope),
        "given_at": consent.given_at,
        "expires_at": consent.expires_at,
        "withdrawn_at": consent.withdrawn_at,
    }
