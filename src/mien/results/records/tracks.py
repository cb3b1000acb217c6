"""What a source comes to in the end: one line per track, and how expressions and quality spread over its time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mien.domain.readings import FaceReading, FrameReading
from mien.results.columns import PROBABILITY, tracks_schema
from mien.results.records.affect import Affect
from mien.results.records.liveness import LivenessRecord
from mien.results.rows import FinalIdentity

SAME_STRETCH_S = 1.0
"""A track that is out of sight for longer than this starts a new stretch of its timeline."""
QUALITY_BINS = 10
_TIME_BINS = 512
_UNDECIDED = FinalIdentity("undecided")


@dataclass(slots=True)
class Stretch:
    """A time in which a track showed one smoothed expression (``""``: not enough evidence)."""

    start_s: float
    end_s: float
    label: str


@dataclass(slots=True)
class TrackRecord:
    """One track, added up while it runs."""

    source: str
    track_id: int
    first_s: float
    label_counts: dict[str, int]
    identity: FinalIdentity = _UNDECIDED
    last_s: float = 0.0
    frames: int = 0
    best_quality: float = -1.0
    best_frame: int = 0
    stretches: list[Stretch] = field(default_factory=list)
    affect: Affect = field(default_factory=Affect)
    liveness: LivenessRecord = field(default_factory=LivenessRecord)
    continues: int | None = None
    """The track under which the same person was in view before."""

    def add(self, reading: FrameReading, face: FaceReading) -> None:
        time_s = reading.time_s
        self.last_s = time_s
        self.frames += 1
        self.identity = FinalIdentity(face.identity, face.person_id, face.person_name, face.similarity, face.margin)
        if face.emotion:
            self.label_counts[face.emotion] += 1
        self.affect.add(face)
        self.liveness.add(face)
        if face.quality > self.best_quality:
            self.best_quality, self.best_frame = face.quality, reading.index
        latest = self.stretches[-1] if self.stretches else None
        if latest is None or time_s - latest.end_s > SAME_STRETCH_S:
            self.stretches.append(Stretch(time_s, time_s, face.emotion_smoothed))
        else:
            latest.end_s = time_s
            if latest.label != face.emotion_smoothed:
                self.stretches.append(Stretch(time_s, time_s, face.emotion_smoothed))

    def unread(self) -> None:
        """Let go of what was added of expressions."""
        self.label_counts = dict.fromkeys(self.label_counts, 0)
        self.affect = Affect()
        for stretch in self.stretches:
            stretch.label = ""

    @property
    def seconds(self) -> float:
        """How long the track was in view."""
        return sum(stretch.end_s - stretch.start_s for stretch in self.stretches)


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Part of the counted frames that show each label; they sum to 1, or are all 0 without any."""
    total = sum(counts.values())
    return {label: count / total if total else 0.0 for label, count in counts.items()}


def label_columns(counts: Mapping[str, int]) -> dict[str, object]:
    """The columns of a row that tell how many frames show which label; without any frame there are no shares."""
    winner = dominant(counts)
    of_label = {f"{label}_share": share if winner else None for label, share in shares(counts).items()}
    return {**of_label, "dominant_emotion": winner}


def dominant(counts: Mapping[str, int]) -> str:
    """The label of most frames, or ``""`` where no expression was read."""
    label = max(counts, key=counts.__getitem__, default="")
    return label if label and counts[label] else ""


class ExpressionOverTime:
    """Mean distribution of expressions per interval of time, at most 512 intervals however long the source."""

    def __init__(self, label_count: int) -> None:
        self.interval_s = 0.125
        self.sums: NDArray[np.float64] = np.zeros((_TIME_BINS, label_count))
        self.counts: NDArray[np.int64] = np.zeros(_TIME_BINS, np.int64)

    def add(self, times_s: NDArray[np.float64], distributions: NDArray[np.float64]) -> None:
        """Add distributions (n, k) at times (n,); intervals are joined in pairs when they run out."""
        while times_s.max(initial=0.0) >= _TIME_BINS * self.interval_s:
            self._halve()
        intervals = np.maximum(times_s / self.interval_s, 0).astype(np.int64)
        np.add.at(self.sums, intervals, distributions)
        np.add.at(self.counts, intervals, 1)

    def _halve(self) -> None:
        half = _TIME_BINS // 2
        self.sums[:half] = self.sums[0::2] + self.sums[1::2]
        self.counts[:half] = self.counts[0::2] + self.counts[1::2]
        self.sums[half:], self.counts[half:] = 0, 0
        self.interval_s *= 2


