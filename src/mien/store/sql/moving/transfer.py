"""People with everything that is kept of them, out of SQL and into it."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import (
    SCOPES,
    Consent,
    NewConsent,
    Record,
    Scope,
    allowed_at,
    put_down_at,
    taken_back_since,
)
from mien.domain.people.people import Person
from mien.store.consents import LetGo
from mien.store.moving.transfer import KeptPerson, KeptPicture, Left, TakenIn
from mien.store.people import NewTemplate
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.moving.held import HeldPictures
from mien.store.sql.moving.kept import face_marks, kept_pictures, marks_of, template_mark
from mien.store.sql.outbox import post
from mien.store.sql.people import erasing, templates
from mien.store.sql.people.consents import SqlConsents, at_stake, take_back
from mien.store.sql.people.rows import (
    Made,
    add_picture,
    consent_records,
    found_person,
    give_consent,
    kept_text,
    name_key,
    next_id,
    person_of,
    touch,
)
from mien.store.sql.sealed import EVIDENCE
from mien.store.vault.vault import Vault

_people, _pictures = tables.people.c, tables.pictures.c
_AWAY = ("binned", "faded")


class SqlTransfers:
    """The store of transfers over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held = HeldPictures()

    def take_out(self, person_id: str) -> KeptPerson:
        consents = SqlConsents(self._database).of(person_id)
        with self._database.reading() as connection:
            person = person_of(connection, self._database.vault, person_id)
            pictures = kept_pictures(connection, self._database.vault, _pictures.person_id == person_id)
        return KeptPerson(person, consents, tuple(pictures.values()))

    def dimensions(self) -> dict[EmbeddingModel, int]:
        with self._database.reading() as connection:
            return templates.dimensions(connection)

    def foresee(self, person: KeptPerson, at: datetime, consent: NewConsent | None = None) -> TakenIn:
        with self._database.reading() as connection:
            self._database.renew_keys(connection)
            return _Arrival(connection, self._database.vault, self._held, person, _Given(at, consent)).foreseen

    def take_in(self, person: KeptPerson, at: datetime, consent: NewConsent | None = None) -> TakenIn:
        with self._database.writing() as connection:
            taken = _Arrival(connection, self._database.vault, self._held, person, _Given(at, consent)).take_in()
        if taken.gone is not None:
            self._database.scrub()
        return taken


@dataclass(frozen=True, slots=True)
class _Given:
    """What somebody who is known agrees to as they arrive, and when that is."""

    at: datetime
    consent: NewConsent | None


class _Arrival:
    """Somebody who arrives, compared with who is there."""

    def __init__(
        self, connection: Connection, vault: Vault, held: HeldPictures, arriving: KeptPerson, given: _Given
    ) -> None:
        self._connection, self._vault, self._held, self._arriving = connection, vault, held, arriving
        self._here, self._given = _by_uid(connection, vault, arriving.person.uid), given
        records = _on_record(connection, self._here, given)
        self._taken_back = taken_back_since(records, arriving.consents, given.at) if self._here else {}
        agreed = _agreed(records, arriving, self._here, given.at).difference(self._taken_back)
        self._identifies, self._keeps = "identify" in agreed, "keep" in agreed
        self._stored = _marks_of(connection, vault, self._here.person_id) if self._here else {}
        self._new = _New()
        self.foreseen = self._foreseen()

    def take_in(self) -> TakenIn:
        told, facts = self.foreseen, {"pictures": len(self.foreseen.pictures), "templates": self.foreseen.templates}
        if told.outcome == "known":
            self._agree(told.person_id)
        if told.gone is not None:
            take_back(self._connection, self._vault, told.person_id, self._taken_back, self._given.at)
        if told.outcome == "known":
            if told.pictures or told.templates:
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
            return TakenIn("away", self._here.person_id, self._here.name, gone=self._going())
        elsewhere, richer = Counter[str](), set[bytes]()
        for place, kept in enumerate(self._arriving.pictures):
            embedded = kept.picture.templates if self._identifies else ()
            if self._known(kept):
                richer.update(mark for mark in map(template_mark, embedded) if mark not in self._stored)
            elif embedded or (kept.picture.crop and self._keeps):
                if owner := self._held.owner(self._connection, self._vault, kept):
                    elsewhere[owner] += 1
                else:
                    self._new.add(place, kept, embedded)
        new = self._new.pictures
        crops = [at for at in new if self._arriving.pictures[at].picture.crop and self._keeps]
        count = len(richer) + sum(map(len, new.values()))
        told = (tuple(new), tuple(crops), count, self._left(elsewhere), self._identifies)
        if self._here is not None:
            return TakenIn("known", self._here.person_id, self._here.name, *told, self._going())
        return TakenIn("new", "", self._free_name(arriving.name), *told)

    def _going(self) -> LetGo | None:
        """What goes with what whoever is here took back elsewhere."""
        if self._here is None or not self._taken_back:
            return None
        return at_stake(self._connection, self._here.person_id, self._taken_back.keys())

    def _left(self, elsewhere: Counter[str]) -> tuple[Left, ...]:
        """Whose the pictures are that others have, by how many it is of each."""
        owners = (person_of(self._connection, self._vault, person_id) for person_id in elsewhere)
        return tuple(Left(one.person_id, one.name, elsewhere[one.person_id]) for one in owners if one != self._here)

    def _known(self, kept: KeptPicture) -> int:
        """The id of the picture that is the same, or 0."""
        return next((self._stored[mark] for mark in marks_of(kept) if mark in self._stored), 0)

    def _free_name(self, name: str) -> str:
        free, number = name, 1
        while free and self._is_taken(free):
            number += 1
            free = f"{name} ({number})"
        return free

    def _is_taken(self, name: str) -> bool:
        key = name_key(name, self._vault)
        return self._connection.scalar(select(_people.person_id).where(_people.name_key == key)) is not None

    def _agree(self, person_id: str) -> None:
        """Put on record what somebody who is known agrees to now."""
        if (consent := self._given.consent) is not None:
            give_consent(self._connection, self._vault, person_id, consent, self._given.at)
            touch(self._connection, {person_id})

    def _found(self, name: str) -> str:
        arriving = self._arriving.person
        person_id = next_id(self._connection, arriving.kind)
        found_person(self._connection, self._vault, person_id, name, arriving.created_at, Made(arriving.uid))
        values: dict[str, Any] = {"may_identify": self._identifies}
        if arriving.standing != "active":
            values |= {"standing": arriving.standing, "standing_at": arriving.standing_at or arriving.created_at}
        self._connection.execute(update(tables.people).where(_people.person_id == person_id).values(values))
        rows = [_consent_row(self._connection, one, person_id, self._vault) for one in self._arriving.consents]
        if rows:
            self._connection.execute(insert(tables.consents), rows)
        return person_id

    def _add(self, person_id: str) -> None:
        for place, kept in enumerate(self._arriving.pictures):
            if place in self._new.pictures:
                crop = kept.picture.crop if self._keeps else ""
                picture = replace(kept.picture, templates=self._new.pictures[place], crop=crop)
                picture_id = add_picture(self._connection, self._vault, person_id, picture, kept.created_at)
                values = {"state": kept.state, "state_at": kept.state_at, "is_vouched": kept.is_vouched}
                self._connection.execute(
                    update(tables.pictures).where(_pictures.picture_id == picture_id).values(values)
                )
            elif known := self._known(kept):
                embedded = kept.picture.templates if self._identifies else ()
                templates.add(self._connection, self._vault, [(known, template) for template in embedded])
        touch(self._connection, {person_id})


