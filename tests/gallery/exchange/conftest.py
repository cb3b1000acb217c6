"""Two homes, of which one has people to give away."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import ALL, MODEL, HandClock, Noted, axis, kept

from mien.gallery.exchange.arrivals import Reception
from mien.gallery.exchange.exporter import Exporter, Registers
from mien.gallery.exchange.writing import ArchiveWriter
from mien.store.home import Home
from mien.store.media import FolderMedia
from mien.store.outputs import OutputStore
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.database import Database
from mien.store.sql.outputs import SqlOutputs
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.transfer import SqlTransfers


@dataclass
class Place:
    """A home with what moves people in and out."""

    folder: Path
    people: SqlPeople
    consents: SqlConsents
    transfers: SqlTransfers
    media: FolderMedia
    outputs: OutputStore
    noted: Noted
    exporter: Exporter
    reception: Reception


@pytest.fixture
def open_place(tmp_path: Path, clock: HandClock) -> Iterator[Callable[[str], Place]]:
    opened = []

    def open_place(name: str) -> Place:
        folder = tmp_path / name
        database = Database.open_file(folder / "mien.sqlite3")
        opened.append(database)
        media, transfers, noted = FolderMedia(folder / "media", database.vault), SqlTransfers(database), Noted()
        outputs = SqlOutputs(database)
        writer = ArchiveWriter(transfers, media, "1.2.3")
        exporter = Exporter(writer, transfers, Registers(Home(folder), outputs, noted, clock))
        reception = Reception(transfers, media, noted, clock)
        whose = (SqlPeople(database), SqlConsents(database), transfers, media, outputs, noted)
        return Place(folder, *whose, exporter, reception)

    yield open_place
    for database in opened:
        database.close()


@pytest.fixture
def here(open_place, clock: HandClock) -> Place:
    """Zoë with two pictures, one of them with its crop, and a man whose name is a formula."""
    place = open_place("here")
    crop = np.random.default_rng(1).integers(0, 255, (112, 112, 3), np.uint8)
    both = (NewTemplate(axis(0), MODEL), NewTemplate(axis(1), MODEL, "distant"))
    first = NewPicture(both, 0.9, "zoë.png", "d" * 64, place.media.save(crop))
    place.people.add_person("Zoë 🙂 ../etc", [first, kept(axis(2))], clock.now(), ALL)
    place.people.add_person("=cmd()", [kept(axis(3))], clock.now(), ALL)
    return place


@pytest.fixture
def there(open_place) -> Place:
    return open_place("there")
