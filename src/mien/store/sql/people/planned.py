"""Whether people and their pictures are still what they were when a change to them was planned."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, bindparam, func, select

from mien.domain.errors import GalleryError, PeopleChanged
from mien.domain.people.people import Person, Picture, PictureState, Standing
from mien.store.journal import AsPlanned
from mien.store.sql import tables
from mien.store.sql.people.rows import find
from mien.store.vault.vault import Vault
from mien.telemetry.text import counted

_people, _pictures = tables.people.c, tables.pictures.c
_STOOD: dict[Standing, str] = {
    "active": "was put back into lists",
    "hidden": "was hidden",
    "ignored": "was ignored",
    "binned": "was put into the recycle bin",
    "faded": "is not kept any more",
}
_PUT: dict[PictureState, str] = {
    "active": "is looked at again",
    "set_aside": "was set aside",
    "binned": "was put into the recycle bin",
}


def check_as_planned(connection: Connection, vault: Vault, planned: AsPlanned) -> None:
    """Raise PeopleChanged, which says what changed, where somebody or something is not as planned."""
    people = (_turn(connection, vault, one) for one in planned.people)
    if changed := next((told for told in (*people, *_turns(connection, vault, planned.pictures)) if told), ""):
        raise PeopleChanged(f"{changed} meanwhile, so nothing was done: look again, and try again")


def check_own(connection: Connection, vault: Vault, person: Person) -> None:
    """Raise GalleryError where a person is another one by now, of whom nothing can be said apart."""
    if person.standing == "merged":
        raise GalleryError(f"{_called(person)} {_stood(connection, vault, person)}: mien people undo parts them")


def _turn(connection: Connection, vault: Vault, before: Person) -> str:
    """What became of a person, or nothing."""
    now = _person(connection, vault, before.person_id)
    if now is None:
        return f"{_called(before)} was forgotten"
    if (now.standing, now.merged_into) != (before.standing, before.merged_into):
        return f"{_called(before)} {_stood(connection, vault, now)}"
    if now.name != before.name:
        return f"{_called(before)} was named {now.name!r}" if now.name else f"{_called(before)} lost that name"
    if now.may_identify != before.may_identify:
        return f"{_called(before)} {'consented' if now.may_identify else 'withdrew consent'} to be identified"
    return ""


def _stood(connection: Connection, vault: Vault, person: Person) -> str:
    if person.standing != "merged":
        return _STOOD[person.standing]
    into = _person(connection, vault, person.merged_into)
    return f"was merged into {_called(into) if into else person.merged_into}"


def _turns(connection: Connection, vault: Vault, pictures: Iterable[Picture]) -> Iterator[str]:
    """What became of each of some pictures, or nothing."""
    columns = (_pictures.person_id, _pictures.state, _pictures.is_vouched)
    asked = select(*columns).where(_pictures.picture_id == bindparam("picture_id"))
    for before in pictures:
        now = connection.execute(asked, {"picture_id": before.picture_id}).first()
        if now is None:
            yield f"picture {before.picture_id} was deleted"
        elif now.person_id != before.person_id:
            owner = _person(connection, vault, now.person_id)
            yield f"picture {before.picture_id} went to {_called(owner) if owner else now.person_id}"
        elif now.state != before.state:
            yield f"picture {before.picture_id} {_PUT[now.state]}"
        elif now.is_vouched != before.is_vouched:
            yield f"picture {before.picture_id} {'was kept as right' if now.is_vouched else 'is doubted again'}"


def _person(connection: Connection, vault: Vault, person_id: str) -> Person | None:
    return find(connection, select(tables.people).where(_people.person_id == person_id), vault)


def _called(person: Person) -> str:
    return f"{person.name!r} ({person.person_id})" if person.name else person.person_id


def check_bare(connection: Connection, person_id: str) -> None:
    """Raise GalleryError where somebody has pictures: an undo takes whoever was founded, but nothing added since."""
    query = select(func.count()).select_from(tables.pictures).where(tables.pictures.c.person_id == person_id)
    if added := connection.scalar(query):
        told, them = counted(added, "picture"), "it" if added == 1 else "them"
        raise GalleryError(f"{person_id} has got {told} since: move or remove {them} first")
