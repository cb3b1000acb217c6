"""Which judge of pictures leaves the fewest errors behind: all of them compared on the same pairs of pictures."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.evaluation.discarding.curve import DiscardCurve, Rows, discard_curve, threshold_at_fmr
from mien.evaluation.discarding.degradation import Worsen, drawn_ways
from mien.evaluation.discarding.judges import Judge, SeenFace
from mien.evaluation.faces import OpenPicture, Progress, most_prominent, no_progress
from mien.evaluation.verification import Pairs
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.recognition.recogniser import Recogniser

FMR = 1e-3
"""The false match rate at which the similarity is set from which on two faces count as one person."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """A picture as it is looked at: its path within the folder, and how chance, by its seed, makes it worse."""

    name: str
    worsen: Worsen | None = None
    seed: tuple[int, int] = (0, 0)

    @property
    def person(self) -> str:
        """The folder that it lies in."""
        return PurePosixPath(self.name).parent.as_posix()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in one view: an embedding (d,) of unit length, and what each judge says of it."""

    vector: Floats
    qualities: dict[str, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The curve of each judge, by its name, at one false match rate."""

    fmr: float
    methods: dict[str, DiscardCurve]

    def as_json(self) -> dict[str, object]:
        """The fields under their public names."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ViewReader:
    """What looks at views: how a file is opened (raising SourceError), the models, and the judges."""

    open_picture: OpenPicture
    detector: Detector
    recogniser: Recogniser
    judges: Mapping[str, Judge]

    def read(self, images: Path, view: View) -> Judgement | None:
        """What is found in a view, nothing where there is no face; raises SourceError."""
        pixels = self.open_picture(images / view.name)
        face = self._face(pixels)
        if view.worsen and len(face):
            worsened = view.worsen(pixels.bgr(), face.boxes[0], np.random.default_rng(view.seed))
            pixels = ArrayPixels(worsened)
            face = self._face(pixels)
        if not len(face):
            return None
        face = self.detector.refine(pixels, face)
        crops = cut(pixels, face, self.recogniser.crop)
        seen = SeenFace(pixels, face, crops.images[0], self.recogniser.recognise(crops))
        return Judgement(
            seen.recognition.embeddings.vectors[0], {name: judge(seen) for name, judge in self.judges.items()}
        )

    def _face(self, pixels: Pixels) -> Detections:
        faces = self.detector.detect(pixels)
        return faces.select(most_prominent(faces, pixels.width, pixels.height))


def check_pairs(pairs: Pairs) -> None:
    """Raise UsageError where pairs do not hold two pictures of a person, and two people, before any is looked at."""
    people = {View(name).person for name in (*pairs.first, *pairs.second)}
    if not pairs.is_same.any() or len(people) < 2:
        raise UsageError("expected pairs of pictures of one person, and pictures of at least two people")


def compare_judges(
    pairs: Pairs, images: Path, reader: ViewReader, degrade: int | None = None, progress: Progress = no_progress
) -> Comparison:
    """Look at every picture of the pairs and discard by each judge; ``degrade`` seeds how one of each pair is worsened.

    The impostors are all pairs of two people among the views. A pair is as good as the worse of its two pictures; a
    picture in which no face is found is the worst there is, and matches nothing. Raises UsageError where the pairs do
    not hold two pictures of a person and two people, SourceError where a picture is missing or broken.
    """
    check_pairs(pairs)
    first, second = _views(pairs, degrade)
    views = list(dict.fromkeys([*first, *second]))
    people = [view.person for view in views]
    found = _read(views, images, reader, progress)
    row_of = {view: row for row, view in enumerate(views)}
    genuine = np.array([(row_of[first[pair]], row_of[second[pair]]) for pair in np.flatnonzero(pairs.is_same)], np.intp)
    seen = [row for row, judgement in enumerate(found) if judgement]
    vectors = _vectors(found)
    threshold = threshold_at_fmr(vectors[seen], [people[row] for row in seen], FMR)
    is_missed = ~(np.einsum("nd,nd->n", vectors[genuine[:, 0]], vectors[genuine[:, 1]]) > threshold)
    curves = {name: discard_curve(is_missed, _qualities(found, name)[genuine].min(axis=1)) for name in reader.judges}
    return Comparison(FMR, curves)


def _views(pairs: Pairs, degrade: int | None) -> tuple[list[View], list[View]]:
    """Both sides of every pair, one of them, drawn by chance, made worse where that is asked for."""
    sides = [View(name) for name in pairs.first], [View(name) for name in pairs.second]
    if degrade is not None:
        generator = np.random.default_rng(degrade)
        ways = drawn_ways(len(pairs.first), generator)
        for pair, (worsen, side) in enumerate(zip(ways, generator.integers(0, 2, len(ways)), strict=True)):
            sides[side][pair] = View(sides[side][pair].name, worsen, (degrade, pair))
    return sides


def _read(views: Sequence[View], images: Path, reader: ViewReader, progress: Progress) -> list[Judgement | None]:
    found: list[Judgement | None] = []
    with ThreadPoolExecutor(2) as pool:
        for judgement in pool.map(partial(reader.read, images), views):
            found.append(judgement)
            progress(len(found), len(views))
    if not any(found):
        raise UsageError("there is no face in any of the pictures")
    return found


def _vectors(found: Sequence[Judgement | None]) -> Floats:
    """The embeddings (n, d) of n views, rows of zeros where there is no face."""
    nothing = np.zeros_like(next(judgement.vector for judgement in found if judgement))
    return np.stack([judgement.vector if judgement else nothing for judgement in found])


def _qualities(found: Sequence[Judgement | None], judge: str) -> Rows:
    return np.array([judgement.qualities[judge] if judgement else -np.inf for judgement in found], np.float64)
