"""YuNet: the answers of OpenCV's own reading of the file, and faces of every size."""

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections
from mien.inference.installed import ModelShelf
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.canvas import fit
from mien.vision.detection.detector import Detector
from mien.vision.detection.families.yunet import decode
from mien.vision.detection.suppression import suppress


def test_boxes_and_landmarks_are_those_of_opencv(
    carphone: tuple[ArrayPixels, ...], astronaut: ArrayPixels, shelf: ModelShelf
) -> None:
    model = shelf.take("yunet")
    for pixels in (*carphone, astronaut):
        canvas = fit(pixels.width, pixels.height, 640)
        session = model.load((1, 3, canvas.outer[1], canvas.outer[0]))
        planes = canvas.paint(pixels)
        found = suppress(decode(session.run(planes), canvas.outer, 0.6))
        reference = cv2.FaceDetectorYN.create(str(model.paths[0]), "", canvas.outer, 0.6, 0.3, 5000)
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
        (28, (960, 540)),
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


def test_other_files_are_refused(shelf: ModelShelf) -> None:
    outputs = shelf.take("yunet").load((1, 3, 64, 64)).run(np.zeros((1, 3, 64, 64), np.float32))
    del outputs["kps_8"]
    with pytest.raises(ModelCorrupt, match=r"expected the outputs of YuNet.*kps_8.*gives cls_8"):
        decode(outputs, (64, 64), 0.5)
