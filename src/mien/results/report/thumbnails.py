"""Small pictures of faces that travel inside the report."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE_PX = 96
_JPEG_QUALITY = 80
_MOST = 300  # about 5 kB each in the page


class Thumbnails:
    """The best shot of each track as a JPEG data URI; the first 300, so that the page stays light."""

    def __init__(self) -> None:
        self._uris: dict[tuple[str, int], str] = {}

    def add(self, source: str, track_id: int, crop: NDArray[np.uint8]) -> None:
        """Keep a picture (h, w, 3) BGR of a track in place of an earlier one; an empty picture is passed over."""
        key = (source, track_id)
        if crop.size == 0 or (key not in self._uris and len(self._uris) >= _MOST):
            return
        side = min(crop.shape[:2])
        top, left = (crop.shape[0] - side) // 2, (crop.shape[1] - side) // 2
        square = crop[top : top + side, left : left + side]
        small = cv2.resize(
            square, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA if side > _SIDE_PX else cv2.INTER_CUBIC
        )
        _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        self._uris[key] = "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")

    def uri(self, source: str, track_id: int) -> str:
        """The data URI of a track's picture, or ``""`` where there is none."""
        return self._uris.get((source, track_id), "")
