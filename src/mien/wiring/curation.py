"""What moves people between homes, judges a gallery, embeds it anew and measures its thresholds."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mien import __version__
from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.curation.cleanup import Cleanup, proposed
from mien.gallery.curation.face_groups import FaceGroup, face_groups
from mien.gallery.curation.limit import Limit
from mien.gallery.curation.outliers import CleanupSettings, doubtful_pictures, left_alone
from mien.gallery.exchange.album import Album
from mien.gallery.exchange.arrivals import Reception, Rules
from mien.gallery.exchange.exporter import Exporter
from mien.gallery.exchange.table_files import read_table
from mien.gallery.exchange.tables import TablePeople
from mien.gallery.exchange.writing import ArchiveWriter
from mien.gallery.kept_crops import KeptCrops
from mien.gallery.matching.background import Background
from mien.gallery.matching.calibration import Calibration, calibrate
from mien.gallery.matching.kept_calibration import kept
from mien.gallery.names import called
from mien.gallery.reembedding import Reembedding
from mien.gallery.rescoring import EmbeddingJudge, Judge, PictureJudge, Rescoring
from mien.gallery.roster import Unseen
from mien.gallery.selftest.columns import GalleryColumns
from mien.gallery.selftest.testing import SelfTest, SelfTester
from mien.inference.catalog import load_catalog
from mien.inference.installed import ModelShelf
from mien.privacy.purpose import NEED_A_BASIS
from mien.results.album.faces import AlbumFaces
from mien.settings.tree import Settings
from mien.telemetry.text import writable
from mien.vision.loading import judges_by_itself, load_assessor
from mien.wiring.models import build_detector, build_recogniser
from mien.wiring.people import build_registry, build_roster, matching_in_force
from mien.wiring.stores import Stores, build_audit


def build_exporter(stores: Stores, clock: Clock, *, overwrites: bool = False, is_rehearsal: bool = False) -> Exporter:
    """What writes people to files, or says what it would write."""
    crops, audit = KeptCrops(stores.people, stores.media), build_audit(stores, clock)
    writer = ArchiveWriter(stores.transfers, crops, __version__)
    return Exporter(stores, writer, audit, clock, overwrites=overwrites, is_rehearsal=is_rehearsal)


def build_reception(settings: Settings, stores: Stores, clock: Clock) -> Reception:
    """What takes in people who come from elsewhere; an operator's word is enough where it is for taking people in."""
    registry = build_registry(stores, clock)
    limit = Limit(registry, settings.enrolment.cap, clock)
    accepts_declared = settings.privacy.purpose not in NEED_A_BASIS
    catalog = load_catalog(home=settings.home)
    rules = Rules(accepts_declared, lambda model: catalog.embedding_sizes(model.network))
    return Reception(stores.transfers, registry, limit, clock, stores.snapshots, rules)


def read_embeddings(path: Path) -> TablePeople:
    """The people of a table of embeddings; raises SourceNotFound, SourceUnreadable with the row that is wrong."""
    return TablePeople(read_table(path), writable(path.name))


def model_in_use(settings: Settings, stores: Stores) -> EmbeddingModel:
    """By which model most people are known, of those that the settings ask for where there are some.

    Raises GalleryError where nobody has templates.
    """
    holdings = [held for held in stores.people.holdings() if held.enrolled]
    if not holdings:
        raise GalleryError("nobody is known by any model: there are no templates")
    return max(holdings, key=lambda held: (is_asked_for(held.model, settings), held.enrolled, held.templates)).model


def named_from(settings: Settings, stores: Stores) -> float | None:
    """From which similarity on a clear face is given a name; none where nobody has templates."""
    try:
        model = model_in_use(settings, stores)
    except GalleryError:
        return None
    matching, _ = matching_in_force(settings, stores, model)
    return matching.known_above(next(held.enrolled for held in stores.people.holdings() if held.model == model))


def unrecognised(settings: Settings, stores: Stores) -> dict[str, Unseen]:
    """The ids of enrolled people whom the model in use cannot know, each with the reason."""
    model: EmbeddingModel | None = None
    with suppress(GalleryError):
        model = model_in_use(settings, stores)
    return build_roster(stores).unrecognised(model)


def embedded(settings: Settings, stores: Stores) -> frozenset[int]:
    """The pictures, of everybody, that have a template of the model in use."""
    with suppress(GalleryError):
        return stores.people.embedded(model_in_use(settings, stores))
    return frozenset()


def foreign_model(settings: Settings, stores: Stores, model: EmbeddingModel) -> Iterator[str]:
    """A line where a model is not that by which the people of the home are known."""
    known = [held for held in stores.people.holdings() if held.enrolled]
    if known and model not in [held.model for held in known if is_asked_for(held.model, settings)]:
        here = model_in_use(settings, stores)
        yield f"careful: these are of {model}, and this home goes by {here}: neither finds the other"


def build_album(stores: Stores) -> Album:
    """What looks up pictures of people."""
    return Album(stores.people, stores.media)


