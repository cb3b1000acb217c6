import numpy as np
from numpy.typing import NDArray

from mien.vision.depth.masking import GREY, foreground, without_background

FAR_M = 2.0


def somebody() -> NDArray[np.uint16]:
    """A body at 1 m before a wall at 3 m."""
    depth = np.full((240, 320), 3000, np.uint16)
    depth[40:240, 100:220] = 1000
    return depth


def test_what_is_near_stays_and_what_is_far_or_unmeasured_goes() -> None:
    depth = somebody()
    depth[:, 280:] = 0
    mask = foreground(depth, FAR_M)
    assert mask[40:240, 100:220].all() and mask.sum() == 200 * 120


def test_holes_in_people_are_closed_and_what_is_seen_through_them_is_not() -> None:
    depth = somebody()
    depth[80:140, 130:190] = 0  # a large hole within
    depth[200:240, 150:154] = 0  # a gap that the edge of the picture opens
    mask = foreground(depth, FAR_M)
    assert mask[40:240, 100:220].all()
    depth[100, 150] = 3000  # behind it is the wall, not the body
    seen_through = foreground(depth, FAR_M)
    assert not seen_through[100, 150] and not seen_through[110, 160]
    depth[80:140, 130:190] = 3000
    assert not foreground(depth, FAR_M)[80:140, 130:190].any()


def test_specks_are_no_people() -> None:
    depth = somebody()
    depth[5:8, 5:8] = 900
    assert not foreground(depth, FAR_M)[:20, :20].any()
    assert not foreground(np.zeros((240, 320), np.uint16), FAR_M).any()


def test_the_background_is_grey_and_the_picture_may_be_larger_than_its_depth() -> None:
    picture = np.random.default_rng(1).integers(0, 100, (480, 640, 3), np.uint8)
    painted = without_background(picture, somebody(), FAR_M)
    assert (painted[80:, 200:440] == picture[80:, 200:440]).all()
    assert (painted[:80] == GREY).all() and (painted[:, :200] == GREY).all() and (painted[:, 440:] == GREY).all()
    assert picture.max() < GREY, "the picture itself was painted"


def test_without_depth_nothing_is_shown() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    assert (without_background(picture, None, FAR_M) == GREY).all()
