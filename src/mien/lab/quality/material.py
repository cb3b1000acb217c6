"""What the head learns from: people's pictures as they are and spoilt, as the recogniser embeds them."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceError, SourceNotFound, SourceUnreadable, UsageError
from mien.evaluation.faces import OpenPicture, most_prominent
from mien.lab.quality.degradations import spoilt
from mien.lab.result import Progress, no_progress
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.recognition.recogniser import Recogniser

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
_Job = tuple[int, tuple[int, int, int] | None]
"""The place of a picture, and what chance is seeded with where it is to be spoilt."""


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

    @property
    def has_others(self) -> NDArray[np.bool_]:
        """Which pictures (n,) are of a person with several."""
        return np.asarray(np.bincount(self.owners)[self.owners] > 1, np.bool_)


@dataclass(frozen=True, slots=True)
class Material:
    """n embeddings (n, d), not of unit length, each of a picture, (n,), as it is or spoilt, (n,).

    ``unreadable`` are the places of pictures that could not be read.
    """

    vectors: Floats
    pictures: Indices
    is_spoilt: NDArray[np.bool_]
    unreadable: frozenset[int] = frozenset()


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
    """Every picture as it is, and ``variants`` times spoilt where its person has others.

    Pictures that cannot be read, or in which no face is found, are left out; raises UsageError where all are.
    """
    jobs = list(_jobs(pictures, variants, seed))
    rows: list[Floats | None] = []
    unreadable: set[int] = set()

    def embed(job: _Job) -> Floats | None:
        try:
            return embedder.embed(pictures.paths[job[0]], job[1])
        except SourceError:  # one broken file is not to end what takes hours
            unreadable.add(job[0])
            return None

    with ThreadPoolExecutor(2) as pool:
        for row in pool.map(embed, jobs):
            rows.append(row)
            progress("embeddings", len(rows), len(jobs))
    found = [(row, *job) for row, job in zip(rows, jobs, strict=True) if row is not None and job[0] not in unreadable]
    if not found:
        raise UsageError(f"found no face in {len(pictures.paths)} pictures, {len(unreadable)} of which cannot be read")
    return Material(
        np.stack([row for row, _, _ in found]),
        np.array([picture for _, picture, _ in found], np.int64),
        np.array([drawn is not None for _, _, drawn in found], np.bool_),
        frozenset(unreadable),
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


def _jobs(pictures: Pictures, variants: int, seed: int) -> Iterator[_Job]:
    for picture, has_others in enumerate(pictures.has_others.tolist()):
        yield picture, None
        if has_others:
            yield from ((picture, (seed, picture, variant)) for variant in range(variants))
