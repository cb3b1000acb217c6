"""A gallery over a real database, and a clock that a test moves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.faces import MODEL, HandClock, axis, kept
from tests.support.visits import book_of

from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.strangers.visit_book import VisitBook
from mien.store.media import FolderMedia
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople


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
def gallery(people: SqlPeople, clock: HandClock) -> Gallery:
    return Gallery(people, MODEL, MatchingSettings(votes=2), clock)


@pytest.fixture
def visits(gallery: Gallery, database: Database, tmp_path: Path) -> VisitBook:
    return book_of(gallery, database, FolderMedia(tmp_path / "media", database.vault))


@pytest.fixture
def enrol(people: SqlPeople, gallery: Gallery, clock: HandClock) -> Callable[[str, int], str]:
    """Enrols somebody whose face lies on an axis, and returns the id."""

    def enrol(name: str, number: int) -> str:
        person = people.add_person(name, [kept(axis(number))], clock.now())
        gallery.refresh()
        return person.person_id

    return enrol
