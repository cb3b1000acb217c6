"""A gallery over a real database."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.faces import MODEL, HandClock, kept
from tests.support.visits import book_of

from mien.domain.faces import EmbeddingModel
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.media import FolderMedia
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople


@pytest.fixture
def settings() -> MatchingSettings:
    """Round numbers: known from 0.4, strangers met again from 0.5."""
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
def media(tmp_path: Path, database: Database) -> FolderMedia:
    return FolderMedia(tmp_path / "media", database.vault)


@pytest.fixture
def open_gallery(people, settings, clock) -> Callable[[], Gallery]:
    """Opens one more gallery over the same database, as another process would."""
    return lambda: Gallery(people, MODEL, settings, clock)


@pytest.fixture
def open_tracks(open_gallery, database, media) -> Callable[..., TrackIdentities]:
    """Opens the tracks of one more camera, over a gallery of its own or a given one."""

    def open_tracks(camera: str = "door", gallery: Gallery | None = None, **settings) -> TrackIdentities:
        gallery = gallery or open_gallery()
        return TrackIdentities(
            gallery, book_of(gallery, database, media), camera, replace(gallery.settings, **settings)
        )

    return open_tracks


@pytest.fixture
def enrol(people, clock) -> Callable[..., str]:
    """Enrols somebody by vectors and returns the id."""

    def enrol(name: str, *vectors, model: EmbeddingModel = MODEL) -> str:
        return people.add_person(name, [kept(vector, model) for vector in vectors], clock.now()).person_id

    return enrol
