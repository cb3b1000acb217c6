"""MTCNN: Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", 2016."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import BoxCropSpec, Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_centres, box_sizes
from mien.inference.installed import InstalledModel
from mien.vision.alignment import cut_boxes
from mien.vision.detection.canvas import fit
from mien.vision.detection.close_up import LEAST_SCORE, close_up, measured_close
from mien.vision.detection.detector import DetectionSettings, LandmarkOrigin
from mien.vision.detection.output_columns import shapes
from mien.vision.detection.suppression import suppress, survivors

Floats = NDArray[np.float32]

WINDOW_PX = 12
"""What the proposal network sees around one of its cells, which lie STRIDE_PX apart."""

STRIDE_PX = 2

SMALLEST_PX = 20
"""The smallest face that is looked for on the picture's copy; the authors' own choice, as all numbers here."""

PYRAMID_STEP = 0.709
"""The square root of a half: every level has half the area of the one before."""

PROPOSAL_SCORE, REFINEMENT_SCORE = 0.6, 0.7
MAX_IOU_IN_LEVEL, MAX_IOU = 0.5, 0.7

CUTS = (BoxCropSpec(24, 1.0, "bgr", resampling="area"), BoxCropSpec(48, 1.0, "bgr", resampling="area"))
"""What the second and the third network look at. Their authors enlarge by area too: bilinearly enlarged, the faces
below these sizes are found less often."""

CLOSE_UP = close_up(48, 0.44)
"""It raises the mean similarity of LFW's people, tilted by 25 degrees, from 0.604 to 0.614, which is what they have
upright."""

PROBABILITIES, OFFSETS, POINTS = 2, 4, 10
"""The widths of the networks' outputs, by which they are told apart."""

