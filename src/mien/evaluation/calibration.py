"""Where a recogniser's thresholds lie: at the false accept rates that the default recogniser's were set for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log10
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.evaluation.faces import FaceReader, Progress, no_progress
from mien.evaluation.verification import EmbeddedPairs, Pairs, embed_pairs, judge, wilson
from mien.gallery.matching.thresholds import MatchingSettings
from mien.inference.model_card import Measurement

SAME_PERSON_RATE = 1 / 1_000
KNOWN_RATE = 1 / 2_000
STRANGER_RATE = 1 / 200_000
"""The share of pairs of two people of LFW View 1, train, that reach the default recogniser's thresholds.

The last is too low to be told from as few pictures as are asked for: it lies as many tenfolds above.
"""

TENFOLD_RATES = (1 / 1_000, 1 / 10_000)
"""A gallery ten times as large asks for as much more as lies between these two."""

REPORTED_RATES = (1e-2, 1e-3, 1e-4)

_STEPS = ("poor_relief", "min_margin", "strong", "doubt", "hysteresis")
"""Settings of matching that are steps from a threshold, in similarity."""

_LEAST_PEOPLE, _LEAST_ALIKE = 300, 100
_LEAST_STRANGERS = 100_000
"""Ten of so many pairs reach the similarity of the lowest rate: fewer would be a matter of chance."""

Similarities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What pictures say of a recogniser, as its card has it: thresholds, settings, and what was measured."""

    thresholds: Mapping[str, float]
    settings: Mapping[str, float]
    measured: tuple[Measurement, ...]


def calibrate_recogniser(
    pairs: Pairs, images: Path, reader: FaceReader, name: str, progress: Progress = no_progress
) -> Calibration:
    """Measure a recogniser on the pairs of a list called ``name``, and on all pairs of two people among its pictures.

    Raises UsageError where there are too few of them to tell rates as low as these, SourceError.
    """
    _check(_people({*pairs.first, *pairs.second}), int(pairs.is_same.sum()))  # before the work
    embedded = embed_pairs(pairs, images, reader, progress)
    _check(_people(embedded.names)[embedded.pictures.has_face], int((pairs.is_same & embedded.is_usable).sum()))
    strangers = similarities_of_strangers(embedded)
    protocol = f"{name}, {len(pairs.first):,} pairs, faces found by {reader.detector.model}, f32"
    return Calibration(
        {"same_person": _reached(strangers, SAME_PERSON_RATE)},
        _settings(strangers),
        _measured(pairs, embedded, strangers, protocol),
    )


def similarities_of_strangers(embedded: EmbeddedPairs) -> Similarities:
    """The similarities of all pairs of two people among the pictures that show a face, highest first."""
    has_face = embedded.pictures.has_face
    vectors, people = embedded.pictures.vectors[has_face], _people(embedded.names)[has_face]
    is_pair = np.triu(people[:, None] != people[None], 1)
    found: Similarities = np.sort((vectors @ vectors.T)[is_pair])[::-1]
    return found


def _people(names: Iterable[str]) -> NDArray[np.intp]:
    """Numbers (n,) of the people on n pictures: the folder that a picture lies in is its person."""
    people: NDArray[np.intp] = np.unique([name.split("/")[0] for name in names], return_inverse=True)[1]
    return people


def _reached(strangers: Similarities, rate: float) -> float:
    """The similarity that a share of strangers reaches; a cosine may be off 1 by what rounding leaves."""
    return round(float(np.clip(strangers[int(rate * len(strangers))], -1, 1)), 3)


def _settings(strangers: Similarities) -> dict[str, float]:
    """What suits the recogniser's scale: thresholds at their rates, and steps as wide as its similarities lie apart."""
    usual = MatchingSettings()
    upper, lower = (_reached(strangers, rate) for rate in TENFOLD_RATES)
    tenfold = lower - upper
    steps = {step: getattr(usual, step) * tenfold / usual.per_tenfold for step in _STEPS}
    found = {
        "known_similarity": _reached(strangers, KNOWN_RATE),
        "stranger_similarity": min(lower + tenfold * log10(TENFOLD_RATES[1] / STRANGER_RATE), 1.0),
        "per_tenfold": tenfold,
        **steps,
    }
    return {f"matching.{key}": round(value, 3) for key, value in found.items()}


def _measured(pairs: Pairs, embedded: EmbeddedPairs, strangers: Similarities, protocol: str) -> tuple[Measurement, ...]:
    quality = judge(embedded.similarities, embedded.is_usable, pairs)
    on = f"{len(strangers):,} pairs of two people among the same pictures"
    return (
        Measurement("accuracy", round(quality.accuracy, 4), protocol, wilson(quality.accuracy, quality.pairs)),
        Measurement("tar_at_far_0.001", round(quality.tar_at_far_1e3, 4), protocol),
        *(Measurement(f"similarity_at_far_{rate:g}", _reached(strangers, rate), on) for rate in REPORTED_RATES),
    )


def _check(people: NDArray[np.intp], same: int) -> None:
    """Raise UsageError where the pictures of these people (n,) and the pairs of one person are too few."""
    counts = np.bincount(people) if len(people) else np.zeros(0, np.intp)
    counts = counts[counts > 0]
    strangers = (int(counts.sum()) ** 2 - int((counts**2).sum())) // 2
    if len(counts) >= _LEAST_PEOPLE and strangers >= _LEAST_STRANGERS and same >= _LEAST_ALIKE:
        return
    raise UsageError(
        f"too little to measure thresholds on: expected are {_LEAST_ALIKE} pairs of one person and, for rates as low "
        f"as one in {round(1 / TENFOLD_RATES[1]):,}, faces of {_LEAST_PEOPLE} people and {_LEAST_STRANGERS:,} pairs of "
        f"two people among them (450 people with a picture each make so many); found are {same}, {len(counts)} and "
        f"{strangers:,}"
    )
