"""Recognition on Labeled Faces in the Wild, View 1 train: pairs, all pairs of all pictures, and open-set search."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.parts.report import Report, Table, measured, shared
from numpy.typing import NDArray

from mien.domain.faces import FaceCrops
from mien.evaluation.faces import EmbeddedPictures, most_prominent
from mien.evaluation.identification import (
    Search,
    false_positive_rate,
    identification_rate,
    misnaming_rate,
    search,
    threshold_at_fpir,
)
from mien.evaluation.verification import judge, read_pairs
from mien.inference.session import Precision
from mien.settings import load_settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.wiring.models import build_shelf

Floats = NDArray[np.float32]

PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")
"""That of the settings first; only with it all pairs are compared and the open set is searched."""

GALLERIES = ((1, 1), (1, 3), (20, 1), (20, 3), (100, 1), (100, 3), (300, 3))
"""People enrolled, and pictures of each."""

DRAWS = 20
STRANGERS = 1000
MOST_PROBES = 10
MARGIN = 0.05
ERROR_COLUMNS = ("people × pictures", "FPIR", "threshold", "named rightly", "misnamed", "probes", "strangers")
FIXED_COLUMNS = ("people × pictures", "threshold", "named rightly", "misnamed", "FPIR")


@dataclass(frozen=True)
class Faces:
    """One row per picture: embeddings plain and averaged with those of the mirrored crop, and whose it is."""

    names: Sequence[str]
    plain: EmbeddedPictures
    flipped: EmbeddedPictures
    person: NDArray[np.int64]


def main() -> None:
    """Embed every picture once, then print pairs, thresholds over all pairs, and open-set search."""
    report = Report("lfw_verification")
    with measured() as report.seconds:
        faces = {name: _embed_all(shared("data", "lfw", "images"), name) for name in PRECISIONS}
        report.tables.append(_pairs(faces, shared("data", "lfw", "pairsDevTrain.txt")))
        report.tables.append(_all_pairs(faces[PRECISIONS[0]]))
        report.tables.extend(_open_set(faces[PRECISIONS[0]]))
    report.facts["precision_of_searches"] = PRECISIONS[0]
    report.publish()


def _embed_all(images: Path, precision: Precision) -> Faces:
    shelf = build_shelf(load_settings())
    settings = DetectionSettings()
    detector = load_detector(shelf.take(settings.model, precision), settings)
    recogniser = load_recogniser(shelf.take("mobilefacenet", precision), detector.model)

    def embed(path: Path) -> Floats:
        pixels = ArrayPixels(read_picture(str(path), 100.0))
        found = detector.detect(pixels)
        chosen = found.select(most_prominent(found, pixels.width, pixels.height))
        crops = align(pixels, detector.refine(pixels, chosen).landmarks, recogniser.crop)
        both = FaceCrops(np.concatenate([crops.images, crops.images[:, :, ::-1]]), crops.spec)
        return recogniser.recognise(both).embeddings.vectors

    paths = sorted(images.glob("*/*.jpg"))
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(embed, paths))
    has_face = np.array([len(row) > 0 for row in rows])
    nobody = np.zeros((2, max(row.shape[1] for row in rows)), np.float32)
    both = np.stack([row if len(row) else nobody for row in rows])
    mean = both.mean(axis=1)
    mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
    _, person = np.unique([path.parent.name for path in paths], return_inverse=True)
    names = [path.relative_to(images).as_posix() for path in paths]
    return Faces(names, EmbeddedPictures(both[:, 0], has_face), EmbeddedPictures(mean, has_face), person)


def _pairs(by_precision: Mapping[Precision, Faces], path: Path) -> Table:
    pairs = read_pairs(path)
    rows = []
    for precision, faces in by_precision.items():
        row_of = {name: row for row, name in enumerate(faces.names)}
        first = np.array([row_of[name] for name in pairs.first])
        second = np.array([row_of[name] for name in pairs.second])
        for name, embedded in (("one crop", faces.plain), ("averaged with its mirror image", faces.flipped)):
            similarities = np.einsum("nd,nd->n", embedded.vectors[first], embedded.vectors[second]).astype(np.float64)
            result = judge(similarities, embedded.has_face[first] & embedded.has_face[second], pairs).as_json()
            rows.append((f"{precision}, {name}", *result.values()))
    return Table("LFW View 1 train pairs", ("embedding", *result), rows)


def _all_pairs(faces: Faces) -> Table:
    """Thresholds from every pair of pictures of different people, which 1,100 pairs are too few for."""
    rows = []
    for name, embedded in (("one crop", faces.plain), ("averaged with its mirror image", faces.flipped)):
        vectors, person = embedded.vectors[embedded.has_face], faces.person[embedded.has_face]
        similarities = vectors @ vectors.T
        is_pair = np.triu(np.ones(similarities.shape, dtype=bool), 1)
        is_same = person[:, None] == person[None]
        genuine, impostor = similarities[is_pair & is_same], np.sort(similarities[is_pair & ~is_same])[::-1]
        rows.extend(
            (
                f"{name}, {rate:g}",
                float(impostor[int(rate * len(impostor))]),
                float((genuine > impostor[int(rate * len(impostor))]).mean()),
                len(genuine),
                len(impostor),
            )
            for rate in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
        )
    columns = ("embedding, false accept rate", "threshold", "true accept rate", "pairs of one", "pairs of two")
    return Table("All pairs of all pictures", columns, rows)


def _open_set(faces: Faces) -> list[Table]:
    """Galleries of a few pictures per person, probed with other pictures of these people and with strangers."""
    generator = np.random.default_rng(0)
    errors, fixed = [], []
    for people, pictures in GALLERIES:
        draws = [_draw(faces, people, pictures, generator) for _ in range(DRAWS)]
        enrolled, strangers = _together([draw[0] for draw in draws]), _together([draw[1] for draw in draws])
        name = f"{people} × {pictures}"
        for rate in (1e-1, 1e-2, 1e-3):
            threshold = threshold_at_fpir(strangers, rate)
            named, misnamed = identification_rate(enrolled, threshold), misnaming_rate(enrolled, threshold)
            errors.append((name, rate, threshold, named, misnamed, len(enrolled.best), len(strangers.best)))
        for threshold in (0.25, 0.30, 0.35, 0.40, 0.45):
            named = identification_rate(enrolled, threshold, MARGIN)
            misnamed = misnaming_rate(enrolled, threshold, MARGIN)
            fixed.append((name, threshold, named, misnamed, false_positive_rate(strangers, threshold, MARGIN)))
    return [
        Table("Open set: named at a rate of strangers given a name (FPIR)", ERROR_COLUMNS, errors),
        Table(f"Open set: at fixed thresholds and a margin of {MARGIN} to the second person", FIXED_COLUMNS, fixed),
    ]


def _draw(faces: Faces, people: int, pictures: int, generator: np.random.Generator) -> tuple[Search, Search]:
    """Answers to the other pictures of people drawn by chance, and to one picture each of people not drawn."""
    counts = np.bincount(faces.person[faces.plain.has_face])
    chosen = generator.choice(np.flatnonzero(counts > pictures), people, replace=False)
    templates, probes = [], []
    for person in chosen:
        rows = generator.permutation(np.flatnonzero((faces.person == person) & faces.plain.has_face))
        templates.extend(rows[:pictures])
        probes.extend(rows[pictures : pictures + MOST_PROBES])
    others = generator.permutation(np.flatnonzero(~np.isin(faces.person, chosen) & faces.plain.has_face))
    _, first = np.unique(faces.person[others], return_index=True)
    strangers = others[generator.permutation(first)[:STRANGERS]]

    def answers(rows: NDArray[np.int64]) -> Search:
        similarities = faces.plain.vectors[rows] @ faces.plain.vectors[templates].T
        return search(similarities, faces.person[templates], faces.person[rows])

    return answers(np.array(probes)), answers(strangers)


def _together(searches: Sequence[Search]) -> Search:
    return Search(
        np.concatenate([one.best for one in searches]),
        np.concatenate([one.margin for one in searches]),
        np.concatenate([one.is_right for one in searches]),
    )


if __name__ == "__main__":
    main()
