"""Does the quality score foretell recognition? LFW pairs of one person, one picture of each spoilt by degrees."""

import numpy as np
from benchmarks.parts.report import Report, Table, measured
from benchmarks.parts.spoilt_faces import KINDS, spoilt_faces
from scipy.stats import spearmanr

from mien.inference.session import Precision
from mien.settings import load_settings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor
from mien.wiring import build_shelf

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
"""That of the settings first."""

THRESHOLD = 0.25
REJECTED = (0.0, 0.1, 0.2, 0.3, 0.5)
KIND_COLUMNS = ("spoilt by", "pictures", "mean score", "mean similarity", "rank correlation", "commonest reason")

Row = tuple[str, float, float, str]
"""Kind, score of the spoilt picture, its similarity to the other one, and the reason."""


def main() -> None:
    """Print per kind how score and similarity go together, and the misses that are left when the worst are rejected."""
    report = Report("lfw_quality")
    with measured() as report.seconds:
        for precision in PRECISIONS:
            rows = _measure(precision)
            found = [_kind_row(rows, kind) for kind in KINDS]
            report.tables.append(Table(f"Quality score and similarity, {precision}", KIND_COLUMNS, found))
            report.tables.append(_rejection(rows, precision))
    report.publish()


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
