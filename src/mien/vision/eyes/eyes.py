"""What tells how far eyes are open: the protocol every reader of eyes fulfils, and where it is told the eyes are."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, FaceMesh
from mien.domain.frame import Pixels
from mien.vision.mesh_network import CORNERS_OF_EYES

Floats = NDArray[np.float32]

_EYE_WIDTH = 0.45  # of an eye between its corners, in distances of the eyes: by the face mesh, on 156 faces of LFW


class EyeReader(Protocol):
    """Tells how far eyes are open. Safe to call from several threads at once."""

    def read(self, pixels: Pixels, corners: Floats) -> Floats:
        """Height by width of the opening of two eyes (n, 2), the left one of the image first.

        ``corners`` (n, 2, 2, 2) px are of each face and eye the left and the right corner, as seen in the image.
        """
        ...


def corners_by_mesh(mesh: FaceMesh) -> Floats:
    """The corners (n, 2, 2, 2) px of the eyes of n meshes."""
    corners: Floats = mesh.points[:, np.array(CORNERS_OF_EYES), :2]
    return corners


def corners_about(faces: Detections) -> Floats:
    """About where the corners (n, 2, 2, 2) px of eyes are, by the landmarks of n faces alone."""
    eyes = faces.landmarks[:, :2]
    half = (eyes[:, 1] - eyes[:, 0]) * (_EYE_WIDTH / 2)
    corners: Floats = np.stack([eyes - half[:, None], eyes + half[:, None]], axis=2).astype(np.float32)
    return corners
