"""Expression networks with one aligned face in and one distribution over named labels out."""

import numpy as np

from mien.domain.emotions import EmotionScores
from mien.domain.errors import ModelCorrupt
from mien.domain.faces import CropSpec, FaceCrops
from mien.inference.session import Session
from mien.vision.network_input import NetworkInput

SUM_TOLERANCE = 0.02
"""How far probabilities may be from 1 in sum: bf16 keeps three digits."""


class SoftmaxClassifier:
    """Any network whose output (n, k) is a distribution over its card's labels, softmax included."""

    def __init__(self, session: Session, network_input: NetworkInput, labels: tuple[str, ...]) -> None:
        self._session = session
        self._input = network_input
        self._labels = labels

    @property
    def crop(self) -> CropSpec:
        return self._input.crop

    @property
    def labels(self) -> tuple[str, ...]:
        return self._labels

    def classify(self, crops: FaceCrops) -> EmotionScores:
        shares = self._session.run(self._input.planes(crops))[self._session.outputs[0]]
        total = shares.sum(axis=1, keepdims=True, dtype=np.float32)
        if shares.shape[1] != len(self._labels) or not np.allclose(total, 1, atol=SUM_TOLERANCE):
            raise ModelCorrupt(f"expected distributions over {len(self._labels)} labels, got {shares.shape[1]} numbers")
        return EmotionScores(shares / total, self._labels)
