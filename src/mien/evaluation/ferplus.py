"""The FER+ pictures and their votes: reading, and the majority rule."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EMOTION_LABELS

if TYPE_CHECKING:
    import pyarrow

Pictures = NDArray[np.uint8]
Votes = NDArray[np.int64]

VOTE_COLUMNS: tuple[str, ...] = (*EMOTION_LABELS, "unknown", "NF")
"""The ten things an annotator could say of a picture; NF is 'not a face'."""

NO_LABEL = -1
"""What :func:`majority_label` answers where the annotators did not agree on one of the eight emotions."""

SIDE_PX = 48
_TRAINING = "Training"


@dataclass(frozen=True, slots=True)
class FerPlus:
    """Faces of FER-2013 with the ten annotators' votes of FER+ (Barsoum et al., ICMI 2016).

    ``images`` (n, 48, 48) uint8 grey; ``votes`` (n, 10) int64, columns :data:`VOTE_COLUMNS`; ``is_training`` (n,)
    bool, False for the pictures that only measure.
    """

    images: Pictures
    votes: Votes
    is_training: NDArray[np.bool_]

    def __post_init__(self) -> None:
        n = len(self.images)
        if self.images.shape != (n, SIDE_PX, SIDE_PX) or self.votes.shape != (n, len(VOTE_COLUMNS)):
            raise ValueError(
                f"expected images (n, {SIDE_PX}, {SIDE_PX}) and votes (n, {len(VOTE_COLUMNS)}), "
                f"got {self.images.shape} and {self.votes.shape}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: NDArray[Any]) -> Self:
        """The chosen rows (indices or a mask), as a set of its own."""
        return type(self)(self.images[rows], self.votes[rows], self.is_training[rows])


def read_ferplus(path: Path) -> FerPlus:
    """Read a parquet of ``png`` bytes, ``usage`` (Training or anything else) and one column per vote.

    Raises ValueError where a column is missing or a picture is not 48×48 grey.
    """
    return decode_ferplus(read_encoded(path))


def read_encoded(path: Path, is_measuring: bool = False) -> "pyarrow.Table":
    """The rows of such a file, pictures still encoded; to measure, all but Training, or Training if that is all.

    Raises ValueError where a column is missing.
    """
    import pyarrow.compute as compute  # half a second that listing the evaluations need not pay
    import pyarrow.parquet as parquet

    missing = {"png", "usage", *VOTE_COLUMNS} - set(parquet.read_schema(path).names)
    if missing:
        raise ValueError(f"{path.name} lacks the columns {sorted(missing)}")
    if is_measuring:
        table = parquet.read_table(path, filters=compute.field("usage") != _TRAINING)
        if table.num_rows:
            return table
    return parquet.read_table(path)


def decode_ferplus(table: "pyarrow.Table") -> FerPlus:
    """The pictures and votes of encoded rows; raises ValueError where a picture is not 48×48 grey."""
    images = np.zeros((table.num_rows, SIDE_PX, SIDE_PX), np.uint8)
    for row, encoded in enumerate(table["png"].to_pylist()):
        picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE)
        if picture is None or picture.shape != (SIDE_PX, SIDE_PX):
            raise ValueError(f"the picture of row {row} is not {SIDE_PX}×{SIDE_PX}")
        images[row] = picture
    votes = np.stack([table[name].to_numpy() for name in VOTE_COLUMNS], axis=1).astype(np.int64)
    is_training = np.array([usage == _TRAINING for usage in table["usage"].to_pylist()], dtype=bool)
    return FerPlus(images, votes, is_training)


def without_single_votes(votes: Votes) -> Votes:
    """Votes (n, 10) with every 1 set to 0: one voice among ten is taken for a slip."""
    return np.where(votes > 1, votes, 0)


def majority_label(votes: Votes) -> NDArray[np.int64]:
    """The label (n,) in 0..7 on which the annotators agree, or :data:`NO_LABEL`.

    The majority rule of FER+: single votes are dropped, the winner needs more than half of what is left (so ties
    lose), and pictures won by ``unknown`` or ``NF`` are left out.
    """
    kept = without_single_votes(votes)
    winner = kept.argmax(axis=1)
    agrees = 2 * kept.max(axis=1) > kept.sum(axis=1)
    is_emotion = winner < len(EMOTION_LABELS)
    return np.where(agrees & is_emotion, winner, NO_LABEL).astype(np.int64)