class SourceRecord:
    """One source, added up while it is read; memory grows with its tracks, not with its length."""

    def __init__(self, source: str, labels: tuple[str, ...], is_still: bool) -> None:
        self.source = source
        self.labels = labels
        self.is_still = is_still
        self.tracks: dict[tuple[str, int], TrackRecord] = {}
        self.expressions = ExpressionOverTime(len(labels))
        self.quality_counts = [0] * QUALITY_BINS
        self.frames_analysed = 0
        self.readings = 0
        self.last_s = 0.0
        self.size = (0, 0)

    def add(self, reading: FrameReading) -> None:
        """Add a frame and its faces."""
        self.frames_analysed += 1
        self.readings += len(reading.faces)
        self.last_s = reading.time_s
        self.size = (reading.width, reading.height)
        for face in reading.faces:
            key = (reading.camera, face.track_id)
            track = self.tracks.get(key)
            if track is None:
                track = self.tracks[key] = self._begin(reading, face)
            track.add(reading, face)
            self.quality_counts[min(int(face.quality * QUALITY_BINS), QUALITY_BINS - 1)] += 1

    def _begin(self, reading: FrameReading, face: FaceReading) -> TrackRecord:
        return TrackRecord(
            source=reading.camera,
            track_id=face.track_id,
            first_s=reading.time_s,
            label_counts=dict.fromkeys(self.labels, 0),
        )

    def add_rows(self, batch: pa.RecordBatch) -> None:
        """Add what final rows of ``readings`` tell of expressions."""
        if not self.labels:
            return
        columns = [batch.column(f"{label}{PROBABILITY}").to_numpy(zero_copy_only=False) for label in self.labels]
        distributions = np.stack(columns, axis=1).astype(np.float64)
        is_read = ~np.isnan(distributions).any(axis=1)
        times_s = batch.column("time_s").to_numpy(zero_copy_only=False)
        self.expressions.add(times_s[is_read], distributions[is_read])

    def decide(self, identities: Mapping[int, FinalIdentity]) -> None:
        """Take over the final identities; tracks without one keep that of their last reading.

        What the faces tell to be one person, before and after a gap, is joined here: a track says which it continues.
        """
        latest: dict[tuple[str, str], int] = {}
        for track in sorted(self.tracks.values(), key=lambda track: track.first_s):
            track.identity = identities.get(track.track_id, track.identity)
            if track.identity.is_unread:
                track.unread()
            if track.identity.person_id and not self.is_still:
                person = (track.source, track.identity.person_id)
                track.continues, latest[person] = latest.get(person), track.track_id


def tracks_batch(tracks: Iterable[TrackRecord], labels: tuple[str, ...]) -> pa.RecordBatch:
    """The rows of ``tracks.csv``."""
    schema = tracks_schema(labels)
    rows = [_track_row(track) for track in tracks]
    return pa.record_batch([pa.array([row[f.name] for row in rows], f.type) for f in schema], schema=schema)


def _track_row(track: TrackRecord) -> dict[str, object]:
    return {
        "source": track.source,
        "track_id": track.track_id,
        "first_s": track.first_s,
        "last_s": track.last_s,
        "frames": track.frames,
        "identity": track.identity.identity,
        "person_id": track.identity.person_id,
        "person_name": track.identity.person_name,
        "similarity": track.identity.similarity,
        **label_columns(track.label_counts),
        "best_quality": track.best_quality,
        "best_frame": track.best_frame,
        **track.affect.columns(),
        "continues": track.continues,
        **track.liveness.columns(),
    }
