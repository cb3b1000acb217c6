"""Material in two parts, with the real networks on few pictures."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import Take

from mien.domain.errors import UsageError
from mien.domain.frame import Pixels
from mien.evaluation.detection import MarkedPicture
from mien.evaluation.expressions import LabelledPictures
from mien.evaluation.faces import FaceReader
from mien.evaluation.trials import DetectionTrial, EmotionTrial, VerificationTrial, calibrating
from mien.evaluation.verification import Pairs
from mien.inference.installed import InstalledModel
from mien.inference.measuring.recording import RecordingRuntime
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector, load_recogniser


def open_picture(path: Path) -> Pixels:
    return ArrayPixels(read_picture(str(path), 10.0))


@pytest.fixture(scope="module")
def images(weights, catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One woman, brighter from picture to picture, and a picture without anybody."""
    folder = tmp_path_factory.mktemp("images")
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 10.0)[:300, 80:380]
    for number in range(1, 10):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.clip(portrait * (0.7 + number / 20), 0, 255))
    assert cv2.imwrite(str(folder / "nobody.png"), np.full((120, 120, 3), 90, np.uint8))
    return folder


@pytest.fixture(scope="module")
def detector(take: Take) -> Detector:
    return load_detector(take("yunet"), DetectionSettings())


def recording(model: InstalledModel) -> tuple[InstalledModel, RecordingRuntime]:
    recorder = RecordingRuntime(model.runtime)
    return replace(model, runtime=recorder), recorder


def test_every_eighth_item_calibrates() -> None:
    assert np.flatnonzero(calibrating(17)).tolist() == [0, 8, 16]
    with pytest.raises(UsageError, match="at least 8 labelled items"):
        calibrating(7)


def test_pairs_calibrate_on_pictures_that_do_not_measure(images: Path, detector: Detector, take: Take) -> None:
    model = take("mobilefacenet")
    reader = FaceReader(open_picture, detector, load_recogniser(model, detector.model))
    first = ("1.png", "3.png", "4.png", "5.png", "6.png", "7.png", "8.png", "nobody.png", "9.png")
    second = ("2.png", "4.png", "5.png", "6.png", "7.png", "8.png", "3.png", "3.png", "3.png")
    pairs = Pairs(first, second, np.ones(9, np.bool_), np.zeros(9, np.int64))

    trial = VerificationTrial.of(pairs, images, reader)
    recorded, recorder = recording(model)
    trial.calibrate(recorded)

    assert trial.calibrating == ("1.png", "2.png", "9.png")  # 3.png is in pairs of both parts
    assert len(recorder.recorded[model.paths[0]]) == 3
    assert trial.on == "7 pairs"
    assert trial.accuracy(model) == pytest.approx(6 / 7), "a picture without a face is an error"


def test_expressions_calibrate_on_the_one_part_and_measure_on_the_other(detector: Detector, take: Take) -> None:
    model = take("fer8-mobilefacenet")
    greys = [np.full((48, 48), 100 + number, np.uint8) for number in range(16)]
    openers = tuple((lambda grey=grey: ArrayPixels(grey)) for grey in greys)
    answer = load_answer(model, greys[0])
    truth = np.full(16, answer)
    truth[[0, 8, 3]] = (answer + 1) % 7
    trial = EmotionTrial(LabelledPictures(openers, truth), detector)
    recorded, recorder = recording(model)

    trial.calibrate(recorded)

    kept = recorder.recorded[model.paths[0]]
    assert [float(one.mean()) for one in kept] == [100, 108]
    assert trial.on == "14 pictures"
    assert trial.accuracy(model) == pytest.approx(13 / 14)


def load_answer(model: InstalledModel, grey: np.ndarray) -> int:
    (scores,) = model.load().run(grey[None, None].astype(np.float32)).values()
    return int(scores[0].argmax())


def test_detectors_calibrate_on_the_one_part_and_measure_on_the_other(
    images: Path, detector: Detector, take: Take
) -> None:
    model = take("yunet")
    found = detector.detect(open_picture(images / "2.png")).boxes
    truth = tuple(MarkedPicture(f"{number}.png", found) for number in range(1, 10))
    trial = DetectionTrial(truth, images, open_picture, DetectionSettings(long_side_px=320))
    recorded, recorder = recording(model)

    trial.calibrate(recorded)

    assert {one.shape[2:] for one in recorder.recorded[model.paths[0]]} >= {(320, 320)}
    assert trial.on == "7 faces of 7 pictures"
    assert trial.accuracy(model) == 1.0
