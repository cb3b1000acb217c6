"""Writes FER-2013 with its parts as they were published: training pictures that repeat ones of PublicTest stay.

`mien lab import` leaves those out, most published figures do not. This is for comparing with such figures, and for
nothing else: what is learnt from it knows some of the pictures that judge it. How many is told.

    python -m benchmarks.written.fer2013_as_published OUT
    mien lab train recipes/fer2013-mobilefacenet.toml --dataset OUT --out RUN
"""

import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
from benchmarks.parts.report import shared
from numpy.typing import NDArray

from mien.lab import importing
from mien.lab.datasets.copies import near_duplicate_groups
from mien.lab.datasets.manifest import read_manifest
from mien.settings import load_settings
from mien.wiring.models import build_shelf
from mien.wiring.tuning.training import build_face_finder

Numbers = NDArray[np.int64]


def main(out: Path) -> None:
    """Import FER-2013's labels into a folder as if no picture repeated another, and tell which do."""
    groups: list[Numbers] = []

    def each_alone(images: NDArray[np.uint8], **_: object) -> Numbers:
        groups.append(near_duplicate_groups(images))
        return np.arange(len(images))

    settings = load_settings()
    finder = build_face_finder(settings, build_shelf(settings))
    recipe = importing.ImportRecipe(shared("data", "ferplus", "ferplus.parquet"), out, labels="fer2013", classes="7")
    with patch.object(importing, "near_duplicate_groups", each_alone):
        print(importing.run(recipe, finder).metrics["pictures"])
    manifest = read_manifest(out)
    print(_told(groups[0], manifest.label, manifest.split == "train"))


def _told(groups: Numbers, label: Numbers, is_learnt: NDArray[np.bool_]) -> str:
    """How many judging pictures repeat training ones, and how often most of these have their label."""
    same = []
    for row in np.flatnonzero(~is_learnt & np.isin(groups, groups[is_learnt])):
        copies = np.bincount(label[is_learnt & (groups == groups[row])])
        same.append(copies.argmax() == label[row])
    return (
        f"{len(same)} of {(~is_learnt).sum()} repeat a training picture, which has their label in {np.mean(same):.1%}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
