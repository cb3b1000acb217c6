"""From which distance on a face is nobody's to the classic recogniser, and how that was measured."""

from dataclasses import dataclass
from math import log10
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Distances = NDArray[np.float64]

_ONE_FACE, _PER_TENFOLD = 115.3, 4.8
_MOST_WRONG = 0.05


@dataclass(frozen=True, slots=True)
class Rejection:
    """The distance from which on a face is nobody's.

    ``method``: *strangers* is what 1 % of strangers fall below in general (`stranger_distance`). *others* is less than
    that: what 5 % of the training faces fall below when each is compared with everybody else's, where those, of the
    same camera and light, are more alike than strangers are. How far apart a person's own faces lie decides nothing:
    those of one minute are alike, and say nothing of the next day.

    The two shares are what it yields on the training ``faces``, each left out in turn; one that could not be measured
    is None.
    """

    threshold: float
    method: Literal["strangers", "others"]
    false_rejects: float | None
    false_accepts: float | None
    faces: int


def stranger_distance(faces: int) -> float:
    """The distance to the nearest of so many training faces that 1 % of strangers fall below.

    Measured on LFW: 60 people of 1 to 10 faces, alone and together, and 300 people of one face who are none of them;
    it falls evenly with the logarithm of their number. Of 300 further strangers, 1.1 to 2.2 % fell below it.
    """
    return _ONE_FACE - _PER_TENFOLD * log10(max(faces, 1))


def measured(own: Distances, others: Distances, faces: int) -> Rejection:
    """The rejection of a model of ``faces`` from what each training face is away from its nearest neighbours.

    ``own`` are the distances to others of the same person, for faces that have any; ``others`` those to everybody else.
    """
    in_general = stranger_distance(faces)
    among_others = float(np.quantile(others, _MOST_WRONG, method="lower")) if len(others) else np.inf
    threshold = min(in_general, among_others)
    false_rejects = float((own >= threshold).mean()) if len(own) else None
    false_accepts = float((others < threshold).mean()) if len(others) else None
    return Rejection(
        threshold, "strangers" if threshold == in_general else "others", false_rejects, false_accepts, faces
    )
