"""Detectors on the WIDER FACE subset: beside a plain run of their file, by the size of faces, and on close faces."""

import time
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from benchmarks.measures.measure import Measure, rounded, wilson
from benchmarks.parts.close_faces import Finding, close_faces, judge_close
from benchmarks.parts.report import shared
from benchmarks.plain.detectors import plain_finder

from mien.domain.faces import Detections
from mien.evaluation.detection import (
    FLOOR_SCORE,
    LEAST_PRECISION,
    MIN_SIDE_PX,
    DetectionQuality,
    MarkedPicture,
    Verdicts,
    judge,
    judge_picture,
    read_truth,
)
from mien.evaluation.faces import OpenPicture
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement, ModelCard
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector

PLAIN_SIDE_PX = 640
TIMED = 24
SEARCHING = replace(DetectionSettings(), min_score=FLOOR_SCORE, min_face_px=1)

WIDER = "100 WIDER FACE pictures of 416 px, 216 faces of 16 px or more, IoU 0.5, f32"
CLOSE = "pictures of LFW enlarged until the face is 60 to 130 % as high as the frame, f32, at the score in use"


def detection_measure(open_picture: OpenPicture, default: Detector) -> Measure:
    """Measures detectors; ``default`` says where the faces of the enlarged pictures are."""
    truth = read_truth(shared("data", "wider", "truth.json"))
    folder = shared("data", "wider", "images")
    pictures = [ArrayPixels(open_picture(folder / picture.file).bgr()) for picture in truth]
    close = tuple(close_faces(shared("data", "lfw"), default))
    frames = street_frames()

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        as_set = _as_set(model.card)
        score, in_use = as_set.min_score, load_detector(model, as_set)
        found = _found(model, pictures, as_set.long_side_px)
        quality = judge(truth, found, score)
        near = judge_close(in_use, close)
        return [
            *_results(quality, score),
            *_across_halves(truth, found),
            *_plain_run(model, truth, pictures),
            *_strata(quality),
            Measurement(
                "recall_fills_frame",
                round(near.found / near.frames, 3),
                f"{near.frames} {CLOSE}; {near.others} other boxes there",
                wilson(near.found / near.frames, near.frames),
            ),
            Measurement("cpu_ms_1080p", round(cpu_ms(in_use, frames), 1), f"{TIMED} frames of 1920×1080 px, f32"),
        ]

    return measure


def _as_set(card: ModelCard) -> DetectionSettings:
    """The settings of a detector with what its card brings."""
    own = {place.removeprefix("detection."): value for place, value in card.settings.items()}
    default = DetectionSettings()
    return replace(
        default,
        min_score=own.get("min_score", default.min_score),
        long_side_px=int(own.get("long_side_px", default.long_side_px)),
    )


def judged(
    model: InstalledModel,
    truth: Sequence[MarkedPicture],
    pictures: Sequence[ArrayPixels],
    score: float,
    long_side_px: int = SEARCHING.long_side_px,
) -> DetectionQuality:
    """How well a model finds faces, the longer side of what it sees being so many px."""
    return judge(truth, _found(model, pictures, long_side_px), score)


def street_frames() -> list[ArrayPixels]:
    """Frames of a street with eight faces, to take the time on."""
    video = cv2.VideoCapture(str(shared("data", "videos", "street-crowd-1080p.mp4")))
    return [ArrayPixels(np.asarray(video.read()[1], np.uint8)) for _ in range(TIMED)]


def cpu_ms(detector: Finding, pictures: Sequence[ArrayPixels]) -> float:
    """CPU milliseconds per picture at the score in use: at the floor there are hundreds of candidates a picture."""
    detector.detect(pictures[0])
    timed = pictures[:TIMED]
    start = time.process_time()
    for picture in timed:
        detector.detect(picture)
    return (time.process_time() - start) / len(timed) * 1000


