"""MediaPipe's face mesh on the faces of a picture: where it looks, and what it sees in px of the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import CropSpec, Detections, FaceMesh
from mien.domain.frame import Pixels
from mien.domain.geometry import box_centres, box_sizes, similarity_transforms
from mien.inference.installed import InstalledModel
from mien.vision.alignment import align
from mien.vision.mesh_network import SIDE_PX, MeshNetwork
from mien.vision.network_input import NetworkInput

Floats = NDArray[np.float32]

_END = SIDE_PX - 1.0
SQUARE = CropSpec(SIDE_PX, ((0, 0), (_END, 0), (_END / 2, _END / 2), (0, _END), (_END, _END)), "bgr")
"""A cut whose "landmarks" are the corners and the middle of a square in the picture."""

BOX_MARGIN = 1.35
"""The square's side in longer sides of a box that reaches from forehead to chin. MediaPipe takes 1.5 of BlazeFace's
boxes, which are smaller; of 1.2 to 1.65, 1.35 gave the best similarities on LFW."""

MESH_MARGIN = 1.5
"""The square's side in longer sides of the mesh, as MediaPipe takes it."""

OUTER_CORNERS = (33, 263)
"""Of the left and the right eye."""

MOST_DEGREES, MOST_SHIFT, MOST_GROWTH = 8.0, 0.08, 1.2
"""How far the square may be from that around the mesh it gave: in angle, in shares of its side, and in size."""


@dataclass(frozen=True, slots=True)
class _Squares:
    """n squares of a picture: centres (n, 2) px, sides (n,) px, angles (n,) clockwise in radians."""

    centres: Floats
    sides: Floats
    angles: Floats

    def points(self) -> Floats:
        """Where the points of SQUARE's template lie in the picture, (n, 5, 2) px."""
        turns = np.stack([np.cos(self.angles), -np.sin(self.angles), np.sin(self.angles), np.cos(self.angles)], axis=1)
        offsets = np.array(SQUARE.template, np.float32) / _END - 0.5
        turned = (self.sides[:, None, None] * turns.reshape(-1, 2, 2)) @ offsets.T
        places: Floats = (turned.transpose(0, 2, 1) + self.centres[:, None]).astype(np.float32)
        return places

    def differs(self, other: "_Squares") -> NDArray[np.bool_]:
        """Which (n,) of them are too far from those of another set to be called the same."""
        turn = np.abs(np.angle(np.exp(1j * (other.angles - self.angles))))
        shift = np.linalg.norm(other.centres - self.centres, axis=1) / self.sides
        growth = np.abs(np.log(other.sides / self.sides))
        differs: NDArray[np.bool_] = (
            (turn > np.radians(MOST_DEGREES)) | (shift > MOST_SHIFT) | (growth > np.log(MOST_GROWTH))
        )
        return differs

    def select(self, which: NDArray[np.intp]) -> "_Squares":
        return _Squares(self.centres[which], self.sides[which], self.angles[which])


class MediaPipeMesher:
    """Looks at a square around each box, turned as the eyes are, and a second time where that was badly placed.

    The second look makes up for landmarks that are approximate and boxes that are drawn differently: it is taken of
    the faces whose mesh asks for another square than the one it was found in, and costs as much as the first.
    """

    def __init__(self, model: InstalledModel) -> None:
        """Raises ModelMismatch where the card does not say what the network takes, ModelCorrupt."""
        layout = model.layout
        taken = NetworkInput(SQUARE, layout.channels, layout.mean, layout.scale)
        self._network = MeshNetwork(model.load((1, *layout.shape)), taken)

    def mesh(self, pixels: Pixels, detections: Detections) -> FaceMesh:
        squares = _around_boxes(detections)
        found = self._look(pixels, squares)
        better = _around_meshes(found.points)
        misplaced = np.flatnonzero(squares.differs(better))
        if not len(misplaced):
            return found
        again = self._look(pixels, better.select(misplaced))
        found.points[misplaced], found.scores[misplaced] = again.points, again.scores
        return found

    def _look(self, pixels: Pixels, squares: _Squares) -> FaceMesh:
        places = squares.points()
        seen = self._network.look(align(pixels, places, SQUARE))
        to_picture = similarity_transforms(np.broadcast_to(np.array(SQUARE.template, np.float32), places.shape), places)
        flat = seen.points[:, :, :2] @ to_picture[:, :, :2].transpose(0, 2, 1) + to_picture[:, None, :, 2]
        depth = seen.points[:, :, 2:] * (squares.sides / _END)[:, None, None]
        return FaceMesh(np.concatenate([flat, depth], axis=2).astype(np.float32), seen.scores)


def _around_boxes(detections: Detections) -> _Squares:
    eyes = detections.landmarks[:, 1] - detections.landmarks[:, 0]
    sides = np.maximum(BOX_MARGIN * box_sizes(detections.boxes).max(axis=1), 1)
    return _Squares(box_centres(detections.boxes), sides, np.arctan2(eyes[:, 1], eyes[:, 0]))


def _around_meshes(points: Floats) -> _Squares:
    """The squares around meshes (n, 468, 3), turned as their eyes are."""
    left, right = (points[:, corner, :2] for corner in OUTER_CORNERS)
    angles = np.arctan2(right[:, 1] - left[:, 1], right[:, 0] - left[:, 0])
    upright = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)], axis=1).reshape(-1, 2, 2)
    turned = points[:, :, :2] @ upright.transpose(0, 2, 1)
    low, high = turned.min(axis=1), turned.max(axis=1)
    centres = ((low + high) / 2)[:, None] @ upright
    return _Squares(centres[:, 0], np.maximum(MESH_MARGIN * (high - low).max(axis=1), 1), angles)
