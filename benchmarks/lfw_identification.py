"""Open-set identification on Labeled Faces in the Wild, View 1 train: the product's rule beside a plain maximum.

People with more than three pictures are enrolled with three, their others (10 at most) are probes, people with one are
strangers. Everybody here had a part in choosing the rule: the halves, by name, only show how far chance goes, and it is
people who were held back that judge it (`mien evaluate identification` on their pictures).
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from benchmarks.parts.line_ups import images, settings_of
from benchmarks.parts.report import Report, Table, measured
from numpy.typing import NDArray

from mien.domain.errors import ModelError
from mien.evaluation.identification import (
    FPIR,
    Glance,
    LineUp,
    Search,
    identification_rate,
    judge_identification,
    look_at,
    threshold_at_fpir,
)
from mien.evaluation.verification import wilson
from mien.wiring.models import build_shelf
from mien.wiring.people import build_sight

Floats = NDArray[np.float32]

RECOGNISERS = ("mobilefacenet", "edgeface-xs")
ENROLLED = (1, 3, 5)
"""Pictures of each person."""

HALVES: Mapping[str, tuple[int, ...]] = {"one": (0,), "other": (1,), "both": (0, 1)}
COLUMNS = ("pictures", "half", "people", "probes", "strangers", "plain maximum", "as mien does", "95 %", "rank 1")
AS_SET = ("pictures", "people", "threshold at FPIR 1 %", "as set: named rightly", "misnamed", "strangers named")


def main() -> None:
    report = Report("lfw_identification")
    with measured() as report.seconds:
        for name in RECOGNISERS:
            try:
                report.tables += _tables(name)
            except ModelError as error:
                report.facts[name] = str(error)
    report.publish()


def _tables(name: str) -> list[Table]:
    settings = settings_of(name)
    sight = build_sight(settings, build_shelf(settings))
    rates: list[tuple[Any, ...]] = []
    as_set: list[tuple[Any, ...]] = []
    for enrolled in ENROLLED:
        everybody = look_at(images(), sight, enrolled)
        for half, parts in HALVES.items():
            line_up = _of_half(everybody, parts)
            found = judge_identification(line_up, sight.recogniser.model, settings.matching)
            rate = found.tpir_at_fpir_1e2
            between = "–".join(f"{end:.4f}" for end in wilson(rate, found.probes))
            counts = (found.people, found.probes, found.strangers)
            rates.append((enrolled, half, *counts, _plain_maximum(line_up), rate, between, found.rank1))
        at_once = found.as_set
        as_set.append((enrolled, found.people, found.threshold, at_once.tpir, at_once.misnamed, at_once.fpir))
    return [
        Table(f"{name}: named rightly where 1 % of strangers are named", COLUMNS, rates),
        Table(f"{name}: at the thresholds of the settings", AS_SET, as_set),
    ]


def _of_half(line_up: LineUp, parts: Sequence[int]) -> LineUp:
    """Only the people and strangers of some halves, which follow from names alone."""

    def belongs(person: str) -> bool:
        return sha256(person.encode()).digest()[0] % 2 in parts

    return LineUp(
        {person: own for person, own in line_up.portraits.items() if belongs(person)},
        [glance for glance in line_up.probes if belongs(glance.person_id)],
        [glance for glance in line_up.strangers if belongs(glance.person_id)],
        line_up.refused,
    )


def _plain_maximum(line_up: LineUp) -> float:
    """The rate where the most similar portrait decides, whatever the quality and the second person."""
    rows = [(person, portrait.vector) for person, own in line_up.portraits.items() for portrait in own]
    people, vectors = np.array([person for person, _ in rows]), np.stack([vector for _, vector in rows])

    def answers(glances: Sequence[Glance]) -> Search:
        faces = [glance.face and glance.face[0].embeddings.vectors[0] for glance in glances]
        scores = np.stack([np.full(len(vectors), -1, np.float32) if one is None else vectors @ one for one in faces])
        is_right = people[scores.argmax(axis=1)] == np.array([glance.person_id for glance in glances])
        return Search(scores.max(axis=1), np.zeros(len(scores), np.float32), is_right)

    return identification_rate(answers(line_up.probes), threshold_at_fpir(answers(line_up.strangers), FPIR))


if __name__ == "__main__":
    main()
