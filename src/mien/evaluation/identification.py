"""Who is it, among those enrolled, or nobody of them? Open-set rates of one-to-many search."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Search:
    """The best answer to each of n probes: its similarity, its lead over the second person, and whether it is right."""

    best: Rows
    margin: Rows
    is_right: NDArray[np.bool_]


def search(similarities: Rows, person_of_template: NDArray[np.int64], person_of_probe: NDArray[np.int64]) -> Search:
    """The best person for each probe by similarities (probes, templates); of a person the best template counts."""
    people = np.unique(person_of_template)
    per_person = np.stack([similarities[:, person_of_template == person].max(axis=1) for person in people], axis=1)
    ranked = np.sort(per_person, axis=1)
    margin = ranked[:, -1] - ranked[:, -2] if len(people) > 1 else ranked[:, -1]
    return Search(ranked[:, -1], margin, people[per_person.argmax(axis=1)] == person_of_probe)


def identification_rate(enrolled: Search, threshold: float, min_margin: float = 0.0) -> float:
    """The share of enrolled probes that are named, and rightly so (the detection and identification rate, DIR)."""
    return float((enrolled.is_right & _is_named(enrolled, threshold, min_margin)).mean())


def misnaming_rate(enrolled: Search, threshold: float, min_margin: float = 0.0) -> float:
    """The share of enrolled probes that get another person's name."""
    return float((~enrolled.is_right & _is_named(enrolled, threshold, min_margin)).mean())


def false_positive_rate(strangers: Search, threshold: float, min_margin: float = 0.0) -> float:
    """The share of probes of strangers that get a name (the false positive identification rate, FPIR)."""
    return float(_is_named(strangers, threshold, min_margin).mean())


def threshold_at_fpir(strangers: Search, rate: float) -> float:
    """The least similarity at which at most a share ``rate`` of the strangers is given a name."""
    allowed = min(int(rate * len(strangers.best)), len(strangers.best) - 1)
    return float(np.nextafter(np.sort(strangers.best)[::-1][allowed], np.float32(np.inf)))


def _is_named(answers: Search, threshold: float, min_margin: float) -> NDArray[np.bool_]:
    return (answers.best >= threshold) & (answers.margin >= min_margin)
