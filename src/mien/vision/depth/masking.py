"""What of a picture with depth is people and things nearby: the rest is painted grey."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

GREY = 128
_CLOSED = 0.06  # of the width of what is near: holes and gaps as wide as this are closed
_MOST_CLOSED = 0.03  # of the longer side of the picture, however wide it is
_SPECK = 0.001  # of the picture: less than this stands alone for a fault of the measurement


def without_background(picture: Picture, depth_mm: NDArray[np.uint16] | None, far_m: float) -> Picture:
    """A copy of a picture (h, w, 3) BGR in which whatever is not in the foreground is grey, all of it without depth.

    The depth may have another size.
    """
    painted = np.full_like(picture, GREY)
    if depth_mm is not None:
        height, width = picture.shape[:2]
        mask = cv2.resize(
            foreground(depth_mm, far_m).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
        )
        cv2.copyTo(picture, mask, painted)
    return painted


def foreground(depth_mm: NDArray[np.uint16], far_m: float) -> NDArray[np.bool_]:
    """Which px of a depth (h, w) mm are at most ``far_m`` away, or a small hole in what is.

    What was not measured counts only in gaps of a few hundredths of the width of the person or thing that surrounds
    them: a larger one may as well be a window, or the distance seen between an arm and a body. What was measured to be
    farther away never counts, nor what is nearer in specks.
    """
    count, labels, figures = _things(((depth_mm > 0) & (depth_mm <= 1000 * far_m)).astype(np.uint8))
    near = labels > 0
    closed = near.copy()
    for number in range(1, count):
        x, y, width, height, _ = figures[number]
        gap = round(min(_CLOSED * width, _MOST_CLOSED * max(near.shape)))
        here = np.pad((labels[y : y + height, x : x + width] == number).astype(np.uint8), gap + 1)
        shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap + 1, gap + 1))
        whole = cv2.morphologyEx(here, cv2.MORPH_CLOSE, shape)[gap + 1 : -gap - 1, gap + 1 : -gap - 1]
        closed[y : y + height, x : x + width] |= whole > 0
    mask: NDArray[np.bool_] = near | ((depth_mm == 0) & closed)
    return mask


def _things(near: Picture) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """What hangs together of what is near, without specks: how many, counting the rest, which px, and their figures."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(near, connectivity=4)
    is_large = figures[:, cv2.CC_STAT_AREA] >= _SPECK * near.size
    is_large[0] = False  # what is not near
    numbers = np.where(is_large, np.cumsum(is_large), 0).astype(np.int32)
    kept = np.concatenate([figures[:1], figures[is_large]])
    return len(kept), numbers[labels], kept
