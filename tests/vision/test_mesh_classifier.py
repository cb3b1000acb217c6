"""Expression from the shape of a face: distances that no turn of the head changes, and a classifier that reads them."""

from collections.abc import Callable

import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import CropSpec, Detections, FaceCrops, FaceMesh
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.emotion.mesh_classifier import MeshClassifier, meshes_of
from mien.vision.emotion.mesh_features import FEATURES, LEFT, MIDDLE, RIGHT, mesh_features
from mien.vision.mesh_network import POINTS, MeshNetwork

SPEC = CropSpec(
    128, ((38.798, 48.016), (87.202, 48.016), (63.0, 75.003), (43.235, 97.27), (82.765, 97.27)), "bgr"
)  # faces of 48 px as FER+ cuts them, enlarged
LABELS = ("calm", "glad")


@pytest.fixture(scope="module")
def meshes(take: Callable[[str], InstalledModel]) -> MeshNetwork:
    model = take("face-mesh")
    return MeshNetwork(model.load((1, *model.layout.shape)), model.layout)


@pytest.fixture
def face(detector: Detector, astronaut: ArrayPixels) -> Detections:
    return detector.detect(astronaut).select([0])


def any_mesh(seed: int = 0) -> FaceMesh:
    points = np.random.default_rng(seed).uniform(20, 120, (3, POINTS, 3)).astype(np.float32)
    return FaceMesh(points, np.ones(3, np.float32))


def test_features_do_not_change_with_pose_place_and_size() -> None:
    mesh = any_mesh()
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    moved = (2.5 * mesh.points @ turn.T + (7, -30, 4)).astype(np.float32)
    expected = mesh_features(mesh)
    assert expected.shape == (3, FEATURES) == (3, 41 * 40 // 2)
    np.testing.assert_allclose(mesh_features(FaceMesh(moved, mesh.scores)), expected, atol=1e-3)
    bent = mesh.points.copy()
    bent[:, 61, 1] += 10
    assert np.abs(mesh_features(FaceMesh(bent, mesh.scores)) - expected).max() > 0.05
    assert mesh_features(FaceMesh(mesh.points[:0], mesh.scores[:0])).shape == (0, FEATURES)
    assert np.isfinite(mesh_features(FaceMesh(np.zeros((1, POINTS, 3), np.float32), mesh.scores[:1]))).all()


def test_points_are_chosen_once_and_in_pairs() -> None:
    assert len({*MIDDLE, *LEFT, *RIGHT}) == len(MIDDLE) + len(LEFT) + len(RIGHT)
    assert len(LEFT) == len(RIGHT)


def test_a_mirrored_face_has_mirrored_features(meshes: MeshNetwork, astronaut: ArrayPixels, face: Detections) -> None:
    crops = align(astronaut, face.landmarks, SPEC)
    seen = meshes_of(crops, meshes)
    flipped = meshes_of(FaceCrops(np.ascontiguousarray(crops.images[:, :, ::-1]), SPEC), meshes)
    as_promised = np.abs(mesh_features(flipped) - mesh_features(seen, is_mirrored=True)).mean()
    assert as_promised < 0.08
    left, right = seen.points[0, LEFT, 0], seen.points[0, RIGHT, 0]
    assert (left < right).all()


def test_a_face_askew_in_its_crop_is_looked_at_again(
    meshes: MeshNetwork, astronaut: ArrayPixels, face: Detections
) -> None:
    straight = mesh_features(meshes_of(align(astronaut, face.landmarks, SPEC), meshes))
    turn = np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    centre = face.landmarks.mean(axis=1, keepdims=True)
    askew = align(astronaut, ((face.landmarks - centre) @ turn.T + centre).astype(np.float32), SPEC)
    mesh = meshes_of(askew, meshes)
    assert mesh.scores[0] > 0.9
    assert np.abs(mesh_features(mesh) - straight).mean() < 0.08


class Fixed:
    """A classifier that gives the same shares to every face."""

    outputs = ("probabilities",)
    input_shape = (None, 1, 1, FEATURES)

    def __init__(self, *shares: float) -> None:
        self.shares = shares

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        assert batch.shape[1:] == (1, 1, FEATURES)
        return {"probabilities": np.tile(np.array(self.shares, np.float32), (len(batch), 1))}


def test_classifying(meshes: MeshNetwork, astronaut: ArrayPixels, face: Detections) -> None:
    classifier = MeshClassifier(meshes, Fixed(0.3, 0.699), SPEC, LABELS)
    crops = align(astronaut, np.concatenate([face.landmarks] * 3), SPEC)
    scores = classifier.classify(crops)
    assert scores.labels == classifier.labels == LABELS
    np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1, atol=1e-6)
    assert len(classifier.classify(align(astronaut, face.landmarks[:0], SPEC))) == 0
    with pytest.raises(ValueError, match="expected crops of"):
        classifier.classify(FaceCrops(crops.images, CropSpec(128, SPEC.template[::-1], "bgr")))
    with pytest.raises(ModelCorrupt, match="2 labels"):
        MeshClassifier(meshes, Fixed(1.0), SPEC, LABELS).classify(crops)
    for shares in ((0.3, np.nan), (np.inf, 0.1)):
        with pytest.raises(ModelCorrupt, match="the network gives scores that are no finite numbers"):
            MeshClassifier(meshes, Fixed(*shares), SPEC, LABELS).classify(crops)
    for shares in ((0.0, 0.0), (0.8, 0.8)):
        with pytest.raises(ModelCorrupt, match="2 labels, got rows that do not sum to 1"):
            MeshClassifier(meshes, Fixed(*shares), SPEC, LABELS).classify(crops)
