"""A gallery over a real database, and faces whose similarities are set by hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from mien.domain.faces import EmbeddingModel, Embeddings, Quality, Recognition
from mien.gallery.gallery import Gallery
from mien.gallery.thresholds import MatchingSettings
from mien.store.media import FolderMedia
from mien.store.people import NewTemplate
from mien.store.sql.database import Database
from mien.store.sql.people import SqlPeople

MODEL = EmbeddingModel("network", "alignment", "detector")
SIZE = 64


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return datetime(2024, 5, 1, tzinfo=UTC) + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s


def axis(number: int) -> np.ndarray:
    vector = np.zeros(SIZE, np.float32)
    vector[number] = 1
    return vector


def like(other: np.ndarray, similarity: float, number: int = SIZE - 1) -> np.ndarray:
    """A unit vector of a given similarity to a vector, leaning towards an axis that is otherwise not used."""
    return (similarity * other + np.sqrt(1 - similarity**2) * axis(number)).astype(np.float32)


def seen(*vectors: np.ndarray, norm: float = 10.0) -> Recognition:
    stacked = np.stack(vectors) if vectors else np.zeros((0, SIZE), np.float32)
    return Recognition(Embeddings(stacked, MODEL), np.full(len(vectors), norm, np.float32))


def quality(*scores: float, reason: str = "blurred") -> Quality:
    return Quality(np.array(scores, np.float32), tuple("" if score >= 0.5 else reason for score in scores))


@pytest.fixture
def settings() -> MatchingSettings:
    return MatchingSettings(
        known_similarity=0.4, stranger_similarity=0.5, per_tenfold=0.0, poor_relief=0.1, min_quality=0.5
    )


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open_file(tmp_path / "mien.sqlite3") as opened:
        yield opened


@pytest.fixture
def people(database: Database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def media(tmp_path: Path) -> FolderMedia:
    return FolderMedia(tmp_path / "media")


@pytest.fixture
def open_gallery(people, media, settings, clock) -> Callable[[], Gallery]:
    """Opens one more gallery over the same database, as another process would."""
    return lambda: Gallery(people, media, MODEL, settings, clock)


@pytest.fixture
def enrol(people, clock) -> Callable[..., str]:
    """Enrols somebody by vectors and returns the id."""

    def enrol(name: str, *vectors: np.ndarray, model: EmbeddingModel = MODEL) -> str:
        templates = [NewTemplate(vector, model, 0.9, "picture") for vector in vectors]
        return people.add_person(name, templates, clock.now()).person_id

    return enrol
