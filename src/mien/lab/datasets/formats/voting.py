"""What the votes of FER+'s ten annotators say of a picture: an agreed word, and how many of them said which."""

from collections.abc import Mapping

from mien.domain.emotions import EMOTION_LABELS
from mien.evaluation.ferplus import NO_LABEL, Votes, majority_label, without_single_votes

Voted = tuple[str, Mapping[str, int], int]
"""The word that the majority agrees on, or none; how many votes there are for each expression; how many for none."""


def voted(counts: Votes) -> list[Voted]:
    """What votes (n, 10), in the order of FER+, say of n pictures; single ones for no expression are slips."""
    agreed, expressions = majority_label(counts), counts[:, : len(EMOTION_LABELS)]
    undecided = without_single_votes(counts)[:, len(EMOTION_LABELS) :].sum(axis=1)
    return [
        (
            "" if label == NO_LABEL else EMOTION_LABELS[label],
            {word: count for word, count in zip(EMOTION_LABELS, row, strict=True) if count > 0},
            others,
        )
        for label, row, others in zip(agreed, expressions.tolist(), undecided.tolist(), strict=True)
    ]
