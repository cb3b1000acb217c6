"""Faces of strangers, blurred beyond recognition: in pictures one by one, and in videos before they are first seen."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.readings import FaceReading, FrameReading

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
Item = TypeVar("Item")
_Who = tuple[bool, int]  # whether it is a face or was refused, and the track's id

_CELLS = 4  # across a face: what is left are its colours
_MARGIN = 0.25  # of the face's size on every side: hair, chin and ears go too
_FURTHER = 0.25  # on top, in frames in which the face was somewhere near


def is_stranger(face: FaceReading) -> bool:
    """Whether a face is nobody's who is known: a stranger's, or not decided yet, which counts alike until it is."""
    return face.identity != "known"


def blurred(picture: Picture, boxes: Iterable[Box]) -> Picture:
    """A copy of a picture (h, w, 3) BGR in which the faces in ``boxes`` (x1, y1, x2, y2 px) are blurred.

    Of each, with a margin, the means of four by four to five cells are all that is left, whatever its size: nothing
    that could be sharpened again. Where a face that is known overlaps one, the blur goes before.
    """
    copy = picture.copy()
    height, width = copy.shape[:2]
    for x1, y1, x2, y2 in boxes:
        dx, dy = (x2 - x1) * _MARGIN, (y2 - y1) * _MARGIN
        left, right = (round(min(max(x, 0), width)) for x in (x1 - dx, x2 + dx))
        top, bottom = (round(min(max(y, 0), height)) for y in (y1 - dy, y2 + dy))
        if left < right and top < bottom:
            region = picture[top:bottom, left:right]
            rows = max(1, round(_CELLS * (bottom - top) / (right - left)))
            cells = cv2.resize(region, (_CELLS, min(rows, 2 * _CELLS)), interpolation=cv2.INTER_AREA)
            copy[top:bottom, left:right] = cv2.resize(
                cells, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR
            )
    return copy


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A frame that is to be shown: its picture (h, w, 3) BGR, its reading, how many come in a second, its depth."""

    picture: Picture
    reading: FrameReading
    frames_per_s: float = 0.0
    depth_mm: NDArray[np.uint16] | None = None


@dataclass(slots=True)
class _Held(Generic[Item]):
    item: Item
    reading: FrameReading
    further: list[Box] = field(default_factory=list)
    """Where strangers must be whom the reading does not tell of."""

    def boxes(self) -> tuple[Box, ...]:
        return (*_strangers(self.reading).values(), *map(_wider, self.further))


class StrangerPlaces(Generic[Item]):
    """Says where strangers are in the frames of one source, whatever they are given as, some frames later.

    A face is in view before the detector looks, and after it was lost. So a stranger is where he was seen first
    in the ``reach`` frames before too, and where he was seen last in those behind. A place where another face is seen
    is left to that one. With a ``reach`` of 0, for unrelated pictures, nothing is held back. What the depth refused
    counts as a stranger: it may be somebody in the distance, whom nobody asked.
    """

    def __init__(self, reach: int) -> None:
        self._reach = reach
        self._held: deque[_Held[Item]] = deque()
        self._before: set[_Who] = set()
        self._lost: dict[_Who, tuple[Box, int]] = {}

    def add(self, item: Item, reading: FrameReading) -> Iterator[tuple[Item, tuple[Box, ...]]]:
        """Take the next frame; yields those that are ready, each with the boxes to be blurred."""
        strangers, present = _strangers(reading), _present(reading)
        for who, box in strangers.items():
            if who not in self._before:
                self._reveal(who, box)
        lost = {who: (box, left - 1) for who, (box, left) in self._lost.items() if left and who not in present}
        held = _Held(item, reading, [box for box, _ in lost.values() if _free(box, reading.faces)])
        self._lost = lost | {who: (box, self._reach) for who, box in strangers.items()}
        self._before = present
        self._held.append(held)
        while len(self._held) > self._reach:
            ready = self._held.popleft()
            yield ready.item, ready.boxes()

    def finish(self) -> Iterator[tuple[Item, tuple[Box, ...]]]:
        """The frames that are left, when the source has ended."""
        while self._held:
            ready = self._held.popleft()
            yield ready.item, ready.boxes()

    def _reveal(self, who: _Who, box: Box) -> None:
        """A stranger was seen who was not there in the frame before: he may have been in those before, unseen."""
        for held in self._held:
            if who not in _present(held.reading) and _free(box, held.reading.faces):
                held.further.append(box)


def _strangers(reading: FrameReading) -> dict[_Who, Box]:
    """Where everybody is who must not be shown, as far as the reading tells."""
    faces = {(True, face.track_id): face.box for face in reading.faces if is_stranger(face)}
    return faces | {(False, one.track_id): one.box for one in reading.refused}


def _present(reading: FrameReading) -> set[_Who]:
    """Everybody whom the reading tells of."""
    return {(True, face.track_id) for face in reading.faces} | {(False, one.track_id) for one in reading.refused}


def _free(box: Box, faces: Sequence[FaceReading]) -> bool:
    """Whether no face of a frame is where a box is."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return not any(face.box[0] <= x <= face.box[2] and face.box[1] <= y <= face.box[3] for face in faces)


class StrangerBlur:
    """Blurs strangers in the frames of one source, and gives them back some frames later: see `StrangerPlaces`."""

    def __init__(self, reach: int) -> None:
        self._places: StrangerPlaces[Shown] = StrangerPlaces(reach)

    def add(self, shown: Shown) -> Iterator[Shown]:
        """Take the next frame; yields those that are ready, blurred."""
        return (_hidden(*ready) for ready in self._places.add(shown, shown.reading))

    def finish(self) -> Iterator[Shown]:
        """The frames that are left, when the source has ended."""
        return (_hidden(*ready) for ready in self._places.finish())


def _hidden(shown: Shown, boxes: Sequence[Box]) -> Shown:
    return replace(shown, picture=blurred(shown.picture, boxes)) if boxes else shown


def _wider(box: Box) -> Box:
    dx, dy = (box[2] - box[0]) * _FURTHER, (box[3] - box[1]) * _FURTHER
    return box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy
