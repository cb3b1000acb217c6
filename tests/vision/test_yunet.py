"""YuNet: the answers of OpenCV's own reading of the file, and faces of every size."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.domain.faces import Detections
from mien.inference.session import Runtime, Session
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.canvas import fit
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.yunet import MOST_SESSIONS, OUTPUTS, YuNetDetector, decode
from mien.vision.detection.suppression import suppress

SETTINGS = DetectionSettings()


def test_boxes_and_landmarks_are_those_of_opencv(
    carphone: tuple[ArrayPixels, ...], astronaut: ArrayPixels, yunet_file: Path, runtime: Runtime
) -> None:
    for pixels in (*carphone, astronaut):
        canvas = fit(pixels.width, pixels.height, 640)
        session = runtime.load(yunet_file, (1, 3, canvas.outer[1], canvas.outer[0]))
        planes = canvas.paint(pixels)
        found = suppress(decode(session.run(planes), canvas.outer[0], 0.6))
        reference = cv2.FaceDetectorYN.create(str(yunet_file), "", canvas.outer, 0.6, 0.3, 5000)
        _, rows = reference.detect(np.ascontiguousarray(planes[0].transpose(1, 2, 0)).astype(np.uint8))
        np.testing.assert_allclose(found.boxes[:, :2], rows[:, :2], atol=0.1)
        np.testing.assert_allclose(found.boxes[:, 2:] - found.boxes[:, :2], rows[:, 2:4], atol=0.1)
        np.testing.assert_allclose(found.landmarks.reshape(-1, 10), rows[:, 4:14], atol=0.1)
        np.testing.assert_allclose(found.scores, rows[:, 14], atol=1e-3)


def test_the_portrait_has_one_face_with_its_eyes_above_its_mouth(detector: Detector, astronaut: ArrayPixels) -> None:
    faces = detector.detect(astronaut)
    assert len(faces) == 1
    assert faces.scores[0] > 0.85
    left_eye, right_eye, nose, left_mouth, right_mouth = faces.landmarks[0]
    assert left_eye[0] < nose[0] < right_eye[0] and left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]
    x1, y1, x2, y2 = faces.boxes[0]
    assert 160 < x1 < left_eye[0] and right_eye[0] < x2 < 300 and 50 < y1 < left_eye[1] and left_mouth[1] < y2 < 230


def test_every_moment_of_the_small_video_has_its_face(detector: Detector, carphone: tuple[ArrayPixels, ...]) -> None:
    assert [len(detector.detect(pixels)) for pixels in carphone] == [1, 1, 1]


def portrait_of(astronaut: ArrayPixels, face_px: int, canvas_px: tuple[int, int]) -> ArrayPixels:
    """The portrait's face at a given height in the middle of a grey picture (width, height)."""
    scale = face_px / 120
    grown = cv2.resize(astronaut.bgr(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else 3)
    middle = np.array([224, 125]) * scale
    width, height = canvas_px
    shift = np.array([[1, 0, width / 2 - middle[0]], [0, 1, height / 2 - middle[1]]])
    return ArrayPixels(cv2.warpAffine(grown, shift, canvas_px, borderValue=(128, 128, 128)))


@pytest.mark.parametrize(
    ("face_px", "canvas_px"),
    [
        (24, (960, 540)),
        (60, (1920, 1080)),
        (300, (1920, 1080)),
        (1000, (1920, 1080)),  # fills a full HD frame
        (1500, (1080, 1920)),  # fills a tall portrait
        (2600, (2400, 2400)),  # more than fills the picture
    ],
)
def test_small_and_very_close_faces_are_both_found(
    detector: Detector, astronaut: ArrayPixels, face_px: int, canvas_px: tuple[int, int]
) -> None:
    faces = detector.detect(portrait_of(astronaut, face_px, canvas_px))
    assert len(faces) == 1
    height = faces.boxes[0, 3] - faces.boxes[0, 1]
    assert 0.7 < height / face_px < 1.3
    middle = faces.landmarks[0, 2]
    np.testing.assert_allclose(middle, np.array(canvas_px) / 2, atol=0.2 * face_px)


@pytest.mark.parametrize("degrees", [-25, 25])
def test_landmarks_of_a_tilted_head_are_measured_again(
    detector: Detector, astronaut: ArrayPixels, degrees: float
) -> None:
    upright = detector.refine(astronaut, detector.detect(astronaut)).landmarks[0]
    turn = cv2.getRotationMatrix2D((224, 125), degrees, 1)
    tilted = ArrayPixels(cv2.warpAffine(astronaut.bgr(), turn, (512, 512)))
    expected = upright @ turn[:, :2].T + turn[:, 2]
    faces = detector.detect(tilted)
    refined = detector.refine(tilted, faces)
    before = np.linalg.norm(faces.landmarks[0] - expected, axis=1).mean()
    after = np.linalg.norm(refined.landmarks[0] - expected, axis=1).mean()
    assert after < 0.8 * before
    assert after < 0.06 * np.linalg.norm(expected[0] - expected[3])
    np.testing.assert_array_equal(refined.boxes, faces.boxes)


def test_what_is_not_found_again_stays_as_it_was(detector: Detector, astronaut: ArrayPixels) -> None:
    faces = detector.detect(astronaut)
    nobody = Detections(faces.boxes, faces.scores, faces.landmarks + np.float32(250))
    both = Detections.concat([nobody, faces])
    refined = detector.refine(astronaut, both)
    np.testing.assert_array_equal(refined.landmarks[0], nobody.landmarks[0])
    assert np.linalg.norm(refined.landmarks[1] - faces.landmarks[0], axis=1).max() < 6
    assert len(detector.refine(astronaut, Detections.empty())) == 0


def test_settings_say_what_counts(
    astronaut: ArrayPixels, yunet_file: Path, runtime: Runtime, detector: Detector
) -> None:
    height = np.ptp(detector.detect(astronaut).boxes[0, ::2])
    too_small = YuNetDetector(runtime, yunet_file, replace(SETTINGS, min_face_px=int(height) + 5))
    too_unsure = YuNetDetector(runtime, yunet_file, replace(SETTINGS, min_score=0.99))
    assert len(too_small.detect(astronaut)) == 0
    assert len(too_unsure.detect(astronaut)) == 0


def test_an_empty_picture_has_no_face(detector: Detector) -> None:
    for shape in ((1, 1, 3), (3, 700, 3), (480, 640, 3)):
        assert len(detector.detect(ArrayPixels(np.full(shape, 90, np.uint8)))) == 0


class SilentSession:
    """A network that sees nothing, of one size."""

    outputs = OUTPUTS

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.input_shape = (None, *shape[1:])
        self._cells = {stride: shape[2] * shape[3] // stride**2 for stride in (8, 16, 32)}

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        assert batch.shape[1:] == self.input_shape[1:]
        width = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
        return {
            name: np.zeros((1, self._cells[int(name.split("_")[1])], width[name.split("_")[0]]), np.float32)
            for name in OUTPUTS
        }


class CountingRuntime:
    name = "counting"

    def __init__(self) -> None:
        self.loaded: list[tuple[int, ...]] = []

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None) -> Session:
        assert input_shape is not None
        self.loaded.append(input_shape)
        return SilentSession(input_shape)


def test_sizes_seen_lately_are_not_compiled_again() -> None:
    runtime = CountingRuntime()
    detector = YuNetDetector(runtime, Path("nowhere.onnx"), SETTINGS)
    heights = [540, 540, 480, 540]
    for height in heights:
        detector.detect(ArrayPixels(np.zeros((height, 960, 3), np.uint8)))
    assert len(runtime.loaded) == 2
    for long in range(100, 100 + 80 * (MOST_SESSIONS + 1), 80):
        for shape in ((100, long, 3), (long, 100, 3)):
            detector.detect(ArrayPixels(np.zeros(shape, np.uint8)))
    before = len(runtime.loaded)
    detector.detect(ArrayPixels(np.zeros((540, 960, 3), np.uint8)))
    assert len(runtime.loaded) == before + 1  # forgotten, as memory is not for every size ever seen


def test_only_large_canvases_are_looked_at_twice() -> None:
    runtime = CountingRuntime()
    detector = YuNetDetector(runtime, Path("nowhere.onnx"), SETTINGS)
    detector.detect(ArrayPixels(np.zeros((1080, 1920, 3), np.uint8)))
    assert runtime.loaded == [(1, 3, 544, 960)]
    detector.detect(ArrayPixels(np.zeros((2000, 2000, 3), np.uint8)))
    assert runtime.loaded[1:] == [(1, 3, 960, 960), (1, 3, 320, 320)]
