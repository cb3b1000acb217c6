"""Detectors whose network looks at a whole picture at once: canvases, the second look, close-ups and suppression."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelMismatch
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes
from mien.inference.batches import normalised
from mien.inference.installed import InstalledModel
from mien.inference.session import Session
from mien.vision.activations import check_finite
from mien.vision.detection.canvas import Canvas, fit
from mien.vision.detection.close_up import LEAST_SCORE, TILTED_DEGREES, close_up, measured_close
from mien.vision.detection.detector import DetectionSettings, LandmarkOrigin
from mien.vision.detection.landmark_layout import typical_landmarks
from mien.vision.detection.suppression import suppress, vote

Floats = NDArray[np.float32]
Decode = Callable[[Mapping[str, Floats], tuple[int, int], float], Detections]

MOST_SESSIONS = 8
"""Canvas sizes kept compiled, two or three for each shape of picture; one of YuNet's of 960×544 px holds 60 MB."""

CLOSE_UP_PX = 256
"""The side of a close-up, where the only canvas has room for it."""

CLOSE_UP_EYES = 80 / 256
"""The distance of the eyes on a close-up, in its side. Networks draw the landmarks of a tilted head too upright; on
this cut they do not. The same face of LFW turned by 25° has landmarks that differ by 0.10 of the distance of the eyes
by YuNet, 0.05 on a close-up; by SCRFD, RetinaFace and YOLOv5-face 0.04 to 0.06, and 0.02. The mean similarity of a man
who tilts his head to himself rises from 0.61 to 0.80, and LFW stays as it is."""

COARSENESS = 3
"""How many times smaller the second look is."""

OVERLAP = 1.15
"""Faces up to so many times the limit may be seen by both looks: the two draw boxes of different sizes."""


@dataclass(frozen=True, slots=True)
class CanvasNetwork:
    """What is particular to one family of networks.

    ``decode`` takes the outputs of one picture in the order of the file, with or without a leading 1, the width and
    height of the canvas in px and the least score; it gives all that scores so high, several times per face, in px of
    the canvas. Where ``landmarks`` are approximate, those it gives are replaced.

    ``large_face_px``: faces from this size on the canvas are less certain than smaller ones, and a coarser look is
    taken for them; 0 for never. ``close_up_eyes``: how far the eyes are apart, in the side of the cut, where a face is
    cut for its landmarks to be measured anew, if they are measured at all; faces whose eyes are less aslant than
    ``tilt_degrees`` are left as they are. ``fill``: the grey where the picture ends. ``stretch``: how much more one
    side of the picture may be scaled than the other, to fill the canvas of a network of one size.
    """

    decode: Decode
    landmarks: LandmarkOrigin = "measured"
    large_face_px: int = 0
    close_up_eyes: float = CLOSE_UP_EYES
    tilt_degrees: float = TILTED_DEGREES
    fill: float = 0
    stretch: float = 1


