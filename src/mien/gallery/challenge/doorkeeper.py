"""Whom a challenge that was passed lets in: somebody who looks live, and is known more surely than at a camera."""

from dataclasses import dataclass

import numpy as np

from mien.gallery.challenge.evidence import Evidence
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best

STRICTER = 10
"""Of strangers, one is let in where this many would be named at a camera.

The similarity that is asked is that of a gallery in which so many times as many people are: `per_tenfold` is what the
best of ten times as many chance resemblances gains, which is what makes a stranger ten times as rare, whatever the
gallery's own threshold is, set, shipped or calibrated. A rate of its own could not be measured: a gallery is calibrated
for one in a thousand, and one in ten thousand is beyond what its background of strangers can tell.
"""

LIVE = 0.7
"""The least of the median liveness of all looks at rest. Live faces of the acted clips have 0.99 and more in the middle
of their looks, the two spoofs at hand 0.002 and less; single looks waver, and 0.5 is asked at a camera."""


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Looks for people in a gallery more strictly than its cameras do."""

    gallery: Gallery
    stricter: int = STRICTER

    def is_live(self, evidence: Evidence) -> bool:
        """Whether all looks together are of a live face."""
        return evidence.live >= LIVE

    def known(self, evidence: Evidence) -> str:
        """The id of the enrolled person whom all looks together show; empty for a spoof, a stranger, and for doubt."""
        return self._nearest(evidence, self.stricter) if self.is_live(evidence) else ""

    def resembles(self, evidence: Evidence) -> bool:
        """Whether a camera would call the face by the name of somebody, be that doubtful between two."""
        return bool(self._nearest(evidence, 1, has_margin=False))

    def _nearest(self, evidence: Evidence, stricter: int, *, has_margin: bool = True) -> str:
        settings = self.gallery.settings
        with self.gallery.held() as crowd:
            people = int(np.count_nonzero(crowd.is_enrolled))
            if not people:
                return ""
            best = Best.among(crowd.scores(evidence.vector[None])[0], crowd.is_enrolled)
            is_sure = best.similarity >= settings.known_above(people * stricter)
            is_alone = not has_margin or people == 1 or best.margin >= settings.min_margin
            return crowd.person_ids[best.place] if is_sure and is_alone else ""
