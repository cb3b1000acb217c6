"""Where the five landmarks lie in pictures of a dataset, and the similarity transforms that bring them together."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_centres, iou, similarity_transform
from mien.evaluation.faces import most_prominent
from mien.lab.datasets.formats.sample import Box
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector

Floats = NDArray[np.float32]

CANVAS_PX = 320
_ENLARGED_PX = 192
"""A ready-made crop is laid so large on the canvas: the margin matters, detectors want to see where a face ends."""

_SCORE_WORTH_PX = 100
"""Of two faces in a ready-made crop the one nearer to its middle is meant, unless its score is much lower."""

_SAME_FACE_IOU = 0.3
"""From this overlap on a box and a detected face are taken for the same one.

Of 79 squares that OpenCV's cascade finds on LFW 92 % overlap a face of the default detector by 0.5 or more, four are on
none; of 878 faces in groups of WIDER FACE 1 % have a neighbour that overlaps the square around them by 0.3.
"""


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Finds the face that a picture is about, by the detector that serves.

    ``detector`` looks at photographs, ``for_crops`` at ready-made crops laid on a small canvas.
    """

    detector: Detector
    for_crops: Detector

    def in_photograph(self, pixels: Pixels, box: Box | None = None) -> Floats | None:
        """The landmarks (5, 2) px of the face in a box, or, without one, of the most prominent face; or none.

        They are those of the detector's first look, by which serving cuts expressions; only who recognises people
        looks a second time.
        """
        faces = self.detector.detect(pixels)
        rows = _in_box(faces, box) if box else most_prominent(faces, pixels.width, pixels.height)
        chosen = faces.select(rows)
        return np.asarray(chosen.landmarks[0], np.float32) if len(chosen) else None

    def in_crop(self, pixels: Pixels) -> Floats | None:
        """The landmarks (5, 2) px of the face that fills a ready-made crop, or none."""
        canvas, margin = _on_canvas(pixels)
        faces = self.for_crops.detect(ArrayPixels(canvas))
        if not len(faces):
            return None
        off_centre = np.abs(box_centres(faces.boxes) - CANVAS_PX / 2).sum(axis=1)
        chosen = int(np.argmin(off_centre - _SCORE_WORTH_PX * faces.scores))
        points = faces.landmarks[chosen] - margin
        scale = pixels.width / _ENLARGED_PX
        return np.asarray((points + 0.5) * scale - 0.5, np.float32)  # pixel centres lie on whole numbers


def _in_box(faces: Detections, box: Box) -> list[int]:
    """The index, in a list of one or none, of the face that a box is about: the one that fills it best."""
    overlaps = iou(faces.boxes, np.array([box], np.float32))[:, 0]
    return [int(overlaps.argmax())] if overlaps.max(initial=0) >= _SAME_FACE_IOU else []


def _on_canvas(pixels: Pixels) -> tuple[NDArray[np.uint8], int]:
    margin = (CANVAS_PX - _ENLARGED_PX) // 2
    image = pixels.bgr()
    canvas = np.full((CANVAS_PX, CANVAS_PX, 3), int(image.mean()), np.uint8)
    enlarged = cv2.resize(image, (_ENLARGED_PX, _ENLARGED_PX), interpolation=cv2.INTER_CUBIC)
    canvas[margin : margin + _ENLARGED_PX, margin : margin + _ENLARGED_PX] = enlarged
    return canvas, margin


def typical_placement(landmarks: Floats, side_px: int) -> Floats:
    """The template (5, 2) in px: the median of each coordinate of (n, 5, 2), averaged with its mirror image.

    Training flips pictures, so the template has to be its own mirror image.
    """
    median = np.median(landmarks, axis=0)
    mirrored = median[[1, 0, 2, 4, 3]] * (-1, 1) + (side_px - 1, 0)
    return np.asarray((median + mirrored) / 2, np.float32)


def placements(landmarks: Floats, template: Floats) -> Floats:
    """Matrices (n, 2, 3) from px of the aligned crop to px of the picture; NaN where landmarks (n, 5, 2) are."""
    matrices = np.full((len(landmarks), 2, 3), np.nan, np.float32)
    for row in np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2))):
        matrices[row] = similarity_transform(template, landmarks[row])
    return matrices


def resized_template(template: Floats, before_px: int, after_px: int) -> Floats:
    """The same template (5, 2) in px of a crop of another side; pixel centres lie on whole numbers."""
    return np.asarray((template + 0.5) * (after_px / before_px) - 0.5, np.float32)
