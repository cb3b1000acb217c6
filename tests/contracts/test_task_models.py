"""Every model of the catalogue does its task as the protocol says, whatever its family; those not to be had skip."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mien.domain.faces import Detections, FaceCrops
from mien.inference.catalog import load_catalog
from mien.inference.installed import InstalledModel
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.session import Floats, Session
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import (
    load_assessor,
    load_classifier,
    load_detector,
    load_judge,
    load_mesher,
    load_pose_estimator,
    load_recogniser,
)

Take = Callable[[str], InstalledModel]
COUNTS = (0, 1, 64)


def models(task: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [card.name for card in load_catalog().cards(task)])


@pytest.fixture(scope="module")
def portrait(catalog, weights) -> ArrayPixels:
    return ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))


@pytest.fixture(scope="module")
def face(take: Take, portrait: ArrayPixels) -> Detections:
    """The face of the portrait, as the default detector sees it."""
    found = load_detector(take("yunet"), DetectionSettings()).detect(portrait)
    return found.select([0])


def many(face: Detections, count: int) -> Detections:
    """Faces that differ by a few px each."""
    shift = np.arange(count, dtype=np.float32)[:, None] % 4
    boxes = np.repeat(face.boxes, count, axis=0) + shift
    landmarks = np.repeat(face.landmarks, count, axis=0) + shift[:, None]
    return Detections(boxes, np.repeat(face.scores, count), landmarks)


def on_other_runtime(model: InstalledModel) -> InstalledModel:
    return replace(model, runtime=OnnxRuntime())


class Watching:
    """A runtime whose sessions remember the last batch they were given."""

    name = "watching"
    precisions = ("f32",)

    def __init__(self) -> None:
        self.seen: list[Floats] = []

    def load(self, path, input_shape=None, precision="f32") -> Session:
        session, seen = OnnxRuntime().load(path, input_shape), self.seen

        class Spy:
            input_shape = session.input_shape
            outputs = session.outputs

            def run(self, batch: Floats) -> dict[str, Floats]:
                seen.append(batch)
                return session.run(batch)

        return Spy()


def assert_channels(model: InstalledModel, batch: Floats, blue: float, red: float) -> None:
    """Of a picture that is all one colour the network saw the channels in the order of its card, normalised."""
    layout = model.layout
    if layout.channels == "grey":
        return
    planes = batch if batch.shape[1] == layout.shape[0] else batch.transpose(0, 3, 1, 2)
    middle = planes[0, :, planes.shape[2] // 2, planes.shape[3] // 2]
    values = np.array([blue, 0, red] if layout.channels == "bgr" else [red, 0, blue], np.float32)
    np.testing.assert_allclose(middle, (values - np.array(layout.mean)) * np.array(layout.scale), atol=1e-3)


def bluish(size: int = 400) -> ArrayPixels:
    return ArrayPixels(np.full((size, size, 3), (200, 0, 50), np.uint8))


@models("detection")
def test_detectors(name: str, take: Take, portrait: ArrayPixels) -> None:
    model = take(name)
    detector: Detector = load_detector(model, DetectionSettings(min_score=0.5))
    assert detector.model == name
    faces = detector.detect(portrait)
    assert len(faces) >= 1
    x1, y1, x2, y2 = faces.boxes[0]
    assert 150 < (x1 + x2) / 2 < 300 and 60 < (y1 + y2) / 2 < 220, "the astronaut's face"
    assert ((faces.scores >= 0.5) & (faces.scores <= 1)).all() and (np.diff(faces.scores) <= 0).all()
    left, right, nose, *mouth = faces.landmarks[0]
    assert left[0] < right[0] and left[1] < nose[1] < mouth[0][1], "left and right as seen in the image"
    again = detector.detect(portrait)
    np.testing.assert_array_equal(faces.boxes, again.boxes)
    other = load_detector(on_other_runtime(model), DetectionSettings(min_score=0.5)).detect(portrait)
    assert abs(other.boxes[0] - faces.boxes[0]).max() < 2
    assert len(detector.detect(ArrayPixels(np.zeros((90, 160, 3), np.uint8)))) == 0
    assert len(detector.refine(portrait, Detections.empty())) == 0
    assert len(detector.refine(portrait, faces)) == len(faces)
    strict = load_detector(model, DetectionSettings(min_score=0.5, min_face_px=400))
    assert len(strict.detect(portrait)) == 0


@models("detection")
def test_detectors_show_their_networks_the_colours_of_their_cards(name: str, take: Take) -> None:
    model = take(name)
    if not model.card.has_network:
        pytest.skip(f"{name} has no network")
    watching = Watching()
    load_detector(replace(model, runtime=watching), DetectionSettings()).detect(bluish())
    assert_channels(model, watching.seen[0], 200, 50)


@models("recognition")
def test_recognisers(name: str, take: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = take(name)
    recogniser = load_recogniser(model, "yunet")
    assert (recogniser.model.network, recogniser.model.detector) == (name, "yunet")
    assert recogniser.model.precision == model.precision
    sizes = set()
    for count in COUNTS:
        recognition = recogniser.recognise(cut(portrait, many(face, count), recogniser.crop))
        assert len(recognition.embeddings) == len(recognition.norms) == count
        np.testing.assert_allclose(np.linalg.norm(recognition.embeddings.vectors, axis=1), 1, atol=1e-5)
        sizes.add(recognition.embeddings.vectors.shape[1])
        again = recogniser.recognise(cut(portrait, many(face, count), recogniser.crop))
        np.testing.assert_array_equal(recognition.embeddings.vectors, again.embeddings.vectors)
    assert len(sizes - {0}) == 1
    alike = recognition.embeddings.vectors @ recognition.embeddings.vectors[0]
    assert alike.min() > 0.5, "a face that is cut a little to the side is the same face"
    other = load_recogniser(on_other_runtime(model), "yunet")
    crops = cut(portrait, face, recogniser.crop)
    same = other.recognise(crops).embeddings.vectors @ recogniser.recognise(crops).embeddings.vectors.T
    assert same[0, 0] > 0.9999
    with pytest.raises(ValueError, match="crops"):
        recogniser.recognise(FaceCrops(crops.images, replace(crops.spec, size=crops.spec.size + 1)))


@models("emotion")
def test_classifiers(name: str, take: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = take(name)
    classifier = load_classifier(model)
    assert classifier.labels == model.card.labels
    for count in COUNTS:
        scores = classifier.classify(cut(portrait, many(face, count), classifier.crop))
        assert scores.probabilities.shape == (count, len(classifier.labels)) and scores.labels == classifier.labels
        np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1, atol=1e-5)
        assert scores.probabilities.min(initial=0) >= 0
    crops = cut(portrait, face, classifier.crop)
    best = classifier.classify(crops).probabilities[0]
    assert classifier.labels[int(best.argmax())] == "happiness", "the astronaut smiles"
    np.testing.assert_array_equal(best, classifier.classify(crops).probabilities[0])
    other = load_classifier(on_other_runtime(model)).classify(crops).probabilities[0]
    np.testing.assert_allclose(other, best, atol=2e-3)


@models("quality")
def test_assessors(name: str, take: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = take(name)
    assessor = load_assessor(model)
    for count in COUNTS:
        quality = assessor.assess(portrait, many(face, count))
        assert quality.scores.shape == (count,) and len(quality.reasons) == count
        assert ((quality.scores >= 0) & (quality.scores <= 1)).all()
    sharp = assessor.assess(portrait, face).scores
    np.testing.assert_array_equal(sharp, assessor.assess(portrait, face).scores)
    np.testing.assert_allclose(load_assessor(on_other_runtime(model)).assess(portrait, face).scores, sharp, atol=0.01)
    small = ArrayPixels(portrait.scaled(48, 48))
    ratio = np.float32(48 / portrait.width)
    shrunk = Detections(face.boxes * ratio, face.scores, face.landmarks * ratio)
    assert assessor.assess(small, shrunk).scores[0] < sharp[0], "of 10 px little can be told"


@models("liveness")
def test_judges(name: str, take: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = take(name)
    judge = load_judge(model)
    for count in COUNTS:
        liveness = judge.judge(portrait, many(face, count))
        assert liveness.scores.shape == (count,) and len(liveness.unmet) == count
        assert ((liveness.scores >= 0) & (liveness.scores <= 1)).all()
    scores = judge.judge(portrait, face).scores
    np.testing.assert_array_equal(scores, judge.judge(portrait, face).scores)
    np.testing.assert_allclose(load_judge(on_other_runtime(model)).judge(portrait, face).scores, scores, atol=2e-3)
    watching = Watching()
    load_judge(replace(model, runtime=watching)).judge(bluish(), many(face, 1))
    assert_channels(model, watching.seen[0], 200, 50)


@models("pose")
def test_pose_estimators(name: str, take: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = take(name)
    estimator = load_pose_estimator(model)
    for count in COUNTS:
        angles = estimator.estimate(portrait, many(face, count)).angles
        assert angles.shape == (count, 3) and (np.abs(angles) < 100).all()
    angles = estimator.estimate(portrait, face).angles
    mirrored = ArrayPixels(np.ascontiguousarray(portrait.region(0, 0, portrait.width, portrait.height)[:, ::-1]))
    turned = load_detector(take("yunet"), DetectionSettings()).detect(mirrored).select([0])
    yaw, other = angles[0, 0], estimator.estimate(mirrored, turned).angles[0, 0]
    assert abs(yaw + other) < 8, "a mirrored face turns the other way"
    close = load_pose_estimator(on_other_runtime(model)).estimate(portrait, face).angles
    np.testing.assert_allclose(close, angles, atol=0.1)


@models("landmarks")
def test_meshers(name: str, take: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = take(name)
    mesher = load_mesher(model)
    for count in COUNTS:
        mesh = mesher.mesh(portrait, many(face, count))
        assert mesh.points.shape == (count, 468, 3) and mesh.scores.shape == (count,)
    points = mesher.mesh(portrait, face).points[0, :, :2]
    x1, y1, x2, y2 = face.boxes[0]
    inside = (points[:, 0] > x1 - 30) & (points[:, 0] < x2 + 30) & (points[:, 1] > y1 - 30) & (points[:, 1] < y2 + 30)
    assert inside.all()
    other = load_mesher(on_other_runtime(model)).mesh(portrait, face).points[0, :, :2]
    assert np.abs(other - points).max() < 1
