"""Labelled material in two parts, for a model to be calibrated on the one and its precisions measured on the other.

Every eighth item calibrates, from the first on: pairs of pictures, pictures of expressions, pictures of crowds. All
others measure. A picture that occurs in pairs of both parts only measures.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import UsageError
from mien.domain.faces import FaceCrops
from mien.domain.geometry import box_sizes
from mien.evaluation.detection import FLOOR_SCORE, MIN_SIDE_PX, MarkedPicture, evaluate_detection
from mien.evaluation.emotion import ExpressionReader, evaluate_emotion
from mien.evaluation.expressions import LabelledPictures
from mien.evaluation.faces import FaceReader, OpenPicture, Progress, no_progress
from mien.evaluation.verification import Pairs, judge
from mien.inference.installed import InstalledModel
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_classifier, load_detector, load_recogniser

EVERY = 8
"""One item of so many calibrates."""

_BATCH = 8
Item = TypeVar("Item")


class Trial(Protocol):
    """Labelled material of one task. What the model does is seen as the task sees it, with everything around it."""

    @property
    def measure(self) -> str:
        """What is measured, such as ``"accuracy"``."""
        ...

    @property
    def on(self) -> str:
        """What it is measured on, in words."""
        ...

    @property
    def measured_on(self) -> int:
        """How many labelled items measure."""
        ...

    def calibrate(self, model: InstalledModel, progress: Progress = no_progress) -> None:
        """Run a model over the part that calibrates; raises SourceError, ModelError."""
        ...

    def accuracy(self, model: InstalledModel, progress: Progress = no_progress) -> float:
        """How right a model is on the part that measures, in [0, 1]; raises SourceError, ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class VerificationTrial:
    """Pairs of faces that were found and cut once: ``crops`` by picture, none where there is no face."""

    crops: Mapping[str, FaceCrops]
    calibrating: tuple[str, ...]
    pairs: Pairs
    detector: str
    measure: str = "accuracy"

    @classmethod
    def of(
        cls, pairs: Pairs, images: Path, reader: FaceReader, progress: Progress = no_progress
    ) -> "VerificationTrial":
        """Find and cut the faces of all pairs; raises SourceError."""
        calibrates = calibrating(len(pairs.first))
        measured = Pairs(
            _chosen(pairs.first, ~calibrates),
            _chosen(pairs.second, ~calibrates),
            pairs.is_same[~calibrates],
            pairs.fold[~calibrates],
        )
        others = {*measured.first, *measured.second}
        first = {*_chosen(pairs.first, calibrates), *_chosen(pairs.second, calibrates)} - others
        names = sorted(others | first)
        crops = {}
        with ThreadPoolExecutor(2) as pool:
            for name, crop in zip(names, pool.map(reader.crop, [images / name for name in names]), strict=True):
                crops[name] = crop
                progress(len(crops), len(names))
        return cls(crops, tuple(sorted(first)), measured, reader.detector.model)

    @property
    def on(self) -> str:
        return f"{self.measured_on} pairs"

    @property
    def measured_on(self) -> int:
        return len(self.pairs.first)

    def calibrate(self, model: InstalledModel, progress: Progress = no_progress) -> None:
        self._embed(model, self.calibrating, progress)

    def accuracy(self, model: InstalledModel, progress: Progress = no_progress) -> float:
        vectors = self._embed(model, sorted({*self.pairs.first, *self.pairs.second}), progress)
        nothing = np.zeros_like(next(iter(vectors.values())))
        first, second = (
            [vectors.get(name, nothing) for name in part] for part in (self.pairs.first, self.pairs.second)
        )
        similarities = np.einsum("nd,nd->n", first, second).astype(np.float64)
        is_usable = [a in vectors and b in vectors for a, b in zip(self.pairs.first, self.pairs.second, strict=True)]
        return judge(similarities, np.array(is_usable, np.bool_), self.pairs).accuracy

    def _embed(self, model: InstalledModel, names: Sequence[str], progress: Progress) -> dict[str, NDArray[np.float32]]:
        """The embeddings (d,) of the pictures that hold a face."""
        recogniser = load_recogniser(model, self.detector)
        found = [name for name in names if len(self.crops[name])]
        if not found:
            raise UsageError("there is no face in any of the pictures")
        vectors: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(found), _BATCH):
            part = found[start : start + _BATCH]
            crops = FaceCrops(np.concatenate([self.crops[name].images for name in part]), recogniser.crop)
            vectors |= dict(zip(part, recogniser.recognise(crops).embeddings.vectors, strict=True))
            progress(start + len(part), len(found))
        return vectors


