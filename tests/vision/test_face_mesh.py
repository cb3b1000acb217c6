"""The face mesh: a face is found where its box and landmarks are only rough, and detectors get landmarks from it."""

import cv2
import numpy as np
import pytest
from tests.support.installed import Take

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections, FaceCrops, FaceMesh
from mien.domain.frame import Pixels
from mien.inference.model_card import InputLayout
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.detection.landmark_layout import typical_landmarks
from mien.vision.landmarked_detector import LandmarkedDetector
from mien.vision.landmarks.mesh import CORNERS_OF_MOUTH, FaceMesher, five_points
from mien.vision.loading import load_mesher
from mien.vision.mesh_network import POINTS, SIDE_PX, SQUARE, MeshNetwork, Squares


@pytest.fixture(scope="module")
def mesher(take: Take) -> FaceMesher:
    return load_mesher(take("face-mesh"))


@pytest.fixture(scope="module")
def face(detector: Detector, astronaut: ArrayPixels) -> Detections:
    return detector.detect(astronaut).select([0])


def eye_distance(face: Detections) -> float:
    return float(np.linalg.norm(face.landmarks[0, 1] - face.landmarks[0, 0]))


def test_the_five_points_are_where_the_detector_sees_them(
    mesher: FaceMesher, astronaut: ArrayPixels, face: Detections
) -> None:
    mesh = mesher.mesh(astronaut, face)
    apart = np.linalg.norm(five_points(mesh) - face.landmarks, axis=2) / eye_distance(face)
    assert mesh.scores[0] > 0.99
    assert apart.mean() < 0.1 and apart.max() < 0.2
    left, right = (mesh.points[0, corner, :2] for corner in CORNERS_OF_MOUTH)
    assert left[0] < right[0], "left and right as seen in the image"
    nose, cheek = mesh.points[0, 4], mesh.points[0, 234]
    assert nose[2] < cheek[2] - 0.3 * eye_distance(face), "depth grows away from the camera, in px like x and y"


def tilted(picture: ArrayPixels, face: Detections, degrees: float) -> tuple[ArrayPixels, np.ndarray]:
    """The picture turned about the middle of a face, and the matrix that did it."""
    centre = (face.boxes[0, :2] + face.boxes[0, 2:]) / 2
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), degrees, 1)
    return ArrayPixels(cv2.warpAffine(picture.bgr(), turn, (picture.width, picture.height))), turn


@pytest.mark.parametrize("degrees", [-30, 30])
def test_a_tilted_face_with_upright_landmarks_is_found(
    degrees: float, mesher: FaceMesher, astronaut: ArrayPixels, face: Detections
) -> None:
    picture, turn = tilted(astronaut, face, degrees)
    approximate = Detections(face.boxes, face.scores, typical_landmarks(face.boxes))
    expected = five_points(mesher.mesh(astronaut, face))[0] @ turn[:, :2].T + turn[:, 2]
    found = five_points(mesher.mesh(picture, approximate))[0]
    assert np.linalg.norm(found - expected, axis=1).mean() < 0.1 * eye_distance(face)


@pytest.mark.parametrize("growth", [0.75, 1.4])
def test_boxes_of_another_kind_make_little_difference(
    growth: float, mesher: FaceMesher, astronaut: ArrayPixels, face: Detections
) -> None:
    centre, size = (face.boxes[:, :2] + face.boxes[:, 2:]) / 2, face.boxes[:, 2:] - face.boxes[:, :2]
    other = np.hstack([centre - size * growth / 2, centre + size * growth / 2]).astype(np.float32)
    found = five_points(mesher.mesh(astronaut, Detections(other, face.scores, face.landmarks)))
    expected = five_points(mesher.mesh(astronaut, face))
    assert np.linalg.norm(found - expected, axis=2).mean() < 0.08 * eye_distance(face)


def test_nothing_is_no_face(mesher: FaceMesher, face: Detections) -> None:
    assert mesher.mesh(ArrayPixels(np.full((512, 512, 3), 128, np.uint8)), face).scores[0] < 0.5
    assert mesher.mesh(ArrayPixels(np.zeros((9, 9, 3), np.uint8)), Detections.empty()).points.shape == (0, POINTS, 3)


