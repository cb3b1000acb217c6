from dataclasses import replace

import numpy as np
import pytest
from tests.support.encoding import read_pictures

from mien.domain.emotions import EMOTION_LABELS
from mien.results.drawing.depth_view import DepthView, beside
from mien.results.writer import ResultSettings, ResultWriter

PICTURE = np.full((240, 320, 3), 77, np.uint8)


@pytest.mark.parametrize("size", [(240, 320), (480, 640), (120, 160), (100, 400)])
def test_the_picture_stays_and_the_depth_has_its_height(size: tuple[int, int]) -> None:
    view = beside(PICTURE, np.full(size, 1500, np.uint16), 0.5, 4)
    assert view.shape == (240, 320 + round(240 * size[1] / size[0]), 3) and view.dtype == np.uint8
    assert (view[:, :320] == PICTURE).all()


def test_near_is_bright_far_is_dark_and_what_is_beyond_is_dimmed() -> None:
    depth = np.full((240, 320), 2000, np.uint16)
    depth[:40], depth[40:80], depth[80:120], depth[120:160] = 0, 300, 500, 1000
    depth[160:200], depth[200:] = 4000, 6000
    rows = beside(PICTURE, depth, 0.5, 4)[20::40, 330].astype(int).sum(axis=1)
    unmeasured, too_near, near, close, far, beyond = rows.tolist()
    assert unmeasured == 0 and near > close > far
    assert too_near == pytest.approx(0.35 * near, abs=3) and beyond == pytest.approx(0.35 * far, abs=3)


def test_a_legend_tells_metres_and_is_left_out_where_it_does_not_fit() -> None:
    flat = np.full((240, 320), 1500, np.uint16)
    right = beside(PICTURE, flat, 0.5, 4)[:, 320:]
    is_legend = (right != right[0, 0]).any(axis=2)
    rows, columns = np.nonzero(is_legend)
    assert rows.min() > 120 and columns.min() > 200, "in the lower right corner"
    assert len(np.unique(right[is_legend], axis=0)) > 40, "a bar of all colours"
    assert not (beside(PICTURE, flat, 0.5, 3)[:, 320:] == right).all(), "other distances, other words"
    tiny = beside(PICTURE[:20, :20], np.full((20, 20), 1500, np.uint16), 0.5, 4)[:, 20:]
    assert (tiny == tiny[0, 0]).all()


def test_a_frame_without_depth_says_so() -> None:
    view = beside(PICTURE, None, 0.5, 4)
    right = view[:, 320:]
    assert view.shape == (240, 640, 3) and (right[:90] == 0).all() and right[100:140].max() == 255


@pytest.mark.parametrize("is_blurred", [False, True])
def test_a_video_has_the_depth_of_each_frame_beside_it(
    tmp_path, clock, summary, make_reading, make_face, make_frame, is_blurred
):
    readings = [make_reading(number, make_face(1)) for number in range(3)]
    depths = [np.full((90, 160), 1000, np.uint16), None, np.full((90, 160), 6000, np.uint16)]
    wanted = ResultSettings(True, blur_strangers=is_blurred, unseen_frames=2, depth_view=DepthView(0.5, 4))
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, wanted) as writer:
        results = writer.start("clip.mp4", 10.0)
        for reading, depth in zip(readings, depths, strict=True):
            results.add(replace(make_frame(reading), depth_mm=depth), reading)
        results.finish({})
        writer.close(summary)
    shown = list(read_pictures(tmp_path / "annotated.mp4", 9))
    height, width = make_frame(readings[0]).pixels.bgr().shape[:2]
    assert len(shown) == 3 and shown[0].shape[1] > 1.7 * shown[0].shape[0] * width / height
    greens = [int(picture[10, -10, 1]) for picture in shown]
    assert greens[0] > 150 > greens[2] + 100 and greens[1] < 20
