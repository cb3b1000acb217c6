"""Expression networks with one face in and scores of named labels out, some with valence and arousal beside them."""

import numpy as np

from mien.domain.emotions import EmotionScores
from mien.domain.errors import ModelCorrupt
from mien.domain.faces import AnyCropSpec, FaceCrops
from mien.inference.model_card import OutputLayout
from mien.inference.session import Session
from mien.vision.activations import Floats, check_finite, softmax
from mien.vision.network_input import NetworkInput

SUM_TOLERANCE = 0.02
"""How far probabilities may be from 1 in sum: bf16 keeps three digits."""


class NetworkClassifier:
    """Any network whose first output (n, k) holds the scores of its card's labels.

    What the card's output layout says is done to them: a softmax, valence and arousal cut off the end or taken from
    the second output (n, 2) and kept within [-1, 1].
    """

    def __init__(
        self, session: Session, network_input: NetworkInput, labels: tuple[str, ...], layout: OutputLayout
    ) -> None:
        self._session = session
        self._input = network_input
        self._labels = labels
        self._layout = layout

    @property
    def crop(self) -> AnyCropSpec:
        return self._input.crop

    @property
    def labels(self) -> tuple[str, ...]:
        return self._labels

    def classify(self, crops: FaceCrops) -> EmotionScores:
        outputs = list(self._session.run(self._input.planes(crops)).values())
        check_finite("the network gives scores", *outputs)
        scores, valence_arousal = outputs[0].reshape(len(crops), int(np.prod(outputs[0].shape[1:]))), None
        if self._layout.valence_arousal == "columns":
            scores, valence_arousal = scores[:, :-2], scores[:, -2:]
        elif self._layout.valence_arousal == "output":
            if len(outputs) < 2 or outputs[1].shape != (len(crops), 2):
                raise ModelCorrupt("expected a second output of valence and arousal, the network has none")
            valence_arousal = outputs[1]
        if scores.shape[1] != len(self._labels):
            raise ModelCorrupt(f"expected the scores of {len(self._labels)} labels, got {scores.shape[1]} numbers")
        shares = softmax(scores) if self._layout.activation == "softmax" else scores
        limited = None if valence_arousal is None else np.clip(valence_arousal, -1, 1)
        return EmotionScores(distributions(shares), self._labels, limited)


def distributions(shares: Floats) -> Floats:
    """Shares (n, k) whose rows sum to 1 exactly; raises ModelCorrupt where theirs are far from it."""
    total = shares.sum(axis=1, keepdims=True, dtype=np.float32)
    if not np.allclose(total, 1, atol=SUM_TOLERANCE):
        raise ModelCorrupt(f"expected distributions over {shares.shape[1]} labels, got rows that do not sum to 1")
    summing_to_1: Floats = shares / total
    return summing_to_1
