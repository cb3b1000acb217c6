"""Expressions: whole distributions in the order of the card, and nothing else passes for one."""

import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import CropSpec, FaceCrops
from mien.inference.model_card import OutputLayout
from mien.vision.emotion.network_classifier import NetworkClassifier
from mien.vision.network_input import NetworkInput

SPEC = CropSpec(2, ((0.0, 0.0),) * 5, "grey")


class FixedSession:
    input_shape = (None, 1, 2, 2)
    outputs = ("probabilities",)

    def __init__(self, row: list[float]) -> None:
        self._row = np.array(row, np.float32)

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        return {"probabilities": np.tile(self._row, (len(batch), 1))}


def classifier(row: list[float], layout: OutputLayout | None = None) -> NetworkClassifier:
    return NetworkClassifier(FixedSession(row), NetworkInput(SPEC, "grey"), ("calm", "glad"), layout or OutputLayout())


def crops(n: int) -> FaceCrops:
    return FaceCrops(np.zeros((n, 2, 2, 1), np.uint8), SPEC)


def test_distributions_keep_the_order_of_the_card() -> None:
    scores = classifier([0.25, 0.75]).classify(crops(3))
    assert scores.labels == ("calm", "glad")
    np.testing.assert_allclose(scores.probabilities, [[0.25, 0.75]] * 3)


def test_rounding_of_the_arithmetic_is_made_good() -> None:
    scores = classifier([0.251, 0.755]).classify(crops(1))
    np.testing.assert_allclose(scores.probabilities.sum(), 1, atol=1e-6)


@pytest.mark.parametrize("row", [[2.0, -1.5], [0.2, 0.3, 0.5], [0.5, 0.1], [np.nan, 1.0]])
def test_what_is_no_distribution_is_refused(row: list[float]) -> None:
    with pytest.raises(ModelCorrupt, match=r"2 labels|no finite numbers"):
        classifier(row).classify(crops(1))


def test_nobody_has_no_expression() -> None:
    assert len(classifier([0.5, 0.5]).classify(crops(0))) == 0


def test_scores_become_shares_where_the_card_says_so() -> None:
    scores = classifier([0.0, np.log(3)], OutputLayout("softmax")).classify(crops(2))
    np.testing.assert_allclose(scores.probabilities, [[0.25, 0.75]] * 2, atol=1e-6)


def test_valence_and_arousal_may_follow_the_classes() -> None:
    scores = classifier([0.0, 0.0, -0.5, 1.5], OutputLayout("softmax", "columns")).classify(crops(2))
    np.testing.assert_allclose(scores.probabilities, 0.5)
    assert scores.valence_arousal is not None
    np.testing.assert_allclose(scores.valence_arousal, [[-0.5, 1.0]] * 2)
    with pytest.raises(ModelCorrupt, match="second output"):
        classifier([0.5, 0.5], OutputLayout("none", "output")).classify(crops(1))
