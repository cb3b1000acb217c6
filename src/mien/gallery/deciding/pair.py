"""Whether two pictures show one person: which of their faces are compared, and what that comes to."""

from dataclasses import dataclass
from math import log10
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Quality, Recognition
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import UNCLEAR

Verdict = Literal["same", "different", "undecided"]


@dataclass(frozen=True, slots=True)
class FacesSeen:
    """The n faces of one picture, n at least 1, as the recogniser sees them."""

    recognition: Recognition
    quality: Quality

    def __len__(self) -> int:
        return len(self.quality)

    def good(self, settings: MatchingSettings) -> list[int]:
        """The places of those that are good."""
        return np.flatnonzero(settings.is_good(self.recognition, self.quality)).tolist()

    def compared(self, settings: MatchingSettings) -> list[int]:
        """The places of those that are compared: all good ones, or the best one where none is."""
        best = int((self.quality.scores + settings.is_face(self.recognition)).argmax())
        return self.good(settings) or [best]

    def limit(self, place: int, settings: MatchingSettings) -> str:
        """What makes a face too poor to be told from somebody else's, or nothing."""
        return "" if place in self.good(settings) else self.quality.reasons[place] or UNCLEAR


@dataclass(frozen=True, slots=True)
class Pair:
    """The two faces that resemble most, by their places in either picture, and what is to be said of them.

    ``limits`` are what makes either too poor for it, where that is so, or nothing.
    """

    places: tuple[int, int]
    similarity: float
    threshold: float
    verdict: Verdict
    limits: tuple[str, str] = ("", "")


def likest(first: FacesSeen, second: FacesSeen, same_above: float, settings: MatchingSettings) -> Pair:
    """Compare two pictures; ``same_above`` is the similarity from which on two faces are one person's.

    Where several pairs are compared more is asked, as of a face among several people: the best of many chance
    resemblances is higher than one. As where a face is looked for, what hardly shows a face is nobody's, and a poor
    face that resembles too little does not say that it is another's. Raises ModelMismatch.
    """
    rows, columns = first.compared(settings), second.compared(settings)
    scores: NDArray[np.float32] = first.recognition.embeddings.similarity(second.recognition.embeddings)
    scores = scores[np.ix_(rows, columns)]
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    here, there = rows[int(row)], columns[int(column)]
    similarity = float(scores.max())
    threshold = same_above + settings.per_tenfold * log10(scores.size)
    limits = (first.limit(here, settings), second.limit(there, settings))
    is_face = settings.is_face(first.recognition)[here] and settings.is_face(second.recognition)[there]
    if is_face and similarity >= threshold:
        return Pair((here, there), similarity, threshold, "same")
    return Pair((here, there), similarity, threshold, "undecided" if any(limits) else "different", limits)
