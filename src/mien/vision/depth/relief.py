"""How far faces are and how much they stand out: surfaces fitted to the depth in and around each box, all at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SIDE = 32  # samples along each side of what is looked at
_AROUND = 1.8  # half sizes of a box: a sheet mostly goes on beside the face that it shows, a head does not
_FACE = 0.97  # of the half sizes: the corners of a box show what is beside a head
_MIDDLE = 0.6
_RIM = 0.5
_BEFORE_MM, _BEHIND_MM = 60.0, 200.0  # of the middle: what is beyond, seen along the tilt of the surface, is not of it
_FARTHEST_TILT_MM = 300.0
_ROUNDS = 3
_TRIM = 2.5  # standard deviations
_LEAST_SIDE_PX = 12.0  # of the depth
_LEAST_SHARE = 0.4  # of the samples that belong to the face
_LEAST_SECTOR = 0.4  # of what is around the face, on three of the four sides
_LEAST_FILLED = 0.9  # of what was measured of the face: a sheet with something else before it is not judged
_MOST_SPREAD = 2.0  # how much less sure the bend may be than with as many samples all over the face
_ROUGH_MM, _ROUGH_PER_MM2 = 2.5, 3.0e-6  # left over by something smooth: twice what structured light errs by
_WINDOW_PX = 81.0  # pixels that share their noise: what measures depth matches windows, of 9×9 in the first Kinect
_ABSORBED = 0.3  # of such a window for each term that is fitted
_BLOCKS = 8  # along each side, in which what is left over is summed up
_MOST_ERROR = 0.3
_FACE_RELIEF = 0.227  # of an average face, in widths of its box
_FOCAL = 0.83  # in longer sides of the picture: 57° to 69° across, as depth cameras have
_WIDTHS_MM = 110.0, 175.0  # of a head's box; beyond these the lens is another one, or it is no head
_BEND = np.array([0, 0, 0, 0.5, 0, 0.5])  # of the terms: the mean drop from the middle to the rim


def _places() -> Floats:
    """Places (m, 2) in half sizes of a box, in an ellipse in and around it."""
    steps = ((np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1) * _AROUND
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return np.asarray(places[np.hypot(*places.T) <= _AROUND])


_PLACES = _places()
_IS_MIDDLE = np.hypot(*_PLACES.T) <= _MIDDLE
_IS_FACE = np.hypot(*_PLACES.T) <= _FACE


class _Part:
    """Some of the places: the terms (k, 6) of a surface there, their products, the blocks and sectors they lie in."""

    def __init__(self, is_in: Bools, rim_from: float) -> None:
        self.is_in = is_in
        self.is_face = _IS_FACE[is_in]
        x, y = _PLACES[is_in].T
        self.terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
        self.products = (self.terms[:, :, None] * self.terms[:, None, :]).reshape(len(x), -1)
        cells = ((_PLACES[is_in] / _AROUND + 1) / 2 * _BLOCKS).astype(int) @ (1, _BLOCKS)
        self.in_blocks = (cells[:, None] == np.arange(_BLOCKS**2)).astype(np.float64)
        right, left, down, up = x > np.abs(y), x < -np.abs(y), y > np.abs(x), y < -np.abs(x)
        sectors = np.stack([right, left, down, up], axis=1) & (np.hypot(x, y) > rim_from)[:, None]
        self.sectors = sectors / sectors.sum(axis=0)
        whole = self.products.sum(axis=0).reshape(len(_BEND), -1)
        self.spread = float(_BEND @ np.linalg.inv(whole) @ _BEND) * len(x)


_FACE_PART, _ALL = _Part(_IS_FACE, _RIM), _Part(np.ones_like(_IS_FACE), 1.0)


@dataclass(frozen=True, slots=True)
class Readings:
    """What the depth says of n boxes.

    ``measured`` (n,) is the share of the middle that was measured, ``distance_mm`` (n,) its median, 0 for none.
    ``relief`` (2, n) is how far the rim of the face lies behind its middle, 1 for an average face: by the face alone,
    and by it and what it goes on into on all sides. ``error`` (2, n) is its standard error. Both hold only where
    ``is_judged`` (2, n).
    """

    measured: Floats
    distance_mm: Floats
    relief: Floats
    error: Floats
    is_judged: Bools


@dataclass(frozen=True, slots=True)
class _Samples:
    """Depth (n, m) mm at the places of n boxes, the distance (n,), and how many samples share their noise (n,)."""

    depth: Floats
    distance: Floats
    shared: Floats

    @property
    def roughness(self) -> Floats:
        """What is left over (n,) of something smooth, at most, in parts of the distance."""
        return _ROUGH_MM / self.distance.clip(1) + _ROUGH_PER_MM2 * self.distance

    def near(self, tilt: Floats | float = 0.0) -> tuple[Bools, Floats]:
        """Which of them are of the face or what it is on, which is tilted by (n, m) mm, and their inverse depth."""
        behind = self.depth - self.distance[:, None] - tilt
        is_near = (self.depth > 0) & (behind >= -_BEFORE_MM) & (behind <= _BEHIND_MM)
        return is_near, np.where(is_near, self.distance[:, None] / np.maximum(self.depth, 1), 0)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Surfaces (n, 6): how they are bent (n,), the standard error of that, and whether the samples tell it."""

    surface: Floats
    bend: Floats
    error: Floats
    is_told: Bools


