"""What stands for a person in a search: the mean of the person's templates, and the key under which it is kept."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.store.vectors.index import Floats, Ids

_LEAST_WEIGHT = 1e-6  # so that somebody known only by the worst of views has a mean too


def person_means(vectors: Floats, weights: Floats, owners: NDArray[np.int32], count: int) -> Floats:
    """The means of ``count`` people, (count, d) of unit length.

    From templates (m, d), weights (m,) and places (m,) of whose they are; everybody has at least one template. Where
    one of a person's is no number the mean is zero: it resembles nobody, and spoils no comparison with others.
    """
    return means_and_lengths(vectors, weights, owners, count)[0]


def means_and_lengths(vectors: Floats, weights: Floats, owners: NDArray[np.int32], count: int) -> tuple[Floats, Floats]:
    """The same, and how long (count,) each mean was before it was normalised: 1 where all templates say the same."""
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(count))
    with np.errstate(over="ignore", invalid="ignore"):
        weighing = np.maximum(weights[order], _LEAST_WEIGHT)
        sums = np.add.reduceat(vectors[order] * weighing[:, None], starts, axis=0) if count else vectors[:0]
        totals = np.add.reduceat(weighing, starts) if count else weighing[:0]
        norms = np.linalg.norm(sums, axis=1)
        means: Floats = sums / np.maximum(norms, np.finfo(np.float32).tiny)[:, None]
        lengths: Floats = norms / totals
    means[~np.isfinite(norms)] = 0
    return means, np.where(np.isfinite(lengths), lengths, 0).astype(np.float32)


def standing(means: Floats, lengths: Floats, is_enrolled: NDArray[np.bool_]) -> Floats:
    """What faces are compared with for each person, (p, d), from means (p, d) and how long (p,) these were.

    Of people who are enrolled it is the mean. That of a stranger is as long as ``linkage`` asks: by the root.
    """
    scales: Floats = np.where(is_enrolled, np.float32(1), np.sqrt(lengths))
    return means * scales[:, None]


def mean_keys(template_ids: Ids, weights: Floats, owners: NDArray[np.int32], count: int) -> Ids:
    """A key of 63 bits for the mean of each person, (count,): another one as soon as templates come, go or move.

    The sum of what each template's id and weight are scattered to (splitmix64, Steele et al., OOPSLA 2014): among a
    million people two share a key once in ten million galleries.
    """
    scattered = _scattered(template_ids.astype(np.uint64)) ^ weights.astype(np.float32).view(np.uint32)
    keys = np.zeros(count, np.uint64)
    np.add.at(keys, owners, _scattered(scattered))
    return (keys >> np.uint64(1)).astype(np.int64)


def person_marks(people: Sequence[str]) -> Ids:
    """A number of 63 bits for each id with its kind: a mean under a key that holds it is that of nobody else."""
    numbers = np.fromiter((zlib.crc32(person.encode()) for person in people), np.uint64, len(people))
    return (_scattered(numbers) >> np.uint64(1)).astype(np.int64)


def _scattered(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
