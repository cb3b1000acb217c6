"""One face per picture for measuring: found, cut and embedded, several pictures at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections, Embeddings, FaceCrops
from mien.domain.frame import Pixels
from mien.domain.geometry import box_centres, box_sizes
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.recognition.recogniser import Recogniser

Floats = NDArray[np.float32]
OpenPicture = Callable[[Path], Pixels]
Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class FaceReader:
    """What turns a picture file into the embedding of the face it is about. Safe for several threads."""

    open_picture: OpenPicture
    detector: Detector
    recogniser: Recogniser

    def crop(self, path: Path) -> FaceCrops:
        """The most prominent face as the recogniser wants it, or none where there is no face; raises SourceError."""
        pixels = self.open_picture(path)
        faces = self.detector.detect(pixels)
        chosen = faces.select(most_prominent(faces, pixels.width, pixels.height))
        return cut(pixels, self.detector.refine(pixels, chosen), self.recogniser.crop)

    def embed(self, path: Path) -> Embeddings:
        """The embedding of the most prominent face, or none where there is no face; raises SourceError."""
        return self.recogniser.recognise(self.crop(path)).embeddings


@dataclass(frozen=True, slots=True)
class EmbeddedPictures:
    """Vectors (n, d) of unit length, one row per picture; rows of zeros where ``has_face`` (n,) is False."""

    vectors: Floats
    has_face: NDArray[np.bool_]


def most_prominent(faces: Detections, width: int, height: int) -> list[int]:
    """The index, in a list of one or none, of the face a picture is about: large, and near the middle."""
    if not len(faces):
        return []
    middle = np.array([width / 2, height / 2], np.float32)
    off_centre = np.abs(box_centres(faces.boxes) - middle).max(axis=1)
    return [int(np.argmax(box_sizes(faces.boxes).max(axis=1) - 2 * off_centre))]


def embed_pictures(
    paths: Sequence[Path], reader: FaceReader, threads: int = 2, progress: Progress = no_progress
) -> EmbeddedPictures:
    """The most prominent face of each of n pictures; raises SourceError where one cannot be read."""
    rows: list[Floats] = []
    with ThreadPoolExecutor(threads) as pool:
        for embeddings in pool.map(reader.embed, paths):
            rows.append(embeddings.vectors)
            progress(len(rows), len(paths))
    has_face = np.array([len(row) > 0 for row in rows], dtype=bool)
    length = max((row.shape[1] for row in rows if len(row)), default=1)
    vectors = np.zeros((len(rows), length), np.float32)
    for index in np.flatnonzero(has_face):
        vectors[index] = rows[index][0]
    return EmbeddedPictures(vectors, has_face)
