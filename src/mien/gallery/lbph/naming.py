"""What a track is called by the classic recogniser: several looks vote, and nobody is an answer too."""

from dataclasses import dataclass
from math import nan
from statistics import median
from typing import Literal

from mien.gallery.lbph.model import LbphAnswer
from mien.tracking.smoothing import ConfirmationWindow, SmoothingSettings

Standing = Literal["known", "unknown", "undecided"]

_VOTES = SmoothingSettings(window=15, share=0.6, min_readings=5)  # three seconds of a camera, the first after one
_NOBODY = "/"  # no folder, and so nobody, is called so


@dataclass(frozen=True, slots=True)
class TrackName:
    """Who a face is that was looked at several times.

    ``name`` is empty for the *unknown*, who is nobody of the model, and for the *undecided*; ``distance`` is the
    median of all ``looks``, not a number before the first.
    """

    standing: Standing
    name: str
    distance: float
    looks: int


class TrackVote:
    """The looks at one track. What it was called stays until enough of the latest looks say something else."""

    def __init__(self) -> None:
        self._window = ConfirmationWindow(_VOTES)
        self._said = ""
        self._distances: list[float] = []

    def add(self, answer: LbphAnswer) -> None:
        """Take in what one more look says."""
        self._distances.append(answer.distance)
        self._window.add(answer.name or _NOBODY)
        self._said = self._window.winner or self._said

    @property
    def name(self) -> TrackName:
        """What the track is called now."""
        standing: Standing = "known"
        if self._said in ("", _NOBODY):
            standing = "unknown" if self._said else "undecided"
        distance = median(self._distances) if self._distances else nan
        return TrackName(standing, self._said if standing == "known" else "", distance, len(self._distances))
