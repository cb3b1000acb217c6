"""Faces whose similarities are set by hand, and a clock that a test moves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel, Embeddings, Quality, Recognition
from mien.domain.people.consent import SCOPES, NewConsent
from mien.gallery.witness import NOTHING
from mien.store.journal import Fact
from mien.store.people import NewPicture, NewTemplate

MODEL = EmbeddingModel("network", "alignment", "detector")
SIZE = 64
ALL = NewConsent(frozenset(SCOPES), "2", "form 17")
"""Consent to everything."""

Vector = NDArray[np.float32]


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return datetime(2024, 5, 1, tzinfo=UTC) + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s


def axis(number: int) -> Vector:
    vector = np.zeros(SIZE, np.float32)
    vector[number] = 1
    return vector


def like(other: Vector, similarity: float, number: int = SIZE - 1) -> Vector:
    """A unit vector of a given similarity to a vector, leaning towards an axis that is otherwise not used."""
    leaning: Vector = similarity * other + np.float32(np.sqrt(1 - similarity**2)) * axis(number)
    return leaning.astype(np.float32)


def seen(*vectors: Vector, norm: float = 10.0, model: EmbeddingModel = MODEL) -> Recognition:
    """What a recogniser yields for some faces."""
    stacked = np.stack(vectors) if vectors else np.zeros((0, SIZE), np.float32)
    return Recognition(Embeddings(stacked, model), np.full(len(vectors), norm, np.float32))


def quality(*scores: float, reason: str = "blurred") -> Quality:
    """The quality of some faces, with a reason for those below 0.5."""
    return Quality(np.array(scores, np.float32), tuple("" if score >= 0.5 else reason for score in scores))


def kept(
    vector: Vector, model: EmbeddingModel = MODEL, origin: str = "picture", digest: str = "", crop: str = ""
) -> NewPicture:
    """A picture with one template, to be stored."""
    return NewPicture((NewTemplate(vector, model),), 0.9, origin, digest, crop)


class Noted:
    """A witness that remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, tuple[str, ...], Mapping[str, Fact]]] = []

    def append(self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING) -> None:
        self.heard.append((action, people, facts))

    def hear(
        self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING, actor: str = ""
    ) -> None:
        self.append(action, people, facts)

    @contextmanager
    def telling(self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING) -> Iterator[None]:
        yield
        self.append(action, people, facts)
