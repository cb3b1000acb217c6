"""Whether the face of a track or a person was a live one, added up over its readings."""

from collections import Counter
from dataclasses import dataclass, field

from mien.domain.readings import FaceReading, LivenessKind


@dataclass(frozen=True, slots=True)
class LivenessVerdict:
    """What most readings say (``""``: nobody judged), their mean score, and what stands against a fair judgement."""

    kind: LivenessKind
    score: float
    reason: str


@dataclass(slots=True)
class _Judgements:
    """How many readings say live, how many spoof, and the sum of their scores."""

    live: int = 0
    spoof: int = 0
    score_sum: float = 0.0

    def merge(self, other: "_Judgements") -> None:
        self.live += other.live
        self.spoof += other.spoof
        self.score_sum += other.score_sum


@dataclass(slots=True)
class LivenessRecord:
    """The judgements of many readings; where some were made under fair conditions, those alone count."""

    fair: _Judgements = field(default_factory=_Judgements)
    unfair: _Judgements = field(default_factory=_Judgements)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, face: FaceReading) -> None:
        """Add a reading."""
        if face.liveness_reason:
            self.reasons[face.liveness_reason] += 1
        if face.liveness:
            is_live = face.liveness == "live"
            judged = self.unfair if face.liveness_reason else self.fair
            judged.merge(_Judgements(int(is_live), int(not is_live), face.liveness_score))

    def merge(self, other: "LivenessRecord") -> None:
        """Add the readings of another."""
        self.fair.merge(other.fair)
        self.unfair.merge(other.unfair)
        self.reasons.update(other.reasons)

    @property
    def verdict(self) -> LivenessVerdict:
        """What they come to; as many that say spoof as live are a spoof."""
        is_fair = bool(self.fair.live + self.fair.spoof)
        judged = self.fair if is_fair else self.unfair
        reason = "" if is_fair else max(self.reasons, key=self.reasons.__getitem__, default="")
        count = judged.live + judged.spoof
        if not count:
            return LivenessVerdict("", 0.0, reason)
        return LivenessVerdict("live" if judged.live > judged.spoof else "spoof", judged.score_sum / count, reason)

    def columns(self) -> dict[str, object]:
        """What the tables say of it."""
        found = self.verdict
        return {
            "liveness": found.kind,
            "liveness_score": found.score if found.kind else None,
            "liveness_reason": found.reason,
        }
