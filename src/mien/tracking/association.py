"""Which box belongs to which: assignment of least total cost over overlaps."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from mien.domain.geometry import Floats, box_sizes, iou

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


@cache
def solver() -> Callable[..., Pairs]:
    """What solves an assignment; loading it takes longer than a picture, and many commands follow nobody."""
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment


def buffered_iou(first: Floats, second: Floats, buffer: float) -> Floats:
    """IoU (n, m) of boxes grown on each side by ``buffer`` × their own width and height.

    Small boxes that moved by more than their size do not overlap any more; grown, they do. Yang et al., "Hard to
    Track Objects with Irregular Motions and Similar Appearances? Make It Easier by Buffering the Matching Space",
    WACV 2023.
    """
    return iou(_grown(first, buffer), _grown(second, buffer))


def associate(affinity: Floats, least: float) -> Pairs:
    """Rows and columns of the one-to-one pairs of largest total affinity, none of them below ``least``.

    ``affinity`` (n, m) with values ≥ 0; pairs below ``least`` count as nothing, so they never displace a good one.
    """
    if not affinity.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    gated = np.where(affinity >= least, affinity, 0)
    rows, columns = solver()(gated, maximize=True)
    is_pair = affinity[rows, columns] >= least
    return rows[is_pair], columns[is_pair]


def _grown(boxes: Floats, buffer: float) -> Floats:
    margin = np.float32(buffer) * box_sizes(boxes)
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)
