"""Depth in the way of a frame: what it refuses is never followed, what it was seen to confirm does not flicker."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.footage import man
from tests.support.scripted import KnowingDetector, at, scene

from mien.domain.frame import Frame
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.pipeline.camera import StillFollowing
from mien.pipeline.finding import FaceFinder, WaryFinder
from mien.pipeline.following import MISSED_LOOKS, FaceFollowing, Followed
from mien.pipeline.masking import masked
from mien.pipeline.timings import StageTimings
from mien.sources.pixels import ArrayPixels
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.follower import Follower
from mien.tracking.ocsort import OcSortTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import FollowingSettings, Tracker, TrackingSettings
from mien.vision.depth.gate import DepthGate
from mien.vision.depth.masking import GREY
from mien.vision.depth.settings import DepthSettings
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

Depth = NDArray[np.uint16]
SIZE, PLACE, SIDE = (320, 180), (60, 50), 60
METHODS = (SortTracker, ByteTracker, OcSortTracker)
EVERY = 4
GATE = DepthGate(DepthSettings())


def following(detector: Detector, method: type[Tracker] = ByteTracker, gate: DepthGate | None = GATE) -> FaceFollowing:
    timings = StageTimings()
    tracking = TrackingSettings(max_age_s=1.0, max_followed_s=0.5)
    finder, trackers = FaceFinder(detector, gate, timings), (method(tracking), method(replace(tracking, min_hits=1)))
    return FaceFollowing(finder, trackers, Follower(FollowingSettings()), EVERY, timings)


def flat(distance_mm: int = 1000) -> Depth:
    return np.full((SIZE[1], SIZE[0]), distance_mm, np.uint16)


def head(place: tuple[int, int] = PLACE, distance_mm: int = 1000) -> Depth:
    """A ball where the face is, before a wall."""
    rows, columns = np.indices((SIZE[1], SIZE[0]), dtype=np.float64)
    half = SIDE / 2
    inside = 1 - ((columns - place[0] - half) / (1.1 * half)) ** 2 - ((rows - place[1] - half) / (1.1 * half)) ** 2
    depth = np.where(inside > 0, distance_mm + 90 - 90 * np.sqrt(np.maximum(inside, 0)), distance_mm + 800)
    return depth.astype(np.uint16)


def unmeasured() -> Depth:
    return np.zeros((SIZE[1], SIZE[0]), np.uint16)


def shown(depths: Sequence[Depth | None], method: type[Tracker] = ByteTracker) -> list[list[int]]:
    """The tracks that are seen of one face in frames with these depths."""
    follow = following(KnowingDetector(), method).follow  # type: ignore[arg-type]
    frames = (replace(at(scene(SIZE, PLACE), number), depth_mm=depth) for number, depth in enumerate(depths))
    return [follow(frame).faces.track_ids.tolist() for frame in frames]


@pytest.mark.parametrize("method", METHODS)
def test_a_poster_is_never_followed_and_a_head_always(method: type[Tracker]) -> None:
    assert shown([flat()] * 20, method) == [[]] * 20
    assert shown([head()] * 20, method) == [[1]] * 20
    assert shown([head(distance_mm=5000)] * 20, method) == [[]] * 20


def test_where_nobody_is_followed_a_poster_is_none_as_long_as_depth_is_missing_now_and_then() -> None:
    finder = WaryFinder(FaceFinder(KnowingDetector(), GATE, StageTimings()))  # type: ignore[arg-type]

    def faces(number: int, depth: Depth | None) -> int:
        return len(finder.find(replace(at(scene(SIZE, PLACE), number), depth_mm=depth)).faces)

    late = 200
    assert [faces(number, depth) for number, depth in enumerate((flat(), None, unmeasured(), None))] == [0] * 4
    assert faces(4, head()) == 1 and faces(5, flat()) == 0 and faces(late, None) == 1
    assert faces(late + 1, flat()) == 0 and faces(0, None) == 1, "another source that begins"


@pytest.mark.parametrize("method", METHODS)
def test_a_poster_that_was_taken_for_a_face_without_depth_goes_when_there_is_some(method: type[Tracker]) -> None:
    before = [None] * (2 * EVERY)
    ids = shown([*before, *[flat()] * 20], method)
    assert ids[: len(before)] == [[1]] * len(before) and ids[len(before) :] == [[]] * 20


def test_depth_that_is_missing_now_and_then_lets_no_poster_in() -> None:
    assert shown([flat(), *[None] * 7, flat(), *[unmeasured()] * 11, flat(), *[None] * 12]) == [[]] * 33
    late = shown([flat(), *[None] * 40])
    assert late[:25] == [[]] * 25 and late[-1] == [1], "without depth for longer than a second it is as before"


def test_a_head_does_not_flicker_where_one_look_sees_none() -> None:
    looks = [head()] * 3 + [flat()] * MISSED_LOOKS + [head()] * 2 + [flat()] * (MISSED_LOOKS + 1)
    ids = shown([look for look in looks for _ in range(EVERY)])
    assert ids[: -EVERY * (MISSED_LOOKS + 1) + EVERY * MISSED_LOOKS] == [[1]] * (len(ids) - EVERY)
    assert ids[-EVERY:] == [[]] * EVERY, "it went on being flat"


def test_a_head_that_cannot_be_judged_any_more_stays_though_one_look_refused_it() -> None:
    looks = [head(), flat(), *[unmeasured()] * 6]
    assert shown([look for look in looks for _ in range(EVERY)]) == [[1]] * (len(looks) * EVERY)


def test_what_was_refused_before_a_cut_says_nothing_of_what_comes_behind_it() -> None:
    follow = following(KnowingDetector()).follow  # type: ignore[arg-type]
    for number in range(3):
        assert len(follow(replace(at(scene(SIZE, PLACE), number), depth_mm=flat())).faces) == 0
    assert len(follow(at(scene(SIZE, PLACE, seed=2), 3)).faces) == 1


def refusals(depths: Sequence[Depth | None], step: int = 0) -> list[list[tuple[int, float]]]:
    """What is refused in frames with these depths, of a face that goes on by so many px: its track and left edge."""
    follow = following(KnowingDetector()).follow  # type: ignore[arg-type]
    seen = []
    for number, depth in enumerate(depths):
        frame = at(scene(SIZE, (PLACE[0] + step * number, PLACE[1])), number)
        refused = follow(replace(frame, depth_mm=depth)).refused
        lefts = refused.detections.boxes[:, 0].tolist()
        seen.append(list(zip(refused.track_ids.tolist(), lefts, strict=True)))
    return seen


def test_what_is_refused_is_followed_between_looks_as_faces_are() -> None:
    seen = refusals([flat(5000)] * 18, step=3)
    assert [[track for track, _ in one] for one in seen] == [[1]] * 18
    assert [left for ((_, left),) in seen] == pytest.approx([PLACE[0] + 3 * number for number in range(18)], abs=2)


def test_one_bad_look_at_a_head_refuses_nothing_and_a_head_that_came_is_refused_no_more() -> None:
    looks = [[look] * EVERY for look in (head(), flat(), head(), *[flat()] * (MISSED_LOOKS + 1), head(), head())]
    ids = [len(one) for one in refusals([depth for look in looks for depth in look])]
    assert ids == [0] * EVERY * (3 + MISSED_LOOKS) + [1] * EVERY + [0] * 2 * EVERY


def test_a_head_before_a_poster_is_a_face_at_once() -> None:
    assert shown([*[flat()] * EVERY, *[head()] * EVERY]) == [*[[]] * EVERY, *[[1]] * EVERY]


def test_a_poster_beside_a_head_takes_nothing_from_it() -> None:
    follow = following(KnowingDetector()).follow  # type: ignore[arg-type]
    for number in range(12):
        place = (60 + number, 50)
        depth = head(place)
        depth[:, 190:] = 1200
        seen = follow(replace(at(scene(SIZE, place, (220, 60)), number), depth_mm=depth))
        assert seen.faces.track_ids.tolist() == [1]
        assert abs(seen.faces.detections.boxes[0, 0] - place[0]) < 3


def test_pictures_are_judged_one_by_one() -> None:
    finder = FaceFinder(KnowingDetector(), DepthGate(DepthSettings()), StageTimings())  # type: ignore[arg-type]
    follow = StillFollowing(finder).follow
    depths = (flat(), None, head(), flat())
    seen = [follow(replace(at(scene(SIZE, PLACE), n), depth_mm=one)) for n, one in enumerate(depths)]
    assert [(len(one.faces), len(one.refused)) for one in seen] == [(0, 1), (1, 0), (1, 0), (0, 1)]


def test_footage_without_depth_is_to_the_bit_what_it_was(
    weights: WeightStore, take: Callable[[str], InstalledModel]
) -> None:
    detector = load_detector(take("yunet"), DetectionSettings())
    frames = [at(ArrayPixels(picture), number) for number, picture in enumerate(man(weights)[:40])]
    with_gate, without = (
        [following.follow(frame) for frame in frames]
        for following in (following(detector), following(detector, gate=None))
    )
    assert sum(len(one.faces) for one in without) >= 40
    assert [as_bytes(one) for one in with_gate] == [as_bytes(one) for one in without]


def as_bytes(followed: Followed) -> tuple[bytes, ...]:
    found = followed.faces.detections
    columns = (found.boxes, found.scores, found.landmarks, followed.faces.track_ids, followed.is_detected)
    return (*(column.tobytes() for column in columns), repr(followed.ended).encode())


class Recording:
    """A source of frames with and without depth."""

    name, is_live, frame_rate, frame_count, is_still = "recording", False, 25.0, 2, False

    def __init__(self, *frames: Frame) -> None:
        self._frames = frames
        self.is_closed = False

    def frames(self):  # type: ignore[no-untyped-def]
        yield from self._frames

    def close(self) -> None:
        self.is_closed = True


def test_nobody_sees_what_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    picture = scene(SIZE, PLACE)
    recording = Recording(replace(at(picture, 0), depth_mm=head()), at(picture, 1), at(picture, 2))
    assert masked(recording, DepthSettings()) is recording
    source = masked(recording, DepthSettings(mask_background=True, far_m=1.5))
    first, second, third = source.frames()
    assert (source.name, source.frame_rate, source.is_still) == ("recording", 25.0, False)
    whole = first.pixels.bgr()
    middle = slice(PLACE[1] + 15, PLACE[1] + 45), slice(PLACE[0] + 15, PLACE[0] + 45)
    assert (whole[middle] == picture.bgr()[middle]).all() and (whole[:, 150:] == GREY).all()
    assert (first.pixels.scaled(160, 90)[:, 80:] == GREY).all() and (first.pixels.luma(160, 90)[:, 80:] == GREY).all()
    assert (first.pixels.region(200, 10, 300, 100) == GREY).all() and not whole.flags.writeable
    assert (second.pixels.bgr() == GREY).all() and (third.pixels.bgr() == GREY).all()
    assert caplog.text.count("depth.mask_background") == 1
    source.close()
    assert recording.is_closed
