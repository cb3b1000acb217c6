"""Boxes and point transforms on plain arrays: px, origin in the upper left corner, boxes as x1 y1 x2 y2."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def box_sizes(boxes: Floats) -> Floats:
    """Width and height of boxes (n, 4) as (n, 2)."""
    return boxes[:, 2:4] - boxes[:, 0:2]


def box_centres(boxes: Floats) -> Floats:
    """Centres of boxes (n, 4) as (n, 2)."""
    return (boxes[:, 0:2] + boxes[:, 2:4]) / np.float32(2)


def intersection_areas(first: Floats, second: Floats) -> Floats:
    """Areas shared by every pair of boxes (n, 4) and (m, 4) as (n, m), in px²."""
    upper_left = np.maximum(first[:, None, 0:2], second[None, :, 0:2])
    lower_right = np.minimum(first[:, None, 2:4], second[None, :, 2:4])
    sides = np.clip(lower_right - upper_left, 0, None)
    areas: Floats = sides[..., 0] * sides[..., 1]
    return areas


def iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union of every pair of boxes (n, 4) and (m, 4) as (n, m) in [0, 1]."""
    shared = intersection_areas(first, second)
    areas_first = np.prod(np.clip(box_sizes(first), 0, None), axis=1)
    areas_second = np.prod(np.clip(box_sizes(second), 0, None), axis=1)
    union = areas_first[:, None] + areas_second[None, :] - shared
    ratio: Floats = shared / np.maximum(union, np.float32(1e-9))
    return ratio


def similarity_transforms(source: Floats, target: Floats) -> Floats:
    """Least-squares rotation, uniform scale and shift that takes points (n, k, 2) to points (n, k, 2) or (k, 2).

    Returns matrices (n, 2, 3). In the plane, as complex numbers, the best rotation and scale is one quotient: the
    answer of Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991,
    mirror images excluded. Points that all coincide or are not finite have none: ValueError is raised.
    """
    source64, target64 = source.astype(np.float64), np.broadcast_to(target, source.shape).astype(np.float64)
    mean_source, mean_target = source64.mean(axis=1), target64.mean(axis=1)
    x, y = np.moveaxis(source64 - mean_source[:, None], 2, 0)
    u, v = np.moveaxis(target64 - mean_target[:, None], 2, 0)
    spread = (x * x + y * y).sum(axis=1)
    if not (spread / source.shape[1] > 1e-12).all():  # also where it is not a number
        raise ValueError(f"points that coincide or are not finite have no similarity transform: {source.tolist()}")
    along, across = (x * u + y * v).sum(axis=1) / spread, (x * v - y * u).sum(axis=1) / spread
    turn = np.stack([np.stack([along, -across], axis=1), np.stack([across, along], axis=1)], axis=1)
    shift = mean_target - (turn @ mean_source[:, :, None])[:, :, 0]
    matrices: Floats = np.concatenate([turn, shift[:, :, None]], axis=2).astype(np.float32)
    return matrices


def similarity_transform(source: Floats, target: Floats) -> Floats:
    """The (2, 3) matrix of :func:`similarity_transforms` for one pattern of points (k, 2)."""
    matrix: Floats = similarity_transforms(source[None], target)[0]
    return matrix
