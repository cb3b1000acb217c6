"""Two who change one thing at once: the revision that an answer bears, and that a change may be bound to."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, HTTPException, Response

from mien.domain.people.people import Person
from mien.gallery.curation.plan import Plan
from mien.gallery.names import called
from mien.store.people import PeopleStore

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1000,
        description="The ETag of what is changed, as it was looked at: 412 where it was changed since.",
    ),
]


def etag_of(person: Person) -> str:
    """What stands for a person as somebody left them: who is merely seen again, or kept up, is the same."""
    return f'"{person.person_id}.{person.decided}"'


def bear(response: Response, person: Person) -> None:
    """Have an answer tell which revision it is of."""
    response.headers["etag"] = etag_of(person)


def check_unchanged(asked: str | None, person: Person) -> None:
    """Raise HTTPException (412) where a person is not as whoever asks for a change has seen it."""
    check_revision(asked, etag_of(person), called(person))


def check_revision(asked: str | None, etag: str, what: str) -> None:
    """Raise HTTPException (412) where what bears an ETag now is not as whoever asks for a change has seen it."""
    if not _is_seen(asked, etag):
        raise _changed([what])


def check_seen(seen: Mapping[str, str], people: PeopleStore) -> None:
    """Raise HTTPException (412), which says who, where people of some ids are not what ETags by id stand for.

    Raises PersonUnknown where one of them is nobody (any more).
    """
    now = {one: people.person(people.selves(one)[0]) for one in seen}
    changed = [called(person) for one, person in now.items() if person and not _is_seen(seen[one], etag_of(person))]
    if changed:
        raise _changed(list(dict.fromkeys(changed)))


def planned_as_seen(seen: Mapping[str, str], people: PeopleStore, plan: Callable[[], Plan]) -> Plan:
    """What is planned for people who are as they were seen, before and after: then it is of what was seen.

    Raises as `check_seen` and the planning do.
    """
    check_seen(seen, people)
    planned = plan()
    check_seen(seen, people)
    return planned


def _is_seen(asked: str | None, etag: str) -> bool:
    if asked is None or asked.strip() == "*":
        return True
    return etag in [one.strip().removeprefix("W/") for one in asked.split(",")]


def _changed(what: list[str]) -> HTTPException:
    told = f"{', '.join(what)} {'was' if len(what) == 1 else 'were'} changed by somebody else meanwhile"
    return HTTPException(HTTPStatus.PRECONDITION_FAILED, f"{told}: look again, and try again")
