"""Pictures labelled with expressions: FER+ as a parquet, or folders named after expressions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.domain.frame import Pixels
from mien.evaluation.faces import OpenPicture
from mien.evaluation.ferplus import NO_LABEL, majority_label, read_ferplus
from mien.sources.opening import PICTURE_SUFFIXES
from mien.sources.pixels import ArrayPixels

Labels = NDArray[np.int64]
LabelKind = Literal["majority", "fer2013"]

SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        **{label: label for label in EMOTION_LABELS},
        "afraid": "fear",
        "angry": "anger",
        "contemptuous": "contempt",
        "disgusted": "disgust",
        "fearful": "fear",
        "happy": "happiness",
        "joy": "happiness",
        "sad": "sadness",
        "surprised": "surprise",
    }
)
"""What data sets call the eight expressions."""


@dataclass(frozen=True, slots=True)
class LabelledPictures:
    """n pictures, each opened when it is its turn, and their expressions (n,) as indices of EMOTION_LABELS."""

    openers: tuple[Callable[[], Pixels], ...]
    truth: Labels

    def __len__(self) -> int:
        return len(self.openers)


def read_parquet(path: Path, labels: LabelKind = "majority", usage: str = "") -> LabelledPictures:
    """The pictures of one ``usage``; by default all but Training, or Training where there is nothing else.

    ``majority`` leaves out pictures without an agreed label; ``fer2013`` takes the column ``fer2013_label``. Raises
    SourceUnreadable for a file of another kind, UsageError for a usage or a column it does not hold.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        faces = read_ferplus(path)
        columns = parquet.read_table(path).drop_columns(["png"])
    except (pyarrow.ArrowInvalid, ValueError) as error:
        raise SourceUnreadable(f"{path} is no file of FER+: {error}") from error
    if labels == "fer2013" and "fer2013_label" not in columns.column_names:
        raise UsageError(f"{path} has no column fer2013_label")
    if labels == "majority":
        truth = majority_label(faces.votes)
    else:
        truth = np.array([_label_of(name, path) for name in columns["fer2013_label"].to_pylist()], np.int64)
    rows = np.flatnonzero(_is_chosen(columns["usage"].to_pylist(), usage, path) & (truth != NO_LABEL))
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
    label = SYNONYMS.get(name.strip().lower())
    if label is None:
        raise UsageError(f"{name!r} in {where} is no expression; there are {', '.join(EMOTION_LABELS)}")
    return EMOTION_LABELS.index(label)


def _is_chosen(usages: Sequence[str], usage: str, path: Path) -> NDArray[np.bool_]:
    held = sorted(set(usages))
    if usage and usage not in held:
        raise UsageError(f"{path} holds no pictures for {usage}; there are {', '.join(held)}")
    if usage:
        return np.array([one == usage for one in usages], dtype=bool)
    is_for_measuring = np.array([one != "Training" for one in usages], dtype=bool)
    return is_for_measuring if is_for_measuring.any() else ~is_for_measuring
