"""From a picture to its largest good face, by the same detector, alignment and network that queries go through."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import EnrolmentRefused
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.recognition.recogniser import Recogniser

_SIMILAR_AREA = 0.5  # a second face of at least this share of the chosen one's area makes the choice worth a word


@dataclass(frozen=True, slots=True)
class EnrolmentSettings:
    """What makes a face good enough to enrol: its quality in [0, 1]."""

    min_quality: float = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """The face of a picture that stands for its person: vector (d,), quality, crop (s, s, c), a remark or ``""``."""

    vector: NDArray[np.float32]
    quality: float
    crop: NDArray[np.uint8]
    remark: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What looks at pictures: how a file is opened (raising SourceError), and the models."""

    open_picture: Callable[[Path], Pixels]
    detector: Detector
    assessor: QualityAssessor
    recogniser: Recogniser
    settings: EnrolmentSettings = EnrolmentSettings()

    def portrait(self, pixels: Pixels) -> Portrait:
        """The largest good face of a picture; raises EnrolmentRefused with the reason where there is none."""
        faces = self.detector.detect(pixels)
        if not len(faces):
            raise EnrolmentRefused("no face was found")
        areas = np.prod(box_sizes(faces.boxes), axis=1)
        quality = self.assessor.assess(pixels, faces)
        good = np.flatnonzero(quality.scores >= self.settings.min_quality)
        if not len(good):
            reason = quality.reasons[int(areas.argmax())] or "not good enough"
            raise EnrolmentRefused(f"the {'largest ' if len(faces) > 1 else ''}face is {reason}")
        chosen = int(good[areas[good].argmax()])
        crops = align(pixels, faces.landmarks[[chosen]], self.recogniser.crop)
        embeddings = self.recogniser.recognise(crops).embeddings
        others = int((np.delete(areas, chosen) >= _SIMILAR_AREA * areas[chosen]).sum())
        remark = f"{others + 1} faces of similar size: the largest good one was taken" if others else ""
        return Portrait(embeddings.vectors[0], float(quality.scores[chosen]), crops.images[0], remark)
