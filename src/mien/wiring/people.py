"""What a home holds, and the gallery over it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from mien.domain.clock import Clock
from mien.domain.faces import EmbeddingModel
from mien.domain.frame import Pixels
from mien.gallery.enrolment.enroller import Enroller
from mien.gallery.enrolment.sight import Sight
from mien.gallery.gallery import Gallery
from mien.gallery.lbph import LBPH_CROP
from mien.gallery.roster import Roster
from mien.inference.installed import ModelShelf
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
from mien.vision.loading import load_assessor
from mien.vision.recognition.lbph import LbphRecogniser
from mien.wiring.models import build_detector


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


def following_gallery(settings: Settings, stores: Stores, shelf: ModelShelf) -> Settings:
    """The settings with the recogniser's precision decided by the home, where they leave it open.

    Templates of different precisions are not compared. Whoever was enrolled in f32 would not be known any more once
    bf16 turns out to be better, so the precision in which most people of the home are known stays; new homes take what
    is best here. Raises ModelError.
    """
    recognition = settings.recognition
    if recognition.precision != "auto" or shelf.precision != "auto":
        return settings
    card = shelf.catalog.card(recognition.model)
    detector = shelf.catalog.card(settings.detection.model)
    best = shelf.precision_of(card, "auto")
    known = {
        held.model.precision: (held.enrolled, held.strangers, held.model.precision == best)
        for held in stores.people.holdings()
        if (held.model.network, held.model.detector.partition("+")[0]) == (card.network, detector.network)
    }
    there = [one for one in shelf.runtime.precisions if one != "int8" or shelf.weights.is_quantised(card)]
    precision = max((one for one in there if one in known), key=lambda one: known[one], default=best)
    return settings.model_copy(update={"recognition": replace(recognition, precision=precision)})


def build_gallery(settings: Settings, stores: Stores, model: EmbeddingModel, clock: Clock) -> Gallery:
    """The people of the home as one model sees them."""
    return Gallery(stores.people, stores.media, model, settings.matching, clock)


def build_enroller(settings: Settings, stores: Stores, tasks: Tasks, clock: Clock) -> Enroller:
    """What takes people into the gallery."""
    gallery = build_gallery(settings, stores, tasks.recogniser.model, clock)
    sight = Sight(picture_opener(settings), tasks.detector, tasks.assessor, tasks.recogniser, settings.enrolment)
    return Enroller(gallery, stores.people, stores.media, sight, clock)


def build_classic_sight(settings: Settings, shelf: ModelShelf) -> Sight:
    """What cuts faces for the classic recogniser, without a network that tells people apart; raises ModelError."""
    return Sight(
        picture_opener(settings),
        build_detector(settings.detection, shelf),
        load_assessor(shelf.take(settings.quality.model, settings.quality.precision)),
        LbphRecogniser(LBPH_CROP, EmbeddingModel("lbph", "arcface-112", settings.detection.model)),
        replace(settings.enrolment, min_norm=0.0),
    )


def picture_opener(settings: Settings) -> Callable[[Path], Pixels]:
    """Opens a picture file; raises SourceError."""
    return lambda path: ArrayPixels(read_picture(str(path), settings.capture.max_megapixels))
