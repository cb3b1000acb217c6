"""Writes FER-2013 with its parts as they were published: training pictures that repeat ones of PublicTest stay.

`mien lab import` leaves those out, most published figures do not. This is for comparing with such figures, and for
nothing else: what is learnt from it knows some of the pictures that judge it.

    python -m benchmarks.written.fer2013_as_published OUT
    mien lab train recipes/fer2013-mobilefacenet.toml --dataset OUT --out RUN
"""

import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
from benchmarks.parts.report import shared
from numpy.typing import NDArray

from mien import wiring
from mien.lab import importing
from mien.settings import load_settings


def main(out: Path) -> None:
    """Import FER-2013's labels into a folder as if no picture repeated another."""
    settings = load_settings()
    finder = wiring.build_face_finder(settings, wiring.build_shelf(settings))
    recipe = importing.ImportRecipe(shared("data", "ferplus", "ferplus.parquet"), out, labels="fer2013", classes="7")
    with patch.object(importing, "near_duplicate_groups", _each_alone):
        print(importing.run(recipe, finder).metrics["pictures"])


def _each_alone(images: NDArray[np.uint8], **_: object) -> NDArray[np.int64]:
    return np.arange(len(images))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
