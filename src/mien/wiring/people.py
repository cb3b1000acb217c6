"""What a home holds, and the gallery over it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mien.domain.clock import Clock
from mien.domain.faces import EmbeddingModel
from mien.domain.frame import Pixels
from mien.engine.guiding import Eyes, GuidedEnrolment, Sitting
from mien.gallery.curation.curator import Curator
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.enroller import Enroller
from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings
from mien.gallery.enrolment.recall import Recall
from mien.gallery.enrolment.sight import Sight
from mien.gallery.following import CrowdFollowing
from mien.gallery.gallery import Gallery
from mien.gallery.lbph.model import LBPH_CROP
from mien.gallery.matching.crowd import Crowd
from mien.gallery.matching.kept_calibration import Origin, in_force, opened
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.registry import Registry
from mien.gallery.roster import Roster
from mien.gallery.strangers.clustering import StrangerClustering
from mien.gallery.strangers.kept_strangers import KeptStrangers
from mien.gallery.strangers.review import ReviewQueue
from mien.gallery.strangers.visit_book import VisitBook
from mien.inference.installed import ModelShelf
from mien.pipeline.finding import FaceFinder, WaryFinder
from mien.pipeline.tasks import Tasks
from mien.pipeline.timings import StageTimings
from mien.privacy.purpose import Purpose
from mien.results.timelines.timelines import TimelineSearch
from mien.settings.tree import CameraSettings, Settings
from mien.sources.images import SENT_FORMATS, SentPicture, decode_picture, read_picture
from mien.sources.opening import is_mirrored
from mien.sources.pixels import ArrayPixels
from mien.store.vectors.growing import GrowingIndex
from mien.vision.depth.gate import DepthGate
from mien.vision.loading import load_assessor, load_pose_estimator
from mien.vision.pose.head_pose import PoseEstimator
from mien.vision.recognition.lbph import LbphRecogniser
from mien.wiring.models import build_detector, build_recogniser
from mien.wiring.stores import Stores, build_audit


def build_roster(stores: Stores) -> Roster:
    """Who is in the home; needs no model."""
    return Roster(stores.people)


def build_curator(settings: Settings, stores: Stores, clock: Clock) -> Curator:
    """What puts people in order; needs no model."""
    registry, cap = build_registry(stores, clock), settings.enrolment.cap
    return Curator(registry, build_roster(stores), clock, cap)


def build_registry(stores: Stores, clock: Clock) -> Registry:
    """What is kept of people, in one hand."""
    audit = build_audit(stores, clock)
    return Registry(stores.people, stores.journal, stores.consents, stores.media, stores.outbox, audit)


def build_recall(settings: Settings, stores: Stores, shelf: ModelShelf, clock: Clock) -> Recall:
    """What enrols people from what cameras have seen; raises ModelError."""
    return build_recall_by(settings, stores, build_sight(settings, shelf), clock)


def build_recall_by(
    settings: Settings, stores: Stores, sight: Sight, clock: Clock, gallery: Gallery | None = None
) -> Recall:
    """The same by models that are loaded, over a gallery that is read, or else one of its own."""
    admission = build_admission(settings, stores, sight.recogniser.model, clock, gallery)
    registry, curator = build_registry(stores, clock), build_curator(settings, stores, clock)
    return Recall(registry, stores.sightings, admission, sight, curator)


def build_review(stores: Stores) -> ReviewQueue:
    """The strangers who wait for somebody to say who they are."""

    def crowd_of(model: EmbeddingModel) -> Crowd:
        following = CrowdFollowing(stores.people, GrowingIndex(model, stores.snapshots))
        following.look(0.0)
        return following.crowd

    return ReviewQueue(stores.people, stores.sightings, crowd_of)


def build_timeline_search(settings: Settings, stores: Stores, clock: Clock) -> TimelineSearch:
    """What looks up how expressions of people went over time, where the purpose allows it; needs no model."""
    purpose = Purpose.of(settings.privacy)
    minutes_days = settings.privacy.retention.rollup_minutes_days
    return TimelineSearch(stores.people, stores.rollups, stores.consents, purpose, clock, minutes_days)


def build_visits(stores: Stores, gallery: Gallery, clock: Clock) -> VisitBook:
    """What keeps the visits to the cameras of a gallery."""
    return VisitBook(gallery, build_clustering(stores, gallery, clock), stores.sightings, stores.media)


def build_clustering(stores: Stores, gallery: Gallery, clock: Clock) -> StrangerClustering:
    """What tells which strangers of a gallery faces are."""
    strangers = KeptStrangers(gallery, build_registry(stores, clock), stores.sightings)
    return StrangerClustering(strangers, gallery.settings)


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
    """The people of the home as one model sees them, by the thresholds that hold for it."""
    matching, _ = matching_in_force(settings, stores, model)
    return Gallery(stores.people, model, matching, clock, stores.snapshots)


def matching_in_force(
    settings: Settings, stores: Stores, model: EmbeddingModel
) -> tuple[MatchingSettings, dict[str, Origin]]:
    """By what people are known: what somebody wrote down, else what was measured in this home, else the model's own."""
    stored = stores.calibrations.of(model)
    return in_force(settings.matching, settings.written_matching, opened(stored) if stored else None)


