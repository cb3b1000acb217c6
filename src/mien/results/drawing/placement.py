"""Where the label of each face goes, so that labels hide neither each other nor another face."""

from collections.abc import Sequence
from dataclasses import dataclass

Rect = tuple[float, float, float, float]

_HIDES_LABEL = 4.0  # hiding another label is worse than hiding a part of another face
_MOVED = 0.12  # of the label's area: a label stays on its side unless the other is clearly better
_LATER_SIDE = 0.05  # of the label's area, for each side that comes later in the order of preference


@dataclass(frozen=True, slots=True)
class Place:
    """The upper left corner of a label, the side of the face it is on, and how much it hides in its own areas."""

    left: float
    top: float
    side: int
    cost: float


def shared_area(a: Rect, b: Rect) -> float:
    """Area that two rectangles x1 y1 x2 y2 have in common."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def scaled_rect(rect: Rect, across: float, down: float) -> Rect:
    """The same rectangle x1 y1 x2 y2 in a picture so many times as wide and as high."""
    return rect[0] * across, rect[1] * down, rect[2] * across, rect[3] * down


class Placement:
    """Places the labels of one picture, one after the other."""

    def __init__(self, width: int, height: int, boxes: Sequence[Rect], gap: float) -> None:
        self._width, self._height = width, height
        self._boxes = boxes
        self._gap = gap
        self._taken: list[Rect] = []

    def take(self, area: Rect) -> None:
        """Reserve an area that no label should cover."""
        self._taken.append(area)

    @property
    def taken(self) -> tuple[Rect, ...]:
        """The areas that were reserved."""
        return tuple(self._taken)

    def place(self, face: int, size: tuple[float, float], before: int | None, is_panel: bool) -> Place:
        """The best place for a label (width, height) of a face; ``before`` is its side in the previous frame.

        Sides: 0 above, 1 below, 2 right, 3 left, 4 inside. A panel of bars prefers the sides, a label above.
        """
        candidates = self._candidates(self._boxes[face], size)
        order = (2, 3, 0, 1, 4) if is_panel else (0, 1, 2, 3, 4)
        places = [self._judged(face, side, candidates[side], size, rank, before) for rank, side in enumerate(order)]
        return min(places, key=lambda place: place.cost)

    def _candidates(self, box: Rect, size: tuple[float, float]) -> dict[int, tuple[float, float]]:
        x1, y1, x2, y2 = box
        width, height = size
        return {
            0: (x1, y1 - self._gap - height),
            1: (x1, y2 + self._gap),
            2: (x2 + self._gap, y1),
            3: (x1 - self._gap - width, y1),
            4: (x1 + self._gap, y1 + self._gap),
        }

    def _judged(
        self,
        face: int,
        side: int,
        corner: tuple[float, float],
        size: tuple[float, float],
        rank: int,
        before: int | None,
    ) -> Place:
        width, height = size
        left = min(max(corner[0], 0.0), max(self._width - width, 0.0))
        top = min(max(corner[1], 0.0), max(self._height - height, 0.0))
        rect = (left, top, left + width, top + height)
        hidden = sum(_HIDES_LABEL * shared_area(rect, taken) for taken in self._taken)
        hidden += sum(
            (0.5 if number == face and side == 4 else 1.0) * shared_area(rect, box)
            for number, box in enumerate(self._boxes)
        )
        area = max(width * height, 1.0)
        cost = hidden / area + rank * _LATER_SIDE + (_MOVED if before is not None and before != side else 0.0)
        return Place(left, top, side, cost)
