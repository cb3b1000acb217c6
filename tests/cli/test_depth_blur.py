"""Whoever the depth refuses is a stranger all the same: where strangers are blurred, no picture shows him."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.depth import Scene, portraits
from tests.support.encoding import read_pictures
from tests.support.footage import man
from tests.support.recorded_depth import write_recording
from tests.support.sheets import View

from mien.api.analyzer import Analyzer
from mien.desk.drawing.painting import Look, Painter
from mien.desk.feed import Feed
from mien.domain.clock import SystemClock
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.serving.previews import Previews
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.settings import load_settings
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector
from mien.wiring.sources import open_whole

Picture = NDArray[np.uint8]
FRAMES, STEP_PX, REACH = 14, 4, 8
SIZE = (640, 480)
FAR_M = "1.5"


@pytest.fixture(scope="module")
def detector(take: Callable[[str], InstalledModel]) -> Detector:
    return load_detector(take("yunet"), DetectionSettings())


@pytest.fixture(scope="module")
def recording(
    tmp_path_factory: pytest.TempPathFactory, weights: WeightStore, take: Callable[[str], InstalledModel]
) -> Path:
    """A man at 0.9 m, and behind him one who walks by at 2.4 m, farther than faces are wanted."""
    sitting, passing = portraits(man(weights)[:40:30], take)
    scene = Scene(View(SIZE), np.random.default_rng(1))
    scene.put_wall(0, 3200)
    scene.put_wall(1, 3200)
    scene.put_person(0, "true", sitting, 900)
    scene.put_person(1, "passer-by", passing, 2400)
    shots = []
    for number in range(FRAMES):
        picture, depth = scene.picture.copy(), scene.frame(number).depth_mm
        assert depth is not None
        for layer in (picture, depth):
            layer[:, SIZE[0] // 2 :] = np.roll(layer[:, SIZE[0] // 2 :], STEP_PX * number, axis=1)
        shots.append((picture, depth))
    return write_recording(tmp_path_factory.mktemp("recorded") / "pass", shots, frame_rate=12)


def passers(detector: Detector, pictures: list[Picture]) -> list[int]:
    """How many faces are found in the right half of each picture."""
    halves = [np.ascontiguousarray(picture[:, picture.shape[1] // 2 :]) for picture in pictures]
    return [len(detector.detect(ArrayPixels(half))) for half in halves]


def test_no_annotated_picture_shows_who_passes_by(
    mien, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detector: Detector
) -> None:
    monkeypatch.setenv("MIEN_DEPTH__FAR_M", FAR_M)

    def written(name: str) -> list[Picture]:
        assert mien("analyze", recording, "--out", tmp_path / name, "--video").code == 0
        assert (tmp_path / name / "tracks.csv").read_text().count("\n") == 2, "he was not refused"
        return list(read_pictures(tmp_path / name / "annotated.mp4", FRAMES + 1))

    assert passers(detector, written("shown")) == [1] * FRAMES, "too easy: nobody could be found there"
    monkeypatch.setenv("MIEN_PRIVACY__BLUR_STRANGERS", "true")
    assert passers(detector, written("hidden")) == [0] * FRAMES


@pytest.fixture
def read(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Frame, FrameReading]]:
    """The frames of the recording and what was read of them: one face in each, and somebody who was refused."""
    monkeypatch.setenv("MIEN_DEPTH__FAR_M", FAR_M)
    settings = load_settings()
    with Analyzer(settings, home=tmp_path / "home") as analyzer:
        readings = list(analyzer.video(recording))
    with closing(open_whole(str(recording), settings, SystemClock())) as source:
        frames = list(source.frames())
    assert [(len(one.faces), len(one.refused)) for one in readings] == [(1, 1)] * FRAMES
    return list(zip(frames, readings, strict=True))


def previews(read: list[tuple[Frame, FrameReading]], *, hides: bool) -> Iterator[Picture]:
    """What the web shows of a camera, frame by frame."""
    made = Previews(lambda _: None, SystemClock())
    sink = made.sink("desk", hides_strangers=hides, reach=REACH)
    for frame, reading in read:
        sink.add(frame, reading)
        if (preview := made.picture("desk")) is not None:
            yield np.asarray(cv2.imdecode(np.frombuffer(preview.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def windows(read: list[tuple[Frame, FrameReading]], *, hides: bool) -> Iterator[Picture]:
    """What the window shows, and its screenshots with it."""
    feed, painter = Feed(reach=REACH), Painter((0.3, 4.0))
    for frame, reading in read:
        feed.add(frame, reading)
        seen = feed.newest(hides_strangers=hides)
        assert seen is not None
        yield painter.paint(seen, Look(has_bars=False, hides_strangers=hides), SIZE, 0.0)


@pytest.mark.parametrize(("show", "least"), [(previews, FRAMES - REACH), (windows, FRAMES)], ids=["web", "window"])
def test_no_live_picture_shows_who_passes_by(
    read: list[tuple[Frame, FrameReading]],
    detector: Detector,
    show: Callable[..., Iterator[Picture]],
    least: int,
) -> None:
    assert passers(detector, list(show(read, hides=False))) == [1] * FRAMES, "too easy: nobody could be found there"
    hidden = list(show(read, hides=True))
    assert passers(detector, hidden) == [0] * len(hidden) and len(hidden) == least
