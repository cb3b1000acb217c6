"""Where concrete classes meet: every other room knows only protocols, and this one builds what stands behind them."""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from mien.domain.clock import Clock
from mien.domain.faces import EmbeddingModel
from mien.domain.frame import Pixels
from mien.engine.batch import BatchTools
from mien.engine.live import LiveEngine, WatchedCamera
from mien.engine.sinks import HistorySink
from mien.engine.watching import Outages
from mien.events.recorder import Recorder
from mien.events.rules import OutageRules, SightingRules
from mien.gallery.consensus import TrackIdentities
from mien.gallery.enrolment import Enroller
from mien.gallery.gallery import Gallery
from mien.gallery.identities import Identities
from mien.gallery.query import PictureIdentities
from mien.gallery.roster import Roster
from mien.gallery.sight import Sight
from mien.inference.catalog import load_catalog
from mien.inference.fetching import FetchProgress
from mien.inference.home_models import HomeModels
from mien.inference.installed import ModelShelf
from mien.inference.opening import open_runtime
from mien.inference.session import Runtime
from mien.inference.weights import WeightStore
from mien.pipeline.cadence import FaceCadence
from mien.pipeline.camera import CameraPipeline, Following, StillFollowing
from mien.pipeline.following import FaceFollowing, confirmed_within
from mien.pipeline.reading import FrameReader
from mien.pipeline.tasks import Tasks
from mien.pipeline.timings import StageTimings
from mien.results.summary import ModelUsed
from mien.settings.models import SECTIONS
from mien.settings.tree import CAMERA_SECTIONS, CameraSettings, Settings
from mien.sources.images import read_picture
from mien.sources.opening import live_camera
from mien.sources.pixels import ArrayPixels
from mien.sources.sampling import Sampler
from mien.sources.source import Source
from mien.store.events import EventStore
from mien.store.home import Home
from mien.store.media import FolderMedia, MediaStore
from mien.store.people import PeopleStore
from mien.store.readings import ReadingStore
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.people import SqlPeople
from mien.store.sql.readings import SqlReadings
from mien.telemetry.process import usable_cpus
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.follower import Follower
from mien.tracking.ocsort import OcSortTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import Tracker, TrackingSettings
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_assessor, load_classifier, load_detector, load_recogniser

TRACKERS: dict[str, Callable[[TrackingSettings], Tracker]] = {
    "bytetrack": ByteTracker,
    "sort": SortTracker,
    "ocsort": OcSortTracker,
}


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything under the home folder."""

    people: PeopleStore
    media: MediaStore
    readings: ReadingStore
    events: EventStore


def build_weights(settings: Settings, progress: FetchProgress | None = None) -> WeightStore:
    """The cache of model files."""
    return WeightStore(settings.cache, settings.models_mirror, progress, settings.home)


def build_runtime(settings: Settings) -> Runtime:
    """What runs the networks; raises ModelError where it is not to be had."""
    return open_runtime(settings.runtime)


def build_shelf(settings: Settings, progress: FetchProgress | None = None) -> ModelShelf:
    """Where models are taken from by name; raises ModelError where nothing is to be had that runs them."""
    return ModelShelf(
        load_catalog(home=settings.home),
        build_weights(settings, progress),
        HomeModels(settings.home),
        build_runtime(settings),
        settings.accepted_models,
        settings.runtime.precision,
    )


def build_tasks(settings: Settings, shelf: ModelShelf) -> Tasks:
    """The models that the settings name, loaded; raises ModelError."""
    recognition, emotion, quality = settings.recognition, settings.emotion, settings.quality
    return Tasks(
        detector=build_detector(settings.detection, shelf),
        recogniser=load_recogniser(shelf.take(recognition.model, recognition.precision), settings.detection.model),
        classifier=load_classifier(shelf.take(emotion.model, emotion.precision)),
        assessor=load_assessor(shelf.take(quality.model, quality.precision)),
    )


def build_detector(settings: DetectionSettings, shelf: ModelShelf) -> Detector:
    """The detector that settings name; raises ModelError."""
    return load_detector(shelf.take(settings.model, settings.precision), settings)


def models_used(settings: Settings, shelf: ModelShelf) -> tuple[ModelUsed, ...]:
    """What the results say of the models that took part."""
    chosen = [getattr(settings, section) for section in SECTIONS]
    taken = [shelf.take(one.model, one.precision) for one in chosen if one.model]
    return tuple(
        ModelUsed(
            model.card.task,
            model.name,
            shelf.runtime.name if model.paths else "",
            model.precision if model.paths else "",
            model.card.licence_weights,
            model.card.allowed_use,
        )
        for model in taken
    )


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


class PipelineBuilder:
    """Builds the pipeline of each source, all of them over the same models and the same gallery."""

    def __init__(self, tasks: Tasks, gallery: Gallery, shelf: ModelShelf, clock: Clock) -> None:
        self._tasks = tasks
        self._clock = clock
        self._gallery = gallery
        self._shelf = shelf
        self._detectors: dict[DetectionSettings, Detector] = {}
        self.timings = StageTimings()

    def build(self, camera: str, settings: CameraSettings, is_still: bool) -> CameraPipeline:
        """The pipeline of one source; of unrelated pictures, one good view must do to tell a stranger."""
        if not is_still:
            return self._pipeline(TrackIdentities(self._gallery, camera), settings, self._followed(settings))
        identities = TrackIdentities(self._gallery, camera, replace(self._gallery.settings, votes=1))
        return self._pipeline(identities, _all_at_once(settings), self._found(settings))

    def build_query(self, settings: CameraSettings) -> CameraPipeline:
        """A pipeline for pictures that are only asked about: the gallery stays as it is."""
        identities = PictureIdentities(self._gallery)
        return self._pipeline(identities, _all_at_once(settings), self._found(settings))

    def prepare(self, settings: CameraSettings, width: int = 1920, height: int = 1080) -> None:
        """Load what videos of a size need, before their first frame waits for it.

        Pictures of 16:9 have one canvas, whatever their size from 480 px on.
        """
        self._detector(_doubtful(settings)).prepare(width, height)

    def _pipeline(self, identities: Identities, settings: CameraSettings, following: Following) -> CameraPipeline:
        cadence = FaceCadence(settings.cadence)
        reader = FrameReader(self._tasks, identities, cadence, settings.smoothing, self.timings, self._clock)
        return CameraPipeline(following, reader)

    def _found(self, settings: CameraSettings) -> Following:
        return StillFollowing(self._detector(settings.detection), self.timings)

    def _followed(self, settings: CameraSettings) -> Following:
        detection, tracking = settings.detection, settings.tracking
        start_score = max(tracking.start_score, detection.min_score)
        tracker = TRACKERS[tracking.method](replace(tracking, start_score=start_score))
        follower = Follower(settings.following)
        return FaceFollowing(
            self._detector(_doubtful(settings)), tracker, follower, settings.cadence.detect_every, self.timings
        )

    def _detector(self, settings: DetectionSettings) -> Detector:
        if settings not in self._detectors:
            self._detectors[settings] = build_detector(settings, self._shelf)
        return self._detectors[settings]


def _doubtful(settings: CameraSettings) -> DetectionSettings:
    """How a video's detector looks: the tracker also wants faces too doubtful to start a track, which continue one."""
    least = min(settings.detection.min_score, settings.tracking.low_score)
    return replace(settings.detection, min_score=least)


