"""Following faces by their pixels: on drawn textures whose motion is known, and on people in a street."""

from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.domain.faces import Detections, TrackedFaces
from mien.domain.geometry import iou
from mien.tracking.follower import Follower, FollowingSettings, carried

BOX = np.array([[140, 90, 200, 170]], np.float32)
LANDMARKS = np.array([[[155, 120], [185, 120], [170, 135], [158, 150], [182, 150]]], np.float32)
STREET_FRAME_8 = Detections(
    np.array([[574, 749, 667, 881], [289, 657, 344, 726], [721, 575, 792, 660],
              [922, 634, 991, 726], [1087, 625, 1135, 687], [891, 639, 932, 694]], np.float32),
    np.full(6, 0.9, np.float32),
    np.array([[[634, 803], [653, 803], [662, 827], [635, 850], [649, 849]],
              [[305, 685], [330, 685], [317, 699], [307, 706], [326, 710]],
              [[745, 612], [774, 613], [762, 631], [746, 644], [766, 643]],
              [[934, 668], [955, 668], [935, 687], [937, 705], [953, 703]],
              [[1102, 650], [1122, 649], [1113, 661], [1106, 673], [1121, 671]],
              [[906, 659], [922, 659], [917, 670], [908, 678], [921, 680]]], np.float32),
)  # fmt: skip
STREET_FRAME_11_BOXES = np.array(
    [[687, 750, 784, 879], [296, 667, 349, 734], [725, 568, 797, 653],
     [941, 650, 1010, 741], [1097, 631, 1144, 694], [906, 645, 950, 704]], np.float32,
)  # fmt: skip


def texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (240, 320)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 3)
    return cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def faces(boxes: np.ndarray = BOX, landmarks: np.ndarray = LANDMARKS) -> TrackedFaces:
    count = len(boxes)
    return TrackedFaces(Detections(boxes, np.full(count, 0.8, np.float32), landmarks), np.arange(count) + 5)


def follow(before: np.ndarray, after: np.ndarray, scale: float = 1.0) -> tuple[TrackedFaces, np.ndarray]:
    found = faces(BOX / np.float32(scale), LANDMARKS / np.float32(scale))
    return Follower(FollowingSettings()).follow(before, after, found, scale)


@pytest.mark.parametrize("scale", [1.0, 1 / 3])
@pytest.mark.parametrize(
    ("shift", "angle", "zoom"),
    [((0, 0), 0, 1), ((7, -4), 0, 1), ((-20, 12), 0, 1), ((3, 2), 6, 1), ((2, -3), -3, 1.06)],
)
def test_a_known_motion_is_found(shift: tuple[float, float], angle: float, zoom: float, scale: float) -> None:
    matrix = cv2.getRotationMatrix2D((170, 130), angle, zoom)
    matrix[:, 2] += shift
    before = texture()
    after = cv2.warpAffine(before, matrix, (320, 240), borderMode=cv2.BORDER_REFLECT)
    moved, is_sure = follow(before, after, scale)
    assert is_sure.tolist() == [True]
    assert moved.track_ids.tolist() == [5]
    expected = LANDMARKS[0] @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(moved.detections.landmarks[0] * scale, expected, atol=0.4)
    sides = (moved.detections.boxes[0, 2:] - moved.detections.boxes[0, :2]) * scale
    np.testing.assert_allclose(sides, np.array([60, 80]) * zoom, rtol=0.01)
    np.testing.assert_allclose(
        (moved.detections.boxes[0] * scale).reshape(2, 2).mean(axis=0), (170 + shift[0], 130 + shift[1]), atol=0.4
    )


def test_a_part_that_moves_otherwise_does_not_pull_the_face_along() -> None:
    before = texture()
    after = before.copy()
    after[90:118] = np.roll(before, 9, axis=1)[90:118]  # the upper third: a hand, a cap
    moved, _ = follow(before, after)
    np.testing.assert_allclose(moved.detections.boxes, BOX, atol=1.0)


