"""Faces that fill the frame: pictures of LFW enlarged until the face is 60 to 130 % as high as the frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import Detections
from mien.domain.frame import Pixels
from mien.domain.geometry import box_centres, iou
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels

Box = NDArray[np.float32]

FILLS = (0.6, 0.8, 1.0, 1.15, 1.3)
FRAMES = ((1280, 720), (960, 960))
PEOPLE = 12
MIN_IOU = 0.5
GREY = (110, 110, 110)


class Finding(Protocol):
    """What finds the faces of a picture."""

    def detect(self, pixels: Pixels) -> Detections: ...


@dataclass(frozen=True)
class CloseFace:
    """A frame and its face, cut off where the frame ends."""

    pixels: ArrayPixels
    box: Box


@dataclass(frozen=True)
class CloseQuality:
    """Of how many frames the face was found, and how many other boxes there were; the frames show one person each,
    and a few show somebody behind."""

    frames: int
    found: int
    others: int


def close_faces(folder: Path, detector: Finding) -> Iterator[CloseFace]:
    """Every fill and frame of the same people of LFW; the face is where a detector finds it in the picture itself."""
    files = sorted(folder.rglob("*.jpg"))
    for path in files[:: len(files) // PEOPLE][:PEOPLE]:
        picture = read_picture(str(path), 100)
        boxes = detector.detect(ArrayPixels(picture)).boxes
        if not len(boxes):
            continue
        off_centre = np.abs(box_centres(boxes) - picture.shape[0] / 2).max(axis=1)
        for fill in FILLS:
            for size in FRAMES:
                yield _enlarged(picture, boxes[off_centre.argmin()], fill, size)


def judge_close(detector: Finding, faces: Sequence[CloseFace]) -> CloseQuality:
    """Whether a detector finds the faces: boxes are compared where they lie within the frame."""
    found = others = 0
    for face in faces:
        limits = np.tile((face.pixels.width, face.pixels.height), 2)
        boxes = np.clip(detector.detect(face.pixels).boxes, 0, limits).astype(np.float32)
        is_face = iou(boxes, face.box[None])[:, 0] >= MIN_IOU
        found += bool(is_face.any())
        others += int((~is_face).sum())
    return CloseQuality(len(faces), found, others)


def _enlarged(picture: NDArray[np.uint8], box: Box, fill: float, size: tuple[int, int]) -> CloseFace:
    """The face in the middle of a frame (width, height), ``fill`` times as high as the frame."""
    scale = fill * size[1] / float(box[3] - box[1])
    shift = np.array(size) / 2 - scale * box_centres(box[None])[0]
    to_frame = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    frame = cv2.warpAffine(picture, to_frame, size, flags=cv2.INTER_CUBIC, borderValue=GREY)
    grown = np.clip(box * scale + np.tile(shift, 2), 0, np.tile(size, 2))
    return CloseFace(ArrayPixels(np.asarray(frame, np.uint8)), grown.astype(np.float32))
