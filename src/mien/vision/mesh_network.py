"""The face mesh network and the squares of a picture it looks at, for landmarks and for what is read from them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import CropSpec, FaceCrops, FaceMesh
from mien.domain.geometry import similarity_transforms
from mien.inference.model_card import InputLayout
from mien.inference.session import Session
from mien.vision.activations import sigmoid
from mien.vision.network_input import NetworkInput

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

POINTS = 468
SIDE_PX = 192
_END = SIDE_PX - 1.0
SQUARE = CropSpec(SIDE_PX, ((0, 0), (_END, 0), (_END / 2, _END / 2), (0, _END), (_END, _END)), "bgr")
"""A cut whose five "landmarks" are the corners and the middle of a square in the picture."""

MESH_MARGIN = 1.5
"""A square's side in longer sides of the mesh, as MediaPipe takes it."""

CORNERS_OF_EYES = ((33, 133), (362, 263))
"""Of the left and the right eye, each from left to right, as seen in the image."""

OUTER_CORNERS = (33, 263)
"""Of the left and the right eye."""

MOST_DEGREES, MOST_SHIFT, MOST_GROWTH = 8.0, 0.08, 1.1
"""How far a square may be from the one around the mesh it gave: in angle, in shares of its side, and in size."""


@dataclass(frozen=True, slots=True)
class Squares:
    """n squares of a picture: centres (n, 2) px, sides (n,) px, angles (n,) clockwise in radians."""

    centres: Floats
    sides: Floats
    angles: Floats

    def __len__(self) -> int:
        return len(self.sides)

    def points(self) -> Floats:
        """Where the points of SQUARE's template lie in the picture, (n, 5, 2) px."""
        turns = np.stack([np.cos(self.angles), -np.sin(self.angles), np.sin(self.angles), np.cos(self.angles)], axis=1)
        offsets = np.array(SQUARE.template, np.float32) / _END - 0.5
        turned = (self.sides[:, None, None] * turns.reshape(-1, 2, 2)) @ offsets.T
        places: Floats = (turned.transpose(0, 2, 1) + self.centres[:, None]).astype(np.float32)
        return places

    def differs(self, other: "Squares") -> NDArray[np.bool_]:
        """Which (n,) of them are too far from those of another set to be called the same."""
        turn = np.abs(np.angle(np.exp(1j * (other.angles - self.angles))))
        shift = np.linalg.norm(other.centres - self.centres, axis=1) / self.sides
        growth = np.abs(np.log(other.sides / self.sides))
        limits = (turn > np.radians(MOST_DEGREES)) | (shift > MOST_SHIFT) | (growth > np.log(MOST_GROWTH))
        return np.asarray(limits, bool)

    def select(self, which: Indices) -> "Squares":
        """The squares of an index list, in its order."""
        return Squares(self.centres[which], self.sides[which], self.angles[which])


class MeshNetwork:
    """MediaPipe's face mesh: Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
    CVPR workshops 2019. Two outputs in any order: 1,404 coordinates in px of the cut and the logit of a face.
    """

    def __init__(self, session: Session, layout: InputLayout) -> None:
        self._session = session
        self._input = NetworkInput(SQUARE, layout.channels, layout.mean, layout.scale)

    def look(self, cuts: FaceCrops, squares: Squares) -> FaceMesh:
        """The meshes in n cuts of squares, in px of what they were cut from; raises ModelCorrupt."""
        outputs = self._session.run(self._input.planes(cuts)).values()
        columns = {int(np.prod(output.shape[1:])): output for output in outputs}
        if columns.keys() != {3 * POINTS, 1}:
            raise ModelCorrupt(f"expected outputs of {3 * POINTS} and 1 numbers for each face, got {sorted(columns)}")
        scores = sigmoid(columns[1].reshape(len(cuts)))
        seen = columns[3 * POINTS].reshape(len(cuts), POINTS, 3)
        places = squares.points()
        lift = similarity_transforms(np.broadcast_to(np.array(SQUARE.template, np.float32), places.shape), places)
        flat = seen[:, :, :2] @ lift[:, :, :2].transpose(0, 2, 1) + lift[:, None, :, 2]
        depth = seen[:, :, 2:] * (squares.sides / _END)[:, None, None]
        return FaceMesh(np.concatenate([flat, depth], axis=2).astype(np.float32), scores)


def look_twice(look: Callable[[Indices, Squares], FaceMesh], squares: Squares) -> FaceMesh:
    """The meshes in n squares, after a second look at the faces whose mesh asks for another square.

    ``look`` takes the positions (m,) of the faces that are meant and m squares. The second look makes up for squares
    that were placed by approximate landmarks or by boxes of another kind.
    """
    found = look(np.arange(len(squares)), squares)
    better = _around(found.points)
    misplaced = np.flatnonzero(squares.differs(better))
    if len(misplaced):
        again = look(misplaced, better.select(misplaced))
        found.points[misplaced], found.scores[misplaced] = again.points, again.scores
    return found


def _around(points: Floats) -> Squares:
    """The squares around meshes (n, 468, 3), turned as their eyes are."""
    left, right = (points[:, corner, :2] for corner in OUTER_CORNERS)
    angles = np.arctan2(right[:, 1] - left[:, 1], right[:, 0] - left[:, 0])
    upright = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)], axis=1).reshape(-1, 2, 2)
    turned = points[:, :, :2] @ upright.transpose(0, 2, 1)
    low, high = turned.min(axis=1), turned.max(axis=1)
    centres = ((low + high) / 2)[:, None] @ upright
    return Squares(centres[:, 0], np.maximum(MESH_MARGIN * (high - low).max(axis=1), 1), angles)