def _found(
    model: InstalledModel, pictures: Sequence[ArrayPixels], long_side_px: int = SEARCHING.long_side_px
) -> list[Detections]:
    detector = load_detector(model, replace(SEARCHING, long_side_px=long_side_px))
    return [detector.detect(picture) for picture in pictures]


def _across_halves(truth: Sequence[MarkedPicture], found: Sequence[Detections]) -> Sequence[Measurement]:
    """What holds of pictures that a score was not chosen on: that of one half of them, applied to the other."""
    verdicts = [judge_picture(one.boxes, faces, MIN_SIDE_PX) for one, faces in zip(truth, found, strict=True)]
    right = kept = 0
    for chosen_on, applied_to in ((0, 1), (1, 0)):
        score = _score_at_precision(verdicts[chosen_on::2])
        right += sum(int(one.is_face[one.scores >= score].sum()) for one in verdicts[applied_to::2])
        kept += sum(int((one.scores >= score).sum()) for one in verdicts[applied_to::2])
    truths = sum(one.truths for one in verdicts)
    on = f"{WIDER}, at scores chosen for precision 0.9 on one half of the pictures and measured on the other"
    return (
        Measurement("recall_16px_across_halves", round(right / truths, 3), on, wilson(right / truths, truths)),
        Measurement("precision_16px_across_halves", round(right / max(kept, 1), 3), on),
    )


def _score_at_precision(verdicts: Sequence[Verdicts]) -> float:
    """The score from which on recall is highest while nine of ten detections are faces."""
    scores = np.concatenate([one.scores for one in verdicts])
    is_face = np.concatenate([one.is_face for one in verdicts])[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(is_face) / np.arange(1, len(is_face) + 1)
    last = np.flatnonzero(precision >= LEAST_PRECISION).max(initial=0)
    return float(np.sort(scores)[::-1][last])


def _results(quality: DetectionQuality, score: float) -> Sequence[Measurement]:
    interval = rounded(quality.recall_16px_at_p90_interval)
    at_score = f"{WIDER}, at the score in use, {score:g}"
    return (
        Measurement("recall_16px_at_p90", round(quality.recall_16px_at_p90, 3), WIDER, interval),
        Measurement("ap_16px", round(quality.ap_16px, 3), WIDER),
        Measurement("recall_16px", round(quality.recall_16px, 3), at_score),
        Measurement("precision_16px", round(quality.precision_16px, 3), at_score),
    )


def _plain_run(
    model: InstalledModel, truth: Sequence[MarkedPicture], pictures: Sequence[ArrayPixels]
) -> Sequence[Measurement]:
    """What the authors' own program finds with the file, and mien with the picture scaled to the same size."""
    find, side_px = plain_finder(model, PLAIN_SIDE_PX)
    plain = judge(truth, [_detections(*find(picture.bgr())) for picture in pictures], FLOOR_SCORE)
    same = judged(model, truth, pictures, FLOOR_SCORE, side_px)
    return (
        Measurement(
            "plain_recall_16px_at_p90",
            round(plain.recall_16px_at_p90, 3),
            f"the same pictures, longer side {side_px} px, read by the authors' program written anew",
            rounded(plain.recall_16px_at_p90_interval),
        ),
        Measurement(
            "recall_16px_at_p90_same_size",
            round(same.recall_16px_at_p90, 3),
            f"the same pictures, longer side {side_px} px",
            rounded(same.recall_16px_at_p90_interval),
        ),
    )


def _strata(quality: DetectionQuality) -> Sequence[Measurement]:
    return [
        Measurement(
            f"recall_{name}",
            round(stratum.recall_at_p90, 3),
            f"{stratum.faces} faces of the same pictures, shorter side {name}, at precision 0.9",
            wilson(stratum.recall_at_p90, stratum.faces),
        )
        for name, stratum in quality.strata.items()
    ]


def _detections(boxes: np.ndarray, scores: np.ndarray) -> Detections:
    none = np.zeros((len(scores), 5, 2), np.float32)
    return Detections(np.asarray(boxes, np.float32).reshape(-1, 4), np.asarray(scores, np.float32), none)
