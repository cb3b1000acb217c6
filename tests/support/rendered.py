"""A real portrait laid over its own mesh, which turns, nods and smiles: a head that does as it is told."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

_CORNERS_OF_MOUTH, _OUTER_CORNERS_OF_EYES = (61, 291), (33, 263)
_WIDER, _HIGHER, _AROUND = 0.12, 0.13, 0.25  # of a smile, in distances of the eyes
_RING = 48  # points around the head that stay where they are
_REACH = 1.6  # of the ring, in half sizes of the mesh


@dataclass(frozen=True)
class Puppet:
    """A picture and the mesh (468, 3) of the face in it."""

    picture: Picture
    mesh: Floats

    def posed(self, yaw: float = 0.0, pitch: float = 0.0, smile: float = 0.0) -> Picture:
        """The picture with the head turned, by degrees to the right of the image and upwards.

        ``smile`` is how far the mouth is drawn out and up, from 0 to 1.
        """
        target = self._turned(self._smiling(smile), yaw, pitch)
        ring = self._ring()
        before = np.vstack([self.mesh[:, :2], ring])
        after = np.vstack([target[:, :2], ring])
        depth = np.concatenate([target[:, 2], np.full(len(ring), 1e4)])
        triangles = Delaunay(before).simplices
        far_first = triangles[np.argsort(-depth[triangles].max(axis=1))]
        drawn = self.picture.copy()
        for triangle in far_first:
            _lay(self.picture, drawn, before[triangle], after[triangle])
        return drawn

    def _smiling(self, share: float) -> Floats:
        """The mesh with the corners of the mouth, and what is around them, drawn out and up."""
        drawn = self.mesh.copy()
        left, right = (self.mesh[place, :2] for place in _OUTER_CORNERS_OF_EYES)
        eyes = float(np.linalg.norm(left - right))
        for place, outwards in zip(_CORNERS_OF_MOUTH, (-1, 1), strict=True):
            apart = np.linalg.norm(self.mesh[:, :2] - self.mesh[place, :2], axis=1)
            pull = np.exp(-((apart / (_AROUND * eyes)) ** 2))[:, None]
            drawn[:, :2] += share * eyes * pull * np.array([outwards * _WIDER, -_HIGHER])
        return drawn

    def _turned(self, points: Floats, yaw: float, pitch: float) -> Floats:
        across, up = np.radians([yaw, pitch])
        centre = np.array([*points[:, :2].mean(axis=0), points[:, 2].max()])
        x, y, z = (points - centre).T
        x, z = x * np.cos(across) - z * np.sin(across), x * np.sin(across) + z * np.cos(across)
        y, z = y * np.cos(up) + z * np.sin(up), -y * np.sin(up) + z * np.cos(up)
        return np.stack([x, y, z], axis=1) + centre

    def _ring(self) -> Floats:
        low, high = self.mesh[:, :2].min(axis=0), self.mesh[:, :2].max(axis=0)
        angles = np.linspace(0, 2 * np.pi, _RING, endpoint=False)
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return (low + high) / 2 + circle * (high - low) / 2 * _REACH


def _lay(source: Picture, target: Picture, before: Floats, after: Floats) -> None:
    """Draw one triangle (3, 2) of a picture where it has gone."""
    height, width = target.shape[:2]
    low = np.clip(np.floor(after.min(axis=0)).astype(int), 0, (width, height))
    high = np.clip(np.ceil(after.max(axis=0)).astype(int) + 1, 0, (width, height))
    size = high - low
    if (size < 1).any():
        return
    matrix = cv2.getAffineTransform(before.astype(np.float32), (after - low).astype(np.float32))
    margin = np.floor(before.min(axis=0)).astype(int) - 2, np.ceil(before.max(axis=0)).astype(int) + 3
    first = np.clip(margin[0], 0, (source.shape[1], source.shape[0]))
    last = np.clip(margin[1], 0, (source.shape[1], source.shape[0]))
    part = source[first[1] : last[1], first[0] : last[0]]
    if not part.size:
        return
    matrix[:, 2] += matrix[:, :2] @ first
    patch = cv2.warpAffine(part, matrix, (int(size[0]), int(size[1])), borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((int(size[1]), int(size[0])), np.uint8)
    cv2.fillConvexPoly(mask, np.round(after - low).astype(np.int32), 1)
    region = target[low[1] : high[1], low[0] : high[0]]
    region[mask == 1] = patch[mask == 1]
