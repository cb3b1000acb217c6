"""Are the faces of strangers sorted by person? Pairs of faces under one id, against those that belong together."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceNotFound
from mien.domain.faces import Recognition
from mien.evaluation.faces import FaceReader, Floats, Progress, no_progress
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.strangers.clustering import ClusteringSettings, Face, FaceClusters
from mien.sources.opening import PICTURE_SUFFIXES

ORDER_SEED = 0
"""Of the order in which faces arrive."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """One good face a picture: vectors (n, d) of unit length, whose each is, and its file; others had none."""

    vectors: Floats
    people: tuple[str, ...]
    files: tuple[str, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Clustering:
    """How faces were sorted that arrived one by one.

    Of the pairs of faces in one cluster ``precision`` are of one person, and of the pairs of one person ``recall`` are
    in one cluster; 1 where there is no such pair. ``left_out`` pictures have no good face. ``ids_changed`` counts the
    faces that did not keep the id of their cluster to the end.
    """

    precision: float
    recall: float
    clusters: int
    faces: int
    people: int
    left_out: int
    ids_changed: int


def evaluate_clustering(
    folder: Path, reader: FaceReader, settings: MatchingSettings, progress: Progress = no_progress
) -> Clustering:
    """Sort the most prominent faces of ``folder/person/picture`` as the product does, in an order drawn by chance.

    Whose they are is only judged by. Raises SourceError where the folder holds none or a picture cannot be read.
    """
    faces = read_faces(folder, reader, settings, progress)
    return judge_clustering(faces, ClusteringSettings(), np.random.default_rng(ORDER_SEED))


def read_faces(
    folder: Path, reader: FaceReader, settings: MatchingSettings, progress: Progress = no_progress, threads: int = 2
) -> LabelledFaces:
    """The good faces of ``folder/person/picture``; raises SourceError where it holds none."""
    if not folder.is_dir():
        raise SourceNotFound(f"{folder} is no folder")
    paths = [
        path
        for person in sorted(folder.iterdir())
        if person.is_dir() and not person.name.startswith(".")
        for path in sorted(person.rglob("*"))
        if path.suffix.lower() in PICTURE_SUFFIXES
    ]
    good: list[Floats] = []
    files: list[Path] = []
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(lambda path: reader.recogniser.recognise(reader.crop(path)), paths)
        for done, (path, recognition) in enumerate(zip(paths, found, strict=True), start=1):
            if is_good(recognition, settings):
                good.append(recognition.embeddings.vectors[0])
                files.append(path.relative_to(folder))
            progress(done, len(paths))
    if not good:
        raise SourceNotFound(f"{folder} holds no folders of people with pictures of faces")
    people, names = tuple(file.parts[0] for file in files), tuple(file.as_posix() for file in files)
    return LabelledFaces(np.stack(good), people, names, len(paths) - len(good))


def is_good(recognition: Recognition, settings: MatchingSettings) -> bool:
    """Whether there is a face, and a good one as far as the recogniser can tell."""
    if not len(recognition.norms) or not settings.is_face(recognition)[0]:
        return False
    return recognition.quality is None or bool(recognition.quality[0] >= settings.min_quality)


def judge_clustering(faces: LabelledFaces, settings: ClusteringSettings, generator: np.random.Generator) -> Clustering:
    """Sort faces that arrive one by one in a random order, and compare with whose they are."""
    numbers = count(1)
    clusters = FaceClusters(settings, lambda: f"cluster-{next(numbers):04d}")
    first: dict[str, str] = {}
    for row in generator.permutation(len(faces.people)).tolist():
        first.update(clusters.add([Face(str(row), faces.vectors[row])]).placed)
    last = [clusters.cluster_of(str(row)) for row in range(len(faces.people))]
    precision, recall = pairwise_agreement(last, faces.people)
    return Clustering(
        precision,
        recall,
        clusters=len(set(last)),
        faces=len(last),
        people=len(set(faces.people)),
        left_out=faces.left_out,
        ids_changed=sum(first[str(row)] != cluster_id for row, cluster_id in enumerate(last)),
    )


def pairwise_agreement(clusters: Sequence[str], people: Sequence[str]) -> tuple[float, float]:
    """Precision and recall of the pairs that n faces make within clusters; 1 where there are none."""
    (_, cluster), (_, person) = (np.unique(labels, return_inverse=True) for labels in (clusters, people))
    _, together = np.unique(np.stack([cluster, person]), axis=1, return_counts=True)
    right = _pairs(together)
    in_clusters, of_people = _pairs(np.bincount(cluster)), _pairs(np.bincount(person))
    return right / in_clusters if in_clusters else 1.0, right / of_people if of_people else 1.0


def _pairs(sizes: Ints) -> int:
    return int((sizes * (sizes - 1) // 2).sum())
