"""Which pictures train, choose and judge: stratified by label, copies of one photograph always together."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import SPLITS

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


def assign_splits(
    copies: Numbers, label: Numbers, labels: Sequence[str], shares: tuple[float, float, float], seed: int
) -> Words:
    """The split (n,) of pictures: about its share of every label, copies together under the label of the first.

    Those of NO_LABEL are shared out likewise, however few. Raises UsageError where a label has too few pictures for
    every split to have one.
    """
    generator = np.random.default_rng(seed)
    numbers, first, sizes = np.unique(copies, return_index=True, return_counts=True)
    stratum, chosen = label[first], np.zeros(len(numbers), np.int64)
    needed = sum(share > 0 for share in shares)
    for place in np.unique(stratum):
        members = generator.permutation(np.flatnonzero(stratum == place))
        if place != NO_LABEL and len(members) < needed:
            raise UsageError(
                f"{labels[place]} has {len(members)} pictures that are no copies of each other, expected at least "
                f"{needed}, one for each split: add some, or leave the label out with --classes FILE.toml"
            )
        chosen[members] = _filled(sizes[members], shares)
    return np.array(SPLITS)[chosen][np.searchsorted(numbers, copies)]


def _filled(sizes: Numbers, shares: tuple[float, float, float]) -> Numbers:
    """A split for each of the groups of these sizes: by the shares, and where there are enough, none goes without."""
    bounds = np.cumsum(shares)[:2] * sizes.sum()
    found = np.searchsorted(bounds, np.cumsum(sizes) - sizes / 2, side="right")
    for split, share in enumerate(shares):
        if share > 0 and not (found == split).any():
            spare = np.flatnonzero(np.bincount(found, minlength=3)[found] > 1)
            found[spare[-1:] if split else spare[:1]] = split
    return np.asarray(found, np.int64)


def leaking(copies: Numbers, split: Words) -> NDArray[np.bool_]:
    """The training pictures (n,) that are copies of pictures which choose or judge, and those that copy between them.

    Of pictures that choose and judge alike, the ones that choose are meant.
    """
    leaks = np.zeros(len(copies), dtype=bool)
    for place, name in enumerate(SPLITS[:-1]):
        later = np.isin(split, SPLITS[place + 1 :])
        leaks |= (split == name) & np.isin(copies, copies[later])
    return leaks