@pytest.mark.parametrize("after", [texture(1), np.zeros((240, 320), np.uint8), np.full((240, 320), 128, np.uint8)])
def test_a_face_that_is_gone_is_not_followed_surely(after: np.ndarray) -> None:
    assert follow(texture(), after)[1].tolist() == [False]


def test_a_face_without_texture_is_not_followed_surely() -> None:
    flat = np.full((240, 320), 90, np.uint8)
    assert follow(flat, flat)[1].tolist() == [False]


def test_a_face_outside_the_picture_is_not_followed_surely() -> None:
    found = faces(BOX + 1000, LANDMARKS + 1000)
    _, is_sure = Follower(FollowingSettings()).follow(texture(), texture(), found, 1.0)
    assert is_sure.tolist() == [False]


def test_each_face_moves_by_itself() -> None:
    before = texture()
    after = before.copy()
    after[80:180, 133:213] = before[80:180, 130:210]
    after[80:180, 26:106] = before[80:180, 30:110]
    left = np.float32([-100, 0])
    both = faces(np.concatenate([BOX, BOX + np.tile(left, 2)]), np.concatenate([LANDMARKS, LANDMARKS + left]))
    moved, is_sure = Follower(FollowingSettings()).follow(before, after, both, 1.0)
    assert is_sure.all()
    shifts = moved.detections.boxes[:, 0] - both.detections.boxes[:, 0]
    np.testing.assert_allclose(shifts, [3, -4], atol=0.3)


def test_no_faces_are_followed_to_no_faces() -> None:
    moved, is_sure = Follower(FollowingSettings()).follow(texture(), texture(), TrackedFaces.empty(), 1.0)
    assert len(moved) == 0
    assert is_sure.shape == (0,)


def test_frames_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        Follower(FollowingSettings()).follow(texture(), texture()[:100], faces(), 1.0)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (640, 360)), ((1080, 1920), (360, 640)), ((480, 270), (480, 270)), ((5000, 1), (640, 1))],
)
def test_the_grey_copy_is_small_and_never_enlarged(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert Follower(FollowingSettings()).luma_size(*size) == expected


def test_people_in_a_street_are_followed_through_a_shaking_camera(shared: Path) -> None:
    with av.open(str(shared / "data/videos/street-crowd-1080p.mp4")) as container:
        frames = [frame for frame, _ in zip(container.decode(video=0), range(12), strict=False)]
    lumas = [frame.reformat(640, 360, "gray", interpolation="AREA").to_ndarray() for frame in frames]
    follower = Follower(FollowingSettings())
    tracked = TrackedFaces(STREET_FRAME_8, np.arange(6))
    for before, after in pairwise(lumas[8:]):
        tracked, is_sure = follower.follow(before, after, tracked, 640 / 1920)
        assert is_sure.all()
    overlap = np.diag(iou(tracked.detections.boxes, STREET_FRAME_11_BOXES))
    standing_still = np.diag(iou(STREET_FRAME_8.boxes, STREET_FRAME_11_BOXES))
    assert overlap.min() >= 0.7
    assert standing_still.mean() < 0.5


def test_what_the_detector_missed_is_carried_on() -> None:
    detected = TrackedFaces(STREET_FRAME_8.select([0, 1]), np.array([1, 2]))
    followed = TrackedFaces(STREET_FRAME_8.select([1, 2]), np.array([2, 3]))
    both = carried(detected, followed)
    assert both.track_ids.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(both.detections.boxes, STREET_FRAME_8.boxes[:3])


def test_a_followed_face_that_lies_on_a_detected_one_is_dropped() -> None:
    detected = TrackedFaces(STREET_FRAME_8.select([0]), np.array([9]))
    followed = TrackedFaces(STREET_FRAME_8.select([0, 2]), np.array([1, 3]))
    assert carried(detected, followed).track_ids.tolist() == [9, 3]
    assert carried(TrackedFaces.empty(), followed).track_ids.tolist() == [1, 3]
    assert carried(detected, TrackedFaces.empty()).track_ids.tolist() == [9]
