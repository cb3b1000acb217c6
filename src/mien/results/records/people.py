"""What an analysis comes to in the end: one line per person, over all tracks and sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow as pa

from mien.domain.readings import IdentityKind
from mien.results.columns import people_schema
from mien.results.records.affect import Affect
from mien.results.records.liveness import LivenessRecord
from mien.results.records.tracks import TrackRecord, label_columns

IDENTITY_ORDER: Mapping[IdentityKind, int] = MappingProxyType({"known": 0, "unknown": 1, "undecided": 2})
"""Whom a reader looks for first."""


@dataclass(slots=True)
class PersonRecord:
    """One person, known or a stranger, added up track by track."""

    person_id: str
    person_name: str
    identity: IdentityKind
    label_counts: dict[str, int]
    first_s: float
    last_s: float
    sources: set[str] = field(default_factory=set)
    tracks: int = 0
    frames: int = 0
    seconds: float = 0.0
    best_quality: float = -1.0
    shots: list[tuple[float, str, int]] = field(default_factory=list)
    """Best quality, source and track id of every track."""
    affect: Affect = field(default_factory=Affect)
    liveness: LivenessRecord = field(default_factory=LivenessRecord)

    def add(self, track: TrackRecord) -> None:
        for label, count in track.label_counts.items():
            self.label_counts[label] += count
        self.first_s, self.last_s = min(self.first_s, track.first_s), max(self.last_s, track.last_s)
        self.sources.add(track.source)
        self.tracks += 1
        self.frames += track.frames
        self.seconds += track.seconds
        self.best_quality = max(self.best_quality, track.best_quality)
        self.affect.merge(track.affect)
        self.liveness.merge(track.liveness)
        self.shots.append((track.best_quality, track.source, track.track_id))


class Everybody:
    """The people of an analysis. Tracks of nobody in particular are passed over."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._by_id: dict[str, PersonRecord] = {}

    def add(self, tracks: Iterable[TrackRecord]) -> None:
        """Add tracks whose identity is final."""
        for track in tracks:
            decided = track.identity
            if not decided.person_id:
                continue
            if decided.person_id not in self._by_id:
                self._by_id[decided.person_id] = PersonRecord(
                    person_id=decided.person_id,
                    person_name=decided.person_name,
                    identity=decided.identity,
                    label_counts=dict.fromkeys(self._labels, 0),
                    first_s=track.first_s,
                    last_s=track.last_s,
                )
            self._by_id[decided.person_id].add(track)

    def people(self) -> list[PersonRecord]:
        """Enrolled people first, then by the number of frames."""
        return sorted(
            self._by_id.values(),
            key=lambda person: (
                IDENTITY_ORDER[person.identity],
                -person.frames,
                person.person_name or person.person_id,
            ),
        )


def people_batch(people: Iterable[PersonRecord], labels: tuple[str, ...]) -> pa.RecordBatch:
    """The rows of ``people.csv``; times only where they are of one source, for every source has its own clock."""
    schema = people_schema(labels)
    rows = [_person_row(person) for person in people]
    return pa.record_batch([pa.array([row[f.name] for row in rows], f.type) for f in schema], schema=schema)


def _person_row(person: PersonRecord) -> dict[str, object]:
    has_one_clock = len(person.sources) == 1
    return {
        "person_id": person.person_id,
        "person_name": person.person_name,
        "identity": person.identity,
        "sources": len(person.sources),
        "tracks": person.tracks,
        "frames": person.frames,
        "first_s": person.first_s if has_one_clock else None,
        "last_s": person.last_s if has_one_clock else None,
        **label_columns(person.label_counts),
        "best_quality": person.best_quality,
        **person.affect.columns(),
        **person.liveness.columns(),
    }
