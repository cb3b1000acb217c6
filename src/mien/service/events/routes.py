"""Routes of events."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from mien.domain.errors import UsageError
from mien.domain.events import Event, EventKind
from mien.engine.serving.news import NamedEvent
from mien.service.area import area
from mien.service.events.schemas import Events, EventShown
from mien.store.history.events import EventQuery, EventStore


@dataclass(frozen=True, slots=True)
class EventBook:
    """Events that are stored, how they are called by the people in them, and all ids of a person."""

    events: EventStore
    named: Callable[[Sequence[Event]], Sequence[NamedEvent]]
    ids_of: Callable[[str], Sequence[str]]


def build(book: EventBook) -> APIRouter:
    """The routes over what was recorded."""
    router = area("events")

    @router.get("/events")
    def events(
        camera: Annotated[str, Query(max_length=500)] = "",
        kind: Annotated[list[EventKind] | None, Query()] = None,
        person: Annotated[str, Query(max_length=200, description="an id")] = "",
        after: Annotated[str, Query(max_length=500)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Events:
        ids = book.ids_of(person) if person else ()
        found = book.events.find(EventQuery(camera, kind or (), ids, _place(after)), limit + 1)
        shown = found[:limit]
        behind = _cursor(shown[-1]) if len(found) > limit else None
        return Events(items=[EventShown.of(one) for one in book.named(shown)], next=behind)

    return router


def _cursor(event: Event) -> str:
    return urlsafe_b64encode(f"{event.at.isoformat()} {event.event_id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, str] | None:
    if not cursor:
        return None
    try:
        at, _, event_id = urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(at)
        return moment.astimezone(UTC), event_id
    except (ValueError, OverflowError):
        raise UsageError("after is not where a list of events went on") from None
