"""Proof that a converted recogniser is the one that was meant: a stored embedding of a stored pattern."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.batches import Floats
from mien.inference.conversion.output_names import EMBEDDINGS
from mien.inference.onnx_runtime import OnnxRuntime

_SIDE_PX = 112
_LEAST_COSINE = 0.9999
_MOST_DIFFERENCE = 1e-3


def reference_images() -> Floats:
    """The picture (1, 3, 112, 112), in whole numbers 0..255, to which stored embeddings belong."""
    channel, row, column = np.ogrid[0:3, 0:_SIDE_PX, 0:_SIDE_PX]
    pattern: NDArray[np.intp] = ((row + 3) * (column + 5) // 16 + 40 * channel + 3 * abs(column - 56)) % 256
    return pattern[None].astype(np.float32)


def check_embedding(path: Path, images: Floats, stored: Sequence[float]) -> None:
    """Raise ModelCorrupt, with nothing left at ``path``, unless the file turns images (1, 3, h, w) into the stored
    embedding, which is of unit length.
    """
    expected = np.array(stored, np.float32)
    found = OnnxRuntime().load(path).run(images)[EMBEDDINGS][0]
    found = found / np.linalg.norm(found)
    cosine, difference = float(found @ expected), float(np.abs(found - expected).max())
    if not (cosine > _LEAST_COSINE and difference < _MOST_DIFFERENCE):
        path.unlink()
        raise ModelCorrupt(
            f"the converted network does not give the stored embedding (cosine {cosine:.5f}, "
            f"largest difference {difference:.5f})"
        )
