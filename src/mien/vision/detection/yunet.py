"""YuNet, the default detector: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import CropSpec, Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes, similarity_transforms
from mien.inference.session import Runtime, Session
from mien.vision.alignment import ARCFACE_112, align
from mien.vision.detection.canvas import Canvas, fit
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.suppression import suppress, vote

Floats = NDArray[np.float32]

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES)

MOST_SESSIONS = 8
"""Canvas sizes kept compiled, two or three for each shape of picture; one of 960×544 px holds 60 MB."""

LARGE_FACE_PX = 400
"""Faces of this size on the canvas are less certain than smaller ones; at 800 px one of ten is missed."""

CLOSE_UP = CropSpec(256, tuple((2.27 * (x - 56.0) + 128, 2.27 * (y - 72.0) + 128) for x, y in ARCFACE_112), "bgr")
"""A face turned upright, 80 px from eye to eye. YuNet draws the landmarks of a tilted head too upright; on this cut it
does not: the mean similarity of a man who tilts his head to himself rises from 0.61 to 0.80, and LFW stays as it is."""

CLOSE_UP_SCORE = 0.3

TILTED_DEGREES = 5.0
"""Eyes less aslant are drawn rightly at the first look: a second one gains nothing there, and costs as much as an
embedding."""

COARSENESS = 3
"""How many times smaller the second look is; its faces of a third of LARGE_FACE_PX are of the size seen best."""


class YuNetDetector:
    """Finds faces with any file of YuNet's twelve outputs.

    A canvas whose shorter side exceeds one and a half times LARGE_FACE_PX may hold faces too large for the network:
    it is looked at a second time, three times smaller, for those alone, and one suppression joins the two.
    """

    def __init__(self, runtime: Runtime, path: Path, settings: DetectionSettings) -> None:
        self._runtime = runtime
        self._path = path
        self._settings = settings
        self._sessions: OrderedDict[tuple[int, int], Session] = OrderedDict()
        self._lock = Lock()

    @property
    def model(self) -> str:
        return self._settings.model

    def detect(self, pixels: Pixels) -> Detections:
        canvas = fit(pixels.width, pixels.height, self._settings.long_side_px)
        candidates = self._look(pixels, canvas)
        if min(canvas.inner) > 1.5 * LARGE_FACE_PX:
            coarse = fit(pixels.width, pixels.height, max(canvas.inner) // COARSENESS)
            large = self._look(pixels, coarse)
            least = LARGE_FACE_PX * float(canvas.to_source.min())
            large = large.select(box_sizes(large.boxes).min(axis=1) >= least)
            candidates = Detections.concat([candidates, large])
        faces = vote(suppress(candidates), candidates)
        return faces.select(box_sizes(faces.boxes).min(axis=1) >= self._settings.min_face_px)

    def prepare(self, width: int, height: int) -> None:
        self._session(fit(width, height, self._settings.long_side_px).outer)
        self._session((CLOSE_UP.size, CLOSE_UP.size))

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        eyes = detections.landmarks[:, 1] - detections.landmarks[:, 0]
        tilted = np.flatnonzero(np.abs(np.degrees(np.arctan2(eyes[:, 1], eyes[:, 0]))) >= TILTED_DEGREES)
        if not len(tilted):
            return detections
        before = detections.landmarks[tilted]
        cuts = align(pixels, before, CLOSE_UP).images
        outputs = self._session((CLOSE_UP.size, CLOSE_UP.size)).run(
            np.ascontiguousarray(cuts.transpose(0, 3, 1, 2), np.float32)
        )
        to_cuts = similarity_transforms(before, np.array(CLOSE_UP.template, np.float32))
        landmarks = detections.landmarks.copy()
        for row, (face, to_cut) in enumerate(zip(tilted, to_cuts, strict=True)):
            found = _middle_face({name: values[row] for name, values in outputs.items()})
            if found is not None:
                landmarks[face] = (found - to_cut[:, 2]) @ np.linalg.inv(to_cut[:, :2]).T
        return Detections(detections.boxes, detections.scores, landmarks)

    def _look(self, pixels: Pixels, canvas: Canvas) -> Detections:
        """Everything that scores high enough on one canvas, in px of the picture, several times per face."""
        outputs = self._session(canvas.outer).run(canvas.paint(pixels))
        return canvas.lift(decode(outputs, canvas.outer[0], self._settings.min_score))

    def _session(self, size: tuple[int, int]) -> Session:
        with self._lock:
            session = self._sessions.pop(size, None)
            if session is None:
                session = self._runtime.load(self._path, (1, 3, size[1], size[0]))
            self._sessions[size] = session
            if len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
            return session


def _middle_face(outputs: Mapping[str, Floats]) -> Floats | None:
    """Landmarks (5, 2) of the face in the middle of a close-up, or None where there is none."""
    candidates = decode(outputs, CLOSE_UP.size, CLOSE_UP_SCORE)
    faces = vote(suppress(candidates), candidates)
    off_centre = np.abs(faces.landmarks.mean(axis=1) - CLOSE_UP.size / 2).max(axis=1)
    if not len(faces) or off_centre.min() > CLOSE_UP.size / 4:
        return None
    middle: Floats = faces.landmarks[off_centre.argmin()]
    return middle


def decode(outputs: Mapping[str, Floats], width: int, min_score: float) -> Detections:
    """All cells of at least ``min_score`` as detections in px of the canvas, which is ``width`` px wide.

    The score is the geometric mean of class and objectness, boxes are centre offset and log size in strides, landmarks
    offsets in strides: as OpenCV's FaceDetectorYN reads the same file.
    """
    parts = []
    for stride in STRIDES:
        strength = np.clip(outputs[f"cls_{stride}"], 0, 1).ravel() * np.clip(outputs[f"obj_{stride}"], 0, 1).ravel()
        kept = np.flatnonzero(strength >= min_score * min_score)
        row, column = np.divmod(kept, width // stride)
        cell = np.stack([column, row], axis=1).astype(np.float32)
        raw = outputs[f"bbox_{stride}"].reshape(-1, 4)[kept]
        centre = (raw[:, :2] + cell) * stride
        half = np.exp(raw[:, 2:]) * (stride / 2)
        points = (outputs[f"kps_{stride}"].reshape(-1, 5, 2)[kept] + cell[:, None]) * stride
        boxes = np.hstack([centre - half, centre + half]).astype(np.float32)
        parts.append(Detections(boxes, np.sqrt(strength[kept]), points.astype(np.float32)))
    return Detections.concat(parts)
