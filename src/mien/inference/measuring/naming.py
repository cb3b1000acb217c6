"""What measured numbers are called, in words."""

import re


def measure_told(name: str) -> str:
    """The words for a measured number: ``recall_16px_at_p90`` is "recall ≥ 16 px at precision 0.9"."""
    told = name.replace("score_image_", "score of sample ").replace("_at_p90", " at precision 0.9").replace("_", " ")
    told = re.sub(r"(?<![\d-])(\d+)px", r"≥ \1 px", told)
    told = re.sub(r"(\d-\d+)px", r"\1 px", told)
    return re.sub(r"\b(ap|cpu|ece|far|tar)\b", lambda found: found.group().upper(), told)
