"""Rows of tables as the bytes of CSV, of JSON lines and of Parquet, batch by batch."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from mien.results.columns import decimals, harmless

ROW_GROUP_ROWS = 65_536
"""Of a Parquet file, at most."""
COMPRESSION = "zstd"

_TEXTS_FROM_OUTSIDE = frozenset({"source", "person_name", "camera", "reason"})
_NO_HEADER = pa.csv.WriteOptions(include_header=False)


def csv_header(names: Iterable[str]) -> bytes:
    """The first line of a CSV file."""
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()


def csv_lines(batch: pa.RecordBatch) -> bytes:
    """Rows as CSV (RFC 4180 quoting, UTF-8, lines end in LF).

    Numbers have a fixed number of decimals at most and a point; what was not measured is an empty cell. Cells of texts
    from outside that a spreadsheet would take for a formula get a leading apostrophe.
    """
    if not batch.num_rows:
        return b""
    shown = pa.table([_shown(batch.column(name), name) for name in batch.schema.names], batch.schema.names)
    lines = io.BytesIO()
    pa.csv.write_csv(shown, lines, _NO_HEADER)
    return lines.getvalue()


def json_lines(batch: pa.RecordBatch) -> bytes:
    """Rows as one JSON object a line, the columns as its keys, null where nothing was measured."""
    table = pa.table([_rounded(batch.column(name), name) for name in batch.schema.names], batch.schema.names)
    rows = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in table.to_pylist())
    return "".join(rows).encode()


def csv_pieces(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A CSV file piece by piece: a header, whether or not there are rows, and a piece for each batch."""
    yield csv_header(schema.names)
    yield from map(csv_lines, batches)


def json_pieces(_: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A file of JSON lines piece by piece."""
    yield from map(json_lines, batches)


def parquet_pieces(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A Parquet file at full precision piece by piece: a row group is held at a time."""
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression=COMPRESSION) as writer:
        held: list[pa.RecordBatch] = []
        for batch in batches:
            held.append(batch)
            if sum(one.num_rows for one in held) >= ROW_GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(held, schema))
                held = []
                yield sink.taken()
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Holds what is written until it is taken, and knows how much it was altogether."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        piece = bytes(content)
        self._held += piece
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def taken(self) -> bytes:
        """What was written since it was asked the last time."""
        held, self._held = bytes(self._held), bytearray()
        return held


def _rounded(column: pa.Array, name: str) -> pa.Array:
    if pa.types.is_floating(column.type):
        return pc.round(column.cast(pa.float64()), ndigits=decimals(name))
    return column


def _shown(column: pa.Array, name: str) -> pa.Array:
    if name in _TEXTS_FROM_OUTSIDE:
        distinct = column.dictionary_encode()
        return pa.array(
            [None if text is None else harmless(text) for text in distinct.dictionary.to_pylist()], pa.string()
        ).take(distinct.indices)
    return _rounded(column, name)
