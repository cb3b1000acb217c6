"""Readings of a history as batches of rows, in the columns that the tables of an analysis have too."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice

import pyarrow as pa

from mien.domain.emotions import expression_of
from mien.domain.people.timelines import ordered_labels
from mien.domain.readings import FaceReading
from mien.results.columns import history_schema
from mien.results.history.selection import Selection
from mien.results.rows import batch_of, row_of
from mien.store.history.readings import PersonReading, ReadingQuery, ReadingStore

_ROWS = 2048  # of a batch: what is held at a time


def history_labels(readings: ReadingStore) -> tuple[str, ...]:
    """The expressions that readings of a home may tell: labels of several models that mean the same are one."""
    found = {expression_of(label) for labels in readings.label_sets() for label in labels}
    return tuple(ordered_labels(found))


class ReadingTable:
    """Readings of a selection, read and turned into rows as they are asked for.

    Names and ids are those of today. What somebody did not agree to have read of expressions is not there.
    """

    def __init__(self, readings: ReadingStore, selection: Selection) -> None:
        self._readings = readings
        self._selection = selection
        self.labels = history_labels(readings)
        self.schema = history_schema(self.labels)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, run by run; raises StoreError on the way."""
        return (batch for _, batch in self.batches_of_runs())

    def batches_of_runs(self) -> Iterator[tuple[datetime, pa.RecordBatch]]:
        """All rows, of one run in each batch, with the moment at which its clock was 0."""
        asked = self._selection
        query = ReadingQuery(asked.begin, asked.end, asked.camera, asked.ids)
        told = (one for one in self._readings.find(query) if asked.tells_of(one.frame.faces[0].person_id))
        for began_at, found in groupby(told, key=lambda one: one.began_at):
            rows = map(self._row, found)
            while some := [*islice(rows, _ROWS)]:
                yield began_at, batch_of(some, self.schema)

    def _row(self, one: PersonReading) -> tuple[object, ...]:
        face = self._as_told(one.frame.faces[0])
        at = one.began_at + timedelta(seconds=one.frame.time_s)
        row = row_of(one.frame, face, self._spread(face), face.confidence if face.probabilities else None)
        return (*row, at.isoformat(timespec="milliseconds"))

    def _as_told(self, face: FaceReading) -> FaceReading:
        person = self._selection.standing_for.get(face.person_id)
        if person is not None:
            face = replace(face, person_id=person.person_id, person_name=person.name)
        if not self._selection.tells_expressions_of(face.person_id):
            return _unread(face)
        said, smoothed = expression_of(face.emotion), expression_of(face.emotion_smoothed)
        return replace(face, emotion=said, emotion_smoothed=smoothed)

    def _spread(self, face: FaceReading) -> list[float | None]:
        """The probability of each expression; none of those that the model did not tell apart."""
        found: dict[str, float] = {}
        for label, probability in zip(face.emotion_labels, face.probabilities, strict=bool(face.probabilities)):
            expression = expression_of(label)
            found[expression] = found.get(expression, 0.0) + probability
        return [found.get(label) for label in self.labels]


def _unread(face: FaceReading) -> FaceReading:
    """A face without what was read of its expression."""
    face = replace(face, emotion="", confidence=0.0, emotion_labels=(), probabilities=(), emotion_smoothed="")
    return replace(face, emotion_source="carried", valence=0.0, arousal=0.0, valence_arousal_source="")
