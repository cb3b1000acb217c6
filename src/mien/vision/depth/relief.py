"""How far faces are and how much they stand out: a surface fitted to the depth in each box, all boxes at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SIDE = 28  # samples along each side of a box
_REACH = 0.97  # of the half sizes of a box, whose corners show what is beside a head
_MIDDLE = 0.6
_HEAD_MM = 200.0  # what is farther than this from the middle of a face is not of it, however a sheet is tilted
_ROUNDS = 3
_TRIM = 2.5  # standard deviations
_LEAST_SIDE_PX = 12.0  # of the depth
_LEAST_SHARE = 0.45  # of the samples that belong to the face
_SHARED = 3.0  # pixels that share their noise: structured light and stereo match windows
_MOST_ERROR = 0.5
_FACE_RELIEF = 0.227  # of an average face, in widths of its box
_FOCAL = 0.83  # in longer sides of the picture: 57° to 69° across, as depth cameras have
_LEAST_WIDTH_MM = 110.0


def _grid() -> tuple[Floats, Floats, Floats]:
    """Places (m, 2) in half sizes of a box, inside its ellipse; the terms of a surface there; their products."""
    steps = (np.arange(_SIDE) + 0.5) / _SIDE * 2 - 1
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    places = places[np.hypot(*places.T) <= _REACH]
    x, y = places.T
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    return places, terms, (terms[:, :, None] * terms[:, None, :]).reshape(len(terms), -1)


_PLACES, _TERMS, _PRODUCTS = _grid()
_IS_MIDDLE = np.hypot(*_PLACES.T) <= _MIDDLE
_BEND = np.array([0, 0, 0, 0.5, 0, 0.5])  # of the terms: the mean drop from the middle to the rim


@dataclass(frozen=True, slots=True)
class Readings:
    """What the depth says of n boxes.

    ``measured`` (n,) is the share of the middle that was measured, ``distance_mm`` (n,) its median, 0 for none.
    ``relief`` (n,) is how far the rim of the face lies behind its middle, 1 for an average face; ``error`` (n,) its
    standard error; both hold only where ``is_judged`` (n,).
    """

    measured: Floats
    distance_mm: Floats
    relief: Floats
    error: Floats
    is_judged: NDArray[np.bool_]


def read_reliefs(boxes: NDArray[np.float32], depth_mm: NDArray[np.uint16], size: tuple[int, int]) -> Readings:
    """Look at the boxes (n, 4) px of a picture of ``size`` (width, height), by its depth (h, w) mm of any size.

    The inverse of the depth of a plane is linear in the px of a picture, however the plane is tilted and whatever
    the lens; so the surface is fitted there, with the second order of how it is bent, and anew without what lies far
    off. A sheet bent about one axis has half of the relief that a ball of that radius has.
    """
    samples, scale = _sampled(boxes, depth_mm, size)
    is_measured = samples > 0
    middle = np.where(is_measured & _IS_MIDDLE, samples, np.inf)
    count = np.count_nonzero(np.isfinite(middle), axis=1)
    distance = np.take_along_axis(np.sort(middle, axis=1), (np.maximum(count - 1, 0) // 2)[:, None], axis=1)[:, 0]
    distance = np.where(count > 0, distance, 0)
    is_face = is_measured & (np.abs(samples - distance[:, None]) <= _HEAD_MM)
    inverse = np.where(is_face, distance[:, None] / np.maximum(samples, 1), 0)
    bend, error, share = _fitted(inverse, is_face)
    sizes = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
    width_mm = sizes[:, 0] * distance / (_FOCAL * max(size))
    average = _FACE_RELIEF * np.maximum(width_mm, _LEAST_WIDTH_MM)
    side_px = (sizes * scale).min(axis=1, initial=np.inf)
    own_px = np.maximum((sizes * scale).prod(axis=1) * np.pi / 4 * _REACH**2, 1)
    shared = np.sqrt(np.maximum(_SHARED * len(_PLACES) / own_px, 1))
    relief, error = -bend * distance / average, error * shared * distance / average
    is_judged = (side_px >= _LEAST_SIDE_PX) & (share >= _LEAST_SHARE) & (error <= _MOST_ERROR)
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


def _fitted(inverse: Floats, is_face: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """How far each surface (n, m) is bent, the standard error of that, and the share (n,) of the samples in use."""
    share = np.count_nonzero(is_face, axis=1) / len(_PLACES)
    is_used = is_face
    terms = len(_BEND)
    for number in range(_ROUNDS):
        weight = is_used.astype(np.float64)
        normal = (weight @ _PRODUCTS).reshape(-1, terms, terms) + 1e-9 * np.eye(terms)
        inside = np.linalg.inv(normal)
        surface = (inside @ ((weight * inverse) @ _TERMS)[:, :, None])[:, :, 0]
        apart = np.where(is_face, np.abs(inverse - surface @ _TERMS.T), np.inf)
        if number < _ROUNDS - 1:
            usual = np.median(np.where(is_face, apart, 0), axis=1)  # of few samples too small, and these are not judged
            is_used = is_face & (apart <= _TRIM * 1.4826 * np.maximum(usual, 1e-6)[:, None])
    left = np.maximum(weight.sum(axis=1) - terms, 1)
    spread = np.where(is_used, np.square(np.where(is_used, apart, 0)), 0).sum(axis=1) / left
    return surface @ _BEND, np.sqrt(spread * np.einsum("i,nij,j->n", _BEND, inside, _BEND)), share
