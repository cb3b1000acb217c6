"""What of a picture with depth is people and things nearby: the rest is painted grey."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

GREY = 128
_CLOSED = 0.03  # of the longer side: holes and gaps as wide as this are closed
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
    """Which px of a depth (h, w) mm are at most ``far_m`` away, or a hole in what is.

    What was not measured counts where what is near surrounds it, or is so close on two sides that the gap is a fault.
    What was measured to be farther away never does, nor what is nearer in specks.
    """
    near = ((depth_mm > 0) & (depth_mm <= 1000 * far_m)).astype(np.uint8)
    near = _without_specks(near)
    width = 2 * round(_CLOSED * max(near.shape) / 2) + 1
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    closed = cv2.morphologyEx(near, cv2.MORPH_CLOSE, shape)
    unmeasured = depth_mm == 0
    mask: NDArray[np.bool_] = (near > 0) | (unmeasured & ((closed > 0) | _enclosed(unmeasured, near)))
    return mask


def _without_specks(near: Picture) -> Picture:
    count, labels, figures, _ = cv2.connectedComponentsWithStats(near, connectivity=4)
    is_large = figures[:, cv2.CC_STAT_AREA] >= _SPECK * near.size
    is_large[0] = False  # what is not near
    return is_large[labels].astype(np.uint8) if count > 1 else near


def _enclosed(unmeasured: NDArray[np.bool_], near: Picture) -> NDArray[np.bool_]:
    """The parts that were not measured and touch nothing but what is near, not the edge of the picture either."""
    count, labels = cv2.connectedComponents(unmeasured.astype(np.uint8), connectivity=4)
    beyond = np.pad((near == 0) & ~unmeasured, 1, constant_values=True).astype(np.uint8)
    touches = cv2.dilate(beyond, np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    is_open = np.bincount(labels[touches], minlength=count) > 0
    is_open[0] = True
    enclosed: NDArray[np.bool_] = ~is_open[labels]
    return enclosed