class Boxes:
    """A detector that knows only about where the landmarks are."""

    model = "boxes"
    landmarks = "approximate"

    def __init__(self, faces: Detections) -> None:
        self.faces = faces
        self.prepared: list[tuple[int, int]] = []

    def detect(self, pixels: Pixels) -> Detections:
        return self.faces

    def prepare(self, width: int, height: int) -> None:
        self.prepared.append((width, height))

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        raise AssertionError("its landmarks are worth nothing")


def test_a_detector_is_given_landmarks(mesher: FaceMesher, astronaut: ArrayPixels, face: Detections) -> None:
    wall = np.array([[300, 380, 420, 500]], np.float32)
    boxes = np.vstack([face.boxes, wall, face.boxes])
    known = Detections(boxes, np.array([0.9, 0.6, 0.3], np.float32), typical_landmarks(boxes))
    inner = Boxes(known)
    detector = LandmarkedDetector(inner, mesher, sure_score=0.6)
    assert (detector.model, detector.landmarks) == ("boxes+face-mesh", "measured")
    picture, turn = tilted(astronaut, face, 25)
    found = detector.detect(picture)
    np.testing.assert_array_equal(found.boxes, known.boxes)
    np.testing.assert_array_equal(found.scores, known.scores)
    truth = face.landmarks[0] @ turn[:, :2].T + turn[:, 2]
    off = np.linalg.norm(found.landmarks - truth, axis=2).mean(axis=1)
    assert off[0] < np.linalg.norm(known.landmarks[0] - truth, axis=1).mean() / 2
    assert (found.landmarks[1] != known.landmarks[1]).any(), "whatever the mesh believes to see is measured"
    np.testing.assert_array_equal(found.landmarks[2], known.landmarks[2], err_msg="nobody asked about a doubtful face")
    detector.prepare(640, 480)
    assert inner.prepared == [(640, 480)]


def test_faces_about_to_be_aligned_are_measured_whatever_their_score(
    mesher: FaceMesher, astronaut: ArrayPixels, face: Detections
) -> None:
    doubtful = Detections(face.boxes, np.array([0.3], np.float32), typical_landmarks(face.boxes))
    detector = LandmarkedDetector(Boxes(doubtful), mesher, sure_score=0.6)
    refined = detector.refine(astronaut, detector.detect(astronaut))
    np.testing.assert_array_equal(refined.boxes, face.boxes)
    apart = np.linalg.norm(refined.landmarks - face.landmarks, axis=2) / eye_distance(face)
    assert apart.mean() < 0.1
    assert len(detector.refine(astronaut, doubtful.select([]))) == 0


class Numbers:
    """A network of outputs of given sizes, all 0."""

    outputs = ("a", "b")
    input_shape = (None, 3, SIDE_PX, SIDE_PX)

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        return {
            name: np.zeros((len(batch), 1, 1, size), np.float32) for name, size in zip("ab", self.sizes, strict=True)
        }


def test_the_two_outputs_may_come_in_any_order() -> None:
    layout = InputLayout(shape=(3, SIDE_PX, SIDE_PX), channels="rgb", scale=1 / 255)
    squares = Squares(np.array([[50, 60]], np.float32), np.array([20], np.float32), np.zeros(1, np.float32))
    cuts = FaceCrops(np.zeros((1, SIDE_PX, SIDE_PX, 3), np.uint8), SQUARE)
    for sizes in ((1, 3 * POINTS), (3 * POINTS, 1)):
        mesh: FaceMesh = MeshNetwork(Numbers(*sizes), layout).look(cuts, squares)
        np.testing.assert_allclose(mesh.points[0, 0], [40, 50, 0], atol=1e-4)
        assert mesh.scores[0] == 0.5
    with pytest.raises(ModelCorrupt, match="1404 and 1"):
        MeshNetwork(Numbers(7, 1), layout).look(cuts, squares)
