"""Previews are made once for all, only while somebody looks, and show nobody who must not be shown."""

from dataclasses import replace
from threading import Event

import cv2
import numpy as np
import pytest
from tests.support.faces import HandClock
from tests.support.scripted import at, texture

from mien.domain.errors import SourceUnreadable
from mien.domain.readings import FaceReading, FrameReading
from mien.engine.serving.previews import Preview, Previews, PreviewSettings
from mien.sources.pixels import ArrayPixels

BOX = (40.0, 40.0, 80.0, 80.0)
STRANGER = FaceReading(
    1,
    BOX,
    (),
    0.9,
    "measured",
    "unknown",
    "unknown-0001",
    "",
    0.1,
    0.0,
    "",
    0.0,
    (),
    (),
    "",
    0.9,
    "",
    "measured",
    "measured",
)
KNOWN = replace(STRANGER, identity="known", person_id="person-0001", person_name="Ann")
PICTURE = texture(160, 120, 3)


class Told:
    """Remembers previews, and lets a test wait for the next."""

    def __init__(self) -> None:
        self.previews: list[Preview] = []
        self._came = Event()

    def __call__(self, preview: Preview) -> None:
        self.previews.append(preview)
        self._came.set()

    def wait(self) -> Preview:
        assert self._came.wait(5)
        self._came.clear()
        return self.previews[-1]


def reading(index: int, *faces: FaceReading, camera: str = "door") -> FrameReading:
    return FrameReading(camera, index, index / 5, 160, 120, 0.0, faces)


def shown(preview: Preview) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(preview.jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def test_nothing_is_made_while_nobody_looks_and_each_once_however_many_do(clock, monkeypatch):
    told, made = Told(), []
    encode = cv2.imencode
    monkeypatch.setattr(cv2, "imencode", lambda *values: made.append(1) or encode(*values))
    with Previews(told, clock) as previews:
        sink = previews.sink("door")
        for index in range(5):
            sink.add(at(ArrayPixels(PICTURE), index), reading(index))
        assert not made
        for who in range(50):
            previews.want(who, None if who % 2 else {"door"}, 2.0)
        for index in range(5, 55):  # ten seconds of 5 frames each
            clock.passed_s = index / 5
            before = len(told.previews)
            sink.add(at(ArrayPixels(PICTURE), index, captured_s=clock.passed_s), reading(index))
            if index % 5 in (0, 2):
                told.wait() if len(told.previews) == before else None
        assert 18 <= len(made) <= 21
        for who in range(50):
            previews.leave(who)
        count = len(made)
        sink.add(at(ArrayPixels(PICTURE), 99, captured_s=clock.passed_s), reading(99))
        previews.want("another", {"yard"}, 10.0)
        sink.add(at(ArrayPixels(PICTURE), 100, captured_s=clock.passed_s), reading(100))
    assert len(made) == count


def test_a_picture_is_to_be_had_while_nobody_looks_but_no_old_one(clock):
    previews = Previews(Told(), clock)
    sink = previews.sink("door")
    assert previews.picture("door") is None and previews.picture("yard") is None
    sink.add(at(ArrayPixels(PICTURE), 7), reading(7))
    found = previews.picture("door")
    assert (found.index, found.width, found.height) == (7, 160, 120) and previews.picture("door") is found
    assert np.abs(shown(found).astype(int) - PICTURE).mean() < 8
    clock.passed_s = 60.0
    assert previews.picture("door") is None


def test_where_no_pictures_are_to_be_shown_none_is_made_whoever_asks(clock):
    made = Told()
    with Previews(made, clock, PreviewSettings(most_per_s=0.0)) as previews:
        sink = previews.sink("door")
        previews.want("somebody", None, 10.0)
        sink.add(at(ArrayPixels(PICTURE), 7), reading(7))
        assert previews.picture("door") is None
    assert not made.previews


def test_strangers_are_blurred_before_they_are_seen_first_too(clock):
    previews = Previews(Told(), clock, PreviewSettings(quality=100))
    sink, region = previews.sink("door", hides_strangers=True, reach=2), np.s_[45:75, 45:75]
    looks = {}
    for index, faces in enumerate([(), (), (STRANGER,), (STRANGER,), (KNOWN,), (KNOWN,), (KNOWN,), (KNOWN,), (KNOWN,)]):
        sink.add(at(ArrayPixels(PICTURE), index), reading(index, *faces))
        if (found := previews.picture("door")) is not None:
            looks[found.index] = np.abs(shown(found)[region].astype(int) - PICTURE[region]).mean()
    assert sorted(looks) == [0, 1, 2, 3, 4, 5, 6]
    assert all(looks[index] > 10 for index in range(4)) and all(looks[index] < 4 for index in range(4, 7))


def test_a_large_picture_is_made_smaller_and_boxes_with_it(clock):
    previews = Previews(Told(), clock, PreviewSettings(width=80, quality=100))
    sink = previews.sink("door", hides_strangers=True)
    sink.add(at(ArrayPixels(PICTURE), 0), reading(0, STRANGER))
    found = previews.picture("door")
    small = cv2.resize(PICTURE, (80, 60), interpolation=cv2.INTER_AREA)
    off = np.abs(shown(found).astype(int) - small).mean(axis=2)
    assert (found.width, found.height) == (160, 120) and shown(found).shape == (60, 80, 3)
    assert off[22:38, 22:38].mean() > 10 and off[:10, :10].mean() < 4 and off[50:, 60:].mean() < 4


def test_a_picture_that_cannot_be_converted_stops_no_other(clock, caplog):
    class Broken(ArrayPixels):
        def scaled(self, width, height):
            raise SourceUnreadable("the video holds a picture that cannot be converted")

    told = Told()
    with Previews(told, clock) as previews:
        broken, whole = previews.sink("yard"), previews.sink("door")
        previews.want("somebody", None, 10.0)
        broken.add(at(Broken(PICTURE), 0, camera="yard"), reading(0, camera="yard"))
        whole.add(at(ArrayPixels(PICTURE), 0), reading(0))
        assert told.wait().camera == "door"
    assert "yard cannot be shown: the video holds a picture" in caplog.text