@dataclass(frozen=True, slots=True)
class EmotionTrial:
    """Pictures of expressions, read with the detector that serves the classifier."""

    pictures: LabelledPictures
    detector: Detector
    measure: str = "accuracy"

    @property
    def on(self) -> str:
        return f"{self.measured_on} pictures"

    @property
    def measured_on(self) -> int:
        return int((~calibrating(len(self.pictures))).sum())

    def calibrate(self, model: InstalledModel, progress: Progress = no_progress) -> None:
        self._read(model, self._part(calibrating(len(self.pictures))), progress)

    def accuracy(self, model: InstalledModel, progress: Progress = no_progress) -> float:
        return self._read(model, self._part(~calibrating(len(self.pictures))), progress)

    def _part(self, rows: NDArray[np.bool_]) -> LabelledPictures:
        chosen = np.flatnonzero(rows)
        return LabelledPictures(tuple(self.pictures.openers[row] for row in chosen), self.pictures.truth[chosen])

    def _read(self, model: InstalledModel, pictures: LabelledPictures, progress: Progress) -> float:
        classifier = load_classifier(model)
        classes = len(EMOTION_LABELS) - ("contempt" not in classifier.labels)
        reader = ExpressionReader(self.detector, classifier)
        return evaluate_emotion(pictures, reader, classes, progress).accuracy


@dataclass(frozen=True, slots=True)
class DetectionTrial:
    """Pictures with marked boxes."""

    truth: tuple[MarkedPicture, ...]
    images: Path
    open_picture: OpenPicture
    settings: DetectionSettings
    measure: str = "recall_16px_at_p90"

    @property
    def on(self) -> str:
        return f"{self.measured_on} faces of {len(self._measuring)} pictures"

    @property
    def measured_on(self) -> int:
        return sum(int((box_sizes(one.boxes).min(axis=1) >= MIN_SIDE_PX).sum()) for one in self._measuring)

    @property
    def _measuring(self) -> tuple[MarkedPicture, ...]:
        return _chosen(self.truth, ~calibrating(len(self.truth)))

    def calibrate(self, model: InstalledModel, progress: Progress = no_progress) -> None:
        detector = load_detector(model, self.settings)
        chosen = _chosen(self.truth, calibrating(len(self.truth)))
        for number, picture in enumerate(chosen, start=1):
            pixels = self.open_picture(self.images / picture.file)
            detector.refine(pixels, detector.detect(pixels))
            progress(number, len(chosen))

    def accuracy(self, model: InstalledModel, progress: Progress = no_progress) -> float:
        detector = load_detector(model, replace(self.settings, min_score=FLOOR_SCORE, min_face_px=1))
        least = self.settings.min_score
        found = evaluate_detection(self._measuring, self.images, self.open_picture, detector, least, progress)
        return found.recall_16px_at_p90


def calibrating(count: int) -> NDArray[np.bool_]:
    """Which of so many items calibrate; raises UsageError where too few would be left."""
    if count < EVERY:
        raise UsageError(f"expected at least {EVERY} labelled items, of which one calibrates, found {count}")
    chosen: NDArray[np.bool_] = np.arange(count) % EVERY == 0
    return chosen


def _chosen(items: Sequence[Item], rows: NDArray[np.bool_]) -> tuple[Item, ...]:
    return tuple(item for item, is_chosen in zip(items, rows, strict=True) if is_chosen)
