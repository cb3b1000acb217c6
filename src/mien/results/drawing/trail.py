"""The way of one face over the plane of valence and arousal in the last seconds, in a corner of a picture."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.readings import FaceReading, FrameReading
from mien.results.drawing.lettering import Ink, Lettering, Shade
from mien.results.drawing.overlay import letter_px_of
from mien.results.drawing.placement import Rect, scaled_rect, shared_area
from mien.results.drawing.plane import draw_axes
from mien.results.drawing.plates import PLATE, PLATE_OPACITY
from mien.results.palette import Rgb, bgr

Picture = NDArray[np.uint8]

_LASTS_S = 5.0
_GAP_S = 0.5
_SHARE = 0.25  # of the shorter side of the picture
_MARGIN = 0.02  # of the shorter side, to the edge of the picture
_MOVED = 0.1  # of the plate: it stays in its corner unless another hides so much less
_NEARER = 1.2  # a face has to be so much larger than the one in front to be in front itself: no two take turns
_SHIFT_BITS = 4  # of the fraction of a px that lines are drawn with: a slow trail is no staircase
_WORD: Rgb = (178, 186, 198)
_POINT: Rgb = (255, 255, 255)
_WAY: Rgb = (255, 196, 0)


@dataclass(frozen=True, slots=True)
class _Spot:
    time_s: float
    valence: float
    arousal: float


class Trail:
    """Keeps where the largest face lay in the last five seconds, and draws it. For one source, one thread at a time.

    Where another face comes to the front the trail begins anew. While there is not enough evidence for an expression,
    or the face is out of view, nothing is added: the trail is broken there.
    """

    def __init__(self) -> None:
        self._lettering = Lettering()
        self._shade = Shade(PLATE, PLATE_OPACITY)
        self._spots: deque[_Spot] = deque()
        self._front: FaceReading | None = None
        self._reading: FrameReading | None = None
        self._corner = 0

    def add(self, reading: FrameReading) -> None:
        """Take the reading of the next frame; one from before the last begins the trail anew."""
        if self._reading is not None and reading.time_s < self._reading.time_s:
            self._spots.clear()
        self._reading = reading
        front = self._in_front(reading.faces)
        if front is not None and (self._front is None or front.track_id != self._front.track_id):
            self._spots.clear()
        self._front = front or self._front
        while self._spots and self._spots[0].time_s < reading.time_s - _LASTS_S:
            self._spots.popleft()
        if front is not None and _is_told(front):
            self._spots.append(_Spot(reading.time_s, front.valence, front.arousal))

    def _in_front(self, faces: Sequence[FaceReading]) -> FaceReading | None:
        """The largest face; the one in front before, unless it is clearly smaller."""
        if not faces:
            return None
        largest = max(faces, key=_area)
        before = next((face for face in faces if self._front and face.track_id == self._front.track_id), None)
        return before if before is not None and _area(largest) < _NEARER * _area(before) else largest

    def draw(self, canvas: Picture, taken: Sequence[Rect] = ()) -> Rect | None:
        """Draw the square onto an annotated picture (h, w, 3) BGR, in the corner that hides least.

        That is of the faces of the reading that was added last, to which the drawing belongs, and of other areas
        ``taken`` (x1, y1, x2, y2 px of the canvas), such as those of labels. Returns the area that it takes up itself;
        nothing is drawn before the first reading.
        """
        if self._reading is None:
            return None
        height, width = canvas.shape[:2]
        side = max(1, round(min(height, width) * _SHARE))
        size_px = max(11, round(letter_px_of(canvas) * 0.9))
        strip = self._lettering.strip("+", size_px, False)
        line, pad = strip.shape[0], max(3, size_px // 3)
        plate = side + line + 2 * pad, side + 2 * line + 2 * pad
        left, top = self._place(plate, (width, height), taken)
        self._shade.lay(canvas, (left, top), plate)
        corner = left + line + pad, top + pad + line
        self._draw_words(canvas, corner, side, size_px)
        draw_axes(canvas, corner, side)
        self._draw_way(canvas, corner, side, size_px)
        return left, top, left + plate[0], top + plate[1]

    def _place(self, plate: tuple[int, int], size: tuple[int, int], taken: Sequence[Rect]) -> tuple[int, int]:
        """The upper left corner of the plate: lower right, lower left, upper right, upper left, as there is room."""
        assert self._reading is not None
        margin = round(min(size) * _MARGIN)
        right, bottom = (max(whole - own - margin, 0) for whole, own in zip(size, plate, strict=True))
        corners = ((right, bottom), (margin, bottom), (right, margin), (margin, margin))
        scale = size[0] / max(self._reading.width, 1)
        areas = [*taken, *(scaled_rect(face.box, scale, scale) for face in self._reading.faces)]

        def cost(number: int) -> tuple[float, int]:
            left, top = corners[number]
            rect = (left, top, left + plate[0], top + plate[1])
            hidden = sum(shared_area(rect, area) for area in areas) / (plate[0] * plate[1])
            return hidden + (_MOVED if number != self._corner else 0.0), number

        self._corner = min(range(len(corners)), key=cost)
        return corners[self._corner]

    def _draw_words(self, canvas: Picture, corner: tuple[int, int], side: int, size_px: int) -> None:
        """The quadrant above the square, whose it is, and that it is derived; each axis from − to +."""
        assert self._reading is not None
        left, top = corner
        line = self._lettering.strip("+", size_px, False).shape[0]
        if self._front is None or not self._is_now():
            self._write(canvas, self._missing(), size_px, (left, top - line))
        else:
            told = self._lettering.strip(self._front.quadrant, size_px, True)
            self._lettering.ink(self._front.quadrant, size_px, True, _POINT).lay(canvas, left, top - line)
            number_left = left + told.shape[1] + size_px // 2
            self._write(canvas, f"#{self._front.track_id}", size_px, (number_left, top - line))
            if self._front.valence_arousal_source == "derived":
                self._write(canvas, "derived", size_px, (left + 3, top + side - line))
        signs = self._lettering.strip("+", size_px, False).shape[1]
        for word, share in (("−", 0.0), ("valence", 0.5), ("+", 1.0)):
            width = self._lettering.strip(word, size_px, False).shape[1]
            self._write(canvas, word, size_px, (left + round(share * (side - width)), top + side))
        for word, y in (("+", top), ("−", top + side - line)):
            self._write(canvas, word, size_px, (left - signs - 2, y))
        upright = np.rot90(self._lettering.strip("arousal", size_px, False))
        Ink.of(upright, _WORD).lay(canvas, left - upright.shape[1], top + (side - upright.shape[0]) // 2)

    def _missing(self) -> str:
        """Why there is no place now: of whoever did not agree to it nothing is read, however long one waits."""
        if self._reading is None or not self._reading.faces or self._front is None:
            return "no face"
        return "no evidence" if self._front.probabilities else "not read"

    def _write(self, canvas: Picture, word: str, size_px: int, corner: tuple[int, int]) -> None:
        self._lettering.ink(word, size_px, False, _WORD).lay(canvas, *corner)

    def _is_now(self) -> bool:
        """Whether the last place is that of the reading added last."""
        assert self._reading is not None
        return bool(self._spots) and self._spots[-1].time_s == self._reading.time_s

    def _draw_way(self, canvas: Picture, corner: tuple[int, int], side: int, size_px: int) -> None:
        assert self._reading is not None
        thickness = max(2, size_px // 6)
        for (start, end), spot in self._steps(corner, side):
            freshness = 1 - (self._reading.time_s - spot.time_s) / _LASTS_S
            colour = tuple(round(old + (new - old) * freshness) for old, new in zip(PLATE, _WAY, strict=True))
            cv2.line(canvas, start, end, bgr((colour[0], colour[1], colour[2])), thickness, cv2.LINE_AA, _SHIFT_BITS)
        if self._is_now():
            at = _point(self._spots[-1], corner, side)
            radius = max(3, size_px // 3) << _SHIFT_BITS
            cv2.circle(canvas, at, radius, bgr(_POINT), cv2.FILLED, cv2.LINE_AA, _SHIFT_BITS)

    def _steps(self, corner: tuple[int, int], side: int) -> Iterator[tuple[tuple[tuple[int, int], ...], _Spot]]:
        """From place to place, the oldest first, without those of gaps and those where nothing moved."""
        for before, after in pairwise(self._spots):
            if after.time_s - before.time_s > _GAP_S:
                continue
            start, end = _point(before, corner, side), _point(after, corner, side)
            if start != end:
                yield (start, end), after


def _is_told(face: FaceReading) -> bool:
    """Whether a face has a place, and enough evidence for it."""
    return bool(face.valence_arousal_source) and not face.is_unsure


def _area(face: FaceReading) -> float:
    x1, y1, x2, y2 = face.box
    return (x2 - x1) * (y2 - y1)


def _point(spot: _Spot, corner: tuple[int, int], side: int) -> tuple[int, int]:
    """A place in the square, arousal upwards, in px of ``_SHIFT_BITS`` binary digits behind the point."""
    reach, one = side / 2 - 2, 1 << _SHIFT_BITS
    x, y = corner[0] + side / 2 + spot.valence * reach, corner[1] + side / 2 - spot.arousal * reach
    return round(x * one), round(y * one)
