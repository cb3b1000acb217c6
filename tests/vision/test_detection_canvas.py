"""How pictures are laid before the detector: never distorted, never too large, on few sizes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mien.domain.faces import Detections
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.canvas import ENLARGE_AT_MOST, STEP, fit


@given(width=st.integers(1, 20000), height=st.integers(1, 20000), long_side_px=st.sampled_from([320, 640, 960, 1280]))
def test_every_picture_fits(width: int, height: int, long_side_px: int) -> None:
    canvas = fit(width, height, long_side_px)
    assert all(inner <= outer for inner, outer in zip(canvas.inner, canvas.outer, strict=True))
    assert all(outer % STEP == 0 for outer in canvas.outer)
    assert max(canvas.inner) <= max(long_side_px, 1)
    assert max(canvas.inner) <= max(ENLARGE_AT_MOST * max(width, height), 1)
    if min(canvas.inner) > 20:
        assert abs(canvas.inner[0] / canvas.inner[1] / (width / height) - 1) < 0.05


def test_the_usual_videos_are_not_padded_much() -> None:
    assert fit(1920, 1080, 960).outer == (960, 544)
    assert fit(640, 360, 640).outer == (640, 384)
    assert fit(640, 480, 640).outer == (640, 480)
    assert fit(1080, 1920, 960).outer == (544, 960)


def test_pictures_of_all_kinds_share_few_canvases() -> None:
    generator = np.random.default_rng(3)
    sizes = generator.integers(500, 6000, size=(2000, 2))
    assert len({fit(int(width), int(height), 960).outer for width, height in sizes}) <= 12


@given(width=st.integers(1, 5000), height=st.integers(1, 5000), stretch=st.sampled_from([1.0, 4 / 3]))
def test_every_picture_fits_the_only_canvas(width: int, height: int, stretch: float) -> None:
    canvas = fit(width, height, 960, (320, 240), stretch)
    assert canvas.outer == (320, 240)
    assert canvas.inner[0] <= 320 and canvas.inner[1] <= 240
    if min(canvas.inner) > 20:
        across, down = canvas.inner[0] / width, canvas.inner[1] / height
        assert 0.95 / stretch < across / down < 1.05 * stretch


def test_the_only_canvas_is_filled_as_far_as_shapes_allow() -> None:
    assert fit(1600, 900, 960, (320, 240)).inner == (320, 180)
    assert fit(1600, 900, 960, (320, 240), 4 / 3).inner == (320, 240)
    assert fit(900, 1600, 960, (320, 240)).inner == (135, 240)
    assert fit(1600, 900, 160, (320, 240)).inner == (160, 90), "less where less is asked for"
    assert fit(80, 60, 960, (320, 240)).inner == (160, 120), "enlarged at most twice"


def test_colours_and_ground_are_as_asked() -> None:
    canvas = fit(100, 50, 100)
    planes = canvas.paint(ArrayPixels(np.full((50, 100, 3), (10, 20, 30), np.uint8)), "rgb", 114)
    assert planes[0, :, 10, 10].tolist() == [30, 20, 10]
    assert planes[0, :, 60, 10].tolist() == planes[0, :, 10, 110].tolist() == [114, 114, 114]


def test_what_is_found_is_carried_back() -> None:
    picture = np.zeros((300, 1000, 3), np.uint8)
    picture[200:, 800:] = (10, 20, 30)
    canvas = fit(1000, 300, 500)
    planes = canvas.paint(ArrayPixels(picture))
    assert planes.shape == (1, 3, 256, 512)
    assert planes[0, :, 120, 450].tolist() == [10, 20, 30]
    assert not planes[0, :, 150:].any() and not planes[0, :, :, 500:].any()
    found = Detections(
        np.array([[400, 100, 450, 150]], np.float32),
        np.ones(1, np.float32),
        np.full((1, 5, 2), (400, 100), np.float32),
    )
    lifted = canvas.lift(found)
    np.testing.assert_allclose(lifted.boxes, [[800, 200, 900, 300]])
    np.testing.assert_allclose(lifted.landmarks[0, 0], (800, 200))