OUTPUTS = ((PROBABILITIES, OFFSETS), (PROBABILITIES, OFFSETS), (PROBABILITIES, OFFSETS, POINTS))
RANKS = (4, 2, 2)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What one stage takes for n faces: boxes (n, 4) px, scores (n,), and how it would move their corners (n, 4)."""

    boxes: Floats
    scores: Floats
    offsets: Floats

    @classmethod
    def concat(cls, parts: Sequence["_Candidates"]) -> "_Candidates":
        boxes, scores, offsets = zip(*((part.boxes, part.scores, part.offsets) for part in parts), strict=True)
        return cls(np.concatenate(boxes), np.concatenate(scores), np.concatenate(offsets))

    def distinct(self, max_iou: float) -> "_Candidates":
        kept = survivors(self.boxes, self.scores, max_iou)
        return _Candidates(self.boxes[kept], self.scores[kept], self.offsets[kept])

    def moved(self) -> Floats:
        """The boxes with their corners moved by the offsets, which are in widths and heights of the box."""
        boxes: Floats = self.boxes + self.offsets * np.tile(box_sizes(self.boxes), 2)
        return boxes

    def squares(self) -> Floats:
        """The moved boxes made square by their longer sides."""
        boxes = self.moved()
        centres, half = box_centres(boxes), box_sizes(boxes).max(axis=1, keepdims=True) / np.float32(2)
        return np.hstack([centres - half, centres + half])


class MtcnnDetector:
    """Finds faces in three stages: proposals on a pyramid, their refinement, and five landmarks for what is left.

    The three files take pictures as (n, width, height, channels), columns first, as the original networks do. Raises
    ModelCorrupt where they give something else than probabilities, offsets and, the third, points.
    """

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        self._model = model
        self._layout = model.layout
        self._settings = settings
        self._networks = [model.load(file=file) for file in range(len(OUTPUTS))]

    @property
    def model(self) -> str:
        return self._model.name

    @property
    def landmarks(self) -> LandmarkOrigin:
        return "measured"

    def detect(self, pixels: Pixels) -> Detections:
        pixels.bgr()  # many parts of one picture are cheapest cut from the whole
        levels = [self._proposals(pixels, scale) for scale in self._scales(pixels.width, pixels.height)]
        if not levels:
            return Detections.empty()
        proposals = _Candidates.concat(levels).distinct(MAX_IOU)
        refined = self._refined(pixels, proposals.squares()).distinct(MAX_IOU)
        faces = suppress(self._faces(pixels, refined.squares()))
        return faces.select(box_sizes(faces.boxes).min(axis=1) >= self._settings.min_face_px)

    def prepare(self, width: int, height: int) -> None:
        """Nothing is left to load: the networks take pictures of any size."""

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        return measured_close(pixels, detections, CLOSE_UP, self._landmarks)

    def _landmarks(self, images: NDArray[np.uint8]) -> Floats:
        """Landmarks (n, 5, 2) px of the faces on close-ups, no numbers where there is none."""
        outputs = self._run(2, images)
        is_face = outputs[PROBABILITIES][:, 1] >= LEAST_SCORE
        return np.where(is_face[:, None, None], _points(outputs[POINTS]) * CLOSE_UP.size, np.float32(np.nan))

    def _scales(self, width: int, height: int) -> Iterator[float]:
        """How large the levels of the pyramid are, relative to a picture of a size, the largest first."""
        inner = fit(width, height, self._settings.long_side_px).inner
        scale = WINDOW_PX / max(SMALLEST_PX * width / inner[0], self._settings.min_face_px)
        while min(width, height) * scale >= WINDOW_PX:
            yield scale
            scale *= PYRAMID_STEP

    def _proposals(self, pixels: Pixels, scale: float) -> _Candidates:
        width, height = math.ceil(pixels.width * scale), math.ceil(pixels.height * scale)
        outputs = self._run(0, pixels.scaled(width, height)[None])
        scores = outputs[PROBABILITIES][0, :, :, 1]
        cells = np.nonzero(scores >= PROPOSAL_SCORE)
        corners = np.stack(cells, axis=1).astype(np.float32) * STRIDE_PX
        to_picture = np.array([pixels.width / width, pixels.height / height], np.float32)
        boxes = np.hstack([corners * to_picture, (corners + WINDOW_PX) * to_picture])
        return _Candidates(boxes, scores[cells], outputs[OFFSETS][0][cells]).distinct(MAX_IOU_IN_LEVEL)

    def _refined(self, pixels: Pixels, squares: Floats) -> _Candidates:
        outputs = self._run(1, cut_boxes(pixels, squares, CUTS[0]).images)
        scores = outputs[PROBABILITIES][:, 1]
        kept = scores >= REFINEMENT_SCORE
        return _Candidates(squares[kept], scores[kept], outputs[OFFSETS][kept])

    def _faces(self, pixels: Pixels, squares: Floats) -> Detections:
        outputs = self._run(2, cut_boxes(pixels, squares, CUTS[1]).images)
        scores = outputs[PROBABILITIES][:, 1]
        kept = scores >= self._settings.min_score
        squares, scores = squares[kept], scores[kept]
        landmarks = squares[:, None, :2] + _points(outputs[POINTS][kept]) * box_sizes(squares)[:, None]
        return Detections(_Candidates(squares, scores, outputs[OFFSETS][kept]).moved(), scores, landmarks)

    def _run(self, stage: int, images: NDArray[np.uint8]) -> dict[int, Floats]:
        """The outputs of a stage for images (n, height, width, 3) BGR, by their widths."""
        columns = images.swapaxes(1, 2).astype(np.float32)
        values = columns[..., ::-1] if self._layout.channels == "rgb" else columns
        values = (values - np.array(self._layout.mean, np.float32)) * np.array(self._layout.scale, np.float32)
        outputs = {output.shape[-1]: output for output in self._networks[stage].run(values).values()}
        if set(outputs) != set(OUTPUTS[stage]) or any(output.ndim != RANKS[stage] for output in outputs.values()):
            wanted = ", ".join(f"{'n×rows×columns' if RANKS[stage] == 4 else 'n'}×{width}" for width in OUTPUTS[stage])
            raise ModelCorrupt(f"file {stage + 1} of {self.model} gives {shapes(outputs)}, expected {wanted}")
        return outputs


def _points(values: Floats) -> Floats:
    """Landmarks (n, 5, 2) in shares of the picture, from five x and then five y (n, 10)."""
    return values.reshape(-1, 2, 5).transpose(0, 2, 1)
