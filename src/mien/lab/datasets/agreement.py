"""What annotators agree on: the majority rule of FER+, once what they said has become labels of a set."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.ferplus import without_single_votes
from mien.lab.datasets.formats.sample import Sample
from mien.lab.datasets.labels import NO_LABEL, LabelSet


@dataclass(frozen=True, slots=True)
class Tally:
    """How many votes each label (k,) of a set has, how many other expressions have, and how many are for none.

    What only one annotator says is a slip and left out, as in FER+; several words of one label are not.
    """

    votes: NDArray[np.int64]
    others: int
    undecided: int

    @classmethod
    def of(cls, sample: Sample, labels: LabelSet) -> Self:
        """The votes for a picture, counted by label."""
        votes, others = np.zeros(len(labels.labels), np.int64), 0
        for word, count in sample.votes.items():
            if (place := labels.number(word)) != NO_LABEL:
                votes[place] += count
            elif count > 1:
                others += count
        return cls(without_single_votes(votes), others, sample.undecided)

    @property
    def agreed(self) -> int:
        """The place of the label with more than half of all votes, or NO_LABEL."""
        winner = int(self.votes.argmax())
        return winner if 2 * self.votes[winner] > self.votes.sum() + self.others + self.undecided else NO_LABEL

    @property
    def shares(self) -> NDArray[np.float32]:
        """The distribution (k,) of the votes over the labels, which sums to 1.

        Zeros where no more than half of the votes are for expressions, or of these for labels of the set.
        """
        total = int(self.votes.sum())
        is_usable = total + self.others > self.undecided and total > self.others
        return np.asarray(self.votes / total if is_usable else np.zeros(len(self.votes)), np.float32)
