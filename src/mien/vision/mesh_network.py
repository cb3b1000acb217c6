"""The face mesh network on cut faces: what the landmarks and the expressions that are read from them have in common."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import AnyCropSpec, FaceCrops, FaceMesh
from mien.inference.session import Session
from mien.vision.network_input import NetworkInput

Floats = NDArray[np.float32]

SIDE_PX = 192
POINTS = 468


class MeshNetwork:
    """MediaPipe's face mesh: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
    CVPR workshops 2019. Two outputs in any order: 1,404 coordinates in px and the logit of a face.

    Crops smaller than the network's picture are laid in the middle of it, for it wants to see where a face ends.
    """

    def __init__(self, session: Session, network_input: NetworkInput) -> None:
        self._session = session
        self._input = network_input
        self._margin = ((session.input_shape[-1] or SIDE_PX) - network_input.crop.size) // 2

    @property
    def crop(self) -> AnyCropSpec:
        """How faces must be cut for it."""
        return self._input.crop

    def look(self, crops: FaceCrops) -> FaceMesh:
        """The meshes of n crops, in px of each crop; ValueError where they were cut to another spec, ModelCorrupt."""
        margin = (self._margin, self._margin)
        outputs = self._session.run(np.pad(self._input.planes(crops), ((0, 0), (0, 0), margin, margin))).values()
        columns = {int(np.prod(output.shape[1:])): output for output in outputs}
        if columns.keys() != {3 * POINTS, 1}:
            raise ModelCorrupt(f"expected outputs of {3 * POINTS} and 1 numbers for each face, got {sorted(columns)}")
        logits = np.clip(columns[1].reshape(len(crops)), -50, 50)
        scores: Floats = (1 / (1 + np.exp(-logits))).astype(np.float32)
        points = columns[3 * POINTS].reshape(len(crops), POINTS, 3)
        points[:, :, :2] -= self._margin
        return FaceMesh(points, scores)
