"""Every model of every family does its task as the protocol says: those that ship, where they are to be had here, and
one of seeded weights for each family without."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.family_models import FAMILY_MODELS, seeded, shipped
from tests.support.installed import Take
from tests.support.watching import Watching, assert_channels, bluish

from mien.domain.faces import Detections, FaceCrops
from mien.inference.catalog import load_catalog
from mien.inference.installed import InstalledModel
from mien.inference.onnx_runtime import OnnxRuntime
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import DetectionSettings
from mien.vision.eyes.eyes import corners_about
from mien.vision.loading import (
    load_assessor,
    load_classifier,
    load_detector,
    load_eye_reader,
    load_judge,
    load_mesher,
    load_pose_estimator,
    load_recogniser,
)

COUNTS = (0, 1, 64)
EXACT = 1e-4
"""How far numbers near 1 may be from those of another runtime, and of a face alone from those among many."""


def every(task: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", [*shipped(task), *seeded(task)])


def trained(task: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", shipped(task))


def many(face: Detections, count: int) -> Detections:
    """Faces that differ by a few px each."""
    shift = np.arange(count, dtype=np.float32)[:, None] % 4
    boxes = np.repeat(face.boxes, count, axis=0) + shift
    landmarks = np.repeat(face.landmarks, count, axis=0) + shift[:, None]
    return Detections(boxes, np.repeat(face.scores, count), landmarks)


def on_other_runtime(model: InstalledModel) -> InstalledModel:
    return replace(model, runtime=OnnxRuntime())


def watched(model: InstalledModel) -> tuple[InstalledModel, Watching]:
    """The model, and what remembers what its network is shown; skips a model without a network."""
    if not model.card.has_network:
        pytest.skip(f"{model.card.name} has no network")
    watching = Watching()
    return replace(model, runtime=watching), watching


def test_no_family_is_left_out() -> None:
    catalog = load_catalog()
    covered = {card.family for card in catalog.cards()} | {model.family for model in FAMILY_MODELS.values()}
    assert covered == set(catalog.families)


@every("recognition")
def test_recognisers(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    recogniser = load_recogniser(model, "yunet")
    assert (recogniser.model.network, recogniser.model.detector) == (model.name, "yunet")
    assert recogniser.model.precision == model.precision
    (alone,) = recogniser.recognise(cut(portrait, face, recogniser.crop)).embeddings.vectors
    for count in COUNTS:
        crops = cut(portrait, many(face, count), recogniser.crop)
        recognition, again = recogniser.recognise(crops), recogniser.recognise(crops)
        vectors = recognition.embeddings.vectors
        assert vectors.shape == (count, len(alone)) and recognition.norms.shape == (count,)
        assert vectors.dtype == np.float32 and (recognition.norms > 0).all()
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(vectors[::4], np.tile(alone, (len(vectors[::4]), 1)), atol=EXACT)
        np.testing.assert_array_equal(vectors, again.embeddings.vectors)
    negative = recogniser.recognise(FaceCrops(255 - crops.images[:1], crops.spec)).embeddings.vectors
    assert np.abs(negative - alone).max() > 0.01, "what is shown is seen"
    other = load_recogniser(on_other_runtime(model), "yunet").recognise(crops)
    np.testing.assert_allclose(other.embeddings.vectors, vectors, atol=EXACT)
    np.testing.assert_allclose(other.norms, recognition.norms, rtol=1e-3)
    with pytest.raises(ValueError, match="crops"):
        recogniser.recognise(FaceCrops(crops.images, replace(crops.spec, size=crops.spec.size + 1)))


@trained("recognition")
def test_a_face_that_is_cut_a_little_to_the_side_is_the_same(
    name: str, any_model: Take, portrait: ArrayPixels, face: Detections
) -> None:
    recogniser = load_recogniser(any_model(name), "yunet")
    vectors = recogniser.recognise(cut(portrait, many(face, 4), recogniser.crop)).embeddings.vectors
    assert (vectors @ vectors[0]).min() > 0.5


@every("recognition")
def test_recognisers_show_their_networks_the_colours_of_their_cards(
    name: str, any_model: Take, face: Detections
) -> None:
    model, watching = watched(any_model(name))
    recogniser = load_recogniser(model, "yunet")
    recogniser.recognise(cut(bluish(), face, recogniser.crop))
    assert_channels(model, watching.seen[0])


@every("emotion")
def test_classifiers(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    classifier = load_classifier(model)
    assert classifier.labels == model.card.labels
    has_affect = model.card.output.valence_arousal != "none"
    alone = classifier.classify(cut(portrait, face, classifier.crop))
    for count in COUNTS:
        crops = cut(portrait, many(face, count), classifier.crop)
        scores, again = classifier.classify(crops), classifier.classify(crops)
        shares = scores.probabilities
        assert shares.shape == (count, len(classifier.labels)) and scores.labels == classifier.labels
        assert shares.dtype == np.float32 and shares.min(initial=0) >= 0
        np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(shares[::4], np.tile(alone.probabilities, (len(shares[::4]), 1)), atol=EXACT)
        np.testing.assert_array_equal(shares, again.probabilities)
        assert (scores.valence_arousal is not None) == has_affect
        if scores.valence_arousal is not None and again.valence_arousal is not None:
            assert scores.valence_arousal.shape == (count, 2) and np.abs(scores.valence_arousal).max(initial=0) <= 1
            np.testing.assert_array_equal(scores.valence_arousal, again.valence_arousal)
    negative = classifier.classify(FaceCrops(255 - crops.images[:1], crops.spec)).probabilities
    assert np.abs(negative - alone.probabilities).max() > 1e-3, "what is shown is seen"
    other = load_classifier(on_other_runtime(model)).classify(crops)
    np.testing.assert_allclose(other.probabilities, shares, atol=2e-3)
    if scores.valence_arousal is not None and other.valence_arousal is not None:
        np.testing.assert_allclose(other.valence_arousal, scores.valence_arousal, atol=2e-3)
    with pytest.raises(ValueError, match="crops"):
        classifier.classify(FaceCrops(crops.images, replace(crops.spec, size=crops.spec.size + 1)))


@trained("emotion")
def test_the_astronaut_smiles(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    classifier = load_classifier(any_model(name))
    (best,) = classifier.classify(cut(portrait, face, classifier.crop)).probabilities
    assert classifier.labels[int(best.argmax())] == "happiness"


@every("emotion")
def test_classifiers_show_their_networks_the_colours_of_their_cards(
    name: str, any_model: Take, face: Detections
) -> None:
    model, watching = watched(any_model(name))
    classifier = load_classifier(model)
    classifier.classify(cut(bluish(), face, classifier.crop))
    assert_channels(model, watching.seen[0])


@every("quality")
def test_assessors(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    assessor = load_assessor(model)
    (alone,) = assessor.assess(portrait, face).scores
    for count in COUNTS:
        quality = assessor.assess(portrait, many(face, count))
        assert quality.scores.shape == (count,) and len(quality.reasons) == count
        assert ((quality.scores >= 0) & (quality.scores <= 1)).all()
        np.testing.assert_allclose(quality.scores[::4], alone, atol=EXACT)
        np.testing.assert_array_equal(quality.scores, assessor.assess(portrait, many(face, count)).scores)
    other = load_assessor(on_other_runtime(model)).assess(portrait, many(face, 64)).scores
    np.testing.assert_allclose(other, quality.scores, atol=0.01)


@trained("quality")
def test_of_few_px_little_can_be_told(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    assessor = load_assessor(any_model(name))
    small = ArrayPixels(portrait.scaled(48, 48))
    ratio = np.float32(48 / portrait.width)
    shrunk = Detections(face.boxes * ratio, face.scores, face.landmarks * ratio)
    assert assessor.assess(small, shrunk).scores[0] < assessor.assess(portrait, face).scores[0]


@every("quality")
def test_assessors_show_their_networks_the_colours_of_their_cards(name: str, any_model: Take, face: Detections) -> None:
    model, watching = watched(any_model(name))
    load_assessor(model).assess(bluish(), face)
    assert_channels(model, watching.seen[0])


@every("liveness")
def test_judges(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    judge = load_judge(model)
    (alone,) = judge.judge(portrait, face).scores
    for count in COUNTS:
        liveness = judge.judge(portrait, many(face, count))
        assert liveness.scores.shape == (count,) and len(liveness.unmet) == count
        assert ((liveness.scores >= 0) & (liveness.scores <= 1)).all()
        np.testing.assert_allclose(liveness.scores[::4], alone, atol=EXACT)
        np.testing.assert_array_equal(liveness.scores, judge.judge(portrait, many(face, count)).scores)
    other = load_judge(on_other_runtime(model)).judge(portrait, many(face, 64)).scores
    np.testing.assert_allclose(other, liveness.scores, atol=2e-3)


@every("liveness")
def test_judges_show_their_networks_the_colours_of_their_cards(name: str, any_model: Take, face: Detections) -> None:
    model, watching = watched(any_model(name))
    load_judge(model).judge(bluish(), face)
    for batch in watching.seen:
        assert_channels(model, batch)


@every("pose")
def test_pose_estimators(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    estimator = load_pose_estimator(model)
    (alone,) = estimator.estimate(portrait, face).angles
    for count in COUNTS:
        angles = estimator.estimate(portrait, many(face, count)).angles
        assert angles.shape == (count, 3) and (np.abs(angles) < 100).all()
        np.testing.assert_allclose(angles[::4], np.tile(alone, (len(angles[::4]), 1)), atol=0.01)
        np.testing.assert_array_equal(angles, estimator.estimate(portrait, many(face, count)).angles)
    close = load_pose_estimator(on_other_runtime(model)).estimate(portrait, many(face, 64)).angles
    np.testing.assert_allclose(close, angles, atol=0.1)


@trained("pose")
def test_a_mirrored_face_turns_the_other_way(
    name: str, any_model: Take, take: Take, portrait: ArrayPixels, face: Detections
) -> None:
    estimator = load_pose_estimator(any_model(name))
    mirrored = ArrayPixels(np.ascontiguousarray(portrait.bgr()[:, ::-1]))
    turned = load_detector(take("yunet"), DetectionSettings()).detect(mirrored).select([0])
    yaw, other = (float(estimator.estimate(*seen).angles[0, 0]) for seen in ((portrait, face), (mirrored, turned)))
    assert abs(yaw + other) < 8


@every("pose")
def test_pose_estimators_show_their_networks_the_colours_of_their_cards(
    name: str, any_model: Take, face: Detections
) -> None:
    model, watching = watched(any_model(name))
    load_pose_estimator(model).estimate(bluish(), face)
    for batch in watching.seen:
        assert_channels(model, batch)


@every("landmarks")
def test_meshers(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    mesher = load_mesher(model)
    (alone,) = mesher.mesh(portrait, face).points
    for count in COUNTS:
        mesh = mesher.mesh(portrait, many(face, count))
        assert mesh.points.shape == (count, 468, 3) and mesh.scores.shape == (count,)
        assert ((mesh.scores >= 0) & (mesh.scores <= 1)).all()
        np.testing.assert_allclose(mesh.points[::4], np.tile(alone, (len(mesh.points[::4]), 1, 1)), atol=0.05)
        np.testing.assert_array_equal(mesh.points, mesher.mesh(portrait, many(face, count)).points)
    other = load_mesher(on_other_runtime(model)).mesh(portrait, many(face, 64)).points[:, :, :2]
    assert np.abs(other - mesh.points[:, :, :2]).max() < 1


@trained("landmarks")
def test_a_mesh_lies_on_the_face(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    points = load_mesher(any_model(name)).mesh(portrait, face).points[0, :, :2]
    assert (points > face.boxes[0, :2] - 30).all() and (points < face.boxes[0, 2:] + 30).all()


@every("landmarks")
def test_meshers_show_their_networks_the_colours_of_their_cards(name: str, any_model: Take, face: Detections) -> None:
    model, watching = watched(any_model(name))
    load_mesher(model).mesh(bluish(), face)
    assert_channels(model, watching.seen[0])


@every("eyes")
def test_readers_of_eyes(name: str, any_model: Take, portrait: ArrayPixels, face: Detections) -> None:
    model = any_model(name)
    reader = load_eye_reader(model)
    (alone,) = reader.read(portrait, corners_about(face))
    for count in COUNTS:
        openings = reader.read(portrait, corners_about(many(face, count)))
        assert openings.shape == (count, 2) and openings.dtype == np.float32 and (openings >= 0).all()
        np.testing.assert_allclose(openings[::4], np.tile(alone, (len(openings[::4]), 1)), atol=EXACT)
    other = load_eye_reader(on_other_runtime(model)).read(portrait, corners_about(many(face, 64)))
    np.testing.assert_allclose(other, openings, atol=1e-3)


@every("eyes")
def test_readers_of_eyes_show_their_networks_the_colours_of_their_cards(
    name: str, any_model: Take, face: Detections
) -> None:
    model, watching = watched(any_model(name))
    load_eye_reader(model).read(bluish(), corners_about(face))
    assert_channels(model, watching.seen[0])
