"""The tables of an analysis: every reading as CSV, Parquet and JSON lines, tracks, people, the emotion results."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mien.domain.emotions import expression_of
from mien.results.atomic import PendingFile, writing
from mien.results.columns import (
    EMOTION_PROBABILITIES,
    emotion_schema,
    people_schema,
    readings_schema,
    tracks_schema,
)
from mien.results.formats import COMPRESSION, ROW_GROUP_ROWS, csv_header, csv_lines, json_lines

_MOST_BATCHES = 1024  # waiting for a row group: that of a picture takes 19 kB for a row or two


class Table(Protocol):
    """A file of rows that is built batch by batch."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows; raises ResultError."""
        ...

    def close(self) -> None:
        """Complete the file under its temporary name; raises ResultError."""
        ...

    def commit(self) -> tuple[Path, ...]:
        """Move the completed file onto its place and say where; raises ResultError."""
        ...

    def discard(self) -> None:
        """Give up: nothing stays."""
        ...


class _Lines:
    """A text file that grows by pieces of bytes."""

    def __init__(self, path: Path, head: bytes) -> None:
        self._pending = PendingFile(path)
        with writing(path):
            self._file: IO[bytes] = self._pending.part.open("wb", buffering=1 << 16)
            self._file.write(head)

    def _append(self, lines: bytes) -> None:
        with writing(self._pending.path):
            self._file.write(lines)

    def close(self) -> None:
        with writing(self._pending.path):
            self._file.close()

    def commit(self) -> tuple[Path, ...]:
        self._pending.commit()
        return (self._pending.path,)

    def discard(self) -> None:
        try:
            self._file.close()
        except OSError:  # a full disk refuses the rest of a file that is removed here anyway
            pass
        finally:
            self._pending.discard()


class CsvTable(_Lines):
    """A CSV file with a header, whether or not there are rows (see csv_lines)."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        super().__init__(path, csv_header(schema.names))

    def write(self, batch: pa.RecordBatch) -> None:
        self._append(csv_lines(batch))


class JsonLines(_Lines):
    """A file of JSON lines (see json_lines)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, b"")

    def write(self, batch: pa.RecordBatch) -> None:
        self._append(json_lines(batch))


class ParquetTable:
    """A Parquet file (zstd) at full precision; batches of many small sources share row groups."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._pending = PendingFile(path)
        self._schema = schema
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0
        with writing(path):
            self._file: IO[bytes] = self._pending.part.open("wb")
            self._writer = pq.ParquetWriter(self._file, schema, compression=COMPRESSION)

    def write(self, batch: pa.RecordBatch) -> None:
        self._batches.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROW_GROUP_ROWS or len(self._batches) >= _MOST_BATCHES:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._batches, self._schema)
        self._batches, self._rows = [], 0
        with writing(self._pending.path):
            self._writer.write_table(table)

    def close(self) -> None:
        if self._rows:
            self._flush()
        with writing(self._pending.path):
            self._writer.close()
            self._file.close()

    def commit(self) -> tuple[Path, ...]:
        self._pending.commit()
        return (self._pending.path,)

    def discard(self) -> None:
        self._batches = []
        try:
            self._writer.close()
            self._file.close()
        except OSError:  # a full disk refuses the rest of a file that is removed here anyway
            pass
        finally:
            self._pending.discard()


class ResultTables:
    """Every table of an analysis, in one folder: ``write`` takes readings, ``tracks`` and ``people`` their own rows."""

    def __init__(self, folder: Path, labels: tuple[str, ...], with_json_lines: bool) -> None:
        self._labels = labels
        schema = readings_schema(labels)
        self._open: list[Table] = []
        try:
            self._readings: list[Table] = [self._keep(CsvTable(folder / "readings.csv", schema))]
            self._readings.append(self._keep(ParquetTable(folder / "readings.parquet", schema)))
            if with_json_lines:
                self._readings.append(self._keep(JsonLines(folder / "readings.jsonl")))
            self._emotions = self._keep(CsvTable(folder / "emotion_results.csv", emotion_schema()))
            self.tracks = self._keep(CsvTable(folder / "tracks.csv", tracks_schema(labels)))
            self.people = self._keep(CsvTable(folder / "people.csv", people_schema(labels)))
        except BaseException:
            self.discard()
            raise

    def _keep(self, table: Table) -> Table:
        self._open.append(table)
        return table

    def write(self, batch: pa.RecordBatch, began_at: datetime) -> None:
        """Append rows of a source whose clock was 0 at ``began_at``; raises ResultError."""
        for table in self._readings:
            table.write(batch)
        self._emotions.write(emotion_results(batch, self._labels, began_at))

    def close(self) -> None:
        """Complete every file under its temporary name; raises ResultError."""
        for table in self._open:
            table.close()

    def commit(self) -> tuple[Path, ...]:
        """Move every file onto its place and say where; raises ResultError."""
        return tuple(path for table in self._open for path in table.commit())

    def discard(self) -> None:
        """Give up: nothing stays."""
        for table in self._open:
            table.discard()


def emotion_results(batch: pa.RecordBatch, labels: tuple[str, ...], began_at: datetime) -> pa.RecordBatch:
    """The rows that have an expression, in the columns of ``emotion_results.csv``.

    ``timestamp`` is ISO 8601 in UTC with milliseconds: ``began_at`` (for a file the moment its analysis began, for a
    live source the moment it was opened) plus the source's own time. ``detected_emotion`` is the model's winner even
    where it has no column here; probabilities are the model's own, not renormalised; a label that the model lacks is
    an empty cell. ``person_id`` is empty while undecided.
    """
    has_expression = batch.filter(pc.not_equal(batch.column("emotion"), ""))
    moments = [began_at + timedelta(seconds=time_s) for time_s in has_expression.column("time_s").to_pylist()]
    columns: dict[str, pa.Array] = {
        "timestamp": pa.array([moment.isoformat(timespec="milliseconds") for moment in moments], pa.string()),
        "person_id": has_expression.column("person_id"),
        "detected_emotion": has_expression.column("emotion"),
        "confidence": has_expression.column("confidence"),
    }
    for column, expression in EMOTION_PROBABILITIES.items():
        label = next((label for label in labels if expression_of(label) == expression), None)
        columns[column] = (
            has_expression.column(f"{label}_prob")
            if label is not None
            else pa.nulls(has_expression.num_rows, pa.float32())
        )
    return pa.record_batch(columns, schema=emotion_schema())
