"""Pictures labelled with expressions: FER+ as a parquet, or folders named after expressions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EMOTION_LABELS, expression_of
from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.domain.frame import Pixels
from mien.evaluation.faces import OpenPicture
from mien.evaluation.ferplus import NO_LABEL, decode_ferplus, majority_label, read_encoded
from mien.sources.opening import PICTURE_SUFFIXES
from mien.sources.pixels import ArrayPixels

Labels = NDArray[np.int64]
LabelKind = Literal["majority", "fer2013"]


@dataclass(frozen=True, slots=True)
class LabelledPictures:
    """n pictures, each opened when it is its turn, and their expressions (n,) as indices of EMOTION_LABELS."""

    openers: tuple[Callable[[], Pixels], ...]
    truth: Labels

    def __len__(self) -> int:
        return len(self.openers)


def read_parquet(path: Path, labels: LabelKind = "majority") -> LabelledPictures:
    """The pictures of FER+ that are there to measure: all but Training, or Training where there is nothing else.

    ``majority`` leaves out pictures without an agreed label; ``fer2013`` takes the column ``fer2013_label``. Raises
    SourceUnreadable for a file of another kind, UsageError where that column is missing.
    """
    import pyarrow

    try:
        table = read_encoded(path, is_measuring=True)
        faces = decode_ferplus(table)
    except (pyarrow.ArrowInvalid, ValueError) as error:
        raise SourceUnreadable(f"{path} is no file of FER+: {error}") from error
    if labels == "majority":
        truth = majority_label(faces.votes)
    elif "fer2013_label" in table.column_names:
        truth = np.array([_label_of(name, path) for name in table["fer2013_label"].to_pylist()], np.int64)
    else:
        raise UsageError(f"{path} has no column fer2013_label")
    rows = np.flatnonzero(truth != NO_LABEL)
    return LabelledPictures(tuple(partial(ArrayPixels, faces.images[row]) for row in rows), truth[rows])


def read_folders(folder: Path, open_picture: OpenPicture) -> LabelledPictures:
    """The pictures in the folders of ``folder``, each named after an expression or a usual word for it.

    Raises UsageError for a folder that is named otherwise, SourceNotFound where there are no pictures.
    """
    pictures = [
        (partial(open_picture, path), _label_of(named.name, folder))
        for named in sorted(folder.iterdir())
        if named.is_dir() and not named.name.startswith(".")
        for path in sorted(named.rglob("*"))
        if path.suffix.lower() in PICTURE_SUFFIXES
    ]
    if not pictures:
        raise SourceNotFound(f"{folder} holds no folders of pictures named after expressions")
    openers, truth = zip(*pictures, strict=True)
    return LabelledPictures(openers, np.array(truth, np.int64))


def _label_of(name: str, where: Path) -> int:
    label = expression_of(name)
    if label not in EMOTION_LABELS:
        raise UsageError(f"{name!r} in {where} is no expression; there are {', '.join(EMOTION_LABELS)}")
    return EMOTION_LABELS.index(label)
