"""The rows of one source until it has ended: columns in memory, spilled to disk where they grow many."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from mien.domain.identity import Identity, Match, Undecided, Unknown
from mien.domain.readings import FaceReading, FrameReading, IdentityKind
from mien.results.atomic import PendingFile, writing
from mien.results.columns import EXPRESSION_COLUMNS, IDENTITY_COLUMNS, PROBABILITY, readings_schema

_NO_POSE = (None, None, None)
_CHUNK_ROWS = 4096  # about 6 MB of Python values; a chunk turns into 0.6 MB of columns in 20 ms


@dataclass(frozen=True, slots=True)
class FinalIdentity:
    """What was decided about a track in the end; it overwrites what its rows said while it was open.

    ``is_unread`` takes out what they said of expressions while it was taken for somebody else's.
    """

    identity: IdentityKind
    person_id: str = ""
    person_name: str = ""
    similarity: float = 0.0
    margin: float = 0.0
    is_unread: bool = False

    @classmethod
    def of(cls, identity: Identity, person_name: str = "", is_unread: bool = False) -> Self:
        """From the answer of the gallery and the name of the person it names (empty for a stranger)."""
        match identity:
            case Match():
                named = (identity.person_id, person_name)
                return cls("known", *named, identity.similarity, identity.margin, is_unread)
            case Unknown():
                return cls("unknown", identity.person_id, "", identity.similarity, identity.margin)
            case Undecided():
                return cls("undecided", "", "", identity.similarity, identity.margin, is_unread)


class ReadingRows:
    """Rows of one source, appended face by face and read back once, with the final identities, when it has ended.

    Memory is bounded by one chunk whatever the length of the source: full chunks go to a temporary Arrow file in
    ``folder``.
    """

    def __init__(self, labels: tuple[str, ...], folder: Path) -> None:
        self._labels = labels
        self._schema = readings_schema(labels)
        self._rows: list[tuple[object, ...]] = []
        self._nothing_measured: tuple[None, ...] = (None,) * len(labels)
        self._spill = PendingFile(folder / "rows.arrow")
        self._file: pa.OSFile | None = None
        self._stream: pa.ipc.RecordBatchStreamWriter | None = None

    def add(self, reading: FrameReading) -> None:
        """Append all faces of a frame; raises ValueError where a face was read with other labels, ResultError."""
        for face in reading.faces:
            self._rows.append(self._row(reading, face))
        if len(self._rows) >= _CHUNK_ROWS:
            with writing(self._spill.path.parent):
                self._write_chunk()

    def _row(self, reading: FrameReading, face: FaceReading) -> tuple[object, ...]:
        probabilities: tuple[float | None, ...] = face.probabilities
        confidence: float | None = face.confidence
        if not probabilities:
            probabilities, confidence = self._nothing_measured, None
        elif face.emotion_labels != self._labels:
            raise ValueError(f"expected expressions labelled {self._labels}, got {face.emotion_labels}")
        return row_of(reading, face, probabilities, confidence)

    def _take_batch(self) -> pa.RecordBatch:
        batch, self._rows = batch_of(self._rows, self._schema), []
        return batch

    def _write_chunk(self) -> None:
        if self._stream is None:
            self._file = pa.OSFile(str(self._spill.part), "wb")
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._stream = pa.ipc.new_stream(self._file, self._schema, options=options)
        self._stream.write_batch(self._take_batch())

    def finish(self, identities: Mapping[int, FinalIdentity]) -> Iterator[pa.RecordBatch]:
        """All rows in order, those of every track in ``identities`` with its final identity; then they are gone."""
        try:
            with writing(self._spill.path.parent):
                self._close_stream()
            if self._spill.part.exists():
                with pa.OSFile(str(self._spill.part), "rb") as file, pa.ipc.open_stream(file) as stream:
                    for batch in stream:
                        yield write_back(batch, identities)
            if self._rows:
                yield write_back(self._take_batch(), identities)
        finally:
            self.discard()

    def _close_stream(self) -> None:
        stream, file, self._stream, self._file = self._stream, self._file, None, None
        if stream is not None and file is not None:
            try:
                stream.close()
            finally:
                file.close()

    def discard(self) -> None:
        """Forget every row and remove the temporary file."""
        self._rows = []
        try:
            self._close_stream()
        except OSError:  # a full disk refuses the end mark of a file that is removed here anyway
            self._file = None
        self._spill.discard()


def row_of(
    reading: FrameReading, face: FaceReading, probabilities: Iterable[float | None], confidence: float | None
) -> tuple[object, ...]:
    """A face of a frame as the columns of readings have it, with probabilities of all labels of these."""
    return (
        reading.camera,
        reading.index,
        reading.time_s,
        face.track_id,
        *face.box,
        face.detection_score,
        face.identity,
        face.person_id,
        face.person_name,
        face.similarity,
        face.margin,
        face.emotion,
        confidence,
        *probabilities,
        face.emotion_smoothed,
        face.quality,
        face.quality_reason,
        face.identity_source,
        face.emotion_source,
        face.detection_source,
        *_affect(face),
        *_liveness(face),
        *(face.pose or _NO_POSE),
    )


def batch_of(rows: Iterable[tuple[object, ...]], schema: pa.Schema) -> pa.RecordBatch:
    """Rows, of which there is one at least, as a batch of columns."""
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _affect(face: FaceReading) -> tuple[object, ...]:
    if not face.valence_arousal_source:
        return None, None, "", ""
    return face.valence, face.arousal, face.quadrant, face.valence_arousal_source


def _liveness(face: FaceReading) -> tuple[object, ...]:
    return face.liveness, face.liveness_score if face.liveness else None, face.liveness_reason


def write_back(batch: pa.RecordBatch, identities: Mapping[int, FinalIdentity]) -> pa.RecordBatch:
    """The batch with the final identity in all rows of each track that has one, without expressions of the unread."""
    if not identities:
        return batch
    tracks = np.array(sorted(identities), dtype=np.int64)
    finals = [identities[int(track)] for track in tracks]
    row_tracks = batch.column("track_id").to_numpy()
    position = np.minimum(np.searchsorted(tracks, row_tracks), len(tracks) - 1)
    is_decided = pa.array(tracks[position] == row_tracks)
    arrays = {field.name: batch.column(field.name) for field in batch.schema}
    for name in IDENTITY_COLUMNS:
        decided = pa.array([getattr(final, name) for final in finals], batch.schema.field(name).type)
        arrays[name] = pc.if_else(is_decided, decided.take(pa.array(position)), arrays[name])
    unread = np.array([final.is_unread for final in finals])[position] & (tracks[position] == row_tracks)
    if unread.any():
        for field in batch.schema:
            if field.name in EXPRESSION_COLUMNS or field.name.endswith(PROBABILITY):
                nothing = pa.scalar(EXPRESSION_COLUMNS.get(field.name), field.type)
                arrays[field.name] = pc.if_else(pa.array(unread), nothing, arrays[field.name])
    return pa.record_batch(list(arrays.values()), schema=batch.schema)
