"""The outputs of a network as columns, told apart by their widths: exports of one network differ in names and order."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt

Floats = NDArray[np.float32]


def columns(outputs: Mapping[str, Floats], expected: Mapping[int, int], network: str) -> dict[int, list[Floats]]:
    """Outputs (…, width) as (n, width) by their width, the longest first and others in the order of the file.

    ``expected`` says how many there are of each width. Raises ModelCorrupt where they are not those of ``network``.
    """
    found: dict[int, list[Floats]] = {}
    for values in outputs.values():
        found.setdefault(values.shape[-1], []).append(values.reshape(-1, values.shape[-1]))
    if {width: len(parts) for width, parts in found.items()} != expected:
        wanted = ", ".join(f"{count} of width {width}" for width, count in sorted(expected.items()))
        raise ModelCorrupt(f"expected the outputs of {network}, {wanted}; the file gives {shapes(outputs)}")
    return {width: sorted(parts, key=len, reverse=True) for width, parts in found.items()}


def shapes(outputs: Mapping[str, Floats]) -> str:
    """Shapes of outputs, as an error names them."""
    return ", ".join("×".join(map(str, values.shape)) for values in outputs.values())


def cells(size: tuple[int, int], stride: int) -> Floats:
    """Columns and rows (n, 2) of the cells of a canvas of ``size`` (width, height), row by row.

    Where a side is no multiple of ``stride``, the last cells stick out.
    """
    column, row = np.meshgrid(*(np.arange(-(-length // stride)) for length in size))
    return np.stack([column.ravel(), row.ravel()], axis=1).astype(np.float32)
