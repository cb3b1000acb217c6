"""What every tracker promises, whatever its method."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.domain.faces import Detections, TrackedFaces
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.ocsort import OcSortTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import Tracker, TrackingSettings

Build = Callable[..., Tracker]
METHODS = (ByteTracker, SortTracker, OcSortTracker)
SIDE = 60.0


@pytest.fixture(params=METHODS)
def build(request: pytest.FixtureRequest) -> Build:
    return lambda **changes: request.param(TrackingSettings(**changes))


def faces_at(*centres: tuple[float, float], score: float | list[float] = 0.9, side: float = SIDE) -> Detections:
    middle = np.array(centres, np.float32).reshape(-1, 2)
    boxes = np.concatenate([middle - side / 2, middle + side / 2], axis=1)
    offsets = np.array([[-12, -10], [12, -10], [0, 4], [-9, 16], [9, 16]], np.float32)
    scores = np.broadcast_to(np.asarray(score, np.float32), len(middle)).copy()
    return Detections(boxes.astype(np.float32), scores, middle[:, None] + offsets)


def ids(faces: TrackedFaces) -> list[int]:
    return faces.track_ids.tolist()


def test_a_face_keeps_its_id_and_the_boxes_of_the_detector(build: Build) -> None:
    tracker = build()
    for step in range(30):
        found = faces_at((100 + 9 * step, 200 + 3 * step))
        tracked = tracker.update(found, step / 25)
        assert ids(tracked) == [1]
        np.testing.assert_array_equal(tracked.detections.boxes, found.boxes)
        np.testing.assert_array_equal(tracked.detections.landmarks, found.landmarks)


def test_faces_are_returned_in_the_order_of_the_detections(build: Build) -> None:
    tracker = build()
    assert ids(tracker.update(faces_at((100, 100), (400, 100), (700, 100)), 0)) == [1, 2, 3]
    assert ids(tracker.update(faces_at((702, 100), (101, 100), (398, 101)), 0.04)) == [3, 1, 2]


def test_faces_that_pass_each_other_keep_their_ids(build: Build) -> None:
    tracker = build()
    for step in range(40):
        right, left = (100 + 8 * step, 200), (420 - 8 * step, 235)
        assert ids(tracker.update(faces_at(right, left), step / 25)) == [1, 2]


@pytest.mark.parametrize("gap_s", [0.2, 0.4])
def test_a_face_that_was_hidden_for_a_while_comes_back_as_itself(build: Build, gap_s: float) -> None:
    tracker = build()
    for step in range(25):
        tracker.update(faces_at((100 + 2 * step, 200)), step / 25)
    empty_at = 24 / 25 + gap_s / 2
    assert ids(tracker.update(Detections.empty(), empty_at)) == []
    assert tracker.live_ids.tolist() == [1]
    assert ids(tracker.update(faces_at((148 + 50 * gap_s, 200)), 24 / 25 + gap_s)) == [1]


def test_a_face_that_was_away_for_longer_than_max_age_is_a_new_one(build: Build) -> None:
    tracker = build(max_age_s=1.0)
    tracker.update(faces_at((100, 100)), 0)
    assert ids(tracker.update(faces_at((100, 100)), 0.99)) == [1]
    assert ids(tracker.update(faces_at((100, 100)), 2.0)) == [2]
    assert tracker.live_ids.tolist() == [2]


@pytest.mark.parametrize("rate", [5, 12.5, 25, 60])
def test_ages_and_velocities_are_in_seconds_at_any_frame_rate(build: Build, rate: float) -> None:
    tracker = build()
    for step in range(int(3 * rate)):
        assert ids(tracker.update(faces_at((100 + 150 * step / rate, 200)), step / rate)) == [1]


def test_frames_may_be_skipped_at_random(build: Build) -> None:
    tracker = build()
    random = np.random.default_rng(7)
    moments = np.cumsum(random.uniform(0.01, 0.15, 60))
    for time_s in moments:
        centre = (300 + 120 * np.sin(2 * time_s), 300 + 60 * np.cos(1.5 * time_s))
        assert ids(tracker.update(faces_at(centre), time_s)) == [1]


def test_a_doubtful_face_is_reported_once_it_was_found_often_enough(build: Build) -> None:
    tracker = build(min_hits=3)
    reports = [ids(tracker.update(faces_at((100, 100), score=0.65), step / 25)) for step in range(4)]
    assert reports == [[], [], [1], [1]]


def test_a_clear_face_is_reported_at_once(build: Build) -> None:
    assert ids(build(min_hits=3).update(faces_at((100, 100), score=0.71), 0)) == [1]


def test_detections_too_weak_to_be_a_face_start_nothing(build: Build) -> None:
    tracker = build()
    for step in range(10):
        assert ids(tracker.update(faces_at((100, 100), score=0.5), step / 25)) == []
    assert tracker.live_ids.tolist() == []


def test_a_cut_ends_every_track_and_no_id_comes_back(build: Build) -> None:
    tracker = build()
    before = tracker.update(faces_at((100, 100), (300, 100)), 0)
    tracker.cut()
    assert tracker.live_ids.tolist() == []
    assert len(tracker.correct(before, 0.04)) == 0
    assert ids(tracker.update(faces_at((100, 100), (300, 100)), 0.04)) == [3, 4]


def test_what_a_follower_saw_carries_a_track_over_a_jump(build: Build) -> None:
    tracker = build()
    tracked = tracker.update(faces_at((100, 100)), 0)
    for step, x in enumerate((170, 260, 370), start=1):
        moved = TrackedFaces(faces_at((x, 100)), tracked.track_ids)
        assert ids(tracker.correct(moved, step / 25)) == [1]
    assert ids(tracker.update(faces_at((372, 100)), 3 / 25)) == [1]


def test_a_jump_that_nobody_followed_is_another_face(build: Build) -> None:
    tracker = build()
    tracker.update(faces_at((100, 100)), 0)
    assert ids(tracker.update(faces_at((372, 100)), 3 / 25)) == [2]


def test_following_without_a_detector_ends(build: Build) -> None:
    tracker = build(max_followed_s=0.5, max_age_s=1.0)
    faces = tracker.update(faces_at((100, 100)), 0)
    kept = [len(tracker.correct(faces, step / 10)) for step in range(1, 9)]
    assert kept == [1, 1, 1, 1, 1, 0, 0, 0]
    assert ids(tracker.update(faces_at((100, 100)), 1.2)) == [1], "not followed any more, but not forgotten yet"


def test_a_follower_starts_nothing_and_revives_nothing(build: Build) -> None:
    tracker = build(max_age_s=0.5)
    stranger = TrackedFaces(faces_at((100, 100)), np.array([7]))
    assert len(tracker.correct(stranger, 0)) == 0
    faces = tracker.update(faces_at((100, 100)), 0)
    assert len(tracker.correct(faces, 0.6)) == 0
    assert tracker.live_ids.tolist() == []


def test_a_clock_that_goes_back_counts_as_no_time(build: Build) -> None:
    tracker = build()
    tracker.update(faces_at((100, 100)), 1000.0)
    assert ids(tracker.update(faces_at((102, 100)), 3.0)) == [1]
    assert ids(tracker.update(faces_at((104, 100)), 3.04)) == [1]
    tracker.update(Detections.empty(), 5.0)
    assert tracker.live_ids.tolist() == [], "ages count on from the new time"


def test_nothing_in_nothing_out(build: Build) -> None:
    tracker = build()
    assert len(tracker.update(Detections.empty(), 0)) == 0
    assert len(tracker.correct(TrackedFaces.empty(), 0.04)) == 0
    assert tracker.live_ids.tolist() == []


centres = st.tuples(st.floats(0, 400), st.floats(0, 300))
moments = st.tuples(st.lists(st.tuples(centres, st.floats(0.1, 1)), max_size=6), st.floats(0, 0.6), st.booleans())


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60, deadline=None)
@given(story=st.lists(moments, max_size=25))
def test_ids_count_up_and_every_face_is_one_of_the_detections(
    method: Callable[[TrackingSettings], Tracker], story: list
) -> None:
    tracker, time_s, seen, ended = method(TrackingSettings()), 0.0, set(), set()
    for found, elapsed_s, is_cut in story:
        time_s += elapsed_s
        if is_cut:
            tracker.cut()
        detections = faces_at(*[centre for centre, _ in found], score=[score for _, score in found])
        tracked = tracker.update(detections, time_s)
        live = set(tracker.live_ids.tolist())
        assert not live & ended, "an id that had ended came back"
        assert set(ids(tracked)) <= live
        assert live <= set(range(1, len(live | seen | ended) + len(detections) + 1))
        assert min(live - seen, default=np.inf) > max(seen, default=0)
        ended |= seen - live
        seen |= live
        for box in tracked.detections.boxes:
            assert (detections.boxes == box).all(axis=1).any()
