"""MediaPipe's network of eye contours: how far lids are apart, which the face mesh alone hardly sees."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import CropSpec, FaceCrops
from mien.domain.frame import Pixels
from mien.inference.installed import InstalledModel
from mien.vision.activations import check_finite
from mien.vision.alignment import align
from mien.vision.network_input import NetworkInput

Floats = NDArray[np.float32]

SIDE_PX = 64
POINTS = 71
_END = SIDE_PX - 1.0
_SQUARE = CropSpec(SIDE_PX, ((0, 0), (_END, 0), (_END / 2, _END / 2), (0, _END), (_END, _END)), "bgr")
_OFFSETS = np.array(_SQUARE.template, np.float32) / _END - 0.5

_MARGIN = 2.3
"""A square's side in widths of an eye, as MediaPipe takes it."""

_OUTER, _INNER = 0, 8
_LOWER, _UPPER = slice(2, 7), slice(10, 15)
"""Of the contour: the corners, and the five points of each lid between them that move."""


class MediaPipeEyes:
    """Looks at a square around each eye: Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital
    Puppetry", CVPR workshops 2020. The network knows eyes whose outer corner is at the left: others are mirrored.
    """

    def __init__(self, model: InstalledModel) -> None:
        """Raises ModelMismatch where the card does not say what the network takes, ModelCorrupt."""
        layout = model.layout
        self._session = model.load((1, *layout.shape))
        self._input = NetworkInput(_SQUARE, layout.channels, layout.mean, layout.scale)

    def read(self, pixels: Pixels, corners: Floats) -> Floats:
        eyes = corners.reshape(-1, 2, 2)
        crops = align(pixels, _squares(eyes), _SQUARE)
        images = crops.images.copy()
        images[1::2] = images[1::2, :, ::-1]
        planes = self._input.planes(FaceCrops(images, _SQUARE))
        columns = {int(np.prod(one.shape[1:])): one for one in self._session.run(planes).values()}
        if 3 * POINTS not in columns:
            raise ModelCorrupt(f"expected {3 * POINTS} numbers for each eye, got outputs of {sorted(columns)}")
        contours = columns[3 * POINTS].reshape(len(eyes), POINTS, 3)[:, :, :2]
        check_finite("the network gives contours", contours)
        height = np.linalg.norm(contours[:, _UPPER] - contours[:, _LOWER], axis=2).mean(axis=1)
        width = np.linalg.norm(contours[:, _OUTER] - contours[:, _INNER], axis=1)
        opening: Floats = (height / np.maximum(width, 1e-3)).astype(np.float32).reshape(-1, 2)
        return opening


def _squares(eyes: Floats) -> Floats:
    """Corners and middle (m, 5, 2) px of a square around each of m eyes (m, 2, 2) px, turned as the eye is."""
    across = eyes[:, 1] - eyes[:, 0]
    is_flat = np.linalg.norm(across, axis=1) < 1
    across = np.where(is_flat[:, None], np.array([1, 0], np.float32), across) * _MARGIN
    down = np.stack([-across[:, 1], across[:, 0]], axis=1)
    middle = eyes.mean(axis=1)
    placed: Floats = middle[:, None] + _OFFSETS[:, :1] * across[:, None] + _OFFSETS[:, 1:] * down[:, None]
    return placed.astype(np.float32)
