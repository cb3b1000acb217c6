"""Haar cascades: Viola and Jones, "Robust Real-Time Face Detection", IJCV 2004, as OpenCV reads and runs them."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes, iou
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas import Canvas, fit
from mien.vision.detection.detector import DetectionSettings, LandmarkOrigin
from mien.vision.detection.landmark_layout import typical_landmarks
from mien.vision.detection.suppression import MAX_IOU, suppress, survivors

Floats = NDArray[np.float32]

WINDOW_PX = 24
"""The smallest window, which is the size of the cascade's own training pictures."""

STEP = 1.1
"""Every window is so many times larger than the one before."""

FAINTEST = -3.0
"""The sum with which a window just passes the last stage."""

FACE_IN_WINDOW = np.array((0.10, -0.03, 0.90, 1.07), np.float32)
"""Where the face lies in a window, in its sides: the median of 399 faces of LFW, as YuNet sees them."""

HALF_EVIDENCE = 30.0
"""The evidence that scores 0.5; one of a hundred frontal faces of LFW has 25 or less, one of a hundred false ones 32
or more."""


class HaarDetector:
    """Finds upright frontal faces with OpenCV's cascade of boosted Haar features; landmarks are approximate.

    A face is seen by many windows. Each weighs as much as its sum exceeds that with which a window just passes the
    last stage; their mean is the face, and the sum of their weights its evidence e, which scores e / (e + 30).
    Raises ModelCorrupt for a file that is no cascade.
    """

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        self._model = model
        self._settings = settings
        self._idle: LifoQueue[Any] = LifoQueue()  # a classifier keeps state while it runs: one for each thread
        self._idle.put(_load(model.paths[0]))

    @property
    def model(self) -> str:
        return self._model.name

    @property
    def landmarks(self) -> LandmarkOrigin:
        return "approximate"

    def detect(self, pixels: Pixels) -> Detections:
        canvas = fit(pixels.width, pixels.height, self._settings.long_side_px)
        windows, weights = self._windows(pixels, canvas)
        kept = survivors(windows, weights)
        votes = np.where(iou(windows[kept], windows) > MAX_IOU, weights, 0)
        evidence = votes.sum(axis=1, keepdims=True)
        means = (votes @ windows) / evidence
        boxes = np.tile(means[:, :2], 2) + np.tile(box_sizes(means), 2) * FACE_IN_WINDOW
        scores = (evidence / (evidence + HALF_EVIDENCE))[:, 0]
        faces = suppress(canvas.lift(Detections(boxes, scores, typical_landmarks(boxes))))
        is_face = faces.scores >= self._settings.min_score
        return faces.select(is_face & (box_sizes(faces.boxes).min(axis=1) >= self._settings.min_face_px))

    def prepare(self, width: int, height: int) -> None:
        """Nothing is left to load: a cascade takes pictures of any size."""

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:  # noqa: ARG002 - a cascade sees no landmarks
        return detections

    def _windows(self, pixels: Pixels, canvas: Canvas) -> tuple[Floats, Floats]:
        """The windows (n, 4) in px of the canvas that pass all stages, in a fixed order, and their weights (n,)."""
        face_px = self._settings.min_face_px / float(canvas.to_source.max())
        smallest_px = max(WINDOW_PX, math.floor(face_px / float(FACE_IN_WINDOW[2] - FACE_IN_WINDOW[0])))
        with self._borrowed() as classifier:
            found, _, sums = classifier.detectMultiScale3(
                pixels.luma(*canvas.inner), STEP, 0, minSize=(smallest_px, smallest_px), outputRejectLevels=True
            )
        windows = np.array(found, np.float32).reshape(-1, 4)
        windows[:, 2:] += windows[:, :2]
        weights = np.maximum(np.array(sums, np.float32).ravel() - np.float32(FAINTEST), np.float32(1e-3))
        order = np.lexsort(windows.T)  # OpenCV's threads deliver them as they come
        return windows[order], weights[order]

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        try:
            classifier = self._idle.get_nowait()
        except Empty:
            classifier = _load(self._model.paths[0])
        try:
            yield classifier
        finally:
            self._idle.put(classifier)


def _load(path: Path) -> Any:
    classifier = cv2.CascadeClassifier()
    try:
        is_read = classifier.load(str(path))
    except cv2.error:  # no XML, or cut off
        is_read = False
    if not is_read:
        raise ModelCorrupt(f"{path.name} does not read as a cascade of OpenCV, an XML file")
    return classifier
