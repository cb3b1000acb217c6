"""What reads the apparent expression of aligned faces: the protocol every classifier fulfils."""

from typing import Protocol

from mien.domain.emotions import EmotionScores
from mien.domain.faces import AnyCropSpec, FaceCrops


class EmotionClassifier(Protocol):
    """Reads apparent expressions. Safe to call from several threads at once."""

    @property
    def crop(self) -> AnyCropSpec:
        """How faces must be cut for it."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Its classes, in the order of its output."""
        ...

    def classify(self, crops: FaceCrops) -> EmotionScores:
        """Whole distributions of n faces; raises ValueError where the crops were cut to another spec."""
        ...
