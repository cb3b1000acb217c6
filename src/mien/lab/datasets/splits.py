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

    Copies count under the label of the first, people with several labels under the rarest of theirs, which no split is
    to go without. Pictures of NO_LABEL are shared out like a label, however few. Raises UsageError where a label has
    too few for every split to have one.
    """
    generator = np.random.default_rng(seed)
    _, first, photograph = np.unique(copies, return_index=True, return_inverse=True)
    label = label[first][photograph]
    numbers, member, sizes = np.unique(kept_together(copies, person), return_inverse=True, return_counts=True)
    _check_enough(label, member, labels, needed=sum(share > 0 for share in shares))
    stratum = _rarest(label, member, len(numbers))
    chosen = np.zeros(len(numbers), np.int64)
    for place in np.unique(stratum):
        rows = generator.permutation(np.flatnonzero(stratum == place))
        chosen[rows] = _filled(sizes[rows], shares)
    return np.array(SPLITS)[chosen][member]


def _rarest(label: Numbers, member: Numbers, groups: int) -> Numbers:
    """Of each group the label that the fewest groups have, or NO_LABEL, by the labels and groups (n,) of pictures."""
    rarest = np.full(groups, NO_LABEL)
    pairs = np.unique(np.stack([member, label], axis=1)[label != NO_LABEL], axis=0)
    of_groups, kinds = pairs[:, 0], pairs[:, 1]
    falling = np.argsort(-np.bincount(kinds)[kinds], kind="stable")
    rarest[of_groups[falling]] = kinds[falling]  # what comes last stays
    return rarest


def _check_enough(label: Numbers, member: Numbers, labels: Sequence[str], needed: int) -> None:
    for place in np.unique(label[label != NO_LABEL]):
        if (count := len(np.unique(member[label == place]))) < needed:
            raise UsageError(
                f"{labels[place]} has {count} pictures that are neither copies of each other nor of one person, "
                f"expected at least {needed}, one for each split: add some, or leave the label out with "
                "--classes FILE.toml"
            )


def _filled(sizes: Numbers, shares: tuple[float, float, float]) -> Numbers:
    """A split for each of the groups of these sizes, the largest first: that which lacks most of its share.

    Where there are enough groups, none goes without: it gets the smallest that another one can spare.
    """
    lacking = np.array(shares) * sizes.sum()
    found = np.zeros(len(sizes), np.int64)
    for row in np.argsort(-sizes, kind="stable"):
        found[row] = lacking.argmax()
        lacking[found[row]] -= sizes[row]
    for split, share in enumerate(shares):
        spare = np.flatnonzero(np.bincount(found, minlength=3)[found] > 1)
        if share > 0 and len(spare) and not (found == split).any():
            found[spare[sizes[spare].argmin()]] = split
    return found


def leaking(together: Numbers, split: Words) -> NDArray[np.bool_]:
    """The training pictures (n,) that share a number with pictures which choose or judge.

    Also those between these two: of pictures that choose and judge, the ones that choose are meant.
    """
    leaks = np.zeros(len(together), dtype=bool)
    for place, name in enumerate(SPLITS[:-1]):
        later = np.isin(split, SPLITS[place + 1 :])
        leaks |= (split == name) & np.isin(together, together[later])
    return leaks
