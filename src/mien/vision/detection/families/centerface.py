"""CenterFace: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.vision.detection.canvas_detector import CanvasDetector, CanvasNetwork
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.output_columns import cells, shapes

Floats = NDArray[np.float32]

STRIDE = 4
CHANNELS = (1, 2, 2, 10)

LARGE_FACE_PX = 300
"""At 750 px on the canvas boxes fit badly, at 1000 px no face is found."""


class CenterFaceDetector(CanvasDetector):
    """Finds faces with a file of CenterFace's four outputs."""

    def __init__(self, model: InstalledModel, settings: DetectionSettings) -> None:
        super().__init__(model, settings, NETWORK)


def decode(outputs: Mapping[str, Floats], size: tuple[int, int], min_score: float) -> Detections:
    """All cells of at least ``min_score`` in px of a canvas of ``size`` (width, height), of which a cell has 4×4.

    The outputs, in the order of the file: heat (1), log height and width in cells, offset of the centre downwards and
    to the right in cells, and five landmarks (y, x) in shares of the box. Raises ModelCorrupt for other outputs.
    """
    grid = tuple(-(-length // STRIDE) for length in reversed(size))
    if [values.shape[-3:] for values in outputs.values()] != [(channels, *grid) for channels in CHANNELS]:
        wanted = ", ".join("×".join(map(str, (channels, *grid))) for channels in CHANNELS)
        raise ModelCorrupt(f"expected the outputs of CenterFace, {wanted}; the file gives {shapes(outputs)}")
    heat, *maps = (values.reshape(values.shape[-3], -1) for values in outputs.values())
    kept = np.flatnonzero(heat[0] >= min_score)
    logs, offsets, points = (values[:, kept].T for values in maps)
    centres = (cells(size, STRIDE)[kept, ::-1] + offsets + np.float32(0.5)) * STRIDE
    sides = np.exp(logs) * STRIDE
    low = centres - sides / 2
    landmarks = low[:, None] + points.reshape(-1, 5, 2) * sides[:, None]
    boxes = np.hstack([low[:, ::-1], (low + sides)[:, ::-1]])
    return Detections(boxes.astype(np.float32), heat[0][kept], landmarks[..., ::-1].astype(np.float32))


NETWORK = CanvasNetwork(decode, large_face_px=LARGE_FACE_PX)
