"""How the colours of a video (its matrix and range) become those OpenCV converts from: BT.601 in limited range."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
UNSAID = 2  # the video does not say; like swscale, mien takes it for BT.601
# Weights of red and blue in luma by matrix number of ITU-T H.273, table 4.
_WEIGHTS = {
    1: (0.2126, 0.0722),
    UNSAID: (0.299, 0.114),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
_MIX_GAIN = 2.0  # the luma correction is kept at twice its size in 8 bits: it is at most a quarter of the range


@dataclass(frozen=True, slots=True)
class ToBt601:
    """The linear map to limited-range BT.601: chroma is centred at 128, and luma gets a share of it.

    Grey stays grey under every matrix, so chroma takes nothing from luma.
    """

    luma_gain: float
    luma_offset: float
    luma_from_chroma: tuple[float, float]
    chroma_from_chroma: tuple[tuple[float, float], tuple[float, float]]

    def apply(self, luma: Plane, u: Plane, v: Plane) -> None:
        """Convert planes in place: luma (h, w), u and v (h / 2, w / 2)."""
        from_u, from_v = (_MIX_GAIN * share for share in self.luma_from_chroma)
        if from_u or from_v:
            share = cv2.addWeighted(u, from_u, v, from_v, 128 * (1 - from_u - from_v))
            share = cv2.resize(share, (luma.shape[1], luma.shape[0]), interpolation=cv2.INTER_LINEAR)
            offset = self.luma_offset - 128 / _MIX_GAIN
            luma[:] = cv2.addWeighted(luma, self.luma_gain, share, 1 / _MIX_GAIN, offset)
        else:
            luma[:] = cv2.convertScaleAbs(luma, alpha=self.luma_gain, beta=self.luma_offset)
        (uu, uv), (vu, vv) = self.chroma_from_chroma
        new_u = cv2.addWeighted(u, uu, v, uv, 128 * (1 - uu - uv))
        v[:] = cv2.addWeighted(u, vu, v, vv, 128 * (1 - vu - vv))
        u[:] = new_u


BT601 = ToBt601(1.0, 0.0, (0.0, 0.0), ((1.0, 0.0), (0.0, 1.0)))


def is_known(matrix: int) -> bool:
    """The matrix number (H.273) is of YUV and one that mien and swscale can convert from."""
    return matrix in _WEIGHTS


def to_bt601(matrix: int, is_full_range: bool) -> ToBt601:
    """The map from the planes of a video, by its matrix number, which must be known."""
    weights = _WEIGHTS[matrix]
    if weights == _WEIGHTS[UNSAID] and not is_full_range:
        return BT601
    change = np.linalg.inv(_to_rgb(_WEIGHTS[UNSAID], False)) @ _to_rgb(weights, is_full_range)
    change = np.where(np.abs(change) < 1e-9, 0.0, change)
    black = 0 if is_full_range else 16
    return ToBt601(
        luma_gain=float(change[0, 0]),
        luma_offset=float(16 - change[0, 0] * black),
        luma_from_chroma=(float(change[0, 1]), float(change[0, 2])),
        chroma_from_chroma=(
            (float(change[1, 1]), float(change[1, 2])),
            (float(change[2, 1]), float(change[2, 2])),
        ),
    )


def _to_rgb(weights: tuple[float, float], is_full_range: bool) -> NDArray[np.float64]:
    """The matrix (3, 3) from Y above black and U, V around their centre to RGB in 0 to 255."""
    red, blue = weights
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if is_full_range else (255 / 219, 255 / 224)
    return np.array(
        [
            [luma, 0, 2 * chroma * (1 - red)],
            [luma, -2 * chroma * blue * (1 - blue) / green, -2 * chroma * red * (1 - red) / green],
            [luma, 2 * chroma * (1 - blue), 0],
        ]
    )
