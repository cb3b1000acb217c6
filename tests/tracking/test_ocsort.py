"""What OC-SORT adds: faces that turn or stop where nobody sees them keep their ids, and a direction counts."""

import numpy as np
import pytest

from mien.domain.faces import Detections, TrackedFaces
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.ocsort import OcSortTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import Tracker, TrackingSettings

FPS = 25
Place = tuple[float, float] | None


def faces(*places: tuple[float, float]) -> Detections:
    corner = np.array(places, np.float32).reshape(-1, 2)
    boxes = np.concatenate([corner, corner + np.float32([50, 60])], axis=1)
    return Detections(boxes, np.full(len(places), 0.9, np.float32), np.zeros((len(places), 5, 2), np.float32))


def ids_along(tracker: Tracker, path: list[Place]) -> list[int]:
    """The ids under which a face is reported that is at a place, or hidden, frame after frame."""
    found = [faces() if place is None else faces(place) for place in path]
    return [
        track_id
        for step, detections in enumerate(found)
        for track_id in tracker.update(detections, step / FPS).track_ids.tolist()
    ]


def walk(start: tuple[float, float], step: tuple[float, float], count: int) -> list[Place]:
    return [(start[0] + step[0] * number, start[1] + step[1] * number) for number in range(count)]


HIDDEN: list[Place] = [None] * 10
TURNS_BACK = walk((100, 100), (16, 0), 20) + HIDDEN + walk((400, 105), (-16, 0), 20)
STOPS = walk((100, 100), (14, 6), 20) + HIDDEN + walk((370, 216), (0, 0), 20)
TURNS_A_CORNER = walk((100, 100), (16, 0), 20) + HIDDEN + walk((410, 130), (0, 16), 20)


@pytest.mark.parametrize("path", [TURNS_BACK, STOPS, TURNS_A_CORNER], ids=["turns back", "stops", "turns a corner"])
def test_a_face_that_does_something_else_while_it_is_hidden_stays_itself(path: list[Place]) -> None:
    assert set(ids_along(OcSortTracker(TrackingSettings()), path)) == {1}
    for other in (SortTracker, ByteTracker):
        assert set(ids_along(other(TrackingSettings()), path)) == {1, 2}, "too easy: others do it as well"


def test_the_filter_of_a_face_that_came_back_believes_what_was_observed() -> None:
    trackers: list[Tracker] = [OcSortTracker(TrackingSettings()), SortTracker(TrackingSettings())]
    back_at = (400.0, 130.0)  # it ran on to the right by 16 px a frame until 404, and comes back from below
    ahead = []
    for tracker in trackers:
        ids_along(tracker, [*walk((100, 100), (16, 0), 20), None, None, None, back_at])
        moved = tracker.expected(TrackedFaces(faces(back_at), tracker.live_ids[:1]))
        tracker.update(faces(), 24 / FPS)
        ahead.append(tracker.expected(moved).detections.boxes[0, :2] - back_at)
    from_observations, from_belief = ahead
    assert from_observations[0] < 0 < from_observations[1], "on along the line from 404, 100 to 400, 130"
    assert from_belief[0] > 4, "too easy: SORT does not run on to the right"


def test_of_two_places_that_overlap_about_equally_the_one_ahead_is_it() -> None:
    aside, ahead = (180.0, 121.0), (205.0, 100.0)
    chosen = []
    for tracker in (OcSortTracker(TrackingSettings()), SortTracker(TrackingSettings())):
        ids_along(tracker, walk((100, 100), (4, 0), 21))
        tracked = tracker.update(faces(aside, ahead), 21 / FPS)
        chosen.append(tracked.track_ids.tolist())
    assert chosen == [[2, 1], [1, 2]]


def test_what_the_follower_saw_is_an_observation_too() -> None:
    tracker = OcSortTracker(TrackingSettings())
    ids_along(tracker, walk((100, 100), (16, 0), 10))
    for step in range(3):  # carried away from where the detector saw it, then hidden
        moved = TrackedFaces(faces((244, 100 + 40 * (step + 1))), np.array([1]))
        tracker.correct(moved, (10 + step) / FPS)
    tracker.update(faces(), 20 / FPS)
    assert tracker.update(faces((244, 225)), 22 / FPS).track_ids.tolist() == [1]


def test_what_is_remembered_of_a_track_goes_with_it() -> None:
    tracker = OcSortTracker(TrackingSettings(max_age_s=0.5))
    tracker.update(faces((100, 100), (300, 100)), 0)
    tracker.update(faces((100, 100)), 0.4)
    assert tracker.update(faces((100, 100), (300, 100)), 0.8).track_ids.tolist() == [1, 3]
    tracker.cut()
    assert tracker.update(faces((100, 100)), 0.84).track_ids.tolist() == [4]
