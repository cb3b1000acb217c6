"""Cutting faces of one person at a source, guided look by look."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from mien.domain.frame import Frame
from mien.engine.guiding import Eyes
from mien.gallery.enrolment.guidance import Advice, Guidance

_SPACING_S = 0.5  # between two faces that are cut: a head must have moved, or they say the same
_PATIENCE_S = 0.1  # until the next look where one showed nothing good


class Acquisition:
    """Looks at sources for the one face that is in view, until guidance has what it wants."""

    def __init__(self, eyes: Eyes, guidance: Guidance) -> None:
        self.guidance = guidance
        self._eyes = eyes

    def follow(self, frames: Iterable[Frame], is_still: bool) -> Iterator[tuple[Advice, NDArray[np.uint8] | None]]:
        """Each look's worth, and the face (112, 112) that it gave, if any; at most two faces a second.

        Of unrelated pictures (``is_still``) every one is looked at.
        """
        due_s = -np.inf
        for frame in frames:
            if not is_still and frame.time_s < due_s:
                continue
            advice = self.guidance.consider(self._eyes.look(frame))
            due_s = frame.time_s + (_SPACING_S if advice.taken else _PATIENCE_S)
            yield advice, self.guidance.portraits[-1].crop[..., 0] if advice.taken else None
            if self.guidance.is_over:
                return
