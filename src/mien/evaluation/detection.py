"""Are the faces found, and is what is found a face? Recall and precision on pictures with marked boxes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceUnreadable
from mien.domain.faces import Detections
from mien.domain.geometry import box_sizes, iou
from mien.evaluation.faces import OpenPicture, Progress, no_progress
from mien.vision.detection.detector import Detector

Floats = NDArray[np.float32]

MIN_IOU = 0.5
MIN_SIDE_PX = 16
LEAST_PRECISION = 0.9
RESAMPLINGS = 1000

STRATA: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"8-16px": (8, 16), "16-32px": (16, 32), "32-64px": (32, 64), "64px": (64, np.inf)}
)
"""Faces by the shorter side of their box in px, from the first number to below the second."""

FLOOR_SCORE = 0.05
"""A detector to be measured is loaded with this least score, so that the whole curve is seen."""


@dataclass(frozen=True, slots=True)
class MarkedPicture:
    """A picture file and the boxes (n, 4) px of its faces."""

    file: str
    boxes: Floats


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The n detections of one picture that count, best first, whether each is a face, and how many truths count."""

    scores: Floats
    is_face: NDArray[np.bool_]
    truths: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """How well faces of one range of sizes are found; those of other sizes are ignored, truths and errors alike.

    ``recall`` holds at the score in use, ``recall_at_p90`` at the best score whose precision here is at least 0.9.
    """

    faces: int
    recall: float
    recall_at_p90: float


@dataclass(frozen=True, slots=True)
class DetectionQuality:
    """How well faces are found at IoU 0.5.

    "16px": faces whose shorter side is at least 16 px; smaller truths and smaller detections are ignored.
    ``recall_16px_at_p90`` is the highest recall at a precision of at least 0.9, with its 95 % interval over pictures
    drawn anew; ``recall_16px``, ``precision_16px`` and ``recall_all`` hold at the score in use; ``ap`` is the average
    precision over all faces, ``ap_16px`` over the larger ones. ``strata`` tells the same by the size of the faces, as
    STRATA names it.
    """

    recall_16px_at_p90: float
    recall_16px_at_p90_interval: tuple[float, float]
    recall_16px: float
    precision_16px: float
    recall_all: float
    ap: float
    ap_16px: float
    images: int
    faces_16px: int
    faces: int
    strata: dict[str, Stratum]


def read_truth(path: Path) -> tuple[MarkedPicture, ...]:
    """Read ``{"images": [{"file": …, "boxes": [[x1, y1, x2, y2], …]}, …]}``; raises SourceUnreadable."""
    try:
        images = json.loads(path.read_text(encoding="utf-8"))["images"]
        return tuple(
            MarkedPicture(str(image["file"]), np.array(image["boxes"], np.float32).reshape(-1, 4)) for image in images
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SourceUnreadable(f"{path} is no list of pictures with boxes ({type(error).__name__})") from error


def evaluate_detection(
    truth: Sequence[MarkedPicture],
    images: Path,
    open_picture: OpenPicture,
    detector: Detector,
    score_in_use: float,
    progress: Progress = no_progress,
) -> DetectionQuality:
    """Run a detector that was loaded with FLOOR_SCORE over pictures and judge; raises SourceError."""
    found = []
    for number, picture in enumerate(truth, start=1):
        found.append(detector.detect(open_picture(images / picture.file)))
        progress(number, len(truth))
    return judge(truth, found, score_in_use)


def judge(truth: Sequence[MarkedPicture], found: Sequence[Detections], score_in_use: float) -> DetectionQuality:
    """Judge what was found in each picture against its boxes."""
    large = [judge_picture(p.boxes, faces, MIN_SIDE_PX) for p, faces in zip(truth, found, strict=True)]
    every = [judge_picture(p.boxes, faces, 0) for p, faces in zip(truth, found, strict=True)]
    recall_16px, precision_16px = _rates(large, score_in_use)
    return DetectionQuality(
        recall_16px_at_p90=recall_at_precision(large, LEAST_PRECISION),
        recall_16px_at_p90_interval=_interval(large),
        recall_16px=recall_16px,
        precision_16px=precision_16px,
        recall_all=_rates(every, score_in_use)[0],
        ap=average_precision(every),
        ap_16px=average_precision(large),
        images=len(truth),
        faces_16px=sum(verdict.truths for verdict in large),
        faces=sum(verdict.truths for verdict in every),
        strata={name: _stratum(truth, found, sides_px, score_in_use) for name, sides_px in STRATA.items()},
    )


def judge_picture(truths: Floats, faces: Detections, min_side_px: float, below_px: float = np.inf) -> Verdicts:
    """Match faces to truths, best score first, each truth once, those that count before those that are ignored.

    Truths count whose shorter side is at least ``min_side_px`` and below ``below_px``. A face on another truth is
    ignored, and so is one of another size on no truth: the rule of COCO's evaluation.
    """
    counts = _is_between(truths, min_side_px, below_px)
    is_of_size = _is_between(faces.boxes, min_side_px, below_px)
    overlap = iou(faces.boxes, truths)
    is_free = np.ones(len(truths), dtype=bool)
    scores: list[float] = []
    is_face: list[bool] = []
    for face in np.argsort(-faces.scores, kind="stable"):
        eligible = is_free & (overlap[face] >= MIN_IOU)
        candidates = np.flatnonzero(eligible & counts) if (eligible & counts).any() else np.flatnonzero(eligible)
        if len(candidates):
            chosen = candidates[np.argmax(overlap[face, candidates])]
            is_free[chosen] = False
        if (len(candidates) and counts[chosen]) or (not len(candidates) and is_of_size[face]):
            scores.append(float(faces.scores[face]))
            is_face.append(len(candidates) > 0)
    return Verdicts(np.array(scores, np.float32), np.array(is_face, dtype=bool), int(counts.sum()))


def _is_between(boxes: Floats, min_side_px: float, below_px: float) -> NDArray[np.bool_]:
    sides = box_sizes(boxes).min(axis=1)
    is_inside: NDArray[np.bool_] = (sides >= min_side_px) & (sides < below_px)
    return is_inside


def _stratum(
    truth: Sequence[MarkedPicture], found: Sequence[Detections], sides_px: tuple[float, float], score_in_use: float
) -> Stratum:
    verdicts = [judge_picture(p.boxes, faces, *sides_px) for p, faces in zip(truth, found, strict=True)]
    faces = sum(verdict.truths for verdict in verdicts)
    return Stratum(faces, _rates(verdicts, score_in_use)[0], recall_at_precision(verdicts, LEAST_PRECISION))


def recall_at_precision(verdicts: Sequence[Verdicts], least_precision: float) -> float:
    """The highest recall at any score whose precision is at least so much; 0 where there is none."""
    recall, precision = _Ranking(verdicts).curve()
    return float(recall[precision >= least_precision].max(initial=0.0))


def average_precision(verdicts: Sequence[Verdicts]) -> float:
    """The area under precision over recall, precision made non-increasing (PASCAL VOC 2010)."""
    recall, precision = _Ranking(verdicts).curve()
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * envelope).sum())


