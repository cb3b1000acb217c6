"""What the votes of FER+'s ten annotators say of pictures: an agreed word, and a distribution to learn from."""

import numpy as np

from mien.domain.emotions import EMOTION_LABELS
from mien.evaluation.ferplus import NO_LABEL, Votes, majority_label, soft_label

VOTE_WORDS = EMOTION_LABELS


def labelled_by_votes(counts: Votes) -> list[tuple[str, tuple[float, ...]]]:
    """Of votes (n, 10): the word that the majority agrees on, or none, and the shares of the eight expressions.

    The shares are empty where most of the votes were for no expression: there is nothing to learn from such a picture.
    """
    agreed, shares = majority_label(counts), soft_label(counts)
    return [
        (
            "" if label == NO_LABEL else EMOTION_LABELS[label],
            tuple(float(share) for share in row) if np.any(row) else (),
        )
        for label, row in zip(agreed, shares, strict=True)
    ]
