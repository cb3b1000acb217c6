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


def test_small_holes_in_people_are_closed_and_what_is_seen_through_them_is_not() -> None:
    depth = somebody()
    depth[80:140, 140:145] = 0
    depth[200:240, 150:154] = 0  # a gap that the edge of the picture opens
    assert foreground(depth, FAR_M)[40:240, 100:220].all()
    depth[80:140, 140:145] = 3000
    assert not foreground(depth, FAR_M)[80:140, 140:145].any(), "behind it is the wall, not the body"


def test_large_holes_show_nothing_whatever_surrounds_them() -> None:
    """Windows, sunlight and all that is too far away are not measured either."""
    window = np.full((480, 640), 1000, np.uint16)
    window[100:350, 150:500] = 0
    assert foreground(window, FAR_M)[105:345, 155:495].sum() == 0
    arm_on_hip = np.zeros((480, 640), np.uint16)
    arm_on_hip[100:, 200:440] = 1000
    arm_on_hip[200:330, 380:420] = 0
    mask = foreground(arm_on_hip, FAR_M)
    assert mask[200:330, 380:420].mean() < 0.02 and mask.sum() < 380 * 240
    near_and_far = somebody()
    near_and_far[100:160, 250:280] = 1000
    near_and_far[120:126, 262:268] = 0
    assert not foreground(near_and_far, FAR_M)[121:125, 263:267].any(), "small things have small gaps"


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
