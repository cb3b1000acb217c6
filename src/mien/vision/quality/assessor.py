"""What judges how good the picture of a face is: the protocol every assessor fulfils."""

from typing import Protocol

from mien.domain.faces import Detections, Quality
from mien.domain.frame import Pixels


class QualityAssessor(Protocol):
    """Judges pictures of faces. Safe to call from several threads at once."""

    def assess(self, pixels: Pixels, detections: Detections) -> Quality:
        """A score and the limiting reason for each of n faces of a picture."""
        ...
