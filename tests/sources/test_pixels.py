from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import Interpolation
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.scenes import smooth_colours

from mien.domain.errors import SourceUnreadable
from mien.domain.frame import Pixels
from mien.sources.pixels import ArrayPixels, VideoPixels

LIMITED, FULL = 1, 2
BT709, UNSAID, BT601, SMPTE240, BT2020, RESERVED = 1, 2, 6, 7, 9, 3


def video_frame(
    width: int = 128, height: int = 96, pixel_format: str = "yuv420p", matrix: int = UNSAID, colour_range: int = LIMITED
) -> av.VideoFrame:
    """Planes filled with slow gradients around the middle, so that every matrix stays inside RGB."""
    frame = av.VideoFrame.from_ndarray(smooth_colours(width, height), format="bgr24").reformat(format=pixel_format)
    frame.colorspace, frame.color_range = matrix, colour_range
    return frame


def swscale(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    exactly = Interpolation.AREA | Interpolation.ACCURATE_RND
    return frame.to_ndarray(format="bgr24", width=width, height=height, interpolation=exactly)


def assert_close(actual: NDArray[np.uint8], expected: NDArray[Any], levels: float = 8, mean: float = 2) -> None:
    assert actual.shape == expected.shape
    difference = np.abs(actual.astype(int) - expected)
    assert difference.max() <= levels and difference.mean() <= mean, (difference.max(), difference.mean())


def by_the_book(frame: av.VideoFrame, red: float, blue: float, is_full_range: bool) -> NDArray[np.float64]:
    """BGR of a 4:2:0 frame by the formulas of ITU-T H.273, 8.3, every chroma sample standing for its four pixels."""
    luma, *chroma = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    )
    cb, cr = (np.kron(plane.astype(float) - 128, np.ones((2, 2))) / (255 if is_full_range else 224) for plane in chroma)
    y = luma / 255 if is_full_range else (luma.astype(float) - 16) / 219
    r, b = y + 2 * (1 - red) * cr, y + 2 * (1 - blue) * cb
    g = (y - red * r - blue * b) / (1 - red - blue)
    return np.clip(255 * np.stack([b, g, r], axis=-1), 0, 255)


@pytest.mark.parametrize(
    ("matrix", "red", "blue"),
    [
        (BT709, 0.2126, 0.0722),
        (UNSAID, 0.299, 0.114),
        (BT601, 0.299, 0.114),
        (SMPTE240, 0.212, 0.087),
        (BT2020, 0.2627, 0.0593),
    ],
)
@pytest.mark.parametrize("colour_range", [LIMITED, FULL])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p"])
def test_planes_become_the_right_colours(
    pixel_format: str, colour_range: int, matrix: int, red: float, blue: float
) -> None:
    frame = video_frame(pixel_format=pixel_format, matrix=matrix, colour_range=colour_range)
    expected = by_the_book(frame, red, blue, colour_range == FULL or pixel_format == "yuvj420p")
    assert_close(VideoPixels(frame).scaled(128, 96), expected, levels=3, mean=0.7)
    assert_close(VideoPixels(frame).region(31, 20, 90, 77), expected[20:77, 31:90], levels=3, mean=0.7)
    halved = cv2.resize(expected, (64, 48), interpolation=cv2.INTER_AREA)
    assert_close(VideoPixels(frame).scaled(64, 48), halved, levels=6, mean=1.3)
    assert_close(VideoPixels(frame).bgr(), expected, levels=4, mean=1.5)  # swscale rounds down
    assert_close(VideoPixels(frame).scaled(128, 96), swscale(frame, 128, 96))


def test_the_matrix_of_a_video_changes_its_colours() -> None:
    said, unsaid = (VideoPixels(video_frame(matrix=matrix)).scaled(64, 48).astype(int) for matrix in (BT709, UNSAID))
    assert np.abs(said - unsaid).max() > 8


@pytest.mark.parametrize("pixel_format", ["yuv422p", "yuv444p", "nv12", "yuv420p10le", "rgb24", "bgra", "gray"])
def test_other_formats_are_converted_whole(pixel_format: str) -> None:
    frame = video_frame(pixel_format=pixel_format)
    pixels = VideoPixels(frame)
    expected = swscale(frame, 128, 96)
    assert_close(pixels.bgr(), expected)
    assert np.array_equal(pixels.region(3, 5, 40, 50), pixels.bgr()[5:50, 3:40])
    assert_close(VideoPixels(frame).scaled(64, 48), cv2.resize(expected, (64, 48), interpolation=cv2.INTER_AREA), 6)
    assert pixels.luma(64, 48).shape == (48, 64)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
