"""What a track shows over time: the label that a window of its latest readings confirms."""

from collections import Counter, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SmoothingSettings:
    """The confirmation window of a track.

    ``window`` is how many readings it holds, ``share`` the part of their votes that confirms a label, and
    ``min_readings`` how many there must be before anything is confirmed at all. A reading that is less confident than
    ``min_confidence`` abstains: it counts, and says and votes for nothing.
    """

    window: int = 20
    share: float = 0.6
    min_readings: int = 5
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.min_readings <= self.window:
            raise ValueError(f"expected 1 ≤ min_readings ≤ window, got {self.min_readings} and {self.window}")
        if not 0 <= self.min_confidence < 1:
            raise ValueError(f"expected a confidence from 0 to below 1, got {self.min_confidence}")
        if not 0.5 < self.share <= 1:
            raise ValueError(f"expected a share above 0.5, so that one label wins, and at most 1, got {self.share}")

    def said(self, label: str, confidence: float) -> str:
        """What a reading says whose most likely label is so likely: the label, or ``""`` where it abstains."""
        return label if confidence >= self.min_confidence else ""


class ConfirmationWindow:
    """The latest readings of one track, each one vote for what it says.

    With too few readings, or no label of enough votes, nothing is confirmed: an answer of its own, and not neutral.
    """

    def __init__(self, settings: SmoothingSettings) -> None:
        self._settings = settings
        self._votes: deque[str] = deque(maxlen=settings.window)

    def add(self, label: str) -> None:
        """Take in what one more reading says, ``""`` where it abstains; the oldest leaves a full window."""
        self._votes.append(label)

    def clear(self) -> None:
        """Forget every reading."""
        self._votes.clear()

    @property
    def winner(self) -> str:
        """The confirmed label, or ``""`` for insufficient evidence."""
        if len(self._votes) < self._settings.min_readings:
            return ""
        label, votes = Counter(self._votes).most_common(1)[0]
        return label if votes / len(self._votes) >= self._settings.share else ""
