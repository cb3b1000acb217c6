"""What ByteTrack adds: tracks live on through low scores, and through jumps that leave no overlap."""

import numpy as np

from mien.domain.faces import Detections
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import TrackingSettings


def face(x: float, score: float) -> Detections:
    box = np.array([[x, 100, x + 50, 160]], np.float32)
    return Detections(box, np.array([score], np.float32), np.zeros((1, 5, 2), np.float32))


def test_a_dip_of_the_score_does_not_interrupt_a_track() -> None:
    scores = [0.9, 0.9, 0.6, 0.4, 0.32, 0.4, 0.9]
    byte, sort = ByteTracker(TrackingSettings()), SortTracker(TrackingSettings())
    through_byte = [byte.update(face(100 + 4 * step, score), step / 25) for step, score in enumerate(scores)]
    through_sort = [sort.update(face(100 + 4 * step, score), step / 25) for step, score in enumerate(scores)]
    assert [faces.track_ids.tolist() for faces in through_byte] == [[1]] * 7
    assert [len(faces) for faces in through_sort] == [1, 1, 1, 0, 0, 0, 1]
    assert through_byte[4].detections.scores[0] == np.float32(0.32)


def test_scores_below_the_lower_threshold_are_no_evidence() -> None:
    tracker = ByteTracker(TrackingSettings())
    tracker.update(face(100, 0.9), 0)
    assert len(tracker.update(face(100, 0.2), 0.04)) == 0


def test_a_weak_detection_must_lie_where_the_track_is_expected() -> None:
    tracker = ByteTracker(TrackingSettings())
    tracker.update(face(100, 0.9), 0)
    assert len(tracker.update(face(125, 0.4), 0.04)) == 0


def test_a_clear_detection_takes_the_track_before_a_weak_one() -> None:
    tracker = ByteTracker(TrackingSettings())
    tracker.update(face(100, 0.9), 0)
    both = Detections.concat([face(102, 0.45), face(110, 0.9)])
    tracked = tracker.update(both, 0.04)
    assert tracked.track_ids.tolist() == [1]
    assert tracked.detections.scores[0] == np.float32(0.9)


def test_a_jump_by_more_than_the_face_is_bridged_by_grown_boxes() -> None:
    byte, sort = ByteTracker(TrackingSettings()), SortTracker(TrackingSettings())
    byte.update(face(100, 0.9), 0), sort.update(face(100, 0.9), 0)
    assert byte.update(face(152, 0.9), 0.04).track_ids.tolist() == [1]
    assert sort.update(face(152, 0.9), 0.04).track_ids.tolist() == [2]


def test_weak_detections_alone_do_not_carry_a_track_for_ever() -> None:
    tracker = ByteTracker(TrackingSettings(max_age_s=1.0))
    tracker.update(face(100, 0.9), 0)
    reported = [len(tracker.update(face(100, 0.5), step / 10)) for step in range(1, 30)]
    assert reported == [1] * 10 + [0] * 19
    assert tracker.live_ids.tolist() == []


def test_a_clear_detection_in_between_lets_weak_ones_go_on() -> None:
    tracker = ByteTracker(TrackingSettings(max_age_s=1.0))
    tracker.update(face(100, 0.9), 0)
    scores = [0.9 if step % 8 == 0 else 0.5 for step in range(1, 30)]
    tracked = [tracker.update(face(100, score), step / 10) for step, score in enumerate(scores, start=1)]
    assert [faces.track_ids.tolist() for faces in tracked] == [[1]] * 29
