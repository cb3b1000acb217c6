"""Readings as one table, in the columns of ``readings.csv``."""

from collections.abc import Iterable

import pyarrow as pa

from mien.domain.readings import FrameReading
from mien.results.columns import readings_schema
from mien.results.rows import batch_of, row_of

_CHUNK_ROWS = 4096


def table(readings: Iterable[FrameReading]) -> pa.Table:
    """Readings as a ``pyarrow.Table``, one row per face per frame; a frame without a face has none.

    The columns are those of ``readings.csv``: ``source``, ``frame``, ``time_s`` (s), ``track_id``, ``x1`` … ``y2``
    (px) and so on, and ``<label>_prob`` for each label of the expression model, where there is a row at all. A cell is
    null where nothing was measured. ``.to_pandas()`` makes a DataFrame of it, where pandas is installed,
    ``.to_pylist()`` dictionaries. Raises ValueError where faces were read with different labels.

        frame = mien.table(analyzer.video("meeting.mp4")).to_pandas()
    """
    labels: tuple[str, ...] = ()
    schema = readings_schema(labels)
    rows: list[tuple[object, ...]] = []
    batches: list[pa.RecordBatch] = []
    for reading in readings:
        for face in reading.faces:
            if not rows and not batches:
                labels, schema = face.emotion_labels, readings_schema(face.emotion_labels)
            if face.emotion_labels != labels:
                raise ValueError(f"expected expressions labelled {labels}, got {face.emotion_labels}")
            is_read = bool(face.probabilities)
            nothing = (None,) * len(labels)
            rows.append(row_of(reading, face, face.probabilities or nothing, face.confidence if is_read else None))
        if len(rows) >= _CHUNK_ROWS:  # columns take a tenth of what Python values do
            batches, rows = [*batches, batch_of(rows, schema)], []
    if rows:
        batches.append(batch_of(rows, schema))
    return pa.Table.from_batches(batches, schema)
