"""Two who change one thing at once: the revision that an answer bears, and that a change may be bound to."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Header, HTTPException, Response

from mien.domain.people.people import Person

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1000,
        description="The ETag of what is changed, as it was looked at: 412 where it was changed since.",
    ),
]


def etag_of(person: Person) -> str:
    """What stands for a person as it is now."""
    return f'"{person.person_id}.{person.revision}"'


def bear(response: Response, person: Person) -> None:
    """Have an answer tell which revision it is of."""
    response.headers["etag"] = etag_of(person)


def check_unchanged(asked: str | None, person: Person) -> None:
    """Raise HTTPException (412) where a person is not as whoever asks for a change has seen it."""
    check_revision(asked, etag_of(person), person.person_id)


def check_revision(asked: str | None, etag: str, what: str) -> None:
    """Raise HTTPException (412) where what bears an ETag now is not as whoever asks for a change has seen it."""
    if asked is None or asked.strip() == "*":
        return
    if etag not in [one.strip().removeprefix("W/") for one in asked.split(",")]:
        told = f"{what} was changed by somebody else meanwhile: look again, and try again"
        raise HTTPException(HTTPStatus.PRECONDITION_FAILED, told)
