"""The best picture of each track of one source, cut out while its frames pass by."""

from collections.abc import Iterable, Iterator
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from mien.domain.frame import Frame, Pixels
from mien.domain.readings import FrameReading
from mien.results.drawing.blurring import Box, blurred, is_stranger
from mien.tracking.best_shot import BestShots

_MARGIN = 0.25  # of the face's size on every side: hair and chin belong to a portrait
_STEP = 0.05  # a view must be better by so much to be worth cutting out


class TrackPortraits:
    """Keeps one picture per track: its best view by quality.

    With ``blurs_strangers`` whoever is beside it is blurred if not known; whether its own face is shows in the end.
    """

    def __init__(self, blurs_strangers: bool = False) -> None:
        self._blurs_strangers = blurs_strangers
        self._best: dict[int, BestShots[NDArray[np.uint8]]] = {}

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Look at one frame and its reading."""
        for face in reading.faces:
            best = self._best.setdefault(face.track_id, BestShots(size=1, spacing_s=0.0))
            if not best.wants(face.quality - _STEP, reading.time_s):
                continue
            beside = [one.box for one in reading.faces if one is not face and is_stranger(one)]
            hidden = [*beside, *(one.box for one in reading.refused)] if self._blurs_strangers else ()
            crop = _square(frame.pixels, face.box, hidden)
            if crop is not None:
                best.offer(face.quality, reading.time_s, crop)

    def portraits(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Every track's picture (s, s, 3) BGR, smaller where the face lies at the edge."""
        return ((track_id, best.shots[0].payload) for track_id, best in self._best.items() if best.shots)


def _square(pixels: Pixels, box: Box, hidden: Iterable[Box]) -> NDArray[np.uint8] | None:
    """A square around a face, cut off at the picture's edge; None where nothing of it lies inside."""
    x1, y1, x2, y2 = box
    half = max(x2 - x1, y2 - y1) * (0.5 + _MARGIN)
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
    left, top = max(floor(middle_x - half), 0), max(floor(middle_y - half), 0)
    right, bottom = min(ceil(middle_x + half), pixels.width), min(ceil(middle_y + half), pixels.height)
    if left >= right or top >= bottom:
        return None
    inside = [(x1 - left, y1 - top, x2 - left, y2 - top) for x1, y1, x2, y2 in hidden]
    crop = pixels.region(left, top, right, bottom)
    return blurred(crop, inside) if inside else crop
