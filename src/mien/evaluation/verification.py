"""Are two pictures of one person? Measured on lists of pairs in the format of Labeled Faces in the Wild."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceUnreadable
from mien.evaluation.faces import EmbeddedPictures, FaceReader, Progress, embed_pictures, no_progress

Rows = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """n pairs of pictures: paths within the folder of pictures, whether they show one person, and the fold (n,)."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    is_same: Mask
    fold: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EmbeddedPairs:
    """The faces of n pairs: each picture once, under its name, and the similarities (n,) of the pairs.

    Where a pair is not ``is_usable`` (n,) one of its pictures had no face.
    """

    names: tuple[str, ...]
    pictures: EmbeddedPictures
    similarities: Rows
    is_usable: Mask


@dataclass(frozen=True, slots=True)
class Verification:
    """What n pairs say of a recogniser.

    Of one list (View 1) ``accuracy`` is that at the best threshold and ``std`` binomial; of several folds (View 2) each
    fold is judged at the best threshold of the others, and ``accuracy``, ``std`` and ``threshold`` are mean, standard
    deviation and mean over the folds. A pair with a picture without a face is an error at every threshold; among the
    rates it is a person of the pair who was not accepted. ``skipped`` is 0: no pair is left out.
    """

    accuracy: float
    std: float
    threshold: float
    tar_at_far_1e2: float
    tar_at_far_1e3: float
    pairs: int
    skipped: int
    pairs_without_face: int

    def as_json(self) -> dict[str, float | int]:
        """The fields under their public names."""
        return {
            "accuracy": self.accuracy,
            "std": self.std,
            "threshold": self.threshold,
            "tar_at_far_0.01": self.tar_at_far_1e2,
            "tar_at_far_0.001": self.tar_at_far_1e3,
            "pairs": self.pairs,
            "skipped": self.skipped,
            "pairs_without_face": self.pairs_without_face,
        }


