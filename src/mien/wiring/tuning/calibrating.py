"""Imported models measured on pictures of one's own, and what follows kept on their cards."""

from dataclasses import dataclass, replace
from pathlib import Path

from mien.domain.errors import SourceNotFound, UsageError
from mien.evaluation.calibration import calibrate_recogniser
from mien.evaluation.faces import FaceReader
from mien.evaluation.quality import QualityReader, agreement, judge_pictures, score_curve
from mien.evaluation.verification import read_pairs
from mien.inference.fetching import FetchProgress
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.model_card import ModelCard
from mien.settings.tree import Settings
from mien.sources.opening import PICTURE_SUFFIXES
from mien.vision.loading import load_quality_network, load_recogniser
from mien.wiring.models import build_detector, build_shelf
from mien.wiring.people import picture_opener
from mien.wiring.tuning.quantising import Stage

_TASKS = ("recognition", "quality")


@dataclass(frozen=True, slots=True)
class Pictures:
    """A folder of pictures, and the list of pairs of them that recognisers are measured on."""

    images: Path
    pairs: Path | None = None

    def check(self, card: ModelCard) -> None:
        """Raise UsageError where they are not what measures a model, SourceNotFound where they are not there."""
        if card.task not in _TASKS:
            raise UsageError(
                f"{card.name} is a {card.task} model; there is a scale only of {' and '.join(_TASKS)} models"
            )
        if not card.is_imported:
            raise UsageError(f"{card.name} is shipped with what was measured of it: mien models show {card.name}")
        if card.task == "recognition" and not self.pairs:
            raise UsageError(f"{card.name} is a recognition model, which is measured on --images and --pairs")
        if card.task == "quality" and self.pairs:
            raise UsageError(f"{card.name} is a quality model, which is measured on --images alone")
        if not self.images.is_dir():
            raise SourceNotFound(f"{self.images} is no folder of pictures")


def calibrate_model(
    settings: Settings, card: ModelCard, pictures: Pictures, stage: Stage, fetching: FetchProgress
) -> ModelCard:
    """Measure where the thresholds of an imported recogniser lie, or what the numbers of a quality network mean.

    The card that says so is kept in the home. Raises UsageError where the pictures are not what that takes,
    SourceError, ModelError; the card stays as it was then.
    """
    pictures.check(card)
    shelf = build_shelf(settings, fetching)
    model = shelf.take(card.name, "f32")
    measure = _of_recogniser if card.task == "recognition" else _of_quality_network
    measured = measure(settings, shelf, model, pictures, stage)
    HomeModels(settings.home).update(measured)
    return measured


def _of_recogniser(
    settings: Settings, shelf: ModelShelf, model: InstalledModel, pictures: Pictures, stage: Stage
) -> ModelCard:
    assert pictures.pairs, "the pictures were checked"
    pairs = read_pairs(pictures.pairs)
    detector = build_detector(settings.detection, shelf)
    reader = FaceReader(picture_opener(settings), detector, load_recogniser(model, detector.model))
    with stage("pictures") as progress:
        found = calibrate_recogniser(pairs, pictures.images, reader, pictures.pairs.name, progress)
    brought = {**model.card.settings, **found.settings}
    return replace(model.card, thresholds=found.thresholds, settings=brought, measured=found.measured)


def _of_quality_network(
    settings: Settings, shelf: ModelShelf, model: InstalledModel, pictures: Pictures, stage: Stage
) -> ModelCard:
    paths = sorted(path for path in pictures.images.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    detector = build_detector(settings.detection, shelf)
    with stage("pictures") as progress:
        faces = judge_pictures(
            paths, QualityReader(picture_opener(settings), detector, load_quality_network(model)), progress
        )
    return replace(model.card, score_curve=score_curve(faces), measured=(agreement(faces, pictures.images.name),))
