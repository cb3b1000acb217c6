"""Cutting aligned faces out of pictures: where the five landmarks come to lie, and the one function that cuts."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import AnyCropSpec, BoxCropSpec, CropSpec, Detections, FaceCrops
from mien.domain.frame import Pixels
from mien.domain.geometry import box_centres, box_sizes, similarity_transforms

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

SHRINK_FROM = 2.0
"""Faces this many times larger than the crop are shrunk by area before they are warped."""


def cut(pixels: Pixels, detections: Detections, spec: AnyCropSpec) -> FaceCrops:
    """Cut n detected faces as a model wants them, by their landmarks or by their boxes."""
    if isinstance(spec, CropSpec):
        return align(pixels, detections.landmarks, spec)
    return cut_boxes(pixels, detections.boxes, spec)


def cut_boxes(pixels: Pixels, boxes: Floats, spec: BoxCropSpec) -> FaceCrops:
    """Cut n faces upright around their boxes (n, 4) px; what lies outside the picture is 0, grey is BT.601 luma."""
    images = np.zeros((len(boxes), spec.size, spec.size, 3 if spec.channels == "bgr" else 1), np.uint8)
    for image, (left, top, right, bottom) in zip(images, _parts_around(pixels, boxes, spec).tolist(), strict=True):
        seen = max(left, 0), max(top, 0), min(right, pixels.width), min(bottom, pixels.height)
        if seen[0] >= seen[2] or seen[1] >= seen[3]:
            continue
        part = pixels.region(*seen)
        if seen != (left, top, right, bottom):
            sides = (seen[1] - top, bottom - seen[3], seen[0] - left, right - seen[2])
            part = np.asarray(cv2.copyMakeBorder(part, *sides, cv2.BORDER_CONSTANT, value=(0, 0, 0)), np.uint8)
        if spec.channels == "grey":
            part = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)
        image[:] = _resized(part, spec).reshape(image.shape)
    return FaceCrops(images, spec)


def _resized(part: Picture, spec: BoxCropSpec) -> Picture:
    is_shrunk = min(part.shape[:2]) > spec.size
    by_area = spec.resampling == "area" or (spec.resampling == "adaptive" and is_shrunk)
    method = cv2.INTER_AREA if by_area else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (spec.size, spec.size), interpolation=method), np.uint8)


def _parts_around(pixels: Pixels, boxes: Floats, spec: BoxCropSpec) -> NDArray[np.int64]:
    """The upright boxes (n, 4) in whole px, at least one px a side, that crops show."""
    sizes = box_sizes(boxes).astype(np.float64)
    if spec.is_square:
        sizes = np.repeat(sizes.max(axis=1, keepdims=True), 2, axis=1)
    centres = box_centres(boxes).astype(np.float64)
    limits = np.array([pixels.width, pixels.height], np.float64)
    scale = np.full((len(boxes), 1), spec.scale)
    if spec.is_inside:
        scale = np.minimum(scale, (limits / np.maximum(sizes, 1e-6)).min(axis=1, keepdims=True))
    sizes = np.maximum(sizes * scale, 1)
    low = centres - sizes / 2
    if spec.is_inside:
        low = np.clip(low, 0, np.maximum(limits - sizes, 0))
    low = np.round(low)
    return np.hstack([low, low + np.maximum(np.round(sizes), 1)]).astype(np.int64)


def align(pixels: Pixels, landmarks: Floats, spec: CropSpec) -> FaceCrops:
    """Cut n faces by the similarity transform that brings landmarks (n, 5, 2) px nearest to the spec's template.

    Only the part of the picture under each face is converted. What lies outside the picture is 0; grey is BT.601
    luma. Raises ValueError where the landmarks of a face coincide.
    """
    depth = 3 if spec.channels == "bgr" else 1
    images = np.zeros((len(landmarks), spec.size, spec.size, depth), np.uint8)
    to_crops = similarity_transforms(landmarks, np.array(spec.template, np.float32)).astype(np.float64)
    parts = _parts_under_crops(to_crops, spec.size, (pixels.width, pixels.height)).tolist()
    for image, to_crop, (left, top, right, bottom) in zip(images, to_crops, parts, strict=True):
        if left < right and top < bottom:
            to_crop[:, 2] += to_crop[:, :2] @ (left, top)
            image[:] = _warp(pixels.region(left, top, right, bottom), to_crop, spec).reshape(image.shape)
    return FaceCrops(images, spec)


def _parts_under_crops(to_crops: NDArray[np.float64], size: int, picture: tuple[int, int]) -> NDArray[np.int64]:
    """The upright boxes (n, 4) in whole px, within the picture, that hold everything the crops show."""
    last = size - 1
    corners = np.array([(0, last, 0, last), (0, 0, last, last)], np.float64)
    inside = np.linalg.inv(to_crops[:, :, :2]) @ (corners - to_crops[:, :, 2:])  # (n, 2, 4)
    margin = 1 + np.ceil(1 / np.hypot(to_crops[:, 0, :1], to_crops[:, 1, :1]))  # a px of the crop: what bilinear reads
    low = np.floor(inside.min(axis=2)) - margin
    high = np.ceil(inside.max(axis=2)) + margin + 1
    return np.hstack([np.clip(low, 0, picture), np.clip(high, 0, picture)]).astype(np.int64)


def _warp(part: Picture, to_crop: NDArray[np.float64], spec: CropSpec) -> Picture:
    """One face by a (2, 3) matrix from px of the part of the picture to px of the crop."""
    reduction = int(1 / np.hypot(to_crop[0, 0], to_crop[1, 0]))
    if reduction >= SHRINK_FROM:  # bilinear warping would skip over pixels
        part, to_crop = _shrunk(part, to_crop, reduction)
    if spec.channels == "grey":
        part = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)
    return np.asarray(cv2.warpAffine(part, to_crop, (spec.size, spec.size), flags=cv2.INTER_LINEAR), np.uint8)


def _shrunk(part: Picture, to_crop: NDArray[np.float64], reduction: int) -> tuple[Picture, NDArray[np.float64]]:
    """The part made smaller by a whole factor, and the matrix from there to the crop."""
    height, width = part.shape[:2]
    small = (max(1, width // reduction), max(1, height // reduction))
    ratio = np.array([width / small[0], height / small[1]])
    matrix = to_crop.copy()
    matrix[:, :2] = to_crop[:, :2] * ratio
    matrix[:, 2] = to_crop[:, 2] + to_crop[:, :2] @ (ratio / 2 - 0.5)  # pixel centres lie on whole numbers
    return np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.uint8), matrix
