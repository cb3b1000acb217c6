"""Datasets that are described by a CSV file: FER-2013, FER+, AffectNet in three layouts, or anybody's own."""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from mien.domain.errors import SourceUnreadable
from mien.evaluation.ferplus import VOTE_COLUMNS
from mien.lab.datasets.formats.lines import read_lines
from mien.lab.datasets.formats.sample import SPLIT_WORDS, Box, Sample, Split
from mien.lab.datasets.formats.voting import voted

FER2013_WORDS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""The classes 0..6 of FER-2013 (Goodfellow et al., "Challenges in Representation Learning", ICONIP 2013)."""

AFFECTNET_WORDS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
"""The expressions 0..7 of AffectNet (Mollahosseini et al., IEEE TAC 2019); 8 none, 9 uncertain, 10 no face."""

_AFFECTNET_FILES = ("training.csv", "validation.csv")
_AFFECTNET_COLUMNS = frozenset({"subDirectory_filePath", "expression", "valence", "arousal"})
_AFFECTNET_BOX = ("face_x", "face_y", "face_width", "face_height")
_AFFECTNET_NONE = ("", "", "")
_MISSING = -2.0  # how AffectNet writes valence and arousal that nobody gave
_FERPLUS_FOLDERS = {"train": "FER2013Train", "val": "FER2013Valid", "test": "FER2013Test"}
"""Where the scripts of FER+'s authors put the pictures of each part."""

_FER_SIDE_PX = 48
_OTHER_MARKS = frozenset(";\t|")
"""What stands between columns in files that are no csv of commas."""

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A CSV file whose rows a function turns into samples; every row has to reach as far as its ``needed`` fields."""

    path: Path
    images: Path
    needed: frozenset[str]
    read: Callable[[Row, Path, str], Sample | None]

    def samples(self) -> Iterator[Sample]:
        for where, row in _rows(self.path):
            if missing := sorted(name for name in self.needed if row.get(name) is None):
                raise SourceUnreadable(f"{where}: there is no {', '.join(missing)}")
            try:
                sample = self.read(row, self.images, where)
            except (ValueError, OverflowError) as error:
                raise SourceUnreadable(f"{where}: {' '.join(str(error).split())}") from error
            if sample:
                yield sample


@dataclass(frozen=True, slots=True)
class TableFolder:
    """A dataset in several files, one after the other."""

    files: tuple[TableFormat, ...]

    def samples(self) -> Iterator[Sample]:
        return chain.from_iterable(file.samples() for file in self.files)


def table_format(path: Path, images: Path | None) -> TableFormat:
    """The format of a CSV file, known by its columns; pictures lie in ``images``, or beside the file.

    Raises SourceUnreadable where the columns are of no known layout.
    """
    header = _header(path)
    columns, folder = set(header), images or path.parent
    for needed, read in _LAYOUTS:
        if needed <= columns:
            return TableFormat(path, folder, needed, read)
    if not header:
        raise SourceUnreadable(f"{path} begins without the names of its columns")
    if len(header) == 1 and (marks := set(header[0]) & _OTHER_MARKS):
        raise SourceUnreadable(f"{path} has one column only, {header[0]!r}: expected commas, got {min(marks)!r}")
    known = "; ".join(", ".join(sorted(needed)) for needed, _ in _LAYOUTS)
    raise SourceUnreadable(f"{path} has the columns {', '.join(sorted(columns))}; expected those of one of: {known}")


def affectnet_folder(path: Path, images: Path | None) -> TableFolder | None:
    """AffectNet's files as one dataset, where a folder holds them; pictures lie in ``images``, or beside them."""
    files = [file for name in _AFFECTNET_FILES if (file := path / name).is_file()]
    if not files:
        return None
    return TableFolder(tuple(TableFormat(file, images or path, _AFFECTNET_COLUMNS, _affectnet) for file in files))


def _header(path: Path) -> list[str]:
    try:
        return next(csv.reader(read_lines(path)), [])
    except csv.Error as error:
        raise SourceUnreadable(f"{path.name}, line 1: {error}") from error


