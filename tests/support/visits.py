"""The book of a gallery's visits, over a database."""

from tests.support.faces import Noted

from mien.gallery.gallery import Gallery
from mien.gallery.registry import Registry
from mien.gallery.strangers.clustering import StrangerClustering
from mien.gallery.strangers.kept_strangers import KeptStrangers
from mien.gallery.strangers.visit_book import VisitBook
from mien.store.media import MediaStore
from mien.store.sql.database import Database
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings


def registry_of(database: Database, media: MediaStore) -> Registry:
    """What is kept of people, with a witness that remembers what it heard."""
    people, journal, consents = SqlPeople(database), SqlJournal(database), SqlConsents(database)
    return Registry(people, journal, consents, media, SqlOutbox(database), Noted())


def book_of(gallery: Gallery, database: Database, media: MediaStore, registry: Registry | None = None) -> VisitBook:
    """What keeps the visits to the cameras of a gallery."""
    registry, sightings = registry or registry_of(database, media), SqlSightings(database)
    clustering = StrangerClustering(KeptStrangers(gallery, registry, sightings), gallery.settings)
    return VisitBook(gallery, clustering, sightings, media)