def build_admission(
    settings: Settings, stores: Stores, model: EmbeddingModel, clock: Clock, gallery: Gallery | None = None
) -> Admission:
    """What takes views of faces into the gallery of a model: one that is read, or else one of its own."""
    gallery = gallery or build_gallery(settings, stores, model, clock)
    return Admission(gallery, build_registry(stores, clock), settings.enrolment, clock)


def build_enroller(
    settings: Settings, stores: Stores, tasks: Tasks, terms: Terms, clock: Clock, *, is_rehearsal: bool = False
) -> Enroller:
    """What takes people into the gallery from pictures, or says what it would do."""
    sight = Sight(picture_opener(settings), tasks.detector, tasks.assessor, tasks.recogniser, settings.enrolment)
    admission = build_admission(settings, stores, tasks.recogniser.model, clock)
    return Enroller(admission, sight, terms, is_rehearsal=is_rehearsal)


def build_eyes(settings: Settings, shelf: ModelShelf, own: CameraSettings) -> Eyes:
    """What looks at somebody before a camera; raises ModelError."""
    return _eyes(build_sight(settings, shelf), _build_pose_estimator(settings, shelf), own)


def build_classic_eyes(settings: Settings, shelf: ModelShelf, own: CameraSettings, *, has_turns: bool) -> Eyes:
    """What looks at somebody for the classic recogniser, and sees how heads turn or not; raises ModelError."""
    pose = _build_pose_estimator(settings, shelf) if has_turns else None
    return _eyes(build_classic_sight(settings, shelf), pose, own)


def _eyes(sight: Sight, pose: PoseEstimator | None, own: CameraSettings) -> Eyes:
    """They take for faces what is one where the camera is analysed."""
    finder = FaceFinder(sight.detector, DepthGate.of(own.depth), StageTimings())
    return Eyes(sight, pose, is_mirrored(own.source, own.capture), WaryFinder(finder))


def _build_pose_estimator(settings: Settings, shelf: ModelShelf) -> PoseEstimator | None:
    pose = settings.pose
    return load_pose_estimator(shelf.take(pose.model, pose.precision)) if pose.model else None


def build_eyes_by(settings: Settings, tasks: Tasks, own: CameraSettings | None = None) -> Eyes:
    """The same by the models that cameras are analysed with; a browser's camera has no settings and no depth."""
    sight = Sight(picture_opener(settings), tasks.detector, tasks.assessor, tasks.recogniser, settings.enrolment)
    return _eyes(sight, tasks.pose, own) if own else Eyes(sight, tasks.pose)


def build_guided_enrolment(
    settings: Settings, stores: Stores, sitting: Sitting, eyes: Eyes, clock: Clock, gallery: Gallery | None = None
) -> GuidedEnrolment:
    """What takes somebody into the gallery from a camera; raises EnrolmentRefused where the terms forbid it."""
    model = eyes.sight.recogniser.model
    admission = build_admission(settings, stores, model, clock, gallery)
    matching, _ = matching_in_force(settings, stores, model)
    asked = GuidanceSettings(
        settings.enrolment.near_copy,
        matching.known_similarity,
        snapshots=sitting.snapshots,
        timeout_s=sitting.timeout_s,
    )
    return GuidedEnrolment(sitting, eyes, admission, Guidance(asked, has_turns=eyes.pose is not None))


def build_sight(settings: Settings, shelf: ModelShelf) -> Sight:
    """What cuts and embeds faces as enrolling does, without the models that only queries need; raises ModelError."""
    detector = build_detector(settings.detection, shelf)
    assessor = load_assessor(shelf.take(settings.quality.model, settings.quality.precision))
    recogniser = build_recogniser(settings, shelf, detector)
    return Sight(picture_opener(settings), detector, assessor, recogniser, settings.enrolment)


def build_classic_sight(settings: Settings, shelf: ModelShelf) -> Sight:
    """What cuts faces for the classic recogniser, without a network that tells people apart; raises ModelError."""
    return Sight(
        picture_opener(settings),
        build_detector(settings.detection, shelf),
        load_assessor(shelf.take(settings.quality.model, settings.quality.precision)),
        LbphRecogniser(LBPH_CROP, EmbeddingModel("lbph", "arcface-112", settings.detection.model)),
        replace(settings.enrolment, min_norm=0.0),
    )


def picture_opener(settings: Settings) -> Callable[[Path | SentPicture], Pixels]:
    """Opens a picture file, or one that was sent; raises SourceError."""
    limit = settings.capture.max_megapixels

    def opened(picture: Path | SentPicture) -> Pixels:
        if isinstance(picture, SentPicture):
            return ArrayPixels(decode_picture(picture.content, picture.name, limit, SENT_FORMATS))
        return ArrayPixels(read_picture(str(picture), limit))

    return opened
