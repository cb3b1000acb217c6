"""The square of valence and arousal that an overlay shows of one face."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.circumplex import NEUTRAL_RADIUS
from mien.domain.readings import FaceReading
from mien.results.drawing.lettering import Lettering
from mien.results.palette import Rgb, bgr

_LINE: Rgb = (84, 92, 104)
_DIM: Rgb = (178, 186, 198)
_POINT: Rgb = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a face lies on the plane, and what is written below: the quadrant, and that the place is derived."""

    valence: float
    arousal: float
    words: tuple[str, ...]

    @classmethod
    def of(cls, face: FaceReading) -> "Plane | None":
        """The plane of a face that has a place on it."""
        if not face.valence_arousal_source:
            return None
        words = (face.quadrant, "derived") if face.valence_arousal_source == "derived" else (face.quadrant,)
        return cls(face.valence, face.arousal, words)

    def draw(
        self, canvas: NDArray[np.uint8], lettering: Lettering, corner: tuple[int, int], side: int, size_px: int
    ) -> None:
        """Draw the square at its upper left corner, arousal upwards, and the words below in letters of ``size_px``."""
        left, top = corner
        draw_axes(canvas, corner, side)
        reach = side / 2 - 2
        point = round(left + side // 2 + self.valence * reach), round(top + side // 2 - self.arousal * reach)
        cv2.circle(canvas, point, max(3, size_px // 5), bgr(_POINT), cv2.FILLED, cv2.LINE_AA)
        y = top + side + 1
        for word in self.words:
            lettering.ink(word, size_px, False, _DIM).lay(canvas, left, y)
            y += lettering.strip(word, size_px, False).shape[0] - 1


def draw_axes(canvas: NDArray[np.uint8], corner: tuple[int, int], side: int) -> None:
    """Draw a square at its upper left corner with its axes and the neutral zone."""
    left, top = corner
    middle_x, middle_y = left + side // 2, top + side // 2
    cv2.rectangle(canvas, (left, top), (left + side - 1, top + side - 1), bgr(_LINE), 1)
    cv2.line(canvas, (left, middle_y), (left + side - 1, middle_y), bgr(_LINE), 1)
    cv2.line(canvas, (middle_x, top), (middle_x, top + side - 1), bgr(_LINE), 1)
    cv2.circle(canvas, (middle_x, middle_y), round(NEUTRAL_RADIUS * side / 2), bgr(_LINE), 1, cv2.LINE_AA)
