"""What measured numbers and inputs are called, in words."""

import re

from mien.inference.model_card import InputLayout

NO_GROUPS = "Results by group of people are not known: no material that names groups was at hand."
"""What there is to say of every model in place of such results."""


def measure_told(name: str) -> str:
    """The words for a measured number: ``recall_16px_at_p90`` is "recall ≥ 16 px at precision 0.9"."""
    told = name.replace("score_image_", "score of sample ").replace("_at_p90", " at precision 0.9").replace("_", " ")
    told = re.sub(r"(?<![\d-])(\d+)px", r"≥ \1 px", told)
    told = re.sub(r"(\d-\d+)px", r"\1 px", told)
    return re.sub(r"\b(ap|cpu|ece|far|tar)\b", lambda found: found.group().upper(), told)


def input_told(layout: InputLayout) -> str:
    """What a network takes: its shape, the order of the colours, and how a pixel is normalised."""
    mean, scale = (
        " ".join(f"{value:.4g}" for value in ([one] if isinstance(one, float) else one))
        for one in (layout.mean, layout.scale)
    )
    return f"{'×'.join(map(str, layout.shape))} {layout.channels}, (pixel - {mean}) × {scale}"
