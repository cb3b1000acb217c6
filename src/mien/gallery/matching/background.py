"""What strangers look like to a recogniser, as a whole: a description from which strangers are drawn who are nobody."""

from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel

Floats = NDArray[np.float32]

RATES = np.array([5e-1, 2e-1, 1e-1, 5e-2, 2e-2, 1e-2, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 5e-5, 2e-5])
"""At which the similarities of drawn strangers and of real ones are set against each other."""

_DIRECTIONS = 256  # in which embeddings of faces differ at all: their other numbers follow from these
_BEYOND = 0.1  # in the similarity of drawn strangers: hardly one in ten million comes as far
_AT_ONCE = 2_048


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """How the embeddings of strangers lie: ``mean`` (d,), and ``spread`` (r, d), the main directions by deviation.

    Vectors drawn from these two resemble people a little less often than real strangers do, who have look-alikes:
    similarities of ``drawn`` (k,) are reached as often as those of ``real`` (k,) by strangers, both ascending from -1
    to 1. ``strangers`` counts the real ones that it was learnt from, of whom no vector is in it.
    """

    mean: Floats
    spread: Floats
    drawn: Floats
    real: Floats
    strangers: int

    @classmethod
    def of_model(cls, model: EmbeddingModel) -> Self:
        """The background that is shipped for a recogniser; raises GalleryError where there is none."""
        path = resources.files("mien.gallery.matching").joinpath(f"strangers-{model.network}.npz")
        if not path.is_file():
            raise GalleryError(f"there is no background of strangers for {model.network}: its thresholds stay as set")
        with path.open("rb") as file, np.load(file) as columns:
            wide = {name: columns[name].astype(np.float32) for name in ("mean", "spread", "drawn", "real")}
            return cls(**wide, strangers=int(columns["strangers"]))

    @classmethod
    def learnt(cls, strangers: Floats, means: Floats) -> Self:
        """Learn from one vector (n, d) of each stranger, and from means (p, d) of other people whom they resemble."""
        centre = strangers.mean(axis=0)
        _, deviations, directions = np.linalg.svd(strangers - centre, full_matrices=False)
        scale = deviations[:_DIRECTIONS, None] / np.sqrt(max(len(strangers) - 1, 1))
        ends = np.array([-1, 1], np.float32)
        plain = cls(_halved(centre), _halved(scale * directions[:_DIRECTIONS]), ends, ends, len(strangers))
        drawn, real = _continued(_reached(plain.draw(len(strangers)) @ means.T), _reached(strangers @ means.T))
        return replace(plain, drawn=drawn, real=real)

    def save(self, path: Path) -> None:
        """Write it as one file, the vectors as halves."""
        np.savez_compressed(
            path,
            mean=self.mean.astype(np.float16),
            spread=self.spread.astype(np.float16),
            drawn=self.drawn,
            real=self.real,
            strangers=self.strangers,
        )

    def draw(self, count: int, seed: int = 0) -> Floats:
        """Vectors (count, d) of unit length, always the same for a seed."""
        chance = np.random.default_rng(seed).standard_normal((count, len(self.spread)), np.float32)
        vectors = self.mean + chance @ self.spread
        drawn: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return drawn

    def resemblances(self, means: Floats, count: int, seed: int = 0) -> Floats:
        """How similar ``count`` drawn strangers are to the nearest of people by means (p, d), (count,)."""
        vectors = self.draw(count, seed)
        nearest = [(vectors[at : at + _AT_ONCE] @ means.T).max(axis=1) for at in range(0, count, _AT_ONCE)]
        return self.as_real(np.concatenate(nearest))

    def as_real(self, similarities: Floats) -> Floats:
        """The similarities (...) of real strangers that are reached as often as these of drawn ones."""
        return np.asarray(np.interp(similarities, self.drawn, self.real), np.float32)


def _halved(numbers: Floats) -> Floats:
    """Numbers as they are once they were saved."""
    return numbers.astype(np.float16).astype(np.float32)


def _continued(drawn: Floats, real: Floats) -> tuple[Floats, Floats]:
    """Columns of similarities from -1 to 1, which go on beyond what was counted as in the last decade.

    In a gallery of hundreds the rarest of resemblances decide, which a few million pairs are too few to hold.
    """
    steepness = (real[-1] - real[-4]) / max(drawn[-1] - drawn[-4], 1e-6)
    beyond = min(drawn[-1] + _BEYOND, 1.0), min(real[-1] + _BEYOND * steepness, 1.0)
    columns = (np.concatenate([[-1], one, [last, 1]]) for one, last in zip((drawn, real), beyond, strict=True))
    first, second = (np.asarray(column, np.float32) for column in columns)
    return first, second


def _reached(similarities: Floats) -> Floats:
    """The similarities that shares RATES of them reach, ascending."""
    return np.asarray(np.quantile(similarities, 1 - RATES, method="higher"), np.float32)
