"""Snapshots of somebody before a browser's camera: guided, and of nobody but whoever was challenged before."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.domain.clock import Clock
from mien.engine.challenging import opened
from mien.engine.guiding import Eyes, GuidedEnrolment, Sitting
from mien.gallery.challenge.challenge import SAME
from mien.gallery.challenge.evidence import Evidence
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.guidance import Advice, Look

TOO_FEW = "too few good snapshots were taken: try again, in good light"


@dataclass(frozen=True, slots=True)
class Studio:
    """What takes snapshots: the models, and what enrols somebody of a sitting with them; raises ModelError."""

    eyes: Callable[[], Eyes]
    guided: Callable[[Sitting], GuidedEnrolment]
    clock: Clock

    def begin(self, name: str, terms: Terms) -> "Snapping":
        """What takes those of whoever has, or gets, a tidy name; raises EnrolmentRefused, ModelError, StoreError."""
        guided = self.guided(Sitting(name, terms))
        return Snapping(self.eyes(), guided, self.clock)


@dataclass(slots=True)
class Snapping:
    """One person whose snapshots are taken; not for several threads at once."""

    eyes: Eyes
    guided: GuidedEnrolment
    clock: Clock
    _challenged: Evidence | None = None

    @property
    def is_over(self) -> bool:
        """Whether all of them are there, or the time is up."""
        return self.guided.guidance.is_over

    @property
    def taken(self) -> int:
        """How many there are."""
        return len(self.guided.guidance.portraits)

    def keep_to(self, challenged: Evidence) -> None:
        """Take none of anybody but whoever passed a challenge."""
        self._challenged = challenged

    def see(self, jpeg: bytes) -> Advice:
        """Judge a frame by the moment at which it is taken up; raises SourceUnreadable."""
        now_s = self.clock.monotonic_s()
        look = self.eyes.look_at(opened(jpeg), now_s)
        return self.guided.see(Look(now_s, reason="somebody else is in view") if self._is_other(look) else look)

    def _is_other(self, look: Look) -> bool:
        if look.portrait is None or self._challenged is None:
            return False
        return float(look.portrait.vector @ self._challenged.vector) < SAME
