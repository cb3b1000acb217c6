"""What imported models say of faces is what their papers say: pixels prepared as the authors prepare them, computed by
numpy alone, on both runtimes."""

from dataclasses import replace

import numpy as np
import pytest
from tests.reference.layers import softmax
from tests.support.family_models import FAMILY_MODELS, seeded
from tests.support.installed import Take

from mien.domain.faces import Detections
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.inference.session import Runtime
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.loading import load_assessor, load_classifier, load_recogniser, network_input

TOLERANCE = 1e-4


@pytest.fixture(params=[OnnxRuntime, OpenVinoRuntime])
def other_runtime(request: pytest.FixtureRequest) -> Runtime:
    runtime: Runtime = request.param()
    return runtime


@pytest.fixture(scope="module")
def faces(face: Detections) -> Detections:
    """The face of the portrait, and the half of it that is shown when the box slips to the side."""
    slipped = replace(face, boxes=face.boxes + np.float32(40), landmarks=face.landmarks + np.float32(40))
    return Detections.concat([face, slipped])


@pytest.mark.parametrize("name", seeded("recognition"))
def test_embeddings(
    name: str, any_model: Take, other_runtime: Runtime, portrait: ArrayPixels, faces: Detections
) -> None:
    recogniser = load_recogniser(replace(any_model(name), runtime=other_runtime), "yunet")
    crops = cut(portrait, faces, recogniser.crop)
    recognition = recogniser.recognise(crops)
    (expected,) = FAMILY_MODELS[name].expected(crops.images)
    lengths = np.linalg.norm(expected, axis=1)
    np.testing.assert_allclose(recognition.embeddings.vectors, expected / lengths[:, None], atol=TOLERANCE)
    np.testing.assert_allclose(recognition.norms, lengths, rtol=TOLERANCE)


@pytest.mark.parametrize("name", seeded("emotion"))
def test_expressions_with_valence_and_arousal(
    name: str, any_model: Take, other_runtime: Runtime, portrait: ArrayPixels, faces: Detections
) -> None:
    classifier = load_classifier(replace(any_model(name), runtime=other_runtime))
    crops = cut(portrait, faces, classifier.crop)
    scores = classifier.classify(crops)
    logits, *affect = FAMILY_MODELS[name].expected(crops.images)
    np.testing.assert_allclose(scores.probabilities, softmax(logits), atol=TOLERANCE)
    assert (scores.valence_arousal is None) == (not affect)
    if scores.valence_arousal is not None:
        np.testing.assert_allclose(scores.valence_arousal, affect[0], atol=TOLERANCE)
        assert (np.abs(scores.valence_arousal) < 1).any(), "not everything is cut off"


@pytest.mark.parametrize("name", seeded("quality"))
def test_qualities(
    name: str, any_model: Take, other_runtime: Runtime, portrait: ArrayPixels, faces: Detections
) -> None:
    model = replace(any_model(name), runtime=other_runtime)
    images = cut(portrait, faces, network_input(model).crop).images
    *_, numbers = FAMILY_MODELS[name].expected(images)
    expected = np.interp(numbers.ravel(), *zip(*FAMILY_MODELS[name].score_curve, strict=True))
    assert len(set(expected)) == len(faces), "within the scale"
    np.testing.assert_allclose(load_assessor(model).assess(portrait, faces).scores, expected, atol=TOLERANCE)
