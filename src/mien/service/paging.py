"""Lists that are answered in pages: how long one is, and where the next one begins."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from mien.domain.errors import UsageError

_Item = TypeVar("_Item")
_LONGEST_NUMBER = 15

Limit = Annotated[int, Query(ge=1, le=200, description="So many at most.")]
After = Annotated[str | None, Query(max_length=200, description="What `next` of the page before says.")]


class Page(BaseModel, Generic[_Item]):
    """Part of a list; ``next`` is what `after` is to be for the part behind it, none where this is the last one."""

    items: list[_Item]
    next: str | None = None


def number_after(after: str | None) -> int:
    """The number that a place in a list is told by, 0 for its beginning; raises UsageError where it is none."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdecimal() and len(after) <= _LONGEST_NUMBER and int(after)):
        raise UsageError("after is what next of the page before says")
    return int(after)