def read_pairs(path: Path) -> Pairs:
    """Read a list of pairs: a head ``N`` or ``folds N``, then per fold N lines of one person and N of two.

    ``name 1 2`` are two pictures of one person, ``name 1 other 2`` pictures of two, ``name/name_0001.jpg`` the file.
    Raises SourceUnreadable, with the line, where the file is something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        head = [int(number) for number in lines[0].split()]
        folds, count = (1, head[0]) if len(head) == 1 else (head[0], head[1])
    except (IndexError, ValueError):
        raise SourceUnreadable(f"{path} is no list of pairs: its first line should be N, or folds and N") from None
    rows = [line.split("\t") if "\t" in line else line.split() for line in lines[1:] if line.strip()]
    if not rows:
        raise SourceUnreadable(f"{path} holds no pairs")
    if len(rows) != folds * count * 2:
        raise SourceUnreadable(f"{path} should hold {folds * count * 2} pairs and holds {len(rows)}")
    try:
        pictures = [_pictures(row) for row in rows]
    except (IndexError, ValueError):
        raise SourceUnreadable(f"{path} has a line that is no pair") from None
    first, second = zip(*pictures, strict=True)
    is_same = np.array([len(row) == 3 for row in rows], dtype=bool)
    return Pairs(first, second, is_same, np.repeat(np.arange(folds), count * 2))


def evaluate_verification(
    pairs: Pairs, images: Path, reader: FaceReader, progress: Progress = no_progress
) -> Verification:
    """Embed every picture of the pairs once and judge; raises SourceError where a picture is missing or broken."""
    embedded = embed_pairs(pairs, images, reader, progress)
    return judge(embedded.similarities, embedded.is_usable, pairs)


def embed_pairs(pairs: Pairs, images: Path, reader: FaceReader, progress: Progress = no_progress) -> EmbeddedPairs:
    """Embed every picture of the pairs once; raises SourceError where a picture is missing or broken."""
    names = sorted({*pairs.first, *pairs.second})
    pictures = embed_pictures([images / name for name in names], reader, progress=progress)
    row_of = {name: row for row, name in enumerate(names)}
    first, second = (np.array([row_of[name] for name in side]) for side in (pairs.first, pairs.second))
    similarities = np.einsum("nd,nd->n", pictures.vectors[first], pictures.vectors[second]).astype(np.float64)
    return EmbeddedPairs(tuple(names), pictures, similarities, pictures.has_face[first] & pictures.has_face[second])


def judge(similarities: Rows, is_usable: Mask, pairs: Pairs) -> Verification:
    """Judge pairs by their similarities (n,); where not ``is_usable`` (n,) a picture had no face."""
    folds = np.unique(pairs.fold)
    results = []
    for fold in folds:
        tested = pairs.fold == fold
        chosen_on = (tested if len(folds) == 1 else ~tested) & is_usable
        threshold = best_threshold(similarities[chosen_on], pairs.is_same[chosen_on])
        is_right = ((similarities >= threshold) == pairs.is_same) & is_usable
        results.append((float(is_right[tested].mean()), threshold))
    accuracies, thresholds = np.array(results).T
    accuracy = float(accuracies.mean())
    binomial = float(np.sqrt(accuracy * (1 - accuracy) / len(similarities)))
    genuine = np.where(is_usable, similarities, -np.inf)[pairs.is_same]
    impostor = np.where(is_usable, similarities, -np.inf)[~pairs.is_same]
    return Verification(
        accuracy=accuracy,
        std=binomial if len(folds) == 1 else float(accuracies.std(ddof=1)),
        threshold=float(thresholds.mean()),
        tar_at_far_1e2=true_accept_rate(genuine, impostor, 0.01),
        tar_at_far_1e3=true_accept_rate(genuine, impostor, 0.001),
        pairs=len(similarities),
        skipped=0,
        pairs_without_face=int((~is_usable).sum()),
    )


def best_threshold(similarities: Rows, is_same: Mask) -> float:
    """From which similarity on "same" is right most often: the middle of a gap, of the widest where several tie."""
    order = np.argsort(similarities)
    values, same = similarities[order], is_same[order]
    edges = np.concatenate([[-1.0], values, [1.0]])
    gaps = np.diff(edges)
    right = np.concatenate([[0], np.cumsum(~same)]) + np.concatenate([np.cumsum(same[::-1])[::-1], [0]])
    best = int(np.argmax(np.where(gaps > 0, right + gaps / 4, -1)))  # a gap is at most 2: it only breaks ties
    return float((edges[best] + edges[best + 1]) / 2)


def threshold_at_far(impostor: Rows, rate: float) -> float:
    """The similarity that at most a share ``rate`` of the impostors (n,) exceeds."""
    allowed = min(int(rate * len(impostor)), len(impostor) - 1)
    return float(np.sort(impostor)[::-1][allowed])


def true_accept_rate(genuine: Rows, impostor: Rows, rate: float) -> float:
    """The share of genuine pairs above the similarity at a false accept rate; NaN where either kind is missing."""
    if not len(genuine) or not len(impostor):
        return float("nan")
    return float((genuine > threshold_at_far(impostor, rate)).mean())


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many (Wilson, 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return round(max(0.0, float(middle - half)), 4), round(min(1.0, float(middle + half)), 4)


def newcombe(share: float, count: int, other: float, other_count: int) -> tuple[float, float]:
    """The 95 % interval of a share less another, each of so many and none of them in both.

    From the intervals of both (method 10 of Newcombe, "Interval Estimation for the Difference Between Independent
    Proportions", Statistics in Medicine, 1998).
    """
    (low, high), (other_low, other_high) = wilson(share, count), wilson(other, other_count)
    below, above = np.hypot(share - low, other_high - other), np.hypot(high - share, other - other_low)
    return round(float(share - other - below), 4), round(float(share - other + above), 4)


def _pictures(row: list[str]) -> tuple[str, str]:
    name, number, *rest = row
    other, other_number = (name, rest[0]) if len(rest) == 1 else (rest[0], rest[1])
    return _file(name, int(number)), _file(other, int(other_number))


def _file(name: str, number: int) -> str:
    return f"{name}/{name}_{number:04d}.jpg"
