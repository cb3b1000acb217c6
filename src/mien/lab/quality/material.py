"""What the head learns from: people's pictures as they are and spoilt, as the recogniser embeds them."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.evaluation.faces import OpenPicture, most_prominent
from mien.lab.quality.degradations import spoilt
from mien.lab.result import Progress, no_progress
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.recognition.recogniser import Recogniser

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Picture files by the folder of their person: paths, and who each of n shows, (n,), as a place in ``people``."""

    paths: tuple[Path, ...]
    owners: Indices
    people: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path, chosen: Collection[str] | None = None) -> "Pictures":
        """All ``person/picture`` of a folder, or those of chosen people; raises SourceNotFound where there are none."""
        found = sorted(
            path
            for path in folder.glob("*/*")
            if path.is_file() and not path.name.startswith(".") and (chosen is None or path.parent.name in chosen)
        )
        if not found:
            raise SourceNotFound(f"{folder} holds no folders of {'chosen ' if chosen else ''}people's pictures")
        people, owners = np.unique([path.parent.name for path in found], return_inverse=True)
        return cls(tuple(found), owners.astype(np.int64), tuple(people.tolist()))


@dataclass(frozen=True, slots=True)
class Material:
    """n embeddings (n, d), not of unit length, each of a picture, (n,), as it is or spoilt, (n,)."""

    vectors: Floats
    pictures: Indices
    is_spoilt: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Embedder:
    """What opens, spoils, finds, cuts and embeds. Safe for several threads."""

    open_picture: OpenPicture
    detector: Detector
    recogniser: Recogniser

    def embed(self, path: Path, seed: Sequence[int] | None) -> Floats | None:
        """The embedding (d,) of a picture, spoilt where a seed is given; none without a face; raises SourceError."""
        pixels = self.open_picture(path)
        if seed is not None:
            pixels = ArrayPixels(spoilt(pixels.bgr(), np.random.default_rng(seed)))
        faces = self.detector.detect(pixels)
        face = faces.select(most_prominent(faces, pixels.width, pixels.height))
        if not len(face):
            return None
        crops = cut(pixels, self.detector.refine(pixels, face), self.recogniser.crop)
        recognition = self.recogniser.recognise(crops)
        vector: Floats = recognition.embeddings.vectors[0] * recognition.norms[0]
        return vector


def gather(
    pictures: Pictures, variants: int, seed: int, embedder: Embedder, progress: Progress = no_progress
) -> Material:
    """Every picture as it is, and ``variants`` times spoilt where its person has others; raises SourceError.

    Pictures in which no face is found are left out.
    """
    jobs = list(_jobs(pictures, variants, seed))
    rows: list[Floats | None] = []
    with ThreadPoolExecutor(2) as pool:
        for row in pool.map(lambda job: embedder.embed(pictures.paths[job[0]], job[1]), jobs):
            rows.append(row)
            progress("embeddings", len(rows), len(jobs))
    found = [(row, *job) for row, job in zip(rows, jobs, strict=True) if row is not None]
    return Material(
        np.stack([row for row, _, _ in found]),
        np.array([picture for _, picture, _ in found], np.int64),
        np.array([drawn is not None for _, _, drawn in found], np.bool_),
    )


def read_people(path: Path) -> frozenset[str]:
    """The names of a list as LFW has them: a number of lines first, then a name and how many pictures, on each line.

    Raises SourceNotFound, SourceUnreadable.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"{path} cannot be read: {error}") from error
    names = frozenset(line.split("\t")[0].strip() for line in lines if line.strip() and not line.strip().isdigit())
    if not names:
        raise SourceUnreadable(f"{path} lists nobody")
    return names


def fold_of(person: str, folds: int) -> int:
    """Which part of the people a name belongs to, the same everywhere."""
    return int.from_bytes(hashlib.sha256(person.encode()).digest()[:4], "big") % folds


def _jobs(pictures: Pictures, variants: int, seed: int) -> Iterator[tuple[int, tuple[int, int, int] | None]]:
    """A picture, and what chance is seeded with where it is to be spoilt."""
    counts = np.bincount(pictures.owners)
    for picture, owner in enumerate(pictures.owners.tolist()):
        yield picture, None
        if counts[owner] > 1:
            yield from ((picture, (seed, picture, variant)) for variant in range(variants))
