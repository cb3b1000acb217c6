"""Which pictures train, choose and judge: stratified by label, copies and pictures of one person always together."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import NO_PERSON, SPLITS

Numbers = NDArray[np.int64]
Words = NDArray[np.str_]


def read_shares(text: str) -> tuple[float, float, float]:
    """The shares of training, choosing and judging of a text such as ``70/15/15``; raises UsageError."""
    if not re.fullmatch(r"\d{1,3}/\d{1,3}/\d{1,3}", text):
        raise UsageError(f"expected three shares such as 70/15/15, got {text!r}")
    parts = [int(part) for part in text.split("/")]
    if sum(parts) != 100 or not parts[0] or not parts[1]:
        raise UsageError(f"expected shares that make 100, with some to train and some to choose, got {text!r}")
    return parts[0] / 100, parts[1] / 100, parts[2] / 100


def kept_together(copies: Numbers, person: Numbers) -> Numbers:
    """A number (n,) that pictures share which belong on one side: copies of one photograph, pictures of one person.

    Those that only others join as well, such as a copy, of which nobody said whom it shows, and the other pictures of
    whoever it copies. Where no person is known the numbers are the ``copies`` (n,).
    """
    owner = np.where(person == NO_PERSON, NO_PERSON - np.arange(len(person)), person)
    numbers = copies
    while not np.array_equal(joined := _lowest(_lowest(numbers, owner), copies), numbers):
        numbers = joined
    return numbers


def _lowest(numbers: Numbers, key: Numbers) -> Numbers:
    """For every row the lowest of the numbers (n,) of the rows with its key (n,)."""
    keys, place = np.unique(key, return_inverse=True)
    lowest = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(lowest, place, numbers)
    return lowest[place]


def assign_splits(
    copies: Numbers,
    person: Numbers,
    label: Numbers,
    labels: Sequence[str],
    shares: tuple[float, float, float],
    seed: int,
) -> Words:
    """The split (n,) of pictures: about its share of every label, and what has to stay together on one side.

    Copies count under the label of the first. People with several labels are shared out among themselves. Pictures of
    NO_LABEL are shared out like a label, however few. Raises UsageError where a label has too few for every split to
    have one.
    """
    generator = np.random.default_rng(seed)
    _, first, photograph = np.unique(copies, return_index=True, return_inverse=True)
    label = label[first][photograph]
    numbers, member, sizes = np.unique(kept_together(copies, person), return_inverse=True, return_counts=True)
    _check_enough(label, member, labels, needed=sum(share > 0 for share in shares))
    lowest, highest = _lowest(label, member), -_lowest(-label, member)
    stratum = np.zeros(len(numbers), np.int64)
    stratum[member] = np.where(lowest == highest, label, len(labels))
    chosen = np.zeros(len(numbers), np.int64)
    for place in np.unique(stratum):
        rows = generator.permutation(np.flatnonzero(stratum == place))
        chosen[rows] = _filled(sizes[rows], shares)
    return np.array(SPLITS)[chosen][member]


def _check_enough(label: Numbers, member: Numbers, labels: Sequence[str], needed: int) -> None:
    for place in np.unique(label[label != NO_LABEL]):
        if (count := len(np.unique(member[label == place]))) < needed:
            raise UsageError(
                f"{labels[place]} has {count} pictures that are neither copies of each other nor of one person, "
                f"expected at least {needed}, one for each split: add some, or leave the label out with "
                "--classes FILE.toml"
            )


def _filled(sizes: Numbers, shares: tuple[float, float, float]) -> Numbers:
    """A split for each of the groups of these sizes: by the shares, and where there are enough, none goes without."""
    bounds = np.cumsum(shares)[:2] * sizes.sum()
    found = np.searchsorted(bounds, np.cumsum(sizes) - sizes / 2, side="right")
    for split, share in enumerate(shares):
        if share > 0 and not (found == split).any():
            spare = np.flatnonzero(np.bincount(found, minlength=3)[found] > 1)
            found[spare[-1:] if split else spare[:1]] = split
    return np.asarray(found, np.int64)


def leaking(together: Numbers, split: Words) -> NDArray[np.bool_]:
    """The training pictures (n,) that share a number with pictures which choose or judge.

    Also those between these two: of pictures that choose and judge, the ones that choose are meant.
    """
    leaks = np.zeros(len(together), dtype=bool)
    for place, name in enumerate(SPLITS[:-1]):
        later = np.isin(split, SPLITS[place + 1 :])
        leaks |= (split == name) & np.isin(together, together[later])
    return leaks