def test_a_matrix_that_does_not_exist_counts_as_not_said(pixel_format: str) -> None:
    reserved = VideoPixels(video_frame(pixel_format=pixel_format, matrix=RESERVED))
    unsaid = VideoPixels(video_frame(pixel_format=pixel_format))
    assert np.array_equal(reserved.scaled(64, 48), unsaid.scaled(64, 48))
    assert np.array_equal(reserved.bgr(), unsaid.bgr())


@pytest.mark.parametrize(("width", "height"), [(97, 61), (96, 61), (97, 60)])
def test_odd_sizes(width: int, height: int) -> None:
    frame = video_frame(width, height)
    pixels = VideoPixels(frame)
    assert pixels.scaled(width, height).shape == (height, width, 3)
    assert pixels.luma(5, 7).shape == (7, 5)
    expected = swscale(frame, width, height)
    assert_close(pixels.region(0, 0, width, height), expected, 8)
    assert_close(pixels.scaled(width, height), expected, 8)
    assert pixels.scaled(33, 17).shape == (17, 33, 3)
    assert_close(pixels.bgr(), expected)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 1), (1, 2), (3, 3)])
def test_the_smallest_pictures(width: int, height: int) -> None:
    image = np.full((height, width, 3), (60, 120, 180), np.uint8)
    frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
    for pixels in (ArrayPixels(image), VideoPixels(frame)):
        assert_close(pixels.region(0, 0, width, height), image, mean=4)
        assert_close(pixels.scaled(5, 7), np.full((7, 5, 3), (60, 120, 180), np.uint8), mean=4)
        assert_close(pixels.bgr(), image, mean=4)
        assert pixels.luma(4, 4).shape == (4, 4)


def test_luma_is_the_plane_the_video_stores() -> None:
    frame = video_frame()
    plane = frame.to_ndarray()[:96]
    assert np.array_equal(VideoPixels(frame).luma(128, 96), plane)
    small = cv2.resize(plane, (32, 24), interpolation=cv2.INTER_AREA)
    assert np.array_equal(VideoPixels(frame).luma(32, 24), small)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize(
    ("rotation", "code"),
    [(90, cv2.ROTATE_90_COUNTERCLOCKWISE), (180, cv2.ROTATE_180), (-90, cv2.ROTATE_90_CLOCKWISE)],
)
def test_rotated_videos_are_upright_in_every_view(pixel_format: str, rotation: int, code: int) -> None:
    frame = video_frame(97, 61, pixel_format)
    expected = cv2.rotate(swscale(frame, 97, 61), code)
    height, width = expected.shape[:2]
    pixels = VideoPixels(frame, rotation)
    assert (pixels.width, pixels.height) == (width, height)
    assert_close(pixels.scaled(width, height), expected, 8)
    assert_close(pixels.region(7, 12, 40, 55), expected[12:55, 7:40], 8)
    grey = cv2.rotate(VideoPixels(frame).luma(97, 61), code)
    assert np.array_equal(pixels.luma(width, height), grey)
    assert_close(pixels.bgr(), expected)


@given(st.tuples(st.integers(0, 96), st.integers(0, 60)), st.tuples(st.integers(1, 97), st.integers(1, 61)))
def test_every_region_is_the_same_part_of_the_whole(start: tuple[int, int], size: tuple[int, int]) -> None:
    x1, y1 = start
    x2, y2 = min(97, x1 + size[0]), min(61, y1 + size[1])
    frame = video_frame(97, 61)
    assert_close(VideoPixels(frame).region(x1, y1, x2, y2), swscale(frame, 97, 61)[y1:y2, x1:x2], 8, 3)


def both() -> list[Pixels]:
    return [ArrayPixels(smooth_colours(128, 96)), VideoPixels(video_frame())]


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (5, 5, 4, 9), (-1, 0, 5, 5), (0, 0, 129, 5), (0, 90, 5, 97)])
def test_regions_outside_are_refused(box: tuple[int, int, int, int]) -> None:
    for pixels in both():
        with pytest.raises(ValueError, match=r"128×96"):
            pixels.region(*box)


