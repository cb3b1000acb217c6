"""One detection per face: non-maximum suppression in which the suppressed still have a say in the box and landmarks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.geometry import iou

Floats = NDArray[np.float32]

MAX_IOU = 0.3
"""Boxes that share more than this are one face; OpenCV's own YuNet uses the same."""

VOTE_IOU = 0.6
"""Boxes that share more than this with the best box of a face vote for its place."""


def suppress(candidates: Detections, max_iou: float = MAX_IOU) -> Detections:
    """Keep the best of every group of overlapping candidates, best score first; greedy, as OpenCV's NMSBoxes."""
    return candidates.select(survivors(candidates.boxes, candidates.scores, max_iou))


def survivors(boxes: Floats, scores: Floats, max_iou: float = MAX_IOU) -> NDArray[np.intp]:
    """Indices of the best of every group of overlapping boxes (n, 4) with scores (n,), best score first."""
    if not len(boxes):
        return np.zeros(0, np.intp)
    corner_and_size = boxes.copy()
    corner_and_size[:, 2:] -= corner_and_size[:, :2]
    kept = cv2.dnn.NMSBoxes(corner_and_size.tolist(), scores.tolist(), 0.0, max_iou)
    return np.asarray(kept, np.intp).ravel()


def vote(kept: Detections, candidates: Detections) -> Detections:
    """Replace boxes and landmarks of each kept face by the mean of its candidates', weighted by their squared scores.

    A network sees a face from several cells, each with an error of its own. On LFW the mean of the landmarks raises the
    similarity of two pictures of one person as much as a detector of twice the input size does. Boxes: as in Gidaris
    and Komodakis, "Object Detection via a Multi-region and Semantic Segmentation-aware CNN Model", ICCV 2015.
    """
    weights = np.where(iou(kept.boxes, candidates.boxes) > VOTE_IOU, np.square(candidates.scores), 0)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.float32(1e-9))
    boxes = (weights @ candidates.boxes).astype(np.float32)
    landmarks = (weights @ candidates.landmarks.reshape(-1, 10)).reshape(-1, 5, 2).astype(np.float32)
    return Detections(boxes, kept.scores, landmarks)
