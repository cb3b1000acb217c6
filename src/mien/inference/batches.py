"""What is done to a batch before it reaches a network."""

import numpy as np

from mien.inference.model_card import PerChannel
from mien.inference.session import Floats


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


def no_rows(shape: tuple[int | None, ...]) -> Floats:
    """The output of an empty batch for an output of ``shape``, whose first dimension is the batch."""
    return np.zeros((0, *(size or 0 for size in shape[1:])), np.float32)
