import cv2
import numpy as np
import pytest
from tests.support.scripted import KnowingDetector, KnownPixels, at, faces_at, scene

from mien.pipeline.camera import StillFollowing
from mien.pipeline.finding import FaceFinder
from mien.pipeline.following import FaceFollowing, Followed, confirmed_within
from mien.pipeline.timings import StageTimings
from mien.sources.pixels import ArrayPixels
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.follower import Follower
from mien.tracking.ocsort import OcSortTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import FollowingSettings, Tracker, TrackingSettings

Place = tuple[int, int]
SIZE = (320, 180)
WIDE = (640, 360)
METHODS = (SortTracker, ByteTracker, OcSortTracker)


@pytest.fixture
def detector() -> KnowingDetector:
    return KnowingDetector()


def following(detector: KnowingDetector, detect_every: int = 4, method: type[Tracker] = ByteTracker) -> FaceFollowing:
    tracking, timings = TrackingSettings(max_age_s=1.0, max_followed_s=0.5), StageTimings()
    trackers = method(tracking), method(tracking)
    return FaceFollowing(
        FaceFinder(detector, None, timings), trackers, Follower(FollowingSettings()), detect_every, timings
    )


def lies_at(followed: Followed, *places: tuple[int, int], side: int = 60, within: float = 2.0) -> bool:
    """Whether exactly these faces are followed, in this order."""
    boxes = followed.faces.detections.boxes
    truth = np.array([(x, y, x + side, y + side) for x, y in places], np.float32).reshape(-1, 4)
    return boxes.shape == truth.shape and bool(np.all(np.abs(boxes - truth) <= within))


def test_the_detector_looks_every_few_frames_and_faces_are_followed_between(detector: KnowingDetector) -> None:
    follow = following(detector).follow
    calls = []
    for number in range(10):
        place = (60 + 3 * number, 50 + number)
        followed = follow(at(scene(SIZE, place), number))
        calls.append(detector.calls)
        assert lies_at(followed, place)
        assert followed.faces.track_ids.tolist() == [1] and followed.ended == ()
        assert followed.is_detected.tolist() == [number % 4 == 0]
        landmarks = followed.faces.detections.landmarks
        assert np.abs(landmarks - scene(SIZE, place).faces.landmarks).max() <= 2
    assert calls == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]


def test_pictures_without_faces_are_looked_at_as_often(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=3).follow
    empty = [follow(at(scene(SIZE), number)) for number in range(7)]
    assert detector.calls == 3 and all(len(followed.faces) == 0 for followed in empty)


def test_a_cut_is_looked_at_at_once_and_ends_every_track(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=100).follow
    for number in range(3):
        assert follow(at(scene(SIZE, (60, 50)), number)).faces.track_ids.tolist() == [1]
    after = follow(at(scene(SIZE, (60, 50), seed=2), 3))
    assert detector.calls == 2 and after.is_detected.tolist() == [True]
    assert after.faces.track_ids.tolist() == [2] and after.ended == (1,)
    assert follow(at(scene(SIZE, (60, 50), seed=2), 4)).ended == ()


def test_after_a_gap_the_detector_looks_and_the_track_goes_on(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=100).follow
    follow(at(scene(SIZE, (60, 50)), 0))
    follow(at(scene(SIZE, (60, 50)), 1))
    after = follow(at(scene(SIZE, (70, 50)), 10))
    assert detector.calls == 2 and after.is_detected.tolist() == [True]
    assert after.faces.track_ids.tolist() == [1] and lies_at(after, (70, 50))


def ids_along(method: type[Tracker], path: list[Place | None]) -> list[list[int]]:
    """The ids under which a face is shown that is at a place, or behind the background, frame after frame."""
    follow = following(KnowingDetector(), method=method).follow
    frames = (scene(WIDE, *([place] if place else [])) for place in path)
    return [follow(at(pixels, number)).faces.track_ids.tolist() for number, pixels in enumerate(frames)]


def walk(start: Place, step: Place, count: int) -> list[Place | None]:
    return [(start[0] + step[0] * number, start[1] + step[1] * number) for number in range(count)]


@pytest.mark.parametrize("method", METHODS)
def test_a_face_that_comes_back_to_where_it_went_is_itself_with_every_tracker(method: type[Tracker]) -> None:
    shown = ids_along(method, [*walk((40, 60), (12, 4), 20), *[None] * 12, *walk((250, 130), (0, 0), 12)])
    assert shown[19] == shown[-1] == [1]
    assert shown[31] == [], "too easy: it was in view all the time"
    assert {track for ids in shown for track in ids} == {1}


def test_a_face_that_turns_back_behind_something_is_itself_though_the_follower_held_on_to_that() -> None:
    path = [*walk((40, 100), (12, 0), 20), *[None] * 10, *walk((260, 104), (-12, 0), 18)]
    assert {track for ids in ids_along(OcSortTracker, path) for track in ids} == {1}
    assert {track for ids in ids_along(SortTracker, path) for track in ids} == {1, 2}, "too easy: SORT does it as well"


