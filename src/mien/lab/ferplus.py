"""Which FER+ pictures train, which validate and which only measure, with the placement of every face."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.ferplus import (
    SIDE_PX,
    FerPlus,
    majority_label,
    near_duplicate_groups,
    read_ferplus,
    soft_label,
    split_groups,
)
from mien.lab.landmarks import Floats, Landmarks, find_landmarks, placements, typical_placement

FINDINGS = "findings.npz"


@dataclass(frozen=True, slots=True)
class Lot:
    """n pictures with the matrices (n, 2, 3) from px of the aligned crop to px of the picture."""

    faces: FerPlus
    placements: Floats
    is_found: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Material:
    """Three lots that share no photograph, the template (5, 2) px and how many pictures had to go."""

    training: Lot
    validation: Lot
    measuring: Lot
    template: Floats
    dropped_copies: int
    dropped_unlabelled: int


def prepare(dataset: Path, detector: Path, folder: Path, seed: int, share: float = 0.1) -> Material:
    """Read FER+ and split it: ``share`` of the Training pictures validate, the other usage only measures.

    Training pictures that copy a measuring picture are dropped, and so are those without a usable label. What the
    search for copies and landmarks found is kept in ``folder`` and read again by the next call.
    """
    faces = read_ferplus(dataset)
    groups, landmarks = _findings(faces, detector, folder / FINDINGS)
    template = typical_placement(
        Landmarks(landmarks.points[faces.is_training], landmarks.is_found[faces.is_training]), SIDE_PX
    )
    matrices = placements(landmarks, template)
    is_copy = faces.is_training & np.isin(groups, groups[~faces.is_training])
    is_usable = soft_label(faces.votes).any(axis=1)
    kept = np.flatnonzero(faces.is_training & is_usable & ~is_copy)
    held_out = split_groups(groups[kept], majority_label(faces.votes[kept]), share, seed)

    def lot(rows: NDArray[np.intp]) -> Lot:
        return Lot(faces.select(rows), matrices[rows], landmarks.is_found[rows])

    return Material(
        training=lot(kept[~held_out]),
        validation=lot(kept[held_out]),
        measuring=lot(np.flatnonzero(~faces.is_training)),
        template=template,
        dropped_copies=int(is_copy.sum()),
        dropped_unlabelled=int((faces.is_training & ~is_usable & ~is_copy).sum()),
    )


def _findings(faces: FerPlus, detector: Path, kept: Path) -> tuple[NDArray[np.int64], Landmarks]:
    if kept.exists():
        with np.load(kept) as found:
            if len(found["groups"]) == len(faces):
                return found["groups"], Landmarks(found["points"], found["is_found"])
    groups = near_duplicate_groups(faces.images)
    landmarks = find_landmarks(faces.images, detector)
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.savez(kept, groups=groups, points=landmarks.points, is_found=landmarks.is_found)
    return groups, landmarks