class _New:
    """The pictures, by their place, that are new here, each once, with the templates that they get."""

    def __init__(self) -> None:
        self.pictures: dict[int, tuple[NewTemplate, ...]] = {}
        self._places: dict[bytes, int] = {}

    def add(self, place: int, kept: KeptPicture, embedded: tuple[NewTemplate, ...]) -> None:
        """Note a picture; of one that came before only the templates for which that one has none."""
        marks = face_marks(kept)
        first = next((self._places[mark] for mark in marks if mark in self._places), place)
        held = {(one.model, one.variant): one for one in self.pictures.get(first, ())}
        for one in embedded:
            held.setdefault((one.model, one.variant), one)
        self.pictures[first] = tuple(held.values())
        for mark in marks:
            self._places.setdefault(mark, first)


def _by_uid(connection: Connection, vault: Vault, uid: str) -> Person | None:
    """The person of a uid, or whom that one was merged into."""
    person_id = connection.scalar(select(_people.person_id).where(_people.uid == uid))
    return None if person_id is None else person_of(connection, vault, erasing.selves(connection, person_id)[0])


def _on_record(connection: Connection, here: Person | None, given: _Given) -> list[Record]:
    """What is on record of somebody who is here, with what they agree to now."""
    if here is None:
        return []
    records: list[Record] = [*consent_records(connection, erasing.selves(connection, here.person_id))]
    if given.consent:
        records += given.consent.records(here.person_id, put_down_at(records, given.at))
    return records


def _agreed(records: list[Record], arriving: KeptPerson, here: Person | None, at: datetime) -> frozenset[Scope]:
    """What may be kept of somebody, by the record here or, of who is new, there; strangers have yet to be asked."""
    is_stranger = (here or arriving.person).kind == "stranger"
    return allowed_at(arriving.consents if here is None else records, at, is_stranger=is_stranger)


def _marks_of(connection: Connection, vault: Vault, person_id: str) -> dict[bytes, int]:
    """What the pictures of a person are recognised by, and which each is."""
    kept = kept_pictures(connection, vault, _pictures.person_id == person_id)
    return {mark: picture_id for picture_id, picture in kept.items() for mark in marks_of(picture)}


def _consent_row(connection: Connection, consent: Consent, person_id: str, vault: Vault) -> dict[str, Any]:
    assert consent.scope in SCOPES
    return {
        "person_id": person_id,
        "scope": consent.scope,
        "version": consent.version,
        "evidence": EVIDENCE.seal(vault, consent.evidence.encode(), person_id, consent.scope),
        "given_at": consent.given_at,
        "expires_at": consent.expires_at,
        "withdrawn_at": consent.withdrawn_at,
        "text_id": kept_text(connection, vault, consent.text),
    }
