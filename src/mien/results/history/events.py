"""Events of a history as batches of rows."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from mien.domain.events import EVENT_KINDS, Event, ExpressionShifted, person_in
from mien.results.columns import events_schema
from mien.results.history.selection import Selection
from mien.results.rows import batch_of
from mien.store.history.events import EventQuery, EventStore

_ROWS = 1000  # of a batch: what is held at a time
_KINDS = {kind: name for name, kind in EVENT_KINDS.items()}


class EventTable:
    """Events of a selection, the newest first, read and turned into rows as they are asked for.

    Names and ids are those of today. Expressions of whoever did not agree to have them read are not told of.
    """

    schema = events_schema()

    def __init__(self, events: EventStore, selection: Selection) -> None:
        self._events = events
        self._selection = selection

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows; raises StoreError on the way."""
        before = (self._selection.end, "")
        while True:
            query = EventQuery(self._selection.camera, (), self._selection.ids or (), before, self._selection.begin)
            found = self._events.find(query, _ROWS)
            if rows := [self._row(one) for one in found if self._is_told(one)]:
                yield batch_of(rows, self.schema)
            if len(found) < _ROWS:
                return
            before = (found[-1].at, found[-1].event_id)

    def _is_told(self, event: Event) -> bool:
        person_id = person_in(event)
        if event.at >= self._selection.end or not self._selection.tells_of(person_id):
            return False
        return not isinstance(event, ExpressionShifted) or self._selection.tells_expressions_of(person_id)

    def _row(self, event: Event) -> tuple[object, ...]:
        told: dict[str, Any] = {"kind": _KINDS[type(event)], **asdict(event), "at": event.at.isoformat()}
        if person_id := person_in(event):
            person = self._selection.standing_for[person_id]
            told |= {"person_id": person.person_id, "person_name": person.name}
        if "probabilities" in told:
            told["probabilities"] = json.dumps(told["probabilities"], separators=(",", ":"))
        return tuple(told.get(name) for name in self.schema.names)
