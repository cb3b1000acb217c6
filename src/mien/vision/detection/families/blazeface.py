"""BlazeFace: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.activations import sigmoid
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import cells, columns, shapes

Floats = NDArray[np.float32]

LAYOUTS = {128: ((8, 2), (16, 6)), 192: ((4, 1),), 256: ((16, 2), (32, 6))}
"""Strides and the predictions of a cell, by the side in px of the canvas: MediaPipe's short range, full range and back
camera."""

LARGE_FACE_PX = {128: 0, 192: 50, 256: 0}
"""From this size on the canvas a face is looked for a second time: the full range misses one of sixty at 80 px."""

FACE_IN_BOX = np.array((0.08, -0.13, 0.92, 1.03), np.float32)
"""Where the face, with its forehead and without the ears, lies in a box of the network, in its sides: the median of
296 faces of LFW, as YuNet sees them."""

MOUTH_WIDTH = 0.83
"""The distance of the corners of the mouth in that of the eyes, as in the template of ArcFace."""

CLOSE_UP_EYES = 0.25
"""The distance of the eyes on a close-up, in its side."""


class BlazeFaceDetector(CanvasDetector):
    """Finds faces with any of MediaPipe's files; the corners of the mouth are placed around its measured middle.

    On a canvas so small a pixel is a good part of a face, so every face that is to be aligned is looked at again.
    """

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        session = model.load()
        *_, height, side = session.input_shape
        if side not in LAYOUTS or height != side:
            sides = ", ".join(map(str, LAYOUTS))
            raise ModelCorrupt(f"expected a file of BlazeFace for a square of {sides} px, got {session.input_shape}")
        network = CanvasNetwork(decode, large_face_px=LARGE_FACE_PX[side], close_up_eyes=CLOSE_UP_EYES, tilt_degrees=0)
        super().__init__(model, settings, network, session)


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All predictions of at least ``min_score`` in px of a canvas of ``size`` (width, height).

    Scores are logits. Box centres and six points (both eyes, nose, middle of the mouth, both ears) are offsets in px
    from the middle of the cell, box sizes are in px. Raises ModelCorrupt where the outputs are not BlazeFace's.
    """
    heads = columns(outputs, {1: 1, 16: 1}, "BlazeFace")
    logits, predictions = heads[1][0].ravel(), heads[16][0]
    middles = _middles(size)
    if len(logits) != len(middles):
        raise ModelCorrupt(f"expected {len(middles)} predictions of BlazeFace, got {shapes(outputs)}")
    kept = np.flatnonzero(logits >= np.log(min_score / (1 - min_score)))
    middles, predictions = middles[kept], predictions[kept]
    sides = np.tile(predictions[:, 2:4], 2)
    boxes = np.tile(middles + predictions[:, :2], 2) + sides * (FACE_IN_BOX - np.float32(0.5))
    points = predictions[:, 4:12].reshape(-1, 4, 2) + middles[:, None]
    return Detections(boxes, sigmoid(logits[kept]), _with_mouth_corners(points))


def _middles(size: tuple[int, int]) -> Floats:
    """The middle (n, 2) of the cell of each prediction, in px."""
    parts = [
        np.repeat((cells(size, stride) + np.float32(0.5)) * np.float32(stride), repeats, axis=0)
        for stride, repeats in LAYOUTS[size[0]]
    ]
    return np.concatenate(parts)


def _with_mouth_corners(points: Floats) -> Floats:
    """Five landmarks (n, 5, 2) from the eyes, the nose and the middle of the mouth (n, 4, 2)."""
    half = (points[:, 1] - points[:, 0]) * np.float32(MOUTH_WIDTH / 2)
    return np.stack([*points[:, :3].swapaxes(0, 1), points[:, 3] - half, points[:, 3] + half], axis=1)