def build_faces(settings: Settings, stores: Stores) -> AlbumFaces:
    """Pictures of people for a page, without strangers where these are to be hidden."""
    return AlbumFaces(build_album(stores), stores.people, hides_strangers=settings.privacy.blur_strangers)


def run_selftests(settings: Settings, stores: Stores, at: datetime) -> tuple[SelfTest, ...]:
    """The gallery put to the test, by each model that people are known by, that of the settings first.

    Raises GalleryError where nobody is.
    """
    first = model_in_use(settings, stores)
    held = [holding.model for holding in stores.people.holdings() if holding.enrolled and holding.model != first]
    return tuple(_tested(settings, stores, model, at) for model in (first, *held))


def proposed_cleanup(settings: Settings, stores: Stores, at: datetime, min_age_s: float | None = None) -> Cleanup:
    """The pictures that are doubtful by the model in use; raises GalleryError where nobody has templates."""
    cleanup = CleanupSettings() if min_age_s is None else CleanupSettings(min_age_s=min_age_s)
    kept = GalleryColumns.of(stores.people, model_in_use(settings, stores)).kept(at)
    return proposed(doubtful_pictures(kept, cleanup), kept.person_ids, left_alone(kept, cleanup.min_age_s))


def suggested_groups(settings: Settings, stores: Stores, who: str) -> tuple[FaceGroup, ...]:
    """The pictures of a person, of a name or an id, in groups of one face by the model in use.

    Raises PersonUnknown, and GalleryError where the person has no templates of that model.
    """
    person, model = build_roster(stores).find(who), model_in_use(settings, stores)
    found = face_groups(stores.people.templates(model, person.person_id), CleanupSettings().coherent)
    if not found:
        raise GalleryError(f"there are no templates of {called(person)} by {model}: nothing tells the faces apart")
    return found


def _tested(settings: Settings, stores: Stores, model: EmbeddingModel, at: datetime) -> SelfTest:
    matching, _ = matching_in_force(settings, stores, model)
    tester = SelfTester(matching, settings.enrolment, CleanupSettings())
    return tester.test(GalleryColumns.of(stores.people, model), at)


def build_reembedding(settings: Settings, stores: Stores, shelf: ModelShelf, clock: Clock) -> Reembedding:
    """What embeds kept pictures by the recogniser of the settings; raises ModelError, GalleryError."""
    recogniser = build_recogniser(settings, shelf, build_detector(settings.detection, shelf))
    return Reembedding(stores.people, stores.media, recogniser, build_audit(stores, clock))


def build_rescoring(settings: Settings, stores: Stores, shelf: ModelShelf, clock: Clock) -> Rescoring:
    """What judges kept pictures as the settings say; raises ModelError, GalleryError."""
    return Rescoring(stores.people, stores.media, _judge(settings, shelf), build_audit(stores, clock))


def _judge(settings: Settings, shelf: ModelShelf) -> Judge:
    """The network that the settings choose to judge pictures, or else the recogniser."""
    quality, recognition = settings.quality, settings.recognition
    if judges_by_itself(shelf.catalog.card(quality.model)):
        model = shelf.take(quality.model, quality.precision)
        return PictureJudge(load_assessor(model), f"{model.name}/{model.precision}")
    recogniser = build_recogniser(settings, shelf, build_detector(settings.detection, shelf))
    head = shelf.catalog.card(recognition.model).quality_head
    learnt = f"@{head.sha256[:8]}" if head else ""
    return EmbeddingJudge(recogniser, f"{recogniser.model.network}/{recogniser.model.precision}{learnt}")


def run_calibration(
    settings: Settings, stores: Stores, clock: Clock, rate: float, *, is_kept: bool = True
) -> Calibration:
    """Measure thresholds on the gallery of the model in use, and keep them unless they are only to be seen.

    Raises GalleryError.
    """
    model = model_in_use(settings, stores)
    templates = GalleryColumns.of(stores.people, model).templates
    measured = calibrate(templates, Background.of_model(model), settings.matching, clock.now(), rate)
    if is_kept:
        stores.calibrations.keep(kept(measured))
        facts = {"threshold": measured.known, "false_match_rate": rate, "people": measured.people}
        build_audit(stores, clock).append("gallery.calibrated", (), facts)
    return measured


def reset_calibration(stores: Stores, clock: Clock, model: EmbeddingModel) -> None:
    """Let go of the thresholds that were measured for a model, which is put on record where there were any."""
    if stores.calibrations.drop(model):
        build_audit(stores, clock).append("gallery.calibrated", (), {"is_reset": True})


def is_asked_for(model: EmbeddingModel, settings: Settings) -> bool:
    """Whether templates are of the recogniser and the detector that the settings name."""
    catalog = load_catalog(home=settings.home)
    recognition, detection = settings.recognition, settings.detection
    asked = (catalog.card(recognition.model).network, catalog.card(detection.model).network)
    is_precise = recognition.precision in ("auto", model.precision)
    return is_precise and asked == (model.network, model.detector.partition("+")[0])
