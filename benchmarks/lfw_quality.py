"""Does the quality score foretell recognition? LFW pairs of one person, one picture of each spoilt by degrees."""

from collections.abc import Callable

import cv2
import numpy as np
from benchmarks.report import Report, Table, measured, shared
from numpy.typing import NDArray
from scipy.stats import spearmanr

from mien.evaluation.faces import most_prominent
from mien.evaluation.verification import read_pairs
from mien.inference.session import Precision
from mien.settings import load_settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor
from mien.wiring import build_shelf

Picture = NDArray[np.uint8]
Spoiler = Callable[[Picture, np.random.Generator], Picture]

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
"""That of the settings first."""

PAIRS = 150
THRESHOLD = 0.25
REJECTED = (0.0, 0.1, 0.2, 0.3, 0.5)


def _small(image: Picture, generator: np.random.Generator) -> Picture:
    side = round(250 * float(generator.choice([0.12, 0.16, 0.2, 0.28, 0.4, 0.6])))  # few sizes: a network each
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _blurred(image: Picture, generator: np.random.Generator) -> Picture:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(np.exp(generator.uniform(-0.2, 2.0)))), np.uint8)


def _shaken(image: Picture, generator: np.random.Generator) -> Picture:
    length = int(generator.integers(3, 25))
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    middle = (length / 2 - 0.5, length / 2 - 0.5)
    line = cv2.warpAffine(line, cv2.getRotationMatrix2D(middle, float(generator.uniform(0, 180)), 1), line.shape)
    return np.asarray(cv2.filter2D(image, -1, line / line.sum()), np.uint8)


def _dark(image: Picture, generator: np.random.Generator) -> Picture:
    noisy = image * np.exp(generator.uniform(-3.2, -0.4)) + generator.normal(0, 2, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _bright(image: Picture, generator: np.random.Generator) -> Picture:
    return np.clip(image * generator.uniform(1.2, 5), 0, 255).astype(np.uint8)


def _cut(image: Picture, generator: np.random.Generator) -> Picture:
    """Cut through the face from one side; the canvas keeps its size only in the detector."""
    start = int(generator.choice([80, 96, 112, 128]))
    return np.ascontiguousarray(np.rot90(np.rot90(image, turns := int(generator.integers(4)))[start:], -turns))


KINDS: dict[str, Spoiler] = {
    "as it is": lambda image, _: image,
    "small": _small,
    "blurred": _blurred,
    "shaken": _shaken,
    "dark": _dark,
    "bright": _bright,
    "cut off": _cut,
}


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


KIND_COLUMNS = ("spoilt by", "pictures", "mean score", "mean similarity", "rank correlation", "commonest reason")


def _measure(precision: Precision) -> list[tuple[str, float, float, str]]:
    """Kind, score of the spoilt picture, its similarity to the other one, and the reason."""
    shelf = build_shelf(load_settings())
    detector = load_detector(shelf.take("yunet", precision), DetectionSettings(min_score=0.4, min_face_px=8))
    recogniser = load_recogniser(shelf.take("mobilefacenet", precision), detector.model)
    assessor, generator = MeasuredAssessor(), np.random.default_rng(0)
    pairs = read_pairs(shared("data", "lfw", "pairsDevTrain.txt"))
    chosen = generator.permutation(np.flatnonzero(pairs.is_same))[:PAIRS]

    def look(image: Picture) -> tuple[NDArray[np.float32], float, str] | None:
        pixels = ArrayPixels(image)
        found = detector.detect(pixels)
        face = found.select(most_prominent(found, pixels.width, pixels.height))
        if not len(face):
            return None
        quality = assessor.assess(pixels, face)
        vectors = recogniser.recognise(
            align(pixels, detector.refine(pixels, face).landmarks, recogniser.crop)
        ).embeddings.vectors
        return vectors[0], float(quality.scores[0]), quality.reasons[0]

    rows = []
    for pair in chosen:
        first, second = (
            read_picture(str(shared("data", "lfw", "images", name)), 100.0)
            for name in (pairs.first[pair], pairs.second[pair])
        )
        clean = look(first)
        for kind, spoil in KINDS.items():
            spoilt = look(spoil(second, generator))
            if clean is not None and spoilt is not None:
                rows.append((kind, spoilt[1], float(clean[0] @ spoilt[0]), spoilt[2]))
    return rows


def _kind_row(rows: list[tuple[str, float, float, str]], kind: str) -> tuple[str | float, ...]:
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


def _rejection(rows: list[tuple[str, float, float, str]], precision: Precision) -> Table:
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
