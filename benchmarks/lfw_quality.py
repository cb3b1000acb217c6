"""Does the quality score foretell recognition? LFW pairs of one person, one picture of each spoilt by degrees.

The curves of errors over what is discarded are those of `mien evaluate quality`. The head that ships has seen the
people of these pairs; `mien lab train-quality recipes/quality-mobilefacenet.toml --images shared/data/lfw/images --out
benchmark-output/quality-head` leaves five heads there that have not seen a fifth of the people each, and are measured
here on pairs of that fifth.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from benchmarks.parts.report import OUTPUT, Report, Table, measured, shared
from benchmarks.parts.spoilt_faces import KINDS, spoilt_faces
from scipy.stats import spearmanr

from mien.evaluation.discarding.comparison import ViewReader, compare_judges
from mien.evaluation.discarding.curve import SHARES, DiscardCurve
from mien.evaluation.discarding.judges import judges
from mien.evaluation.verification import Pairs, read_pairs
from mien.inference.session import Precision
from mien.lab.quality.material import fold_of
from mien.settings import load_settings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_quality_network, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor
from mien.wiring.models import build_detector, build_shelf
from mien.wiring.people import picture_opener

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
"""That of the settings first."""

THRESHOLD = 0.25
FOLDS = 5
SEEDS = (None, 1)
"""Of the pairs as they are, and of those of which one picture is made worse."""

CURVE_COLUMNS = ("judge", "area", *(f"{share:.0%}" for share in SHARES))
REJECTED = (0.0, 0.1, 0.2, 0.3, 0.5)
KIND_COLUMNS = ("spoilt by", "pictures", "mean score", "mean similarity", "rank correlation", "commonest reason")

Row = tuple[str, float, float, str]
"""Kind, score of the spoilt picture, its similarity to the other one, and the reason."""


def main() -> None:
    """Print per kind how score and similarity go together, and the misses that are left when the worst are rejected."""
    report = Report("lfw_quality")
    with measured() as report.seconds:
        for seed in SEEDS:
            report.tables.append(_curves("shipped head", seed, _compared(_pairs(), seed)))
            if _fold_head(0).exists():
                parts = [_compared(_pairs(fold), seed, _fold_head(fold)) for fold in range(FOLDS)]
                report.tables.append(_curves("heads that have not seen these people, by fifths", seed, *parts))
        for precision in PRECISIONS:
            rows = _measure(precision)
            found = [_kind_row(rows, kind) for kind in KINDS]
            report.tables.append(Table(f"Quality score and similarity, {precision}", KIND_COLUMNS, found))
            report.tables.append(_rejection(rows, precision))
    report.publish()


def _pairs(fold: int | None = None) -> Pairs:
    """All pairs, or those whose people belong to a part that a head was learnt without."""
    pairs = read_pairs(shared("data", "lfw", "pairsDevTrain.txt"))
    if fold is None:
        return pairs
    sides = [
        [fold_of(PurePosixPath(name).parts[0], FOLDS) == fold for name in side] for side in (pairs.first, pairs.second)
    ]
    rows = np.flatnonzero(np.logical_and(*sides))
    first, second = (tuple(side[row] for row in rows) for side in (pairs.first, pairs.second))
    return Pairs(first, second, pairs.is_same[rows], pairs.fold[rows])


def _fold_head(fold: int) -> Path:
    return OUTPUT / "quality-head" / f"fold-{fold}.npz"


def _compared(pairs: Pairs, seed: int | None, head: Path | None = None) -> Mapping[str, DiscardCurve]:
    """The curves of all judges with the default models, and with another head where one is given."""
    settings = load_settings()
    shelf = build_shelf(settings)
    detector, model = build_detector(settings.detection, shelf), shelf.take(settings.recognition.model)
    recogniser = load_recogniser(replace(model, head=head) if head else model, detector.model)
    networks = {name: load_quality_network(shelf.take(name)) for name in ("qualityface", "lightqnet")}
    reader = ViewReader(picture_opener(settings), detector, recogniser, judges(networks))
    return compare_judges(pairs, shared("data", "lfw", "images"), reader, seed).methods


def _curves(head: str, seed: int | None, *found: Mapping[str, DiscardCurve]) -> Table:
    """A row for each judge: its curve, the mean of several."""
    rows = []
    for judge in found[0]:
        curves = [one[judge] for one in found]
        rates = ([curve.fnmr[share] for curve in curves] for share in curves[0].fnmr)
        rows.append(
            (judge, float(np.mean([curve.area for curve in curves])), *(float(np.mean(rate)) for rate in rates))
        )
    pictures = "as they are" if seed is None else f"one of each made worse, seed {seed}"
    return Table(f"Missed at FMR 0.001 by the share of pairs discarded; {pictures}; {head}", CURVE_COLUMNS, rows)


def _measure(precision: Precision) -> list[Row]:
    shelf = build_shelf(load_settings())
    detector = load_detector(shelf.take("yunet", precision), DetectionSettings(min_score=0.4, min_face_px=8))
    recogniser = load_recogniser(shelf.take("mobilefacenet", precision), detector.model)
    assessor, rows = MeasuredAssessor(), []
    for spoilt in spoilt_faces(detector, recogniser):
        quality = assessor.assess(spoilt.pixels, spoilt.face)
        rows.append((spoilt.kind, float(quality.scores[0]), spoilt.similarity, quality.reasons[0]))
    return rows


def _kind_row(rows: list[Row], kind: str) -> tuple[str | float, ...]:
    of_kind = [row for row in rows if row[0] == kind]
    scores, similarities = np.array([row[1:3] for row in of_kind], np.float64).T
    reasons = [row[3] for row in of_kind]
    commonest = max(set(reasons), key=reasons.count)
    return (
        kind,
        len(of_kind),
        float(scores.mean()),
        float(similarities.mean()),
        float(spearmanr(scores, similarities).statistic),
        f"{commonest or 'none'} ({reasons.count(commonest) / len(reasons):.0%})",
    )


def _rejection(rows: list[Row], precision: Precision) -> Table:
    """Error versus reject (Grother and Tabassi, PAMI 2007): misses left when the pictures of lowest score go."""
    scores, similarities = np.array([row[1:3] for row in rows], np.float64).T
    similarities_by = {"score": similarities[np.argsort(scores)], "oracle": np.sort(similarities)}
    result = []
    for share in REJECTED:
        gone = int(share * len(rows))
        kept = {name: values[gone:] for name, values in similarities_by.items()}
        result.append(
            (
                f"{share:.0%}",
                float((kept["score"] < THRESHOLD).mean()),
                float((kept["oracle"] < THRESHOLD).mean()),
                float(kept["score"].mean()),
            )
        )
    columns = ("rejected by quality", "missed", "missed, were the right ones rejected", "mean similarity")
    title = f"All {len(rows)} pictures, {precision}: missed at a similarity of {THRESHOLD}"
    return Table(title, columns, result)


if __name__ == "__main__":
    main()
