"""Cutting aligned faces out of pictures: where the five landmarks come to lie, and the only function that makes crops."""

from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import CropSpec, FaceCrops
from mien.domain.frame import Pixels
from mien.domain.geometry import similarity_transform

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

ARCFACE_112: tuple[tuple[float, float], ...] = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where ArcFace (Deng et al., CVPR 2019) wants the landmarks in a crop of 112×112 px."""

SHRINK_FROM = 2.0
"""Pictures of faces this many times larger than the crop are shrunk by area before they are warped."""


def align(pixels: Pixels, landmarks: Floats, spec: CropSpec) -> FaceCrops:
    """Cut n faces by the similarity transform that brings landmarks (n, 5, 2) px nearest to the spec's template.

    Only the part of the picture under each face is converted. What lies outside the picture is 0; grey is BT.601
    luma. Raises ValueError where the landmarks of a face coincide.
    """
    depth = 3 if spec.channels == "bgr" else 1
    images = np.zeros((len(landmarks), spec.size, spec.size, depth), np.uint8)
    template = np.array(spec.template, np.float32)
    for row, points in enumerate(landmarks):
        to_crop = similarity_transform(points, template).astype(np.float64)
        crop = _cut(pixels, to_crop, spec)
        if crop is not None:
            images[row] = crop.reshape(spec.size, spec.size, depth)
    return FaceCrops(images, spec)


def _cut(pixels: Pixels, to_crop: NDArray[np.float64], spec: CropSpec) -> Picture | None:
    """One face by a (2, 3) matrix from the picture to the crop; None where the crop lies wholly outside."""
    x1, y1, x2, y2 = _part_under_crop(to_crop, spec.size)
    x1, y1, x2, y2 = max(x1, 0), max(y1, 0), min(x2, pixels.width), min(y2, pixels.height)
    if x1 >= x2 or y1 >= y2:
        return None
    patch = pixels.region(x1, y1, x2, y2)
    from_patch = to_crop.copy()
    from_patch[:, 2] += to_crop[:, :2] @ (x1, y1)
    patch, from_patch = _shrunk(patch, from_patch)
    if spec.channels == "grey":
        patch = np.asarray(cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY), np.uint8)
    return np.asarray(cv2.warpAffine(patch, from_patch, (spec.size, spec.size), flags=cv2.INTER_LINEAR), np.uint8)


def _part_under_crop(to_crop: NDArray[np.float64], size: int) -> tuple[int, int, int, int]:
    """The upright box of the picture, in whole px, that holds everything a crop of that size shows."""
    last = size - 1
    corners = np.array([(0, 0), (last, 0), (0, last), (last, last)], np.float64)
    inside = np.linalg.solve(to_crop[:, :2], (corners - to_crop[:, 2]).T)
    low, high = inside.min(axis=1), inside.max(axis=1)
    return floor(low[0]) - 1, floor(low[1]) - 1, ceil(high[0]) + 2, ceil(high[1]) + 2


def _shrunk(patch: Picture, to_crop: NDArray[np.float64]) -> tuple[Picture, NDArray[np.float64]]:
    """The patch and its matrix, made smaller by a whole factor where bilinear warping would skip over pixels."""
    reduction = 1 / np.sqrt(abs(np.linalg.det(to_crop[:, :2])))
    if reduction < SHRINK_FROM:
        return patch, to_crop
    height, width = patch.shape[:2]
    small = (max(1, round(width / int(reduction))), max(1, round(height / int(reduction))))
    ratio = np.array([width / small[0], height / small[1]])
    shrunk = np.asarray(cv2.resize(patch, small, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = to_crop.copy()
    matrix[:, :2] = to_crop[:, :2] * ratio
    matrix[:, 2] = to_crop[:, 2] + to_crop[:, :2] @ (ratio / 2 - 0.5)  # pixel centres lie on whole numbers
    return shrunk, matrix
