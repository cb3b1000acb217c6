"""Rows of people and pictures: how they are made and read."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from mien.domain.errors import GalleryError, PeopleChanged, PersonUnknown
from mien.domain.people.consent import DECLARED, REFUSED, SCOPES, NewConsent, Record, Scope, allowed_at, put_down_at
from mien.domain.people.people import Person, PersonKind, Picture, folded_name
from mien.store.people import NewPicture
from mien.store.sql import tables
from mien.store.sql.outbox import post
from mien.store.sql.people import erasing, templates
from mien.store.sql.sealed import CONSENT_TEXT, DIGEST, EVIDENCE, NAME, ORIGIN
from mien.store.sql.tables import counters
from mien.store.vault.vault import Vault

_ID_FORMS: dict[PersonKind, str] = {"enrolled": "person-{:04d}", "stranger": "unknown-{:04d}"}
_people, _pictures = tables.people.c, tables.pictures.c


@dataclass(frozen=True, slots=True)
class Made:
    """What comes with somebody who is new: a uid, where they have one, and what they consent to."""

    uid: str = ""
    consent: NewConsent | None = None


def name_key(name: str, vault: Vault) -> str:
    """What two spellings of one name have in common, blinded."""
    return vault.blind(folded_name(name).encode(), b"name")


def touch(connection: Connection, person_ids: Collection[str], *, is_decided: bool = True) -> None:
    """Count a change of people, and note it with those whom it touched, and whether somebody has decided on it."""
    revision = raise_counter(connection, "revision")
    if person_ids:
        changed = update(tables.people).where(_people.person_id.in_(person_ids)).values(revision=revision)
        connection.execute(changed.values(decided=revision) if is_decided else changed)


def revision(connection: Connection) -> int:
    """How many changes of people were counted."""
    return int(connection.scalars(select(counters.c.value).where(counters.c.name == "revision")).one())


def check_revision(connection: Connection, as_of: int) -> None:
    """Raise PeopleChanged where people were changed after a revision."""
    if revision(connection) != as_of:
        raise PeopleChanged("people were changed meanwhile: look again, and try again")


def next_id(connection: Connection, kind: PersonKind) -> str:
    """An id that nobody ever had."""
    return _ID_FORMS[kind].format(raise_counter(connection, kind))


def found_person(
    connection: Connection, vault: Vault, person_id: str, name: str, at: datetime, made: Made = Made()
) -> Person:
    """A new person, enrolled where there is a name, else a stranger; raises GalleryError where the name is taken."""
    kind: PersonKind = "enrolled" if name else "stranger"
    if name:
        check_free(connection, vault, name)
    row = {
        "person_id": person_id,
        "kind": kind,
        "name": NAME.seal(vault, name.encode(), person_id) if name else None,
        "name_key": name_key(name, vault) if name else None,
        "created_at": at,
        "uid": made.uid or uuid.uuid4().hex,
        "standing": "active",
        "may_identify": made.consent is None or "identify" in made.consent.scopes,
        "revision": 0,
        "decided": 0,
    }
    connection.execute(insert(tables.people).values(row))
    if made.consent is not None:
        add_consent(connection, vault, person_id, made.consent, at)
        post_consent(connection, person_id, made.consent)
    return Person(person_id, name, kind, at, str(row["uid"]), may_identify=bool(row["may_identify"]))


def check_free(connection: Connection, vault: Vault, name: str, person_id: str = "") -> None:
    """Raise GalleryError where somebody has a name, other than the person of an id."""
    owner = connection.scalar(select(_people.person_id).where(_people.name_key == name_key(name, vault)))
    if owner is not None and owner != person_id:
        raise GalleryError(f"a person named {name!r} is enrolled already ({owner})")


def person_of(connection: Connection, vault: Vault, person_id: str) -> Person:
    """The person of an id; raises PersonUnknown."""
    found = find(connection, select(tables.people).where(_people.person_id == person_id), vault)
    if found is None:
        raise PersonUnknown(f"there is no person {person_id}")
    return found


def add_picture(connection: Connection, vault: Vault, person_id: str, new: NewPicture, at: datetime) -> int:
    """Keep a picture with its templates; its id."""
    row = {
        "person_id": person_id,
        "quality": float(new.quality),
        "origin": b"",
        "crop": new.crop,
        "created_at": at,
        "state": "active",
        "is_vouched": False,
    }
    key = connection.execute(insert(tables.pictures).values(row)).inserted_primary_key
    assert key is not None
    picture_id = int(key[0])  # what is sealed is bound to it
    sealed = {"origin": ORIGIN.seal(vault, new.origin.encode(), person_id, picture_id)}
    if new.digest:
        sealed["digest"] = DIGEST.seal(vault, new.digest.encode(), person_id, picture_id)
    connection.execute(update(tables.pictures).where(_pictures.picture_id == picture_id).values(sealed))
    templates.add(connection, vault, [(picture_id, template) for template in new.templates])
    return picture_id


def picture_rows(connection: Connection, picture_ids: Collection[int]) -> list[Row[Any]]:
    """The rows of pictures; raises GalleryError where one is not there (any more)."""
    query = select(tables.pictures).where(_pictures.picture_id.in_(picture_ids))
    rows: list[Row[Any]] = [*connection.execute(query)]
    if gone := {*picture_ids} - {row.picture_id for row in rows}:
        raise GalleryError(f"there is no picture {min(gone)} (any more)")
    return rows


def rebind_picture(connection: Connection, vault: Vault, row: Row[Any], owner: str, *, is_vouched: bool) -> None:
    """Make a picture, which a row has as it was, that of another person, with all that is sealed for its owner.

    Where it ``is_vouched`` somebody says that it shows them; what was said of the owner before holds no more.
    """
    values: dict[str, Any] = {"person_id": owner, "is_vouched": is_vouched}
    for sealed in (ORIGIN, DIGEST):
        if (value := getattr(row, sealed.column.name)) is not None:
            opened = sealed.open(vault, value, row.person_id, row.picture_id)
            values[sealed.column.name] = sealed.seal(vault, opened, owner, row.picture_id)
    connection.execute(update(tables.pictures).where(_pictures.picture_id == row.picture_id).values(values))
    templates.rebind(connection, vault, row.picture_id, row.person_id, owner)


def living(connection: Connection, person_ids: Iterable[str]) -> frozenset[str]:
    """Those of some ids whose person still exists."""
    named = [person_id for person_id in person_ids if person_id]
    return frozenset(connection.scalars(select(_people.person_id).where(_people.person_id.in_(named))))


def judge_pictures(connection: Connection, judge: str, qualities: Mapping[int, float]) -> dict[int, str]:
    """Give pictures, by id, the quality that a judge says; whose those are that are (still) there."""
    rows = [{"judged": picture_id, "says": quality} for picture_id, quality in qualities.items()]
    where = _pictures.picture_id == bindparam("judged")
    connection.execute(update(tables.pictures).where(where).values(quality=bindparam("says"), judge=judge), rows)
    found = select(_pictures.picture_id, _pictures.person_id).where(_pictures.picture_id.in_(qualities))
    return dict(connection.execute(found).all())


def valid_scopes(connection: Connection, person_id: str, at: datetime) -> frozenset[Scope]:
    """What a person, under all their ids, consents to at a moment.

    Of whom there is no record at all, nobody asked: strangers, until they get a name, who may say no nevertheless.
    Raises PersonUnknown.
    """
    ids = erasing.selves(connection, person_id)
    if not (records := consent_records(connection, ids)):
        return frozenset(SCOPES)
    kind = connection.scalar(select(_people.kind).where(_people.person_id == ids[0]))
    return allowed_at(records, at, is_stranger=kind == "stranger")


def consent_records(connection: Connection, ids: Collection[str]) -> Sequence[Record]:
    """What is on record of some ids, as far as it decides what may be done, in the order in which it was put there."""
    of = tables.consents.c
    query = select(of.scope, of.given_at, of.expires_at, of.withdrawn_at).where(of.person_id.in_(ids))
    return cast("Sequence[Record]", connection.execute(query.order_by(of.consent_id)).all())


def weigh(connection: Connection, person_id: str, at: datetime) -> None:
    """Note whether a person, under all their ids, may be identified at a moment."""
    may = "identify" in valid_scopes(connection, person_id, at)
    ids = erasing.selves(connection, person_id)
    connection.execute(update(tables.people).where(_people.person_id.in_(ids)).values(may_identify=may))


def add_consent(
    connection: Connection,
    vault: Vault,
    person_id: str,
    consent: NewConsent,
    at: datetime,
    *,
    is_refused: bool = False,
) -> None:
    """Record consent of a person, or that it is not given: as if it were taken back at once."""
    at = put_down_at(consent_records(connection, erasing.selves(connection, person_id)), at)
    text_id = kept_text(connection, vault, consent.text)
    rows = [
        {
            "person_id": person_id,
            "scope": scope,
            "version": consent.version,
            "evidence": EVIDENCE.seal(vault, consent.evidence.encode(), person_id, scope),
            "given_at": at,
            "expires_at": consent.expires_at,
            "withdrawn_at": at if is_refused else None,
            "text_id": text_id,
        }
        for scope in sorted(consent.scopes)
    ]
    if rows:
        connection.execute(insert(tables.consents), rows)


def kept_text(connection: Connection, vault: Vault, text: str) -> int | None:
    """The id of a text that was agreed to, which is kept once; none for no text."""
    if not text:
        return None
    for row, kept in CONSENT_TEXT.opened(connection, vault):  # they are few: one for each that was ever in force
        if kept == text.encode():
            return int(row.text_id)
    ids = tables.consent_texts.c.text_id
    made = connection.execute(insert(tables.consent_texts).values(text=b"")).inserted_primary_key
    assert made is not None, "one row was put in"
    text_id = int(made[0])
    sealed = CONSENT_TEXT.seal(vault, text.encode(), text_id)
    connection.execute(update(tables.consent_texts).where(ids == text_id).values(text=sealed))
    return text_id


def refuse(connection: Connection, vault: Vault, person_id: str, scopes: Iterable[Scope], at: datetime) -> None:
    """Record that a person does not consent, where no consent is there that could be taken back."""
    add_consent(connection, vault, person_id, NewConsent(frozenset(scopes), DECLARED, REFUSED), at, is_refused=True)


def post_consent(connection: Connection, person_id: str, consent: NewConsent) -> None:
    """Put down for the audit log that a person consented."""
    post(connection, "consent.given", (person_id,), {"scopes": tuple(sorted(consent.scopes))})


def give_consent(connection: Connection, vault: Vault, person_id: str, consent: NewConsent, at: datetime) -> None:
    """Record consent of a person who is there, and look for them (again) where it is to be identified."""
    add_consent(connection, vault, person_id, consent, at)
    weigh(connection, person_id, at)
    post_consent(connection, person_id, consent)


def by_digest(connection: Connection, vault: Vault, person_id: str, *, is_bare: bool = False) -> dict[str, int]:
    """The pictures of a person that were made from files, by the digest of the file; or those that are not stored."""
    query = select(_pictures.digest, *DIGEST.row).where(_pictures.person_id == person_id, DIGEST.is_there)
    if is_bare:
        query = query.where(_pictures.crop == "")
    return {DIGEST.open(vault, *row).decode(): row.picture_id for row in connection.execute(query)}


def raise_counter(connection: Connection, counter: str) -> int:
    """Raise a counter and return its new value; the row stays locked until the transaction ends."""
    connection.execute(update(counters).where(counters.c.name == counter).values(value=counters.c.value + 1))
    return int(connection.scalars(select(counters.c.value).where(counters.c.name == counter)).one())


def find(connection: Connection, query: Select[Any], vault: Vault) -> Person | None:
    """The first person of a query, if there is one."""
    row = connection.execute(query).first()
    return None if row is None else person_of_row(row, vault)


def order(one: Person) -> tuple[bool, str, datetime, str]:
    """Where somebody stands in a list: enrolled people by name, then strangers by age."""
    return one.kind != "enrolled", one.name.casefold(), one.created_at, one.person_id


def person_of_row(row: Row[Any], vault: Vault) -> Person:
    """A person as a row has it."""
    name = NAME.open(vault, row.name, row.person_id).decode() if row.name else ""
    standing = (row.standing, row.standing_at, row.merged_into or "", bool(row.may_identify))
    return Person(row.person_id, name, row.kind, row.created_at, row.uid or "", *standing, row.revision, row.decided)


def picture_of(row: Row[Any], vault: Vault) -> Picture:
    """A picture as a row has it."""
    origin = ORIGIN.open(vault, row.origin, row.person_id, row.picture_id).decode()
    state = (row.state, row.state_at, bool(row.is_vouched))
    return Picture(row.picture_id, row.person_id, row.quality, origin, row.crop, row.created_at, *state)
