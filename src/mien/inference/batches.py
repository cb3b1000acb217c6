"""What is done to a batch before it reaches a network, and to what comes back."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.model_card import PerChannel

Floats = NDArray[np.float32]


def normalised(planes: Floats, mean: PerChannel, scale: PerChannel) -> Floats:
    """``(plane - mean) * scale`` of planes (n, c, h, w), in place."""
    if mean != 0:
        planes -= np.array(mean, np.float32).reshape(-1, 1, 1)
    if scale != 1:
        planes *= np.array(scale, np.float32).reshape(-1, 1, 1)
    return planes


def checked_batch(batch: Floats, input_shape: tuple[int | None, ...]) -> Floats:
    """The batch as contiguous float32; raises ValueError where its shape does not fit."""
    fits = batch.ndim == len(input_shape) and all(
        want is None or have == want for have, want in zip(batch.shape, input_shape, strict=True)
    )
    if not fits:
        wanted = tuple("n" if size is None else size for size in input_shape)
        raise ValueError(f"the network takes {wanted}, the batch has {batch.shape}")
    return np.ascontiguousarray(batch, dtype=np.float32)


def in_parts(rows: Floats, size: int) -> list[Floats]:
    """Rows (n, ...), of which there is one at least, as parts of ``size`` rows: the last row fills up the last part."""
    missing = -len(rows) % size
    filled = np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows
    return np.split(filled, len(filled) // size)


def rejoined(parts: Sequence[Floats], size: int, count: int) -> Floats:
    """One output of ``count`` rows from that of each part of ``size`` rows; what the filling gave is left out.

    An output may have several rows for each of the batch, one after the other. Raises ModelCorrupt where it has no
    equal share for each.
    """
    whole: Floats = parts[0] if len(parts) == 1 else np.concatenate(parts)
    filled = size * len(parts)
    if filled == count:
        return whole
    if len(whole) % filled:
        raise ModelCorrupt(f"the network gives {len(parts[0])} rows for {size}, which is no equal share for each")
    return whole[: len(whole) // filled * count]


def no_rows(shape: tuple[int | None, ...]) -> Floats:
    """The output of an empty batch for an output of ``shape``, whose first dimension is the batch."""
    return np.zeros((0, *(size or 0 for size in shape[1:])), np.float32)
