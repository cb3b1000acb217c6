"""What judges whether a face is live: the protocol every judge fulfils."""

from typing import Protocol

from mien.domain.faces import Detections, Liveness
from mien.domain.frame import Pixels


class LivenessJudge(Protocol):
    """Judges from one picture whether faces are live. Safe to call from several threads at once."""

    def judge(self, pixels: Pixels, detections: Detections) -> Liveness:
        """A score for each of n faces of a picture, and what stands against a fair judgement of it."""
        ...
