"""What is told of events."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from mien.domain.events import EVENT_KINDS, EventKind
from mien.engine.serving.news import NamedEvent

_KINDS = {kind: name for name, kind in EVENT_KINDS.items()}


class EventShown(BaseModel):
    """One event: see the kinds of events. What a kind does not have is null.

    ``person_name`` is empty for strangers, and where the event is about nobody. Of an apparent expression that shifted,
    the earlier one had stood for ``held_s`` seconds in ``earlier_looks`` looks; the new one for ``stood_s`` in
    ``looks``, when this was told, and leads the ``probabilities``.
    """

    event_id: str
    kind: EventKind
    at: datetime
    camera: str
    person_name: str = ""
    track_id: int | None = None
    person_id: str | None = None
    similarity: float | None = None
    liveness_score: float | None = None
    reason: str | None = None
    outage_s: float | None = None
    from_expression: str | None = None
    to_expression: str | None = None
    held_s: float | None = None
    stood_s: float | None = None
    earlier_looks: int | None = None
    looks: int | None = None
    probabilities: dict[str, float] | None = None

    @classmethod
    def of(cls, told: NamedEvent) -> Self:
        """What was recorded."""
        fields: dict[str, Any] = asdict(told.event)
        return cls(kind=_KINDS[type(told.event)], person_name=told.person_name, **fields)


class Events(BaseModel):
    """Events, the newest first, and where those behind them begin."""

    items: list[EventShown]
    next: str | None = None
