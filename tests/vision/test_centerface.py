"""CenterFace: cells as the authors' program reads them, one at a time, and faces of every size."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.geometry import iou
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.centerface import CenterFaceDetector, decode


@pytest.mark.parametrize("size", [(64, 96), (160, 32)])
def test_every_cell_is_read_as_in_the_original(size: tuple[int, int]) -> None:
    generator = np.random.default_rng(3)
    shape = (size[1] // 4, size[0] // 4)
    heat = generator.uniform(0, 1, (1, 1, *shape)).astype(np.float32)
    scale, offset = (generator.normal(1, 0.5, (1, 2, *shape)).astype(np.float32) for _ in range(2))
    points = generator.uniform(0, 1, (1, 10, *shape)).astype(np.float32)
    found = decode({"537": heat, "538": scale, "539": offset, "540": points}, size, 0.9)
    cells = np.argwhere(heat[0, 0] >= 0.9)
    assert len(found) == len(cells) > 10
    for number, (row, column) in enumerate(cells):
        high, wide = np.exp(scale[0, :, row, column]) * 4
        left = (column + offset[0, 1, row, column] + 0.5) * 4 - wide / 2
        top = (row + offset[0, 0, row, column] + 0.5) * 4 - high / 2
        assert found.scores[number] == heat[0, 0, row, column]
        np.testing.assert_allclose(found.boxes[number], (left, top, left + wide, top + high), rtol=1e-4, atol=1e-3)
        for point in range(5):
            x = points[0, 2 * point + 1, row, column] * wide + left
            y = points[0, 2 * point, row, column] * high + top
            np.testing.assert_allclose(found.landmarks[number, point], (x, y), rtol=1e-4, atol=1e-3)


def test_other_outputs_are_refused() -> None:
    good = {str(number): np.zeros((1, channels, 8, 16), np.float32) for number, channels in enumerate((1, 2, 2, 10))}
    assert len(decode(good, (64, 32), 0.5)) == 0
    others = [dict(list(good.items())[:3]), {**good, "4": good["3"]}, {**good, "0": good["1"]}, {}]
    others += [{**good, "2": np.zeros((1, 2, 4, 8), np.float32)}, {**good, "3": np.zeros((1, 10), np.float32)}]
    for outputs in others:
        with pytest.raises(ModelCorrupt, match="expected the outputs of CenterFace, 1×8×16, 2×8×16, 2×8×16, 10×8×16; "):
            decode(outputs, (64, 32), 0.5)
    with pytest.raises(ModelCorrupt, match="expected the outputs of CenterFace, 1×16×16"):
        decode(good, (64, 64), 0.5)


@pytest.fixture(scope="module")
def centerface(take: Callable[[str], InstalledModel]) -> CenterFaceDetector:
    return CenterFaceDetector(take("centerface"), DetectionSettings(min_score=0.3, long_side_px=640))


def test_faces_and_landmarks_are_those_that_another_detector_sees(
    centerface: CenterFaceDetector, detector: Detector, astronaut: ArrayPixels, carphone: tuple[ArrayPixels, ...]
) -> None:
    for pixels in (astronaut, carphone[0]):
        faces, others = centerface.detect(pixels), detector.detect(pixels)
        assert len(faces) == len(others) == 1
        assert iou(faces.boxes, others.boxes)[0, 0] > 0.8
        side = others.boxes[0, 3] - others.boxes[0, 1]
        assert np.linalg.norm(faces.landmarks - others.landmarks, axis=2).max() < 0.08 * side


@pytest.mark.parametrize("face_px", [36, 1600])
def test_small_and_very_close_faces_are_both_found(
    centerface: CenterFaceDetector, astronaut: ArrayPixels, face_px: int
) -> None:
    scale = face_px / 120
    grown = cv2.resize(astronaut.bgr(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else 3)
    shift = np.array([[1, 0, 540 - 224 * scale], [0, 1, 800 - 125 * scale]])
    faces = centerface.detect(ArrayPixels(cv2.warpAffine(grown, shift, (1080, 1600), borderValue=(128, 128, 128))))
    assert len(faces) == 1
    assert 0.7 < (faces.boxes[0, 3] - faces.boxes[0, 1]) / face_px < 1.3
    np.testing.assert_allclose(faces.landmarks[0, 2], (540, 800), atol=0.2 * face_px)
