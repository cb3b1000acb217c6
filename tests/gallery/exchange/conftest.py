"""Two homes, of which one has people to give away."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import ALL, MODEL, HandClock, Noted, axis, kept

from mien.gallery.curation.limit import Limit
from mien.gallery.exchange.arrivals import Reception, Rules
from mien.gallery.exchange.exporter import Exporter
from mien.gallery.exchange.lengths import Lengths
from mien.gallery.exchange.writing import ArchiveWriter
from mien.gallery.kept_crops import KeptCrops
from mien.settings import Settings
from mien.store.consents import ConsentStore
from mien.store.journal import Journal
from mien.store.media import MediaStore
from mien.store.moving.transfer import TransferStore
from mien.store.outputs import OutputStore
from mien.store.people import NewPicture, NewTemplate, PeopleStore
from mien.wiring.people import build_registry
from mien.wiring.stores import build_stores

CAP = 3
"""Pictures of a person that are looked at."""


@dataclass
class Place:
    """A home with what moves people in and out."""

    folder: Path
    people: PeopleStore
    consents: ConsentStore
    journal: Journal
    transfers: TransferStore
    media: MediaStore
    outputs: OutputStore
    noted: Noted
    exporter: Exporter
    reception: Reception
    build_exporter: Callable[..., Exporter]


@pytest.fixture
def open_place(tmp_path: Path, clock: HandClock) -> Iterator[Callable[..., Place]]:
    with ExitStack() as stack:

        def open_place(name: str, *, accepts_declared: bool = True, known: Lengths = lambda _: ()) -> Place:
            folder = tmp_path / name
            stores, noted = build_stores(Settings(home=folder), stack), Noted()
            writer = ArchiveWriter(stores.transfers, KeptCrops(stores.people, stores.media), "1.2.3")
            exporter = partial(Exporter, stores, writer, noted, clock)
            registry = replace(build_registry(stores, clock), witness=noted)
            limit = Limit(registry, CAP, clock)
            rules = Rules(accepts_declared, known)
            reception = Reception(stores.transfers, registry, limit, clock, stores.snapshots, rules)
            whose = (stores.people, stores.consents, stores.journal, stores.transfers, stores.media, stores.outputs)
            return Place(folder, *whose, noted, exporter(), reception, exporter)

        yield open_place


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
