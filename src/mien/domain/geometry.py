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


def similarity_transform(source: Floats, target: Floats) -> Floats:
    """Least-squares rotation, uniform scale and shift that takes source points (k, 2) to target points (k, 2).

    Returns a (2, 3) matrix. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 1991. Points that all coincide have no rotation or scale: the identity rotation at scale 0
    would fold the picture, so ValueError is raised.
    """
    source64, target64 = source.astype(np.float64), target.astype(np.float64)
    mean_source, mean_target = source64.mean(axis=0), target64.mean(axis=0)
    centred = source64 - mean_source
    variance = np.square(centred).sum() / len(source64)
    if not np.isfinite(variance) or variance < 1e-12:
        raise ValueError(f"points that coincide or are not finite have no similarity transform: {source.tolist()}")
    covariance = (target64 - mean_target).T @ centred / len(source64)
    left, singular, right = np.linalg.svd(covariance)
    signs = np.ones(2)
    if np.linalg.det(left) * np.linalg.det(right) < 0:  # a mirror image is no similarity of faces
        signs[1] = -1
    rotation = left @ np.diag(signs) @ right
    scale = (singular * signs).sum() / variance
    shift = mean_target - scale * rotation @ mean_source
    return np.hstack([scale * rotation, shift[:, None]]).astype(np.float32)