def _all_at_once(settings: CameraSettings) -> CameraSettings:
    """The settings of pictures that are seen once: every network looks at every face."""
    return replace(settings, cadence=replace(settings.cadence, min_quality=0.0, faces_per_frame=sys.maxsize))


@dataclass(frozen=True, slots=True)
class Assembly:
    """Everything that analysing needs, over one home."""

    settings: Settings
    tasks: Tasks
    stores: Stores
    gallery: Gallery
    pipelines: PipelineBuilder
    models: tuple[ModelUsed, ...]


def assemble(settings: Settings, stack: ExitStack, clock: Clock) -> Assembly:
    """Open the home and load the models, which are fetched where they are not here; raises StoreError, ModelError."""
    stores = build_stores(settings, stack)
    shelf = build_shelf(settings)
    tasks = build_tasks(settings, shelf)
    gallery = build_gallery(settings, stores, tasks.recogniser.model, clock)
    pipelines = PipelineBuilder(tasks, gallery, shelf, clock)
    return Assembly(settings, tasks, stores, gallery, pipelines, models_used(settings, shelf))


def camera_settings(settings: Settings, source: str) -> CameraSettings:
    """A source that was named on the command line: everything about it is as in the settings of the whole."""
    sections = {section: getattr(settings, section) for section in CAMERA_SECTIONS}
    return CameraSettings(source=source, **sections)


def build_batch_tools(assembly: Assembly, clock: Clock) -> BatchTools:
    """What analyses whole sources."""
    settings = assembly.settings
    assembly.pipelines.prepare(camera_settings(settings, ""))

    def build_pipeline(source: Source) -> CameraPipeline:
        return assembly.pipelines.build(source.name, camera_settings(settings, source.name), source.is_still)

    return BatchTools(
        build_pipeline,
        assembly.models,
        assembly.pipelines.timings,
        settings.capture,
        confirmed_within(settings.cadence.detect_every),
        clock,
    )


def build_live_engine(
    assembly: Assembly, cameras: Mapping[str, CameraSettings], stack: ExitStack, clock: Clock
) -> tuple[LiveEngine, Outages]:
    """An engine over the cameras that are enabled, whose readings and events go to the home's database.

    Also what tells of cameras that are lost and come back.
    """
    stores, events = assembly.stores, assembly.settings.events
    recorder = stack.enter_context(Recorder(stores.events, stores.readings))
    enabled = {name: own for name, own in cameras.items() if own.enabled}
    for own in enabled.values():
        assembly.pipelines.prepare(own)
    watched = [
        WatchedCamera(
            live_camera(name, own.source, own.capture, clock, Sampler(own.every, own.fps)),
            assembly.pipelines.build(name, own, is_still=False),
            (
                HistorySink(
                    recorder,
                    stores.readings.start_run(name, clock.now()),
                    SightingRules(events, new_event_id),
                    Sampler(fps=events.readings_per_s),
                    clock,
                ),
            ),
        )
        for name, own in enabled.items()
    ]
    outages = Outages({name: OutageRules(name, new_event_id) for name in enabled}, recorder, clock)
    return LiveEngine(watched, workers=usable_cpus()), outages


def new_event_id() -> str:
    """An id that no event ever had."""
    return uuid4().hex
