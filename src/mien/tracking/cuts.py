"""Shot cuts: moments at which the whole picture becomes another one."""

import cv2
import numpy as np
from numpy.typing import NDArray

_THUMBNAIL = (16, 9)  # width and height: motion of a face or a hand moves little of it
_LEAST_CONTRAST = 4.0  # grey levels: flatter pictures are black frames, fades and flashes
_LEAST_LIKENESS = 0.4  # correlation of two thumbnails; cuts stay below 0.3, fast close motion above 0.7
_NEXT_FRAME_S = 0.07
_LEAST_SHIFT = 7.0  # grey levels by which the brightness distribution must differ across a longer gap


class CutDetector:
    """Compares each picture of a camera with the one before it, by arrangement and not by brightness.

    Thumbnails are correlated after mean and contrast are taken out, so neither a lamp nor a camera flash is a cut. A
    picture without contrast (black, or burnt out) is passed over: what follows it is compared with what went before.
    Across skipped frames fast motion decorrelates a picture too; there its brightness distribution has to differ
    as well.
    """

    def __init__(self) -> None:
        self._pattern: NDArray[np.float32] | None = None
        self._tones = np.zeros(0, np.float32)
        self._time_s = 0.0

    def is_cut(self, luma: NDArray[np.uint8], time_s: float) -> bool:
        """Whether a picture, luma (h, w) of any size, is of another shot than the one before; False for the first."""
        thumbnail = _shrunk(luma).ravel()
        pattern = thumbnail - thumbnail.mean()
        norm = float(np.linalg.norm(pattern))
        if norm < _LEAST_CONTRAST * np.sqrt(pattern.size):
            return False
        before, tones_before, elapsed_s = self._pattern, self._tones, time_s - self._time_s
        self._pattern, self._tones, self._time_s = pattern / norm, np.sort(thumbnail), time_s
        if before is None or float(before @ self._pattern) >= _LEAST_LIKENESS:
            return False
        return elapsed_s <= _NEXT_FRAME_S or float(np.abs(tones_before - self._tones).mean()) >= _LEAST_SHIFT


def _shrunk(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    sparse = luma[:: max(1, luma.shape[0] // 90), :: max(1, luma.shape[1] // 160)]
    return cv2.resize(sparse, _THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