def test_results_are_read_only_and_outlive_the_frame() -> None:
    for pixels in both():
        results = [pixels.scaled(64, 48), pixels.scaled(128, 96), pixels.luma(128, 96), pixels.region(1, 1, 9, 9)]
        results += [pixels.bgr(), pixels.region(1, 1, 9, 9), pixels.scaled(64, 48)]
        assert not any(result.flags.writeable for result in results)
        assert all(result.dtype == np.uint8 for result in results)
    copies = [result.copy() for result in results]
    del pixels
    assert all(np.array_equal(one, other) for one, other in zip(results, copies, strict=True))


def test_the_whole_picture_is_converted_once() -> None:
    pixels = VideoPixels(video_frame())
    assert pixels.bgr() is pixels.bgr()


@pytest.mark.parametrize(("degrees", "full"), [(45, 0), (-30, 0), (60, 90), (200, 180), (-91, 270), (359, 0)])
def test_a_crooked_picture_is_turned_by_full_quarters(degrees: int, full: int) -> None:
    crooked, straight = VideoPixels(video_frame(), degrees), VideoPixels(video_frame(), full)
    assert (crooked.width, crooked.height) == (straight.width, straight.height)
    assert np.array_equal(crooked.bgr(), straight.bgr())
    assert np.array_equal(crooked.region(10, 20, 30, 50), straight.region(10, 20, 30, 50))


def test_a_picture_that_cannot_be_converted_is_unreadable() -> None:
    for pixel_format in ("yuv444p", "yuv420p"):
        frame = video_frame(pixel_format=pixel_format)
        pixels = VideoPixels(frame, name="clip.mp4")
        frame.colorspace = RESERVED  # swscale refuses it
        said = f"clip.mp4 holds a picture of 128×96 px in the format {pixel_format} that cannot be converted"
        with pytest.raises(SourceUnreadable, match=said):
            pixels.bgr()
    for convert in (lambda: pixels.scaled(8, 6), lambda: pixels.luma(8, 6), lambda: pixels.region(0, 0, 8, 6)):
        assert convert().shape[:2] == (6, 8)  # 4:2:0 goes another way
    frame = video_frame(pixel_format="yuv444p")
    pixels = VideoPixels(frame)
    frame.colorspace = RESERVED
    for convert in (lambda: pixels.scaled(8, 6), lambda: pixels.luma(8, 6), lambda: pixels.region(0, 0, 8, 6)):
        with pytest.raises(SourceUnreadable, match="cannot be converted"):
            convert()


@pytest.mark.parametrize(("width", "height"), [(0, 5), (-1, 5), (5, 0)])
def test_sizes_without_pixels_are_refused(width: int, height: int) -> None:
    for pixels in both():
        with pytest.raises(ValueError, match="at least 1×1"):
            pixels.scaled(width, height)
        with pytest.raises(ValueError, match="at least 1×1"):
            pixels.luma(width, height)


def test_an_array_is_not_copied() -> None:
    image = smooth_colours(16, 12)
    assert np.shares_memory(ArrayPixels(image).bgr(), image)
    assert image.flags.writeable


def test_grey_opacity_and_16_bits_become_bgr() -> None:
    grey = np.full((2, 3), 77, np.uint8)
    assert np.array_equal(ArrayPixels(grey).bgr(), np.full((2, 3, 3), 77))
    assert np.array_equal(ArrayPixels(grey[..., None]).bgr(), np.full((2, 3, 3), 77))
    half = np.full((1, 1, 4), (10, 20, 30, 127), np.uint8)
    expected = np.round(np.array([10, 20, 30]) * 127 / 255 + 128)
    assert np.abs(ArrayPixels(half).bgr()[0, 0] - expected).max() <= 1
    wide = np.array([[0, 128 * 257, 65535]], np.uint16)
    assert ArrayPixels(wide).bgr()[0, :, 0].tolist() == [0, 128, 255]
    wide_colour = np.full((3, 4, 3), (0, 257, 65535), np.uint16)
    assert ArrayPixels(wide_colour).bgr()[0, 0].tolist() == [0, 1, 255]


@pytest.mark.parametrize("shape", [(3,), (4, 5, 2), (4, 5, 5), (2, 4, 5, 3), (0, 5, 3), (5, 0)])
def test_shapes_that_are_no_picture_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected a picture"):
        ArrayPixels(np.zeros(shape, np.uint8))


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        ArrayPixels(np.zeros((4, 5, 3)))  # type: ignore[arg-type]
