"""The majority is taken of labels, after words became labels; of the eight expressions it is FER+'s own."""

from pathlib import Path

import numpy as np
import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.evaluation.ferplus import majority_label
from mien.lab.datasets.agreement import Tally
from mien.lab.datasets.formats.sample import Sample
from mien.lab.datasets.formats.voting import voted
from mien.lab.datasets.labels import NO_LABEL, LabelSet, label_set


def tally(labels: LabelSet, undecided: int = 0, **votes: int) -> Tally:
    return Tally.of(Sample(b"", "", votes=votes, undecided=undecided), labels)


@pytest.fixture
def negative(tmp_path: Path) -> LabelSet:
    """A set in which sadness and fear are one label."""
    path = tmp_path / "labels.toml"
    path.write_text('[labels]\nneutral = []\nnegative = ["sadness", "fear"]\n')
    return label_set(str(path))


def test_votes_for_one_label_are_counted_together(negative: LabelSet) -> None:
    both = tally(negative, sadness=4, fear=4, happiness=2)
    assert both.agreed == 1 and both.shares.tolist() == [0, 1]
    assert tally(negative, sadness=1, fear=1).agreed == 1, "two that say the same are no slip"
    assert tally(negative, sadness=1, fear=1, happiness=3).agreed == NO_LABEL


@pytest.mark.parametrize(
    ("votes", "undecided", "shares"),
    [
        ({"happiness": 6, "neutral": 2, "fear": 1}, 0, {"happiness": 0.75, "neutral": 0.25}),
        ({"anger": 4}, 6, {}),
        ({"anger": 5}, 5, {}),
        ({"anger": 1, "fear": 1}, 0, {}),
        ({"anger": 4, "contempt": 4}, 0, {}),
        ({"anger": 3, "contempt": 2}, 4, {"anger": 1}),
        ({}, 0, {}),
    ],
)
def test_the_distribution_of_votes(votes: dict[str, int], undecided: int, shares: dict[str, float]) -> None:
    seven = label_set("7")
    found = tally(seven, undecided, **votes).shares
    assert found.tolist() == [shares.get(label, 0) for label in seven.labels]


def test_of_the_eight_expressions_the_majority_is_that_of_ferplus() -> None:
    counts = np.random.default_rng(0).multinomial(10, np.random.default_rng(1).dirichlet([0.2] * 10, 2000))
    eight, seven = label_set("8"), label_set("7")
    for (word, votes, undecided), label in zip(voted(counts), majority_label(counts).tolist(), strict=True):
        assert tally(eight, undecided, **votes).agreed == label
        assert word == ("" if label == NO_LABEL else EMOTION_LABELS[label])
        assert tally(seven, undecided, **votes).agreed == (label if label < 7 else NO_LABEL)
