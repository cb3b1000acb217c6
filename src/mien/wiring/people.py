"""What a home holds, and the gallery over it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mien.domain.clock import Clock
from mien.domain.faces import EmbeddingModel
from mien.domain.frame import Pixels
from mien.gallery.enrolment import Enroller
from mien.gallery.gallery import Gallery
from mien.gallery.roster import Roster
from mien.gallery.sight import Sight
from mien.pipeline.tasks import Tasks
from mien.settings.tree import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.store.events import EventStore
from mien.store.home import Home
from mien.store.media import FolderMedia, MediaStore
from mien.store.people import PeopleStore
from mien.store.readings import ReadingStore
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.people import SqlPeople
from mien.store.sql.readings import SqlReadings


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything under the home folder."""

    people: PeopleStore
    media: MediaStore
    readings: ReadingStore
    events: EventStore


def build_stores(settings: Settings, stack: ExitStack) -> Stores:
    """The database and the pictures of the home, made where there are none; raises StoreError."""
    home = Home(settings.home)
    database = stack.enter_context(Database.open_file(home.database))
    return Stores(SqlPeople(database), FolderMedia(home.media), SqlReadings(database), SqlEvents(database))


def build_roster(stores: Stores) -> Roster:
    """Who is in the home; needs no model."""
    return Roster(stores.people, stores.media)


def build_gallery(settings: Settings, stores: Stores, model: EmbeddingModel, clock: Clock) -> Gallery:
    """The people of the home as one model sees them."""
    return Gallery(stores.people, stores.media, model, settings.matching, clock)


def build_enroller(settings: Settings, stores: Stores, tasks: Tasks, clock: Clock) -> Enroller:
    """What takes people into the gallery."""
    gallery = build_gallery(settings, stores, tasks.recogniser.model, clock)
    sight = Sight(picture_opener(settings), tasks.detector, tasks.assessor, tasks.recogniser, settings.enrolment)
    return Enroller(gallery, stores.people, stores.media, sight, clock)


def picture_opener(settings: Settings) -> Callable[[Path], Pixels]:
    """Opens a picture file; raises SourceError."""
    return lambda path: ArrayPixels(read_picture(str(path), settings.capture.max_megapixels))