def read_reliefs(boxes: NDArray[np.float32], depth_mm: NDArray[np.uint16], size: tuple[int, int]) -> Readings:
    """Look at the boxes (n, 4) px of a picture of ``size`` (width, height), by its depth (h, w) mm of any size.

    The inverse of the depth of a plane is linear in the px of a picture, however the plane is tilted and whatever
    the lens; so the surface is fitted there, with the second order of how it is bent, and anew without what lies far
    off. A sheet bent about one axis has half of the relief that a ball of that radius has. What hides a face, cuts it
    off or was not measured leaves samples that do not tell how it is bent, or no smooth surface: it is not judged.
    """
    depth, scale = _sampled(boxes, depth_mm, size)
    middle = np.where(depth > 0, depth, np.inf)[:, _IS_MIDDLE]
    count = np.count_nonzero(np.isfinite(middle), axis=1)
    distance = np.where(count > 0, _medians(middle, count), 0)
    sizes = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
    sides_px = sizes * scale
    shared = _WINDOW_PX * (_SIDE / _AROUND) ** 2 / np.maximum(sides_px.prod(axis=1), 1)
    samples = _Samples(depth, distance, np.maximum(shared, 1))
    first = _fitted(samples, _FACE_PART, *samples.near())
    slope = -distance[:, None] * (first.surface[:, 1:3] @ _PLACES.T)
    near = samples.near(np.clip(slope, -_FARTHEST_TILT_MM, _FARTHEST_TILT_MM))
    fits = [_fitted(samples, part, *near) for part in (_FACE_PART, _ALL)]
    average = _FACE_RELIEF * np.clip(sizes[:, 0] * distance / (_FOCAL * max(size)), *_WIDTHS_MM)
    relief = np.stack([-fit.bend for fit in fits]) * distance / average
    error = np.stack([fit.error for fit in fits]) * distance / average
    is_large = sides_px.min(axis=1, initial=np.inf) >= _LEAST_SIDE_PX
    is_judged = np.stack([fit.is_told for fit in fits]) & is_large & (error <= _MOST_ERROR)
    return Readings(count / np.count_nonzero(_IS_MIDDLE), distance, relief, error, is_judged)


