"""How good the picture of a face is once it was embedded: what the recogniser has learnt to tell goes first."""

from mien.domain.faces import Quality, Recognition
from mien.vision.quality.measured_assessor import CERTAINTY, GOOD


def embedded_quality(measured: Quality, recognition: Recognition) -> Quality:
    """The quality of n faces by their embeddings, or as it was before where the recogniser has not learnt to tell."""
    if recognition.quality is None:
        return measured
    reasons = map(limitation, recognition.quality.tolist(), measured.reasons)
    return Quality(recognition.quality, tuple(reasons))


def limitation(score: float, measured_reason: str) -> str:
    """What limits a face of a score: what was measured to, for embeddings do not say, or nothing where it is good."""
    return "" if score >= GOOD else measured_reason or CERTAINTY.reason
