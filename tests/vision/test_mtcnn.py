"""MTCNN: the way of a candidate through the three networks, and real faces."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import installed

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.domain.geometry import iou
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout
from mien.inference.session import Session
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.mtcnn import MtcnnDetector

LAYOUT = InputLayout((3, 24, 24), "rgb", 127.5, 1 / 128)
SETTINGS = DetectionSettings(long_side_px=480, min_face_px=1)
CELL = (30, 11)
"""Column and row of the one cell of the largest level in which the first network sees a face."""


class Stage:
    """A network that gives the same answer to everything, the first to one cell of its largest picture."""

    input_shape: tuple[int | None, ...] = (None, None, None, 3)
    outputs = ("offsets", "probabilities")

    def __init__(self, number: int, seen: list[Floats]) -> None:
        self._number = number
        self._seen = seen

    def run(self, batch: Floats) -> dict[str, Floats]:
        self._seen.append(batch.copy())
        if self._number == 0:
            return self._proposals(*batch.shape[1:3])
        face = np.tile(np.array([[0.1, 0.9]], np.float32), (len(batch), 1))
        offsets = np.tile(np.array([[0.1, 0.2, 0.0, -0.1]], np.float32), (len(batch), 1))
        points = np.tile(np.array([[0.3, 0.7, 0.5, 0.4, 0.6, 0.3, 0.3, 0.5, 0.8, 0.8]], np.float32), (len(batch), 1))
        stage = {"offsets": offsets, "probabilities": face}
        return stage if self._number == 1 else {**stage, "points": points}

    def _proposals(self, width: int, height: int) -> dict[str, Floats]:
        cells = (1, (width - 10) // 2, (height - 10) // 2)
        probabilities, offsets = np.zeros((*cells, 2), np.float32), np.zeros((*cells, 4), np.float32)
        if width == 288:
            probabilities[0, CELL[0], CELL[1], 1] = 0.8
            offsets[0, CELL[0], CELL[1]] = (0.25, 0.0, 0.0, 0.0)
        return {"offsets": offsets, "probabilities": probabilities}


class Stages:
    name = "stages"
    precisions = ("f32",)

    def __init__(self) -> None:
        self.seen: list[list[Floats]] = [[], [], []]

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: str = "f32") -> Session:
        return Stage(int(path.name), self.seen[int(path.name)])


def staged(runtime: Stages, order: tuple[int, int, int] = (0, 1, 2)) -> InstalledModel:
    model = installed(Path("0"), runtime, LAYOUT, "mtcnn")
    return replace(model, paths=tuple(Path(str(number)) for number in order))


def moved(box: Floats, offsets: tuple[float, ...]) -> Floats:
    width, height = box[2] - box[0], box[3] - box[1]
    return box + np.array(offsets) * (width, height, width, height)


def square(box: Floats) -> Floats:
    centre, half = (box[:2] + box[2:]) / 2, max(box[2] - box[0], box[3] - box[1]) / 2
    return np.array([*(centre - half), *(centre + half)])


def test_a_candidate_goes_through_three_networks() -> None:
    runtime = Stages()
    detector = MtcnnDetector(staged(runtime), SETTINGS)
    picture = np.zeros((200, 240, 3), np.uint8)
    picture[...] = (255, 0, 127)  # BGR
    faces = detector.detect(ArrayPixels(picture))
    # 240 px are enlarged to 480, where a face of 20 px is the smallest: 12 px of the first level are 20 of the copy
    assert runtime.seen[0][0].shape == (1, 288, 240, 3), "columns first"
    np.testing.assert_allclose(runtime.seen[0][0][0, 0, 0], (-0.00390625, -0.99609375, 0.99609375))  # RGB
    proposal = np.array([2 * CELL[0], 2 * CELL[1], 2 * CELL[0] + 12, 2 * CELL[1] + 12]) / 1.2
    first = square(moved(proposal, (0.25, 0, 0, 0)))
    second = square(moved(first, (0.1, 0.2, 0.0, -0.1)))
    assert len(faces) == 1 and faces.scores[0] == np.float32(0.9)
    np.testing.assert_allclose(faces.boxes[0], moved(second, (0.1, 0.2, 0.0, -0.1)), rtol=1e-5)
    shares = (faces.landmarks[0] - second[:2]) / (second[2] - second[0])
    np.testing.assert_allclose(shares, [(0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.4, 0.8), (0.6, 0.8)], rtol=1e-4)
    assert [batch.shape for batch in (*runtime.seen[1], *runtime.seen[2])] == [(1, 24, 24, 3), (1, 48, 48, 3)]


@pytest.mark.parametrize(
    ("min_face_px", "long_side_px", "width"), [(1, 480, 288), (40, 480, 72), (1, 240, 144), (1, 120, 72)]
)
def test_the_pyramid_starts_at_the_smallest_face_that_is_wanted(
    min_face_px: int, long_side_px: int, width: int
) -> None:
    runtime = Stages()
    settings = DetectionSettings(min_face_px=min_face_px, long_side_px=long_side_px)
    MtcnnDetector(staged(runtime), settings).detect(ArrayPixels(np.zeros((120, 240, 3), np.uint8)))
    widths = [level.shape[1] for level in runtime.seen[0]]
    assert widths[0] == width
    assert all(0.70 < smaller / larger < 0.73 for larger, smaller in pairwise(widths))
    assert min(level.shape[2] for level in runtime.seen[0]) >= 12


def test_pictures_too_small_for_a_face_have_none() -> None:
    runtime = Stages()
    detector = MtcnnDetector(staged(runtime), SETTINGS)
    assert len(detector.detect(ArrayPixels(np.zeros((5, 300, 3), np.uint8)))) == 0
    assert runtime.seen[0] == []


def test_files_in_the_wrong_order_are_refused() -> None:
    detector = MtcnnDetector(staged(Stages(), (0, 2, 1)), SETTINGS)
    with pytest.raises(ModelCorrupt, match="file 2 of own gives 1×4, 1×2, 1×10, expected n×2, n×4"):
        detector.detect(ArrayPixels(np.zeros((200, 240, 3), np.uint8)))


@pytest.fixture(scope="module")
def mtcnn(take: Callable[[str], InstalledModel]) -> MtcnnDetector:
    return MtcnnDetector(take("mtcnn"), DetectionSettings(min_score=0.7))


def test_faces_and_landmarks_are_those_that_another_detector_sees(
    mtcnn: MtcnnDetector, detector: Detector, astronaut: ArrayPixels, carphone: tuple[ArrayPixels, ...]
) -> None:
    for pixels in (astronaut, *carphone):
        faces, others = mtcnn.detect(pixels), detector.detect(pixels)
        assert len(others) == 1
        assert iou(faces.boxes, others.boxes)[0, 0] > 0.7
        side = others.boxes[0, 3] - others.boxes[0, 1]
        assert np.linalg.norm(faces.landmarks[0] - others.landmarks[0], axis=1).max() < 0.12 * side


def test_a_face_that_fills_the_picture_is_found(mtcnn: MtcnnDetector, astronaut: ArrayPixels) -> None:
    close = cv2.resize(astronaut.bgr()[60:200, 160:290], None, fx=10, fy=10)
    faces = mtcnn.detect(ArrayPixels(close))
    assert len(faces) == 1 and faces.boxes[0, 3] - faces.boxes[0, 1] > 1000


def test_landmarks_of_a_tilted_head_are_measured_again(mtcnn: MtcnnDetector, astronaut: ArrayPixels) -> None:
    upright = mtcnn.detect(astronaut).select([0])
    np.testing.assert_array_equal(mtcnn.refine(astronaut, upright).landmarks, upright.landmarks)
    turn = cv2.getRotationMatrix2D((224, 125), 25, 1)
    tilted = ArrayPixels(cv2.warpAffine(astronaut.bgr(), turn, (512, 512)))
    expected = upright.landmarks[0] @ turn[:, :2].T + turn[:, 2]
    wrong = replace(upright, landmarks=(expected + np.array([4, -4]))[None].astype(np.float32))
    nobody = replace(wrong, landmarks=wrong.landmarks + np.float32(250))
    refined = mtcnn.refine(tilted, Detections.concat([wrong, nobody]))
    before, after = (np.linalg.norm(one.landmarks[0] - expected, axis=1).mean() for one in (wrong, refined))
    assert after < 0.7 * before
    np.testing.assert_array_equal(refined.landmarks[1], nobody.landmarks[0])
    assert len(mtcnn.refine(tilted, Detections.empty())) == 0