def _sampled(boxes: NDArray[np.float32], depth_mm: NDArray[np.uint16], size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Depth (n, m) at the places of each box, 0 beside the picture, and px of the depth per px of the picture (2,)."""
    height, width = depth_mm.shape
    scale = np.array([width / size[0], height / size[1]])
    corners = boxes.astype(np.float64)
    centres, halves = (corners[:, :2] + corners[:, 2:]) / 2, (corners[:, 2:] - corners[:, :2]) / 2
    places = np.floor((centres[:, None] + _PLACES * halves[:, None]) * scale)
    is_inside = ((places >= 0) & (places < (width, height))).all(axis=2)
    column, row = np.where(is_inside[..., None], places, 0).astype(np.intp).transpose(2, 0, 1)
    return np.where(is_inside, depth_mm[row, column], 0).astype(np.float64), scale


def _medians(some: Floats, counts: NDArray[np.intp]) -> Floats:
    """The median of each row's (n, m) smallest ``counts`` (n,); the others are infinite."""
    return np.take_along_axis(np.sort(some, axis=1), ((counts - 1).clip(0) // 2)[:, None], axis=1)[:, 0]


def _fitted(samples: _Samples, part: _Part, is_near: Bools, inverse: Floats) -> _Fit:
    """Fit a surface to the samples at a part of the places."""
    is_near, inverse = is_near[:, part.is_in], inverse[:, part.is_in]
    is_used, terms = is_near, len(_BEND)
    for number in range(_ROUNDS):
        weight = is_used.astype(np.float64)
        normal = (weight @ part.products).reshape(-1, terms, terms) + 1e-9 * np.eye(terms)
        inside = np.linalg.inv(normal)
        surface = (inside @ ((weight * inverse) @ part.terms)[:, :, None])[:, :, 0]
        apart = inverse - surface @ part.terms.T
        if number < _ROUNDS - 1:
            usual = _medians(np.where(is_near, np.abs(apart), np.inf), np.count_nonzero(is_near, axis=1))
            limit = np.maximum(_TRIM * 1.4826 * np.where(np.isfinite(usual), usual, 0), samples.roughness)
            is_used = is_near & (np.abs(apart) <= limit[:, None])
    left_over = weight * apart
    error = _error(left_over, inside @ _BEND, part, samples.shared, weight.sum(axis=1))
    spread = inside @ _BEND @ _BEND * weight.sum(axis=1)
    is_told = _is_alone(samples, part, is_used, left_over) & _is_there(part, is_near, spread)
    return _Fit(surface, surface @ _BEND, error, is_told)


def _error(left_over: Floats, rows: Floats, part: _Part, shared: Floats, used: Floats) -> Floats:
    """The standard error of the bend: by the noise of windows that share it, and by what is left over in blocks.

    The latter, the larger where noise reaches farther or no such surface fits, is the variance that holds for samples
    which hang together in clusters (Liang & Zeger, "Longitudinal data analysis using generalized linear models",
    Biometrika 1986). ``rows`` (n, 6) is what the bend takes from the terms.
    """
    free = used - len(_BEND) * _ABSORBED * shared
    by_noise = np.square(left_over).sum(axis=1) / free.clip(1) * (rows @ _BEND) * shared
    by_blocks = np.square((rows @ part.terms.T * left_over) @ part.in_blocks).sum(axis=1)
    return np.where(free > 0, np.sqrt(np.maximum(by_noise, by_blocks)), 1e9)


def _is_there(part: _Part, is_near: Bools, spread: Floats) -> Bools:
    """Whether enough of the part is there: on all sides of a face, on at least three of what is around it."""
    is_enough = is_near.mean(axis=1) >= _LEAST_SHARE
    if part is _FACE_PART:
        return np.asarray(is_enough & (spread <= _MOST_SPREAD * part.spread))
    return np.asarray(is_enough & (np.sort(is_near @ part.sectors, axis=1)[:, 1] >= _LEAST_SECTOR))


def _is_alone(samples: _Samples, part: _Part, is_used: Bools, left_over: Floats) -> Bools:
    """Whether a smooth surface fills the box: nothing else in it, before or behind, and no step."""
    is_measured = samples.depth[:, part.is_in][:, part.is_face] > 0
    filled = np.count_nonzero(is_used[:, part.is_face], axis=1) / np.count_nonzero(is_measured, axis=1).clip(1)
    rough = np.sqrt(np.square(left_over).sum(axis=1) / np.count_nonzero(is_used, axis=1).clip(1))
    return np.asarray((filled >= _LEAST_FILLED) & (rough <= samples.roughness))
