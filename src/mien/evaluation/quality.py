"""What the numbers of a quality network mean: the scores of the built-in judge that as many pictures stay below."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelMismatch, UsageError
from mien.evaluation.faces import OpenPicture, Progress, most_prominent, no_progress
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.inference.model_card import Measurement
from mien.vision.detection.detector import Detector
from mien.vision.quality.measured_assessor import MeasuredAssessor
from mien.vision.quality.network_assessor import QualityNetwork

_LEAST_FACES, _LEAST_SHARE = 200, 0.1
_BY_CHANCE = 3
"""Standard deviations that the rank correlation with noise hardly ever reaches."""

_SHARES = np.linspace(0, 1, 21)
"""Of the pictures: at each of them the number of the network is laid onto the score of the built-in judge."""

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JudgedFaces:
    """What a network, on its own scale, and the built-in judge say of the same n faces, (n,) each."""

    numbers: Rows
    scores: Rows


@dataclass(frozen=True, slots=True)
class QualityReader:
    """What looks at the face that a picture is about with both. Safe for several threads."""

    open_picture: OpenPicture
    detector: Detector
    network: QualityNetwork

    def read(self, path: Path) -> tuple[float, float] | None:
        """Number and score of a picture's most prominent face, or none without a face; raises SourceError."""
        pixels = self.open_picture(path)
        faces = self.detector.detect(pixels)
        face = self.detector.refine(pixels, faces.select(most_prominent(faces, pixels.width, pixels.height)))
        if not len(face):
            return None
        return float(self.network.numbers(pixels, face)[0]), float(MeasuredAssessor().assess(pixels, face).scores[0])


def judge_pictures(paths: Sequence[Path], reader: QualityReader, progress: Progress = no_progress) -> JudgedFaces:
    """The faces of pictures, judged twice; those without a face are passed over; raises SourceError."""
    found: list[tuple[float, float]] = []
    with ThreadPoolExecutor(2) as pool:
        for done, row in enumerate(pool.map(reader.read, paths), start=1):
            found += [row] if row else []
            progress(done, len(paths))
    numbers, scores = np.array(found, np.float64).reshape(-1, 2).T
    return JudgedFaces(numbers, scores)


def score_curve(faces: JudgedFaces) -> tuple[tuple[float, float], ...]:
    """Points (number, score), both rising, that give as many faces a score below any gate as the built-in judge does.

    Which faces these are is the network's choice. Raises UsageError where the pictures are too few, or nearly all good
    or all poor, ModelMismatch where the numbers do not rise with what can be measured of a face.
    """
    _check(faces)
    numbers, scores = (np.quantile(rows, _SHARES) for rows in (faces.numbers, faces.scores))
    kept = np.append(np.diff(numbers) > 0, True)  # of several scores at one number the highest
    return tuple((float(f"{x:.6g}"), round(float(y), 3)) for x, y in zip(numbers[kept], scores[kept], strict=True))


def agreement(faces: JudgedFaces, name: str) -> Measurement:
    """How far the network orders faces as the built-in judge does, on pictures called ``name``."""
    return Measurement(
        "rank_correlation_with_measured",
        round(_rank_correlation(faces), 3),
        f"{name}, {len(faces.numbers):,} faces, f32",
    )


def _check(faces: JudgedFaces) -> None:
    gate, count = EnrolmentSettings().min_quality, len(faces.scores)
    if count < _LEAST_FACES:
        raise UsageError(f"expected pictures of at least {_LEAST_FACES} faces to read scores on, found {count}")
    poor = float((faces.scores < gate).mean())
    if not _LEAST_SHARE <= poor <= 1 - _LEAST_SHARE:
        raise UsageError(
            f"expected good and poor pictures (small, blurred, dark, turned away), each at least {_LEAST_SHARE:.0%}; "
            f"{poor:.0%} of these {count} faces score below {gate:g} with the built-in judge"
        )
    correlation, chance = _rank_correlation(faces), _BY_CHANCE / count**0.5
    if correlation <= chance:
        raise ModelMismatch(
            "its numbers do not rise with what can be measured of a face: expected is a rank correlation above "
            f"{chance:.2f}, found {correlation:.2f}"
        )


def _rank_correlation(faces: JudgedFaces) -> float:
    """Spearman's; nothing where one of the two says the same of all faces."""
    if not np.ptp(faces.numbers) or not np.ptp(faces.scores):
        return 0.0
    return float(np.corrcoef(_ranks(faces.numbers), _ranks(faces.scores))[0, 1])


def _ranks(rows: Rows) -> Rows:
    return np.argsort(np.argsort(rows, kind="stable"), kind="stable").astype(np.float64)
