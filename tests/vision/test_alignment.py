"""Aligned crops: the landmarks land on the template, nothing outside is invented, large faces are not aliased."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.domain.faces import BoxCropSpec, CropSpec, Resampling
from mien.domain.geometry import similarity_transform, similarity_transforms
from mien.domain.landmarks import ARCFACE_112
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align, cut_boxes

TEMPLATE = np.array(ARCFACE_112, np.float32)
BGR = CropSpec(112, ARCFACE_112, "bgr")
GREY = CropSpec(112, ARCFACE_112, "grey")


def placed(scale: float, degrees: float, x: float, y: float) -> np.ndarray:
    """The template's points, scaled, turned and moved."""
    turn = np.radians(degrees)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return ((TEMPLATE - 56) @ rotation.T + (x, y)).astype(np.float32)


@given(
    scale=st.floats(0.1, 8),
    degrees=st.floats(-180, 180),
    x=st.floats(-500, 2000),
    y=st.floats(-500, 2000),
)
def test_transform_finds_the_placement_again(scale: float, degrees: float, x: float, y: float) -> None:
    matrix = similarity_transform(placed(scale, degrees, x, y), TEMPLATE)
    found = placed(scale, degrees, x, y) @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(found, TEMPLATE, atol=0.05)


def test_transform_is_the_least_squares_one() -> None:
    generator = np.random.default_rng(1)
    points = TEMPLATE + generator.normal(0, 3, (6, 5, 2)).astype(np.float32)
    matrices = similarity_transforms(points, TEMPLATE)

    def error(matrix: np.ndarray, source: np.ndarray) -> float:
        return float(np.square(source @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE).sum())

    for matrix, source in zip(matrices, points, strict=True):
        best = error(matrix, source)
        for step in (1e-3, -1e-3):
            turned = matrix.copy()
            turned[:, :2] += step * np.array([[-matrix[1, 0], -matrix[0, 0]], [matrix[0, 0], -matrix[1, 0]]])
            moved, grown = matrix.copy(), matrix.copy()
            moved[:, 2] += step * 100
            grown[:, :2] *= 1 + step
            assert best < min(error(turned, source), error(moved, source), error(grown, source))


def test_points_that_coincide_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        align(ArrayPixels(np.zeros((50, 50, 3), np.uint8)), np.full((1, 5, 2), 20, np.float32), BGR)


@pytest.mark.parametrize("scale", [0.4, 1.0, 1.9, 2.5, 6.3])
@pytest.mark.parametrize("degrees", [0, 35, 180])
def test_landmarks_land_on_the_template(scale: float, degrees: float) -> None:
    points = placed(scale, degrees, 450.3, 440.8)
    picture = np.zeros((900, 900, 3), np.uint8)
    for number, (x, y) in enumerate(points):  # a soft dot per landmark, each in a place of its own
        rows, columns = np.mgrid[0:900, 0:900]
        dot = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * max(2 * scale, 1.2) ** 2))
        picture[..., number % 3] = np.maximum(picture[..., number % 3], dot.astype(np.uint8))
    crop = align(ArrayPixels(picture), points[None], BGR).images[0]
    for number, (x, y) in enumerate(TEMPLATE):
        around = crop[round(y) - 8 : round(y) + 9, round(x) - 8 : round(x) + 9, number % 3].astype(float)
        rows, columns = np.mgrid[round(y) - 8 : round(y) + 9, round(x) - 8 : round(x) + 9]
        centre = (columns * around).sum() / around.sum(), (rows * around).sum() / around.sum()
        np.testing.assert_allclose(centre, (x, y), atol=0.35)


def test_a_part_of_the_picture_gives_what_the_whole_gives(astronaut: ArrayPixels) -> None:
    points = placed(1.3, 12, 230, 130)
    matrix = similarity_transform(points, TEMPLATE)
    whole = cv2.warpAffine(astronaut.bgr(), matrix.astype(np.float64), (112, 112))
    crop = align(astronaut, points[None], BGR).images[0]
    assert np.abs(crop.astype(int) - whole).max() <= 2  # OpenCV rounds coordinates to 1/32 px


def test_outside_the_picture_is_black() -> None:
    white = ArrayPixels(np.full((200, 200, 3), 255, np.uint8))
    half = align(white, placed(1, 0, 0, 100)[None], BGR).images[0]
    assert (half[:, :54] == 0).all()
    assert (half[2:-2, 58:] == 255).all()
    assert not align(white, placed(1, 0, -400, 100)[None], BGR).images.any()


def test_large_faces_are_not_aliased() -> None:
    stripes = np.zeros((1200, 1200, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = align(ArrayPixels(stripes), placed(8, 0, 600, 600)[None], GREY).images[0]
    assert crop.std() < 4  # bilinear sampling alone would pick black or white at random


def test_grey_is_luma_and_nobody_is_no_crop(astronaut: ArrayPixels) -> None:
    points = placed(1.3, 0, 230, 130)[None]
    grey, bgr = align(astronaut, points, GREY), align(astronaut, points, BGR)
    assert grey.images.shape == (1, 112, 112, 1)
    luma = bgr.images[0] @ np.array([0.114, 0.587, 0.299])
    assert np.abs(grey.images[0, :, :, 0] - luma).max() < 2
    assert align(astronaut, np.zeros((0, 5, 2), np.float32), BGR).images.shape == (0, 112, 112, 3)


@pytest.mark.parametrize(
    ("resampling", "small", "large"),
    [
        ("adaptive", cv2.INTER_LINEAR, cv2.INTER_AREA),
        ("area", cv2.INTER_AREA, cv2.INTER_AREA),
        ("bilinear", cv2.INTER_LINEAR, cv2.INTER_LINEAR),
    ],
)
def test_cuts_are_brought_to_their_size_in_the_way_that_is_asked_for(
    resampling: Resampling, small: int, large: int
) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    boxes = np.array([[10, 10, 27, 27], [30, 40, 130, 140]], np.float32)
    cuts = cut_boxes(ArrayPixels(picture), boxes, BoxCropSpec(24, 1.0, "bgr", resampling=resampling)).images
    for cut, (left, top, right, bottom), method in zip(cuts, boxes.astype(int), (small, large), strict=True):
        np.testing.assert_array_equal(cut, cv2.resize(picture[top:bottom, left:right], (24, 24), interpolation=method))
