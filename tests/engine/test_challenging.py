"""What looks at somebody who is challenged, with the real models on real faces."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.domain.clock import SystemClock
from mien.domain.errors import SourceUnreadable
from mien.engine.challenging import Watcher, opened
from mien.gallery.challenge.challenge import Challenge
from mien.gallery.challenge.moves import MOVES, Neutral
from mien.gallery.matching.thresholds import MatchingSettings
from mien.sources.pixels import ArrayPixels
from mien.sources.video import open_video_file
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import (
    load_classifier,
    load_detector,
    load_eye_reader,
    load_judge,
    load_mesher,
    load_recogniser,
)
from mien.vision.quality.measured_assessor import MeasuredAssessor


@pytest.fixture(scope="module")
def watcher(take) -> Watcher:
    detector = load_detector(take("yunet"), DetectionSettings())
    return Watcher(
        detector,
        MeasuredAssessor(),
        load_recogniser(take("mobilefacenet"), detector.model),
        load_mesher(take("face-mesh")),
        load_eye_reader(take("eye-contours")),
        load_judge(take("minifasnet")),
        load_classifier(take("fer8-mobilefacenet")),
        MatchingSettings(),
    )


@pytest.fixture(scope="module")
def film(catalog, weights) -> list[ArrayPixels]:
    source = open_video_file(str(weights.path(catalog.card("carphone"))), SystemClock())
    return [ArrayPixels(np.array(frame.pixels.bgr())) for frame in source.frames()]


def test_a_man_who_blinks_is_seen_to_do_that_and_nothing_else(watcher, film):
    faces = [watcher.look(film[at], at / 30).face for at in (0, 2, 4, 38, 42, 46)]
    neutral = Neutral.of(faces[:3])
    shown = [[move for move in MOVES if neutral.signs(face).shows(move)] for face in faces]
    assert shown == [[], [], [], [], ["blink"], []]
    assert min(neutral.signs(face).likeness for face in faces) > 0.6
    assert {face.liveness for face in faces} == {None}, "so small a face is not judged"
    larger = ArrayPixels(cv2.resize(film[0].bgr(), None, fx=2, fy=2))
    assert watcher.look(larger, 0.0).face.liveness > 0.9


def test_nobody_and_several_are_told(watcher, film):
    assert watcher.look(ArrayPixels(np.full((200, 200, 3), 90, np.uint8)), 0.0).reason == "come into view"
    two = ArrayPixels(np.hstack([film[0].bgr(), film[0].bgr()]))
    assert watcher.look(two, 1.0).is_crowd and watcher.look(two, 1.0).face is None


def test_somebody_small_in_the_background_does_not_matter(watcher, film):
    near = cv2.resize(film[0].bgr(), None, fx=3, fy=3)
    small = film[0].bgr()
    near[: small.shape[0], : small.shape[1]] = small
    assert watcher.look(ArrayPixels(near), 0.0).face is not None


def test_where_expressions_may_not_be_read_nobody_is_asked_to_smile(watcher, film):
    blind = replace(watcher, classifier=None)
    assert watcher.moves == MOVES and blind.moves == ("left", "right", "nod", "blink")
    assert blind.look(film[0], 0.0).face.happiness == 0


def test_frames_that_are_none_or_too_large_are_refused():
    for content in (b"", b"no picture", cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()):
        with pytest.raises(SourceUnreadable):
            opened(content)
    with pytest.raises(SourceUnreadable, match="too large"):
        opened(cv2.imencode(".jpg", np.zeros((1200, 1600, 3), np.uint8))[1].tobytes())


def test_a_woman_who_turns_her_head_is_seen_to_and_one_picture_of_her_is_not(watcher, shared: Path):
    source = open_video_file(str(shared / "data" / "videos" / "acted-d3.mp4"), SystemClock())
    frames = [(frame.time_s, frame.pixels) for frame in source.frames()][12:190:3]
    moving, still = Challenge(("left", "nod")), Challenge(("left", "nod"))
    for time_s, pixels in frames:
        moving.consider(watcher.look(pixels, time_s))
    first = watcher.look(frames[0][1], frames[0][0])
    for time_s, _ in frames:
        still.consider(replace(first, time_s=time_s))
    assert (moving.progress.done, still.progress.done) == (1, 0)