class _Ranking:
    """The detections of all pictures, best score first."""

    def __init__(self, verdicts: Sequence[Verdicts]) -> None:
        scores = np.concatenate([np.zeros(0, np.float32), *(picture.scores for picture in verdicts)])
        is_face = np.concatenate([np.zeros(0, dtype=bool), *(picture.is_face for picture in verdicts)])
        picture = np.repeat(np.arange(len(verdicts)), [len(one.scores) for one in verdicts])
        order = np.argsort(-scores, kind="stable")
        self._is_face, self._picture = is_face[order], picture[order]
        self._is_last_of_score = np.append(np.diff(scores[order]) != 0, True)[: len(order)]
        self._truths = np.array([one.truths for one in verdicts], np.int64)

    def curve(self, copies: NDArray[np.int64] | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Recall and precision at every distinct score, from the highest down, with so many copies of each picture."""
        copies = np.ones(len(self._truths), np.int64) if copies is None else copies
        weights = copies[self._picture]
        right, kept = np.cumsum(weights * self._is_face), np.cumsum(weights)
        recall, precision = right / max(int(copies @ self._truths), 1), right / np.maximum(kept, 1)
        return recall[self._is_last_of_score], precision[self._is_last_of_score]


def _rates(verdicts: Sequence[Verdicts], score: float) -> tuple[float, float]:
    """Recall and precision of everything that scores at least so much; precision is 1 where nothing does."""
    right = sum(int(picture.is_face[picture.scores >= score].sum()) for picture in verdicts)
    kept = sum(int((picture.scores >= score).sum()) for picture in verdicts)
    truths = sum(picture.truths for picture in verdicts)
    return right / max(truths, 1), right / kept if kept else 1.0


def _interval(verdicts: Sequence[Verdicts]) -> tuple[float, float]:
    """The middle 95 % of the recall at precision 0.9 over pictures drawn anew with replacement."""
    if not verdicts:
        return 0.0, 0.0
    ranking = _Ranking(verdicts)
    draws = np.random.default_rng(0).integers(len(verdicts), size=(RESAMPLINGS, len(verdicts)))
    recalls = np.zeros(RESAMPLINGS)
    for number, draw in enumerate(draws):
        recall, precision = ranking.curve(np.bincount(draw, minlength=len(verdicts)))
        recalls[number] = recall[precision >= LEAST_PRECISION].max(initial=0.0)
    low, high = np.quantile(recalls, [0.025, 0.975])
    return float(low), float(high)
