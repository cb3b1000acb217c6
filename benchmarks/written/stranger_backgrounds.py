"""Writes what strangers look like to each recogniser (mien.gallery.matching.background), and checks it.

Learnt from Labeled Faces in the Wild, View 1 train: one vector each of people with a single picture, set against the
means of people with two or three. No vector of anybody is written: a mean, 256 directions, and two columns of fourteen
similarities. To check it, another one is learnt from half of these strangers, and thresholds by it are tried on the
other half, in galleries of people with more than three pictures.

    python -m benchmarks.written.stranger_backgrounds [recogniser …]
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from benchmarks.parts.line_ups import Looks, looks
from benchmarks.parts.report import Report, Table, measured
from numpy.typing import NDArray

from mien.gallery.matching import background
from mien.gallery.matching.background import Background
from mien.gallery.matching.calibration import DRAWN
from mien.gallery.matching.means import person_means

Floats = NDArray[np.float32]

RECOGNISERS = ("mobilefacenet", "edgeface-xs", "edgeface-xxs")
GALLERIES = (5, 20, 100, 300)
ENROLLED = (1, 3, 8)
"""Pictures of each person."""

RATES = (0.1, 0.01, 0.001)
DRAWS = 40
PAIR_RATES = (1e-2, 1e-3, 1e-4)


def main(names: Sequence[str]) -> None:
    """Learn, check and write the backgrounds of some recognisers."""
    folder = Path(str(background.__file__)).parent
    report = Report("stranger_backgrounds")
    with measured() as report.seconds:
        for name in names:
            faces = looks(name)
            strangers = np.stack([own.portraits[0].vector for own in faces.values() if len(own) == 1])
            others = _means({name: own for name, own in faces.items() if len(own) in (2, 3)}, 3)
            report.tables += _check(name, strangers, others, faces)
            Background.learnt(strangers, others).save(folder / f"strangers-{name}.npz")
    report.publish()


def _check(name: str, strangers: Floats, others: Floats, faces: Mapping[str, Looks]) -> list[Table]:
    """How often the strangers of one half are named at thresholds that were drawn from a background of the other."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(strangers))
    half = Background.learnt(strangers[order[: len(order) // 2]], others)
    unseen = strangers[order[len(order) // 2 :]]
    rows = []
    for pictures in ENROLLED:
        means = _means({person: own for person, own in faces.items() if len(own) > max(pictures, 3)}, pictures)
        for people in (size for size in GALLERIES if size <= len(means)):
            rates = []
            for _ in range(DRAWS):
                gallery = means[generator.choice(len(means), people, replace=False)]
                drawn = np.sort(half.resemblances(gallery, DRAWN))[::-1]
                nearest = (unseen @ gallery.T).max(axis=1)
                rates.append([(nearest > drawn[int(rate * DRAWN)]).mean() for rate in RATES])
            found = np.mean(rates, axis=0), np.std(rates, axis=0)
            rows.append((f"{people} × {pictures}", *(value for pair in zip(*found, strict=True) for value in pair)))
    columns = ("people × pictures", *(text for rate in RATES for text in (f"named at {rate:g}", f"± {rate:g}")))
    means = _means({person: own for person, own in faces.items() if len(own) > 3}, 3)
    pairs = []
    for kind, vectors in (("drawn", half.draw(len(unseen))), ("real, unseen", unseen)):
        similarities = vectors @ means.T
        if kind == "drawn":
            similarities = half.as_real(similarities)
        pairs.append((kind, *(float(np.quantile(similarities, 1 - rate)) for rate in PAIR_RATES)))
    return [
        Table(f"{name}: unseen strangers named at thresholds of drawn ones", columns, rows),
        Table(f"{name}: similarities of strangers to people", ("strangers", *map(str, PAIR_RATES)), pairs),
    ]


def _means(faces: Mapping[str, Looks], pictures: int) -> Floats:
    """The means (p, d) of people by their first pictures, so many at most."""
    chosen = [own.first(pictures) for own in faces.values()]
    owners = np.repeat(np.arange(len(chosen), dtype=np.int32), [len(vectors) for vectors, _ in chosen])
    vectors, weights = (np.concatenate(column) for column in zip(*chosen, strict=True))
    return person_means(vectors, weights, owners, len(chosen))


if __name__ == "__main__":
    main(sys.argv[1:] or RECOGNISERS)
