"""The pipeline of each source, all of them over the same models and the same gallery."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count

from mien.domain.clock import Clock
from mien.engine.classic.naming import ClassicNaming
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.deciding.identities import Identities
from mien.gallery.deciding.query import PassingIdentities, PictureIdentities
from mien.gallery.gallery import Gallery
from mien.gallery.lbph.model import LbphModel
from mien.gallery.strangers.visit_book import VisitBook
from mien.gallery.strangers.visit_queue import VisitQueue
from mien.gallery.strangers.visits import Visits
from mien.inference.installed import ModelShelf
from mien.pipeline.cadence import FaceCadence
from mien.pipeline.camera import CameraPipeline, Following, StillFollowing
from mien.pipeline.finding import CropFinder, FaceFinder
from mien.pipeline.following import FaceFollowing
from mien.pipeline.reading import FrameReader
from mien.pipeline.tasks import Remembering, Tasks
from mien.pipeline.timings import StageTimings
from mien.privacy.consent import ConsentedExpressions
from mien.settings.tree import CameraSettings, Settings
from mien.tracking.bytetrack import ByteTracker
from mien.tracking.follower import Follower
from mien.tracking.ocsort import OcSortTracker
from mien.tracking.sort import SortTracker
from mien.tracking.tracker import Tracker, TrackingSettings
from mien.vision.depth.gate import DepthGate
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.wiring.models import build_detector, build_tasks, tasks_with_detector
from mien.wiring.people import build_classic_sight, build_gallery, build_visits
from mien.wiring.stores import Stores

TRACKERS: dict[str, Callable[[TrackingSettings], Tracker]] = {
    "bytetrack": ByteTracker,
    "sort": SortTracker,
    "ocsort": OcSortTracker,
}


class PipelineBuilder:
    """Builds the pipeline of each source, all of them over the same models and the same people.

    A source with a detector of its own has a gallery of its own too: embeddings depend on the detector.
    """

    def __init__(self, settings: Settings, stores: Stores, shelf: ModelShelf, clock: Clock) -> None:
        """Load the models that the settings of the whole name; raises ModelError."""
        self._settings = settings
        self._stores = stores
        self._shelf = shelf
        self._clock = clock
        self._detectors: dict[tuple[DetectionSettings, float], Detector] = {}
        permission = ConsentedExpressions(stores.consents, stores.people, clock)
        self.tasks = replace(build_tasks(settings, shelf), permission=permission)
        self.gallery = build_gallery(settings, stores, self.tasks.recogniser.model, clock)
        self._own = {_embedded_by(settings.detection): (self.tasks, self.gallery)}
        self._books: dict[tuple[str, str], VisitBook] = {}
        self._numbers = count(1)
        self.timings = StageTimings()

    def build(self, camera: str, settings: CameraSettings, is_still: bool) -> CameraPipeline:
        """The pipeline of a source that waits, so that what is read of it depends on no disk.

        Of unrelated pictures, one good view must do to tell a stranger.
        """
        visits = self._visits(settings)
        if not is_still:
            return self._pipeline(self._tracks(camera, settings, visits), settings, self._followed(settings))
        identities = self._tracks(camera, settings, visits, votes=1)
        return self._pipeline(identities, _all_at_once(settings), self._found(settings))

    def build_live(self, camera: str, settings: CameraSettings, stack: ExitStack) -> CameraPipeline:
        """The pipeline of a camera, whose visits are kept beside it; what is waiting is kept when the stack closes."""
        visits = stack.enter_context(VisitQueue(self._visits(settings)))
        return self._pipeline(self._tracks(camera, settings, visits), settings, self._followed(settings))

    def build_query(self, settings: CameraSettings) -> CameraPipeline:
        """A pipeline for pictures that are only asked about: the gallery stays as it is."""
        identities = PictureIdentities(self.models(settings.detection)[1])
        return self._pipeline(identities, _all_at_once(settings), self._found(settings))

    def build_embedding(self, settings: CameraSettings, *, are_crops: bool) -> tuple[CameraPipeline, Remembering]:
        """The same, and where the embeddings of the last picture's faces are, in their order.

        Of crops each shows one face, which was cut out already.
        """
        tasks, gallery = self.models(settings.detection)
        embedded = Remembering(tasks.recogniser)
        detector = self._detector(settings.detection)
        following = StillFollowing(CropFinder(detector, self.timings)) if are_crops else self._found(settings)
        own = replace(tasks, recogniser=embedded)
        return CameraPipeline(
            following, self._reader(own, PictureIdentities(gallery), _all_at_once(settings))
        ), embedded

    def build_passing(self, settings: CameraSettings) -> CameraPipeline:
        """The pipeline of a camera of which nothing is kept: the gallery is asked, and stays as it is."""
        identities = PassingIdentities(self.models(settings.detection)[1])
        return self._pipeline(identities, settings, self._followed(settings))

    def _tracks(self, camera: str, settings: CameraSettings, visits: Visits, votes: int = 0) -> TrackIdentities:
        _, gallery = self.models(settings.detection)
        gallery.refresh()  # whoever was enrolled since it was read is nobody's stranger in the first frames
        own = replace(gallery.settings, votes=votes) if votes else None
        return TrackIdentities(gallery, visits, camera, own, next(self._numbers))

    def _visits(self, settings: CameraSettings) -> VisitBook:
        own = _embedded_by(settings.detection)
        if own not in self._books:
            _, gallery = self.models(settings.detection)
            self._books[own] = build_visits(self._stores, gallery, self._clock)
        return self._books[own]

    def prepare(self, settings: CameraSettings, width: int = 1920, height: int = 1080) -> None:
        """Load what videos of a size need, before their first frame waits for it.

        Pictures of 16:9 have one canvas, whatever their size from 480 px on.
        """
        self._eager_detector(settings).prepare(width, height)

    def _pipeline(self, identities: Identities, settings: CameraSettings, following: Following) -> CameraPipeline:
        tasks, _ = self.models(settings.detection)
        return CameraPipeline(following, self._reader(tasks, identities, settings))

    def _reader(self, tasks: Tasks, identities: Identities, settings: CameraSettings) -> FrameReader:
        cadence = FaceCadence(settings.cadence)
        return FrameReader(tasks, identities, cadence, settings.smoothing, self.timings, self._clock)

    def models(self, detection: DetectionSettings) -> tuple[Tasks, Gallery]:
        """The models and the gallery behind a detector."""
        own = _embedded_by(detection)
        if own not in self._own:
            tasks = tasks_with_detector(self.tasks, detection, self._settings, self._shelf)
            gallery = build_gallery(self._settings, self._stores, tasks.recogniser.model, self._clock)
            self._own[own] = tasks, gallery
        return self._own[own]

    @property
    def galleries(self) -> tuple[Gallery, ...]:
        """Those that sources ask, one for each model that embeds."""
        return tuple(gallery for _, gallery in [*self._own.values()])

    def _found(self, settings: CameraSettings) -> Following:
        return StillFollowing(self._finder(self._detector(settings.detection), settings))

    def _followed(self, settings: CameraSettings) -> Following:
        return _following(settings, self._finder(self._eager_detector(settings), settings), self.timings)

    def _finder(self, detector: Detector, settings: CameraSettings) -> FaceFinder:
        return _finder(settings, detector, self.timings)

    def _eager_detector(self, settings: CameraSettings) -> Detector:
        """That of a video: the tracker also wants faces too doubtful to start a track, for they may continue one."""
        return self._detector(settings.detection, settings.tracking.low_score)

    def _detector(self, settings: DetectionSettings, doubtful_score: float = 1.0) -> Detector:
        key = settings, doubtful_score
        if key not in self._detectors:
            self._detectors[key] = build_detector(settings, self._shelf, doubtful_score)
        return self._detectors[key]


def build_classic_naming(
    settings: Settings, camera: CameraSettings, model: LbphModel, shelf: ModelShelf
) -> ClassicNaming:
    """What names the faces of a video or a camera by a trained model; raises ModelError."""
    detector = build_detector(camera.detection, shelf, camera.tracking.low_score)
    timings = StageTimings()
    following = _following(camera, _finder(camera, detector, timings), timings)
    return ClassicNaming(model, build_classic_sight(settings, shelf), following)


def _finder(settings: CameraSettings, detector: Detector, timings: StageTimings) -> FaceFinder:
    return FaceFinder(detector, DepthGate.of(settings.depth), timings)


def _following(settings: CameraSettings, finder: FaceFinder, timings: StageTimings) -> Following:
    detection, tracking = settings.detection, settings.tracking
    start_score = max(tracking.start_score, detection.min_score)
    own = replace(tracking, start_score=start_score)
    # What is refused is hidden from its first sight on: in the next it may pass for a face, of which none is shown yet.
    trackers = TRACKERS[tracking.method](own), TRACKERS[tracking.method](replace(own, min_hits=1))
    return FaceFollowing(finder, trackers, Follower(settings.following), settings.cadence.detect_every, timings)


def _embedded_by(detection: DetectionSettings) -> tuple[str, str]:
    """What of a detector embeddings depend on."""
    return detection.model, detection.landmarks


def _all_at_once(settings: CameraSettings) -> CameraSettings:
    """The settings of pictures that are seen once: every network looks at every face."""
    return replace(settings, cadence=replace(settings.cadence, min_quality=0.0, faces_per_frame=sys.maxsize))
