"""Pictures of faces on something flat or bent, as a pinhole camera sees them: where they are, and how far away."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]
_FARTHEST_MM = 1e9


@dataclass(frozen=True)
class View:
    """A pinhole camera: the size (width, height) of its picture in px and its focal length in widths."""

    size: tuple[int, int] = (960, 720)
    focal: float = 0.82

    @property
    def focal_px(self) -> float:
        return self.focal * self.size[0]

    def rays(self) -> tuple[Floats, Floats]:
        """How far the line of sight of each px (h, w) goes right and down with each unit ahead."""
        width, height = self.size
        y, x = np.indices((height, width), dtype=np.float64)
        return (x - width / 2) / self.focal_px, (y - height / 2) / self.focal_px

    def half(self, side: int) -> slice:
        """The columns of the left half (0) or the right one (1)."""
        middle = self.size[0] // 2
        return slice(0, middle) if side == 0 else slice(middle, self.size[0])


@dataclass(frozen=True)
class Sheet:
    """How a picture is held: where its middle is, how large the face on it, degrees by which it is turned.

    ``life`` is the size of the face in sizes of a real one. ``radius_mm`` is how it is bent about its upright axis, or
    about the level one where ``is_rolled``; 0 is flat, and below 0 its rim is nearer to the camera than its middle.
    ``around`` is what it shows on each side of the face, in sizes of the face; below 0 a rim of the face is missing.
    """

    distance_mm: float
    life: float = 1.0
    yaw: float = 0.0
    pitch: float = 0.0
    radius_mm: float = 0.0
    is_rolled: bool = False
    row: float = 0.45
    around: float = 0.7

    def seen(
        self, view: View, picture: Picture, face: tuple[Floats, Floats], mm_per_px: float, side: int
    ) -> tuple[Picture, Floats, tuple[float, float, float, float]]:
        """The picture (h, w, 3) as it is seen, its depth (h, w) mm, infinite beside it, and the face's box."""
        x, y = view.rays()
        centre = self._centre(view, side)
        turn = _turn(self.yaw, self.pitch)
        if self.is_rolled:
            turn = turn @ np.array([[0, -1.0, 0], [1, 0, 0], [0, 0, 1]])
        lines = np.stack([x, y, np.ones_like(x)], axis=-1) @ turn
        depth = self._depth(lines, turn.T @ centre)
        at = depth[..., None] * lines - turn.T @ centre
        is_hit = (depth > 0) & (depth < _FARTHEST_MM)
        along = at[..., 0]
        if self.radius_mm:
            to_axis = self.radius_mm - at[..., 2]
            is_hit &= to_axis * self.radius_mm > 0
            along = self.radius_mm * np.arctan(along / to_axis)
        across, down = (-at[..., 1], along) if self.is_rolled else (along, at[..., 1])
        low, high = face
        middle, px_per_mm = (low + high) / 2, 1 / (mm_per_px * self.life)
        maps = across * px_per_mm + middle[0], down * px_per_mm + middle[1]
        first = np.maximum(low - self.around * (high - low), 0)
        last = np.minimum(high + self.around * (high - low), (picture.shape[1] - 1, picture.shape[0] - 1))
        is_on = (maps[0] >= first[0]) & (maps[0] <= last[0]) & (maps[1] >= first[1]) & (maps[1] <= last[1])
        grain = depth.min() * px_per_mm / view.focal_px  # px of the picture to one that is seen
        soft = cv2.GaussianBlur(picture, (0, 0), 0.4 * grain) if grain > 1.4 else picture
        drawn = cv2.remap(soft, *(one.astype(np.float32) for one in maps), cv2.INTER_LINEAR)
        is_face = (maps[0] >= low[0]) & (maps[0] <= high[0]) & (maps[1] >= low[1]) & (maps[1] <= high[1])
        rows, columns = np.nonzero(is_face & is_hit)
        box = float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max())
        return np.asarray(drawn, np.uint8), np.where(is_on & is_hit, depth, np.inf), box

    def _centre(self, view: View, side: int) -> Floats:
        width, height = view.size
        place = np.array([(0.25 + 0.5 * side - 0.5) * width, (self.row - 0.5) * height]) / view.focal_px
        return self.distance_mm * np.array([*place, 1.0])

    def _depth(self, lines: Floats, centre: Floats) -> Floats:
        """Where lines of sight (h, w, 3) meet the sheet, in the sheet's own axes: mm ahead of the camera."""
        if not self.radius_mm:
            return np.asarray(centre[2] / lines[..., 2])
        axis_x, axis_z = centre[0], centre[2] + self.radius_mm
        a = lines[..., 0] ** 2 + lines[..., 2] ** 2
        b = lines[..., 0] * axis_x + lines[..., 2] * axis_z
        inside = b * b - a * (axis_x**2 + axis_z**2 - self.radius_mm**2)
        root = np.sqrt(np.maximum(inside, 0))
        nearest = (b - np.sign(self.radius_mm) * root) / a
        return np.where(inside > 0, nearest, _FARTHEST_MM)


def _turn(yaw: float, pitch: float) -> Floats:
    """Turned about the upright axis and then about the level one, by degrees."""
    a, b = np.radians([yaw, pitch])
    upright = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    level = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return upright @ level
