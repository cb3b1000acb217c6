"""Head pose: heads that turn are followed, in the directions that are promised."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import Take

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import BoxCropSpec, Detections
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_pose_estimator
from mien.vision.network_input import NetworkInput
from mien.vision.orientation import FACE_MM
from mien.vision.pose.from_landmarks import LandmarkPose
from mien.vision.pose.fsanet import FsaNet

ANYTHING = ArrayPixels(np.zeros((600, 600, 3), np.uint8))


def head(yaw: float, pitch: float) -> Detections:
    """The average head, its nose ``yaw`` degrees to the image's right and ``pitch`` degrees up."""
    a, b = np.radians([yaw, -pitch])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    points = np.array(FACE_MM) @ (about_x @ about_y).T
    landmarks = (2 * points[None, :, :2] + 300).astype(np.float32)
    return Detections(np.array([[230, 200, 370, 400]], np.float32), np.ones(1, np.float32), landmarks)


@pytest.mark.parametrize("yaw", [-40, 0, 25])
def test_landmarks_tell_yaw(yaw: float) -> None:
    np.testing.assert_allclose(LandmarkPose().estimate(ANYTHING, head(yaw, 0)).angles[0], [yaw, 0, 0], atol=0.5)


def test_up_is_positive() -> None:
    face = head(0, 20)
    assert face.landmarks[0, 2, 1] < head(0, 0).landmarks[0, 2, 1], "the nose has gone up in the picture"
    np.testing.assert_allclose(LandmarkPose().estimate(ANYTHING, face).angles[0], [0, 20, 0], atol=0.5)


def rolled(picture: ArrayPixels, face: Detections, degrees: float) -> tuple[ArrayPixels, Detections]:
    """The picture turned clockwise about the middle of a face."""
    x1, y1, x2, y2 = (float(value) for value in face.boxes[0])
    turn = cv2.getRotationMatrix2D(((x1 + x2) / 2, (y1 + y2) / 2), -degrees, 1)
    image = cv2.warpAffine(picture.bgr(), turn, (picture.width, picture.height), borderMode=cv2.BORDER_REFLECT)
    landmarks = (face.landmarks @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    return ArrayPixels(image), Detections(face.boxes, face.scores, landmarks)


@pytest.mark.parametrize("name", ["five-points", "fsanet"])
@pytest.mark.parametrize("degrees", [-20, 15])
def test_roll_is_clockwise(name: str, degrees: float, take: Take, detector: Detector, astronaut: ArrayPixels) -> None:
    estimator, face = load_pose_estimator(take(name)), detector.detect(astronaut).select([0])
    upright = estimator.estimate(astronaut, face).angles[0]
    turned = estimator.estimate(*rolled(astronaut, face, degrees)).angles[0]
    assert turned[2] - upright[2] == pytest.approx(degrees, abs=4)


def test_network_and_landmarks_agree_on_who_turns_where(take: Take, detector: Detector, shared: Path) -> None:
    video = cv2.VideoCapture(str(shared / "data" / "videos" / "head-pose-face-detection-female-and-male.gif"))
    network = load_pose_estimator(take("fsanet"))
    by_network, by_landmarks = [], []
    for index in range(120):
        is_read, image = video.read()
        if not is_read:
            break
        if index % 10 == 0:
            pixels = ArrayPixels(image)
            faces = detector.detect(pixels)
            by_network.extend(network.estimate(pixels, faces).angles)
            by_landmarks.extend(LandmarkPose().estimate(pixels, faces).angles)
    angles = np.array([by_network, by_landmarks])
    assert angles.shape[1] > 10
    yaw = np.corrcoef(angles[0, :, 0], angles[1, :, 0])[0, 1]
    assert angles[:, :, 0].std(axis=1).min() > 8, "these heads turn"
    assert yaw > 0.85


class Angles:
    """A network that gives every face the same angles."""

    outputs = ("output",)
    input_shape = (None, 3, 64, 64)

    def __init__(self, *angles: float) -> None:
        self.angles = angles

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        return {"output": np.tile(np.array(self.angles, np.float32), (len(batch), 1))}


def test_networks_are_averaged_and_their_yaw_is_turned_round() -> None:
    taken = NetworkInput(BoxCropSpec(64, 1.3, "bgr"), "bgr", 127.5, 1 / 128)
    found = FsaNet([Angles(10, 4, -2), Angles(20, 8, 0)], taken).estimate(ANYTHING, head(0, 0)).angles
    np.testing.assert_allclose(found, [[-15, 6, -1]])
    with pytest.raises(ModelCorrupt, match="three angles"):
        FsaNet([Angles(1, 2)], taken).estimate(ANYTHING, head(0, 0))
