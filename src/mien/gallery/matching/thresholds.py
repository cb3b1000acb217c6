"""How similar is similar enough: the settings of matching, and how they grow with the gallery."""

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.domain.faces import Quality, Recognition


@dataclass(frozen=True, slots=True)
class MatchingSettings:
    """When a face is somebody. Similarities are cosines of the default recogniser's embeddings.

    ``known_similarity`` is asked in a gallery of one enrolled person; every tenfold of people adds ``per_tenfold``,
    because the best of many chance resemblances is higher than one. A face of quality 0 is asked for ``poor_relief``
    less, one of quality q for 1 - q of it: what spoils a picture takes from every resemblance, so that strangers reach
    the threshold of clear faces more rarely by poor ones. ``min_margin`` is the lead over the second person. ``strong``
    above the threshold, one good view is enough. Less than ``doubt`` below it, a face is neither somebody nor a
    stranger until ``patience`` good views are in. A decision stands while the similarity is no more than ``hysteresis``
    below the threshold.

    From ``stranger_similarity`` on, measured as ``linkage`` does, a face is a stranger met before, and two strangers
    are one. It does not grow with their number: by chance, one in 200,000 pairs of people reaches so much.

    Below ``min_norm``, the embedding's length before it was normalised, there is hardly a face (0 asks for none): such
    a view is no evidence of anything. Others are good from ``min_quality`` in [0, 1]. ``votes`` views decide, of the
    ``views`` best that a track keeps. A stranger is kept by up to ``stranger_templates`` templates.
    """

    known_similarity: float = 0.28
    stranger_similarity: float = 0.43
    per_tenfold: float = 0.07
    poor_relief: float = 0.1
    min_margin: float = 0.05
    strong: float = 0.15
    doubt: float = 0.04
    hysteresis: float = 0.06
    min_quality: float = 0.5
    min_norm: float = 5.5
    votes: int = 3
    views: int = 8
    patience: int = 8
    stranger_templates: int = 10

    def is_face(self, recognition: "Recognition") -> "NDArray[np.bool_]":
        """Which of n views show a face at all, (n,)."""
        clear: NDArray[np.bool_] = recognition.norms >= self.min_norm
        return clear

    def is_good(self, recognition: "Recognition", quality: "Quality") -> "NDArray[np.bool_]":
        """Which of n views are good, (n,)."""
        return self.is_face(recognition) & (quality.scores >= self.min_quality)

    def is_doubtful(self, similarity: float, good: int) -> bool:
        """Whether faces of so many good views are too similar to a stranger to be a new one, too little to be it."""
        return 0 < self.stranger_similarity - similarity <= self.doubt and good < self.patience

    def known_above(self, people: int, quality: float = 1.0) -> float:
        """The least similarity of a match by a face of a quality in [0, 1], where so many people are enrolled."""
        return self.known_similarity + self.per_tenfold * log10(max(people, 1)) - self.poor_relief * (1 - quality)


@dataclass(frozen=True, slots=True)
class EnrolmentSettings:
    """What makes a face good enough to enrol: its quality in [0, 1], and its embedding's length before normalising.

    A view that resembles one of the person's by ``near_copy`` or more says nothing new and is refused: 3 in 10,000
    pairs of pictures of a person do (LFW View 1, train), and 19 of 20 copies that were cut or compressed anew. Of a
    person ``cap`` pictures are looked at; what is one too many, the most redundant, is set aside.
    """

    min_quality: float = 0.5
    min_norm: float = 5.5
    near_copy: float = 0.92
    cap: int = 40
