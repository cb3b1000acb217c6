"""Strangers are blurred beyond recognition, before they are seen first too; who is known stays as sharp as he was."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.faces import Detections
from mien.domain.readings import Refused
from mien.results.drawing.blurring import Shown, StrangerBlur, blurred
from mien.results.rows import FinalIdentity
from mien.results.writer import ResultSettings, ResultWriter
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.recogniser import Recogniser

SAME_PERSON = 0.28
NOISE = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)


@pytest.fixture(scope="module")
def detector(take) -> Detector:
    return load_detector(take("yunet"), DetectionSettings())


@pytest.fixture(scope="module")
def recogniser(take) -> Recogniser:
    return load_recogniser(take("mobilefacenet"), "yunet")


def pictures(weights, catalog) -> list[np.ndarray]:
    """The portrait, small and as it is, and the man in the car at three moments."""
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 100)
    with av.open(str(weights.path(catalog.card("carphone")))) as video:
        frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    return [portrait, np.ascontiguousarray(portrait[::3, ::3]), frames[5], frames[60], frames[110]]


def embedded(recogniser: Recogniser, picture: np.ndarray, face: Detections):
    return recogniser.recognise(cut(ArrayPixels(picture), face, recogniser.crop)).embeddings


def test_a_blurred_face_is_neither_recognised_nor_found(detector, recogniser, weights, catalog) -> None:
    for picture in pictures(weights, catalog):
        (face,) = [detector.detect(ArrayPixels(picture)).select(np.array([0]))]
        hidden = blurred(picture, [tuple(face.boxes[0])])
        similarity = embedded(recogniser, picture, face).similarity(embedded(recogniser, hidden, face))[0, 0]
        assert similarity < SAME_PERSON - 0.1, "where the face was, nothing is left that is it"
        assert len(detector.detect(ArrayPixels(hidden))) == 0


def test_what_is_not_blurred_stays_as_it_was_and_so_does_the_source() -> None:
    before = NOISE.copy()
    hidden = blurred(NOISE, [(40.0, 40.0, 60.0, 60.0), (150.0, -5.0, 170.0, 10.0), (500.0, 0.0, 510.0, 9.0)])
    assert (before == NOISE).all()
    changed = (hidden != NOISE).any(axis=2)
    assert changed[35:65, 35:65].mean() > 0.95 and changed[:14, 145:].mean() > 0.9
    changed[35:65, 35:65] = changed[:14, 145:] = False
    assert not changed.any()


def test_of_a_face_no_more_is_left_than_a_few_means() -> None:
    first, second = NOISE.copy(), NOISE.copy()
    second[40:80, 40:80] = np.roll(second[40:80, 40:80], 1, axis=0)  # other details, nearly the same means
    boxes = [(20.0, 20.0, 100.0, 100.0)]
    assert np.abs(blurred(first, boxes).astype(int) - blurred(second, boxes)).max() <= 2


def shown(reading) -> Shown:
    return Shown(NOISE, reading)


def hides(one: Shown, x: int = 28, y: int = 20) -> bool:
    """Whether the pixel in the middle of a face is not what it was."""
    return bool((one.picture[y - 3 : y + 4, x - 3 : x + 4] != NOISE[y - 3 : y + 4, x - 3 : x + 4]).mean() > 0.5)


def run(blur: StrangerBlur, readings) -> list[Shown]:
    return [one for reading in readings for one in blur.add(shown(reading))] + list(blur.finish())


@pytest.mark.parametrize(("identity", "is_hidden"), [("known", False), ("unknown", True), ("undecided", True)])
def test_whoever_is_not_known_is_a_stranger(make_face, make_reading, identity, is_hidden) -> None:
    (one,) = run(StrangerBlur(0), [make_reading(0, make_face(1, identity=identity))])
    assert hides(one) == is_hidden


def test_a_face_is_blurred_until_it_is_known(make_face, make_reading) -> None:
    readings = [make_reading(n, make_face(1, identity="known" if n >= 3 else "undecided")) for n in range(6)]
    frames = run(StrangerBlur(2), readings)
    assert [one.reading.index for one in frames] == list(range(6))
    assert [hides(one) for one in frames] == [True] * 3 + [False] * 3


def test_a_stranger_is_blurred_before_he_is_seen_and_after_he_was_lost(make_face, make_reading) -> None:
    readings = [make_reading(n, *([make_face(1)] if 6 <= n < 9 else [])) for n in range(16)]
    assert [hides(one) for one in run(StrangerBlur(4), readings)] == [2 <= n < 13 for n in range(16)]


def test_what_the_depth_refused_is_blurred_as_a_stranger_is(make_face, make_reading) -> None:
    box = make_face(1).box
    friend = make_face(4, identity="known")
    readings = [replace(make_reading(n, friend), refused=(Refused(4, box),) if 6 <= n < 9 else ()) for n in range(16)]
    frames = run(StrangerBlur(4), readings)
    assert [hides(one) for one in frames] == [2 <= n < 13 for n in range(16)]
    assert not any(hides(one, x=88) for one in frames), "the friend has the same number, and is somebody else"


def test_where_another_face_is_seen_it_counts_who_that_is(make_face, make_reading) -> None:
    stranger = make_face(1)
    friend = make_face(2, identity="known", box=stranger.box)
    readings = [make_reading(n, friend if n < 5 or n >= 8 else stranger) for n in range(12)]
    assert [hides(one) for one in run(StrangerBlur(4), readings)] == [5 <= n < 8 for n in range(12)]


def test_a_known_face_beside_a_stranger_stays_sharp(make_face, make_reading) -> None:
    (one,) = run(StrangerBlur(0), [make_reading(0, make_face(1), make_face(4, identity="known"))])
    assert hides(one) and not hides(one, x=88)


def thumbnail(folder: Path) -> bytes:
    import base64
    import re

    page = (folder / "report.html").read_text(encoding="utf-8")
    return base64.b64decode(re.findall(r"data:image/jpeg;base64,([^\"]+)", page)[0])


@pytest.mark.parametrize(("identity", "is_found"), [("known", True), ("unknown", False), ("undecided", False)])
def test_the_report_shows_strangers_blurred_by_what_they_were_in_the_end(
    tmp_path, clock, summary, make_face, make_reading, detector, weights, catalog, identity, is_found
) -> None:
    import cv2

    portrait = pictures(weights, catalog)[0]
    x1, y1, x2, y2 = (int(side) for side in detector.detect(ArrayPixels(portrait)).boxes[0])
    crop = portrait[max(y1 - 25, 0) : y2 + 25, max(x1 - 25, 0) : x2 + 25]
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, ResultSettings(blur_strangers=True)) as writer:
        results = writer.start("clip.mp4", 10.0)
        results.add(None, make_reading(0, make_face(1, identity="undecided")))
        writer.best_shot("clip.mp4", 1, crop)
        results.finish({1: FinalIdentity(identity, "" if identity == "undecided" else "somebody")})
        writer.close(summary)
    small = cv2.imdecode(np.frombuffer(thumbnail(tmp_path), np.uint8), cv2.IMREAD_COLOR)
    assert bool(len(detector.detect(ArrayPixels(np.asarray(small, np.uint8))))) == is_found


def test_every_frame_of_a_video_is_written_in_its_place(
    tmp_path, clock, summary, make_face, make_reading, make_frame
) -> None:
    wanted = ResultSettings(video=True, blur_strangers=True, unseen_frames=4)
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, wanted) as writer:
        results = writer.start("clip.mp4", 10.0)
        for index in range(10):
            reading = make_reading(index, make_face(1))
            results.add(replace(make_frame(reading), captured_s=float(index)), reading)
        results.finish({})
        writer.close(summary)
    with av.open(str(tmp_path / "annotated.mp4")) as video:
        times = [float(frame.time) for frame in video.decode(video=0)]
    assert times == pytest.approx([index / 10 for index in range(10)], abs=1e-3)
