"""From a picture to its largest good face, by the same detector, alignment and network that queries go through."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import EnrolmentRefused
from mien.domain.faces import Detections, FaceCrops
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes
from mien.gallery.kept_crops import fitted
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.gallery.matching.views import unit
from mien.sources.images import SentPicture
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.quality.embedded import embedded_quality
from mien.vision.recognition.recogniser import Recogniser

_SMALL = 20 / 75  # a face is about 75 px wide in an aligned crop of 112 px
_SIMILAR_AREA = 0.5  # a second face of at least this share of the chosen one's area makes the choice worth a word
_NEAR_AREA = 0.25  # of a face half as wide: whoever is twice as far away is behind the one who sits there


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """The face of a picture that stands for its person, with a remark on how it was chosen, or none.

    ``vector`` (d,) is its embedding; ``distant`` (d,) lies between it and that of the same face seen small, and
    resembles faces in the distance better; crop (s, s, c).
    """

    vector: NDArray[np.float32]
    distant: NDArray[np.float32]
    quality: float
    crop: NDArray[np.uint8]
    remark: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What looks at pictures: how a file, or what was sent, is opened (raising SourceError), and the models."""

    open_picture: Callable[[Path | SentPicture], Pixels]
    detector: Detector
    assessor: QualityAssessor
    recogniser: Recogniser
    settings: EnrolmentSettings

    def portrait(self, pixels: Pixels) -> Portrait:
        """The largest good face of a picture; raises EnrolmentRefused with the reason where there is none."""
        return self._chosen(pixels, self.detector.detect(pixels))[1]

    def alone(self, pixels: Pixels, faces: Detections) -> tuple[Detections, Portrait]:
        """The one face in front of those that were found, again and as a portrait; others are to be twice as far away.

        Raises EnrolmentRefused with the reason: it is not good, or another face is near too, be it good or not, for
        then nobody can know who is meant.
        """
        face, portrait, areas = self._chosen(pixels, faces)
        if _rivals(areas, _NEAR_AREA):
            raise EnrolmentRefused("several faces are in front of the camera")
        return face, portrait

    def recalled(self, crop: NDArray[np.uint8], quality: float) -> Portrait:
        """A kept picture of a face (s, s, 3) that was judged before.

        Raises EnrolmentRefused where it is not good enough, or was cut for another recogniser in another way.
        """
        crops = fitted(crop, self.recogniser.crop)
        if crops is None:
            height, width = crop.shape[:2]
            raise EnrolmentRefused(f"its picture of {width}×{height} px was cut for another recogniser than this one")
        recognition = self.recogniser.recognise(crops)
        if quality < self.settings.min_quality or recognition.norms[0] < self.settings.min_norm:
            raise EnrolmentRefused("the face is not good enough")
        vector = recognition.embeddings.vectors[0]
        return Portrait(vector, self._distant(crops, vector), quality, crop, "")

    def _distant(self, crops: FaceCrops, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Halfway between the embedding (d,) of a face and that of the same face seen small."""
        distant: NDArray[np.float32] = distant_vectors(self.recogniser, crops, vector[None])[0]
        return distant

    def _chosen(self, pixels: Pixels, found: Detections) -> tuple[Detections, Portrait, NDArray[np.float32]]:
        """The largest good face, where it was found and as a portrait, and the areas (n,) of all, its own first."""
        if not len(found):
            raise EnrolmentRefused("no face was found")
        faces = self.detector.refine(pixels, found)
        areas = np.prod(box_sizes(faces.boxes), axis=1)
        quality = self.assessor.assess(pixels, faces)
        good = np.flatnonzero(quality.scores >= self.settings.min_quality)
        if not len(good):
            reason = quality.reasons[int(areas.argmax())] or "not good enough"
            raise EnrolmentRefused(f"the {'largest ' if len(faces) > 1 else ''}face is {reason}")
        chosen = int(good[areas[good].argmax()])
        face = faces.select([chosen])
        crops = cut(pixels, face, self.recogniser.crop)
        recognition = self.recogniser.recognise(crops)
        if recognition.norms[0] < self.settings.min_norm:
            raise EnrolmentRefused("what was found is hardly a face")
        told = embedded_quality(quality.select([chosen]), recognition)
        if told.scores[0] < self.settings.min_quality:
            raise EnrolmentRefused(f"the face is {told.reasons[0]}")
        vector = recognition.embeddings.vectors[0]
        areas = np.concatenate((areas[[chosen]], np.delete(areas, chosen)))
        others = _rivals(areas, _SIMILAR_AREA)
        remark = f"{others + 1} faces of similar size: the largest good one was taken" if others else ""
        distant = self._distant(crops, vector)
        return face, Portrait(vector, distant, float(told.scores[0]), crops.images[0], remark), areas


def _rivals(areas: NDArray[np.float32], share: float) -> int:
    """How many faces are at least of some share of the first one's area."""
    return int((areas[1:] >= share * areas[0]).sum())


def distant_vectors(recogniser: Recogniser, crops: FaceCrops, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Halfway between the embeddings (n, d) of n crops and those of the same faces seen small, (n, d)."""
    small = recogniser.recognise(FaceCrops(_as_small(crops.images), crops.spec)).embeddings.vectors
    return np.stack([unit(one) for one in vectors + small])


def _as_small(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crops (n, s, s, c) with no more detail than a face of 20 px has."""
    side = images.shape[1]
    blurred = np.empty_like(images)
    for image, target in zip(images, blurred, strict=True):
        small = cv2.resize(image, (round(side * _SMALL), round(side * _SMALL)), interpolation=cv2.INTER_AREA)
        target[:] = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR).reshape(image.shape)
    return blurred