class CanvasDetector:
    """Finds faces by one network; its card says how pixels are normalised. Raises ModelCorrupt, ModelMismatch.

    ``session`` is the file loaded as it is, of a family whose files may be made for one size of canvas: where it
    states a size, no other is used. Networks of the other families take any size, whatever the file states.

    A canvas whose shorter side exceeds one and a half times ``large_face_px`` may hold faces too large for the
    network: it is looked at a second time, three times smaller. Each look tells of the sizes it sees well (as in Singh
    and Davis, "An Analysis of Scale Invariance in Object Detection", CVPR 2018), and one suppression joins the two.
    """

    def __init__(
        self,
        model: InstalledModel,
        settings: DetectionSettings,
        network: CanvasNetwork,
        session: Session | None = None,
    ) -> None:
        self._model = model
        self._layout = model.layout
        self._settings = settings
        self._network = network
        if self._layout.channels == "grey":
            raise ModelMismatch(f"the card of {model.name} says grey, expected bgr or rgb for a detector")
        self._channels = self._layout.channels
        self._sessions: OrderedDict[tuple[int, int], Session] = OrderedDict()
        self._lock = Lock()
        self._outer = _stated_size(session) if session else None
        if session and self._outer:
            self._sessions[self._outer] = session
        size = min(CLOSE_UP_PX, *self._outer) if self._outer else CLOSE_UP_PX
        self._close_up = close_up(size, network.close_up_eyes)

    @property
    def model(self) -> str:
        return self._model.name

    @property
    def landmarks(self) -> LandmarkOrigin:
        return self._network.landmarks

    def detect(self, pixels: Pixels) -> Detections:
        canvas = self._canvas(pixels.width, pixels.height, self._settings.long_side_px)
        candidates = self._look(pixels, canvas)
        large_face_px = self._network.large_face_px
        if large_face_px and min(canvas.inner) > 1.5 * large_face_px:
            coarse = self._canvas(pixels.width, pixels.height, max(canvas.inner) // COARSENESS)
            limit = large_face_px * float(canvas.to_source.min())
            candidates = _joined(candidates, self._look(pixels, coarse), limit)
        faces = self._one_per_face(candidates)
        return faces.select(box_sizes(faces.boxes).min(axis=1) >= self._settings.min_face_px)

    def prepare(self, width: int, height: int) -> None:
        self._session(self._canvas(width, height, self._settings.long_side_px).outer)
        if self.landmarks == "measured":
            self._session(self._close_up_size)

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        if self.landmarks == "approximate":
            return detections
        return measured_close(pixels, detections, self._close_up, self._faces_in_cuts, self._network.tilt_degrees)

    def _look(self, pixels: Pixels, canvas: Canvas) -> Detections:
        """Everything that scores high enough on one canvas, in px of the picture, several times per face."""
        planes = canvas.paint(pixels, self._channels, self._network.fill)
        outputs = self._session(canvas.outer).run(normalised(planes, self._layout.mean, self._layout.scale))
        return canvas.lift(self._decoded(outputs, canvas.outer, self._settings.min_score))

    def _decoded(self, outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
        with np.errstate(all="ignore"):  # what is no number is told
            faces = self._network.decode(outputs, size, min_score)
        columns = (faces.boxes, faces.scores, *((faces.landmarks,) if self.landmarks == "measured" else ()))
        check_finite(f"{self.model} gives boxes, scores or landmarks", *columns)
        return faces

    def _one_per_face(self, candidates: Detections) -> Detections:
        faces = vote(suppress(candidates), candidates)
        return faces if self.landmarks == "measured" else replace(faces, landmarks=typical_landmarks(faces.boxes))

    def _faces_in_cuts(self, images: NDArray[np.uint8]) -> Floats:
        """Landmarks (n, 5, 2) of the face in the middle of each close-up, no numbers where there is none."""
        width, height = self._close_up_size
        planes = np.full((len(images), 3, height, width), self._network.fill, np.float32)
        painted = planes if self._channels == "bgr" else planes[:, ::-1]
        painted[:, :, : self._close_up.size, : self._close_up.size] = images.transpose(0, 3, 1, 2)
        outputs = self._session((width, height)).run(normalised(planes, self._layout.mean, self._layout.scale))
        rows = {name: np.split(values, len(images)) for name, values in outputs.items()}
        faces = [self._middle_face({name: values[row] for name, values in rows.items()}) for row in range(len(images))]
        return np.stack(faces)

    def _middle_face(self, outputs: Mapping[str, Floats]) -> Floats:
        faces = self._one_per_face(self._decoded(outputs, self._close_up_size, LEAST_SCORE))
        size = self._close_up.size
        off_centre = np.abs(faces.landmarks.mean(axis=1) - size / 2).max(axis=1)
        if not len(faces) or off_centre.min() > size / 4:
            return np.full((5, 2), np.nan, np.float32)
        middle: Floats = faces.landmarks[off_centre.argmin()]
        return middle

    def _canvas(self, width: int, height: int, long_side_px: int) -> Canvas:
        return fit(width, height, long_side_px, self._outer, self._network.stretch)

    @property
    def _close_up_size(self) -> tuple[int, int]:
        return self._outer or (self._close_up.size, self._close_up.size)

    def _session(self, size: tuple[int, int]) -> Session:
        with self._lock:
            session = self._sessions.pop(size, None)
            if session is None:
                session = self._model.load((1, 3, size[1], size[0]))
            self._sessions[size] = session
            if len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
            return session


def _joined(fine: Detections, coarse: Detections, limit_px: float) -> Detections:
    """Large faces of the coarse look and the others of the fine one, which sees parts of large faces as faces."""
    fine_sides, coarse_sides = box_sizes(fine.boxes).min(axis=1), box_sizes(coarse.boxes).min(axis=1)
    return Detections.concat([fine.select(fine_sides < OVERLAP * limit_px), coarse.select(coarse_sides >= limit_px)])


def _stated_size(session: Session) -> tuple[int, int] | None:
    """Width and height of the one canvas that a file takes, None where it leaves them free."""
    _, _, height, width = session.input_shape
    return None if height is None or width is None else (width, height)
