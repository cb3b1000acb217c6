"""Are the faces of strangers sorted by person? Pairs of faces under one id, against those that belong together."""

from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceNotFound
from mien.domain.faces import Recognition
from mien.evaluation.faces import FaceReader, Floats, Progress, no_progress
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import View
from mien.gallery.strangers.clustering import NOBODY, Faces, StrangerClustering
from mien.sources.opening import PICTURE_SUFFIXES

ORDER_SEED = 0
"""Of the order in which faces arrive."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelledFaces:
    """One good face a picture: vectors (n, d) of unit length, qualities (n,) in [0, 1] as the recogniser tells them,
    whose each is, and its file. ``left_out`` pictures had none.
    """

    vectors: Floats
    qualities: Floats
    people: tuple[str, ...]
    files: tuple[str, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Clustering:
    """How faces were sorted that arrived one by one.

    Of the pairs of faces in one cluster ``precision`` are of one person, and of the pairs of one person ``recall`` are
    in one cluster; 1 where there is no such pair. ``doubtful`` faces were decided only when all had come. ``left_out``
    pictures have no good face. ``ids_changed`` counts faces that did not keep the id of their cluster to the end.
    """

    precision: float
    recall: float
    clusters: int
    faces: int
    people: int
    doubtful: int
    left_out: int
    ids_changed: int


def evaluate_clustering(
    folder: Path, reader: FaceReader, settings: MatchingSettings, progress: Progress = no_progress
) -> Clustering:
    """Sort the most prominent faces of ``folder/person/picture`` as the product does, in an order drawn by chance.

    Whose they are is only judged by. Raises SourceError where the folder holds none or a picture cannot be read.
    """
    faces = read_faces(folder, reader, settings, progress)
    return judge_clustering(faces, settings, np.random.default_rng(ORDER_SEED))


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
    qualities: list[float] = []
    files: list[Path] = []
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(lambda path: reader.recogniser.recognise(reader.crop(path)), paths)
        for done, (path, recognition) in enumerate(zip(paths, found, strict=True), start=1):
            if is_good(recognition, settings):
                good.append(recognition.embeddings.vectors[0])
                qualities.append(1.0 if recognition.quality is None else float(recognition.quality[0]))
                files.append(path.relative_to(folder))
            progress(done, len(paths))
    if not good:
        raise SourceNotFound(f"{folder} holds no folders of people with pictures of faces")
    people, names = tuple(file.parts[0] for file in files), tuple(file.as_posix() for file in files)
    left_out = len(paths) - len(good)
    return LabelledFaces(np.stack(good), np.array(qualities, np.float32), people, names, left_out)


def is_good(recognition: Recognition, settings: MatchingSettings) -> bool:
    """Whether there is a face, and a good one as far as the recogniser can tell."""
    if not len(recognition.norms) or not settings.is_face(recognition)[0]:
        return False
    return recognition.quality is None or bool(recognition.quality[0] >= settings.min_quality)


def judge_clustering(faces: LabelledFaces, settings: MatchingSettings, generator: np.random.Generator) -> Clustering:
    """Sort faces that arrive one by one in a random order, and compare with whose they are.

    Each is a track of one view: it joins a stranger, who learns from it when it ends, or founds one. Where it resembles
    a stranger too much to be a new one and too little to be that one, a camera waits for further views; a picture has
    none, so it is looked at again when all have come, and then decided.
    """
    strangers = RememberedStrangers()
    clustering = StrangerClustering(strangers, settings)
    count = len(faces.people)
    joined, first = [NOBODY] * count, [NOBODY] * count

    def decide(row: int, view: View) -> None:
        joined[row] = clustering.join_or_found(view.vector, 1.0, [view], frozenset(), faces.files[row])
        clustering.learn(joined[row], view, faces.files[row])
        first[row] = strangers.now(joined[row])

    doubtful: list[tuple[int, View]] = []
    for row in generator.permutation(count).tolist():
        view = View(faces.vectors[row], float(faces.qualities[row]), is_good=True, reason="")
        if settings.is_doubtful(strangers.nearest(view.vector, 1.0, frozenset())[1], good=1):
            doubtful.append((row, view))
        else:
            decide(row, view)
    for row, view in doubtful:
        decide(row, view)
    last = [strangers.now(person_id) for person_id in joined]
    precision, recall = pairwise_agreement(last, faces.people)
    return Clustering(
        precision,
        recall,
        clusters=len({*last}),
        faces=count,
        people=len(set(faces.people)),
        doubtful=len(doubtful),
        left_out=faces.left_out,
        ids_changed=sum(map(str.__ne__, first, last)),
    )


class RememberedStrangers:
    """Strangers who are kept in memory: what faces are sorted into where nothing is to be left of it."""

    def __init__(self) -> None:
        self._views: dict[str, list[View]] = {}
        self._places: dict[str, int] = {}
        self._standing: Floats = np.zeros((0, 0), np.float32)
        self._parted: dict[str, set[str]] = {}
        self._into: dict[str, str] = {}

    def now(self, person_id: str) -> str:
        """The id of who a stranger turned out to be."""
        while person_id in self._into:
            person_id = self._into[person_id]
        return person_id

    def part(self, one: str, other: str) -> None:
        """Be told that two are two people."""
        self._parted.setdefault(one, set()).add(other)
        self._parted.setdefault(other, set()).add(one)

    def nearest(self, mean: Floats, length: float, barred: Set[str]) -> tuple[str, float]:
        allowed = [person_id for person_id in self._views if person_id not in barred]
        if not allowed:
            return NOBODY, -1.0
        similarities = (self._standing @ mean)[[self._places[person_id] for person_id in allowed]]
        best = int(similarities.argmax())
        return allowed[best], float(similarities[best] * np.sqrt(length))

    @contextmanager
    def founding(self, views: Sequence[View], origin: str) -> Iterator[Callable[[], str]]:  # noqa: ARG002  all are kept
        def found() -> str:
            person_id = f"cluster-{len(self._places) + 1:04d}"
            self._keep(person_id, list(views))
            return person_id

        yield found

    def faces(self, person_id: str) -> Faces:
        views = self._views.get(person_id, [])
        vectors = np.stack([view.vector for view in views]) if views else np.zeros((0, 0), np.float32)
        return Faces(vectors, np.array([view.quality for view in views], np.float32))

    def add(self, person_id: str, view: View, origin: str) -> None:  # noqa: ARG002  all are kept
        self._keep(person_id, [*self._views[person_id], view])

    def parted(self, person_id: str) -> Set[str]:
        ids = {one for one in self._places if self.now(one) == person_id} & self._parted.keys()
        return {self.now(other) for one in ids for other in self._parted[one]}

    def merge(self, one: str, other: str) -> str:
        kept, gone = sorted((one, other), key=self._places.__getitem__)
        self._into[gone] = kept
        self._keep(kept, [*self._views[kept], *self._views.pop(gone)])
        return kept

    def _keep(self, person_id: str, views: list[View]) -> None:
        self._views[person_id] = views
        place = self._places.setdefault(person_id, len(self._places))
        if place >= len(self._standing):
            grown = np.zeros((max(64, 2 * place), len(views[0].vector)), np.float32)
            grown[:place] = self._standing[:place].reshape(place, grown.shape[1])
            self._standing = grown
        mean, length = self.faces(person_id).mean()
        self._standing[place] = mean * np.sqrt(length)


def pairwise_agreement(clusters: Sequence[str], people: Sequence[str]) -> tuple[float, float]:
    """Precision and recall of the pairs that n faces make within clusters; 1 where there are none."""
    (_, cluster), (_, person) = (np.unique(labels, return_inverse=True) for labels in (clusters, people))
    _, together = np.unique(np.stack([cluster, person]), axis=1, return_counts=True)
    right = _pairs(together)
    in_clusters, of_people = _pairs(np.bincount(cluster)), _pairs(np.bincount(person))
    return right / in_clusters if in_clusters else 1.0, right / of_people if of_people else 1.0


def _pairs(sizes: Ints) -> int:
    return int((sizes * (sizes - 1) // 2).sum())