def _rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Every row, and where it stands, in words; raises SourceUnreadable."""
    table = csv.DictReader(read_lines(path))
    try:
        for row in table:
            yield f"{path.name}, line {table.line_num}", row
    except csv.Error as error:
        raise SourceUnreadable(f"{path.name}, line {table.reader.line_num}: {error}") from error


def _fer2013(row: Row, _: Path, where: str) -> Sample:
    """``emotion,pixels,Usage``: 48 × 48 grey levels as text."""
    pixels = np.array(row["pixels"].split(), np.int64)
    if pixels.size != _FER_SIDE_PX**2 or pixels.min() < 0 or pixels.max() > 255:
        raise ValueError(f"expected {_FER_SIDE_PX**2} grey levels from 0 to 255, found {pixels.size}")
    image = pixels.astype(np.uint8).reshape(_FER_SIDE_PX, _FER_SIDE_PX)
    encoded = cv2.imencode(".png", image)[1].tobytes()
    usage = row.get("Usage") or ""
    return Sample(encoded, where, _class(row["emotion"], FER2013_WORDS), split=SPLIT_WORDS.get(usage.lower(), ""))


def _ferplus(row: Row, images: Path, where: str) -> Sample | None:
    """``fer2013new.csv`` of FER+: ten annotators' votes and names of pictures; rows without a name were removed."""
    if not (name := row["Image name"].strip()):
        return None
    counts = np.array([[_whole(row, column) for column in VOTE_COLUMNS]], np.int64)
    word, votes, undecided = voted(counts)[0]
    split = SPLIT_WORDS.get(row["Usage"].lower(), "")
    beside, below = _found(name, images), images / _FERPLUS_FOLDERS.get(split, "") / name
    return Sample(below if below.exists() else beside, where, word, votes, undecided, split)


def _affectnet(row: Row, images: Path, where: str) -> Sample:
    """The original ``training.csv`` and ``validation.csv``."""
    split = SPLIT_WORDS.get(where.split(".")[0].lower(), "")
    number = _whole(row, "expression")
    if not 0 <= number < len(AFFECTNET_WORDS) + len(_AFFECTNET_NONE):
        raise ValueError(f"the expression {number} is out of range, expected 0 to 10")
    word = (*AFFECTNET_WORDS, *_AFFECTNET_NONE)[number]
    valence, arousal = (_level(row[name], missing=_MISSING) for name in ("valence", "arousal"))
    picture = _found(row["subDirectory_filePath"], images)
    return Sample(picture, where, word, split=split, valence=valence, arousal=arousal, box=_box(row))


def _kaggle(row: Row, images: Path, where: str) -> Sample:
    """The ``labels.csv`` that goes around on Kaggle: ``pth,label,relFCs``; its numbers of faces are left alone."""
    return Sample(_found(row["pth"], images), where, row["label"].strip())


def _plain(row: Row, images: Path, where: str) -> Sample:
    """``image_path,emotion``, and ``valence,arousal,split,group,person``, which may be missing or empty.

    An emotion is a word, or a number of AffectNet.
    """
    label = row["emotion"].strip()
    word = _class(label, AFFECTNET_WORDS)
    return Sample(
        _found(row["image_path"], images),
        where,
        word,
        split=_split(row.get("split") or ""),
        valence=_level(row.get("valence") or ""),
        arousal=_level(row.get("arousal") or ""),
        group=(row.get("group") or "").strip(),
        person=(row.get("person") or "").strip(),
        number=label if label != word else "",
    )


def _whole(row: Row, column: str) -> int:
    try:
        return int(row[column])
    except ValueError:
        raise ValueError(f"expected a whole number as {column}, got {row[column]!r}") from None


def _class(text: str, words: tuple[str, ...]) -> str:
    """The word of a class that is given as one, or as its number."""
    word = text.strip()
    if not word.lstrip("-").isdigit():
        return word
    if not 0 <= int(word) < len(words):
        raise ValueError(f"the label {word} is out of range, expected 0 to {len(words) - 1} ({', '.join(words)})")
    return words[int(word)]


def _split(text: str) -> Split:
    word = text.strip().lower()
    if word and word not in SPLIT_WORDS:
        raise ValueError(f"{text!r} is no part of a dataset, expected train, val or test")
    return SPLIT_WORDS.get(word, "")


def _level(text: str, missing: float = math.nan) -> float:
    """Valence or arousal; NaN where it is missing, which is never 0: empty, or the number that stands for it."""
    value = float(text) if text.strip() else math.nan
    if math.isnan(value) or value == missing:
        return math.nan
    if not -1 <= value <= 1:
        raise ValueError(f"valence or arousal of {value} is out of range, expected -1 to 1")
    return value


def _box(row: Row) -> Box | None:
    """Where AffectNet's labelled face lies; none where it does not say so, as in a row with NULL, or it is empty."""
    try:
        x, y, width, height = (float(row.get(name) or "") for name in _AFFECTNET_BOX)
    except ValueError:
        return None
    is_box = math.isfinite(x + y + width + height) and width > 0 and height > 0
    return (x, y, x + width, y + height) if is_box else None


def _found(name: str, images: Path) -> Path:
    path = Path(name.replace("\\", "/"))
    return path if path.is_absolute() else images / path


_LAYOUTS = (
    (frozenset({"emotion", "pixels"}), _fer2013),
    (frozenset({"Image name", "Usage", *VOTE_COLUMNS}), _ferplus),
    (_AFFECTNET_COLUMNS, _affectnet),
    (frozenset({"image_path", "emotion"}), _plain),
    (frozenset({"pth", "label"}), _kaggle),
)