@pytest.mark.parametrize("method", METHODS)
def test_no_tracker_takes_a_face_after_a_second_for_the_one_before(method: type[Tracker]) -> None:
    shown = ids_along(method, [*walk((40, 60), (12, 4), 20), *[None] * 40, *walk((250, 130), (0, 0), 12)])
    assert (shown[19], shown[-1]) == ([1], [2])


@pytest.mark.parametrize("other", [(160, 90), (960, 540), (240, 180)], ids=str)
def test_a_picture_of_another_size_is_a_new_shot(detector: KnowingDetector, other: tuple[int, int]) -> None:
    follow = following(detector, detect_every=100).follow
    follow(at(scene(SIZE, (120, 60)), 0))
    follow(at(scene(SIZE, (122, 60)), 1))
    side = 60 * other[1] // 180
    place = (round(124 * other[0] / 320), side)
    after = follow(at(scene(other, place, side=side), 2))
    assert detector.calls == 2 and lies_at(after, place, side=side)
    assert after.faces.track_ids.tolist() == [2] and after.ended == (1,)


def test_two_sizes_with_one_grey_copy_are_two_shots(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=100).follow
    small = scene((1280, 720), (400, 200), side=200)
    large = KnownPixels(
        np.asarray(cv2.resize(small.bgr(), (1920, 1080)), np.uint8), faces_at((600, 300, 900, 600), score=0.9)
    )
    follow(at(small, 0))
    after = follow(at(large, 1))
    assert detector.calls == 2 and lies_at(after, (600, 300), side=300)
    assert after.faces.track_ids.tolist() == [2] and after.ended == (1,)


def test_a_face_coasts_over_one_unsure_frame(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=100).follow
    for number in range(5):
        follow(at(scene(SIZE, (60 + 4 * number, 50)), number))
    coasting = follow(at(scene(SIZE, (80, 50), is_hidden=True), 5))
    assert detector.calls == 1 and coasting.faces.track_ids.tolist() == [1]
    assert not coasting.is_detected.any() and lies_at(coasting, (80, 50), within=4)


def test_a_face_that_is_unsure_twice_brings_the_detector(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=100).follow
    for number in range(5):
        follow(at(scene(SIZE, (60, 50)), number))
    follow(at(scene(SIZE, (60, 50), is_hidden=True), 5))
    found = follow(at(scene(SIZE, (60, 50), is_hidden=True), 6))  # the detector sees it in spite of that
    assert detector.calls == 2 and found.is_detected.tolist() == [True]
    assert found.faces.track_ids.tolist() == [1]
    # It counts as seen again: the next unsure frame is a first one.
    follow(at(scene(SIZE, (60, 50), is_hidden=True), 7))
    assert detector.calls == 2


def test_a_track_that_nobody_sees_any_more_ends_and_is_told_once(detector: KnowingDetector) -> None:
    follow = following(detector).follow
    follow(at(scene(SIZE, (60, 50)), 0))
    detector.is_blind = True
    ended = [follow(at(scene(SIZE, (60, 50), is_hidden=True), number)) for number in range(1, 40)]
    told = [(followed.frame.index, followed.ended) for followed in ended if followed.ended]
    assert len(told) == 1 and told[0][1] == (1,)
    assert 25 <= told[0][0] <= 31  # a second after it was seen last
    assert len(ended[-1].faces) == 0


def test_what_the_detector_misses_is_held_for_two_more_looks(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=2).follow
    follow(at(scene(SIZE, (60, 50)), 0))
    detector.is_blind = True
    held = [follow(at(scene(SIZE, (60 + number, 50)), number)) for number in range(1, 20)]
    shown = [followed.frame.index for followed in held if len(followed.faces)]
    assert shown == list(range(1, confirmed_within(2)))
    assert not any(followed.is_detected.any() for followed in held)
    assert lies_at(held[4], (65, 50))


def test_a_second_face_that_the_detector_sees_does_not_disturb_the_first(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=2).follow
    follow(at(scene(SIZE, (30, 50)), 0))
    follow(at(scene(SIZE, (32, 50), (200, 60)), 1))
    both = follow(at(scene(SIZE, (34, 50), (200, 60)), 2))
    assert both.faces.track_ids.tolist() == [1, 2] and lies_at(both, (34, 50), (200, 60))
    assert both.is_detected.tolist() == [True, True]


def test_times_that_do_not_advance_break_nothing(detector: KnowingDetector) -> None:
    follow = following(detector, detect_every=3).follow
    for number in range(8):
        followed = follow(at(scene(SIZE, (60, 50)), 0))
        assert followed.faces.track_ids.tolist() == [1], number


def test_stills_are_unrelated() -> None:
    detector = KnowingDetector()
    follow = StillFollowing(FaceFinder(detector, None, StageTimings())).follow
    first = follow(at(scene(SIZE, (30, 50), (200, 60)), 0))
    second = follow(at(scene(SIZE, (30, 50)), 1))
    third = follow(at(ArrayPixels(np.zeros((8, 8, 3), np.uint8)), 2))
    assert (first.faces.track_ids.tolist(), first.ended) == ([1, 2], ())
    assert (second.faces.track_ids.tolist(), second.ended) == ([3], (1, 2))
    assert (len(third.faces), third.ended) == (0, (3,))
    assert first.is_detected.all() and detector.calls == 3
