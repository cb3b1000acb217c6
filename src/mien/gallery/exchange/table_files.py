"""Tables of embeddings as files: ``.npz`` of numpy, and ``.csv`` with a column for each number of a vector."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.gallery.exchange.members import arrays_of
from mien.gallery.exchange.reading import checked_vectors
from mien.gallery.exchange.tables import EmbeddingTable, parsed_model

NPZ, CSV = ".npz", ".csv"
_COLUMNS = ("uid", "person_id", "name", "picture", "variant", "quality", "digest", "model")
_NEEDED = ("name", "model")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_UID = re.compile(r"[0-9a-f]{32}|")
_DIGEST = re.compile(r"[0-9a-f]{64}|")


def write_npz(file: BinaryIO, table: EmbeddingTable) -> None:
    """Write a table as arrays ``vectors`` (m, d), ``model`` and a column for the rest; raises OSError."""
    columns = {
        "uid": np.array(table.uids, str),
        "person_id": np.array(table.person_ids, str),
        "name": np.array(table.names, str),
        "picture": np.array(table.pictures, np.int32),
        "variant": np.array(table.variants, str),
        "quality": np.array(table.qualities, np.float32),
        "digest": np.array(table.digests, str),
    }
    np.savez(file, vectors=table.vectors, model=np.array(str(table.model)), allow_pickle=False, **columns)


def write_csv(file: BinaryIO, table: EmbeddingTable) -> None:
    """Write a table in UTF-8 (RFC 4180), the numbers with all their digits; raises OSError.

    Text that a spreadsheet would take for a formula gets a leading apostrophe, which `read_csv` takes away.
    """
    text = TextIOWrapper(file, "utf-8", newline="")
    try:
        csv.writer(text).writerows(_csv_rows(table))
    finally:
        text.detach()  # the file is not the text's to close


def _csv_rows(table: EmbeddingTable) -> Iterator[Sequence[object]]:
    yield (*_COLUMNS, *(f"v{number}" for number in range(table.vectors.shape[1])))
    model = _guarded(str(table.model))
    for row, vector in enumerate(table.vectors):
        yield (
            table.uids[row],
            table.person_ids[row],
            _guarded(table.names[row]),
            table.pictures[row],
            table.variants[row],
            f"{table.qualities[row]:.6g}",
            table.digests[row],
            model,
            *(f"{number:.9g}" for number in vector.tolist()),
        )


def read_table(path: Path) -> EmbeddingTable:
    """The table of an ``.npz`` or ``.csv``; raises SourceNotFound, SourceUnreadable with the row that is wrong."""
    read: Callable[[Path], EmbeddingTable] = _read_npz if path.suffix.lower() == NPZ else _read_csv
    with _told(path):
        return read(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceNotFound(f"there is no file {path}") from error
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, csv.Error, MemoryError) as error:
        raise SourceUnreadable(f"{path} cannot be taken in: {error}") from error


def _read_npz(path: Path) -> EmbeddingTable:
    arrays = arrays_of(path.read_bytes())
    if missing := [name for name in ("vectors", *_NEEDED) if name not in arrays]:
        raise ValueError(f"it has no array {missing[0]!r}")
    model = arrays["model"]
    names = {str(one) for one in model.ravel().tolist()}
    if len(names) != 1:
        raise ValueError("expected the templates of one model")
    columns = {name: arrays[name].tolist() for name in _COLUMNS if name != "model" and name in arrays}
    if any(not isinstance(column, list) for column in columns.values()):
        raise ValueError("expected an entry for each vector in every array")
    return _table(arrays["vectors"], names.pop(), columns)


def _read_csv(path: Path) -> EmbeddingTable:
    rows = csv.reader(StringIO(_text(path), newline=""), strict=True)
    header = [cell.strip() for cell in next(rows, [])]
    places = {name: place for place, name in enumerate(header)}
    if len(places) != len(header):
        raise ValueError("two columns have one name")
    if missing := [name for name in _NEEDED if name not in places]:
        raise ValueError(f"it has no column {missing[0]!r}")
    size = sum(re.fullmatch(r"v\d+", name) is not None for name in header)
    numbers = [places[f"v{number}"] for number in range(size) if f"v{number}" in places]
    if len(numbers) != size or not size:
        raise ValueError("expected columns v0, v1, … for the numbers of the vectors")
    given = {name: place for name, place in places.items() if name in _COLUMNS}
    columns: dict[str, list[Any]] = {name: [] for name in given}
    vectors = []
    for row, cells in enumerate((cells for cells in rows if cells), start=1):
        if len(cells) != len(header):
            raise ValueError(f"row {row}: expected {len(header)} cells, got {len(cells)}")
        try:
            vectors.append(np.array([float(cells[place]) for place in numbers]))
        except ValueError as error:
            raise ValueError(f"row {row}: the vector holds what is no number") from error
        for name, place in given.items():
            columns[name].append(_plain(cells[place]))
    models = {*columns.pop("model")}
    if len(models) > 1:
        raise ValueError("expected the templates of one model")
    stacked = np.stack(vectors) if vectors else np.zeros((0, size), np.float32)
    return _table(stacked, models.pop() if models else "", columns)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8") from error


def _table(given: NDArray[Any], model: str, columns: dict[str, list[Any]]) -> EmbeddingTable:
    """A table of raw columns, with what they leave out filled in; raises ValueError, with the row."""
    vectors = checked_vectors(given)
    if vectors is None or not len(vectors):
        raise ValueError("it holds no vectors")
    count = len(vectors)
    if any(len(column) != count for column in columns.values()):
        raise ValueError("expected an entry for each vector in every column")
    texts = {
        name: [str(one) for one in columns.get(name, [""] * count)] for name in ("name", "uid", "person_id", "digest")
    }
    variants = [str(one) for one in columns.get("variant", ["plain"] * count)]
    _check("uid", texts["uid"], lambda text: bool(_UID.fullmatch(text)))
    _check("digest", texts["digest"], lambda text: bool(_DIGEST.fullmatch(text)))
    _check("variant", variants, lambda text: text in ("plain", "distant"))
    qualities = _numbers("quality", columns.get("quality", [1.0] * count), 1.0)
    pictures = _numbers("picture", columns.get("picture", range(count)), 2.0**31)
    whose = (texts["name"], texts["uid"], texts["person_id"], [int(one) for one in pictures])
    return EmbeddingTable(parsed_model(model), vectors, *whose, variants, qualities, texts["digest"])


def _check(name: str, column: Sequence[str], is_right: Callable[[str], bool]) -> None:
    for row, text in enumerate(column, start=1):
        if not is_right(text):
            raise ValueError(f"row {row}: {text[:40]!r} is no {name}")


def _numbers(name: str, column: Sequence[Any], most: float) -> list[float]:
    """Numbers from 0 to the most; raises ValueError, with the row."""
    numbers = []
    for row, given in enumerate(column, start=1):
        try:
            number = float(given)
        except (TypeError, ValueError):
            number = -1.0
        if not 0 <= number <= most:
            raise ValueError(f"row {row}: {str(given)[:40]!r} is no {name}")
        numbers.append(number)
    return numbers


def _guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _plain(cell: str) -> str:
    """What `_guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
