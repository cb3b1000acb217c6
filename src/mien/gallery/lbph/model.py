"""The classic recogniser as a file: OpenCV's LBPH, trained on named faces, with a threshold for saying nobody."""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError, with_config

from mien.domain.errors import GalleryError, ModelCorrupt
from mien.domain.faces import CropSpec, Detections
from mien.domain.frame import Pixels
from mien.domain.landmarks import ARCFACE_112
from mien.gallery.exchange.files import part_of, whole_file
from mien.gallery.lbph.rejection import Distances, Rejection, measured, stranger_distance
from mien.vision.alignment import cut
from mien.vision.detection.detector import Detector
from mien.vision.recognition.lbph import INNER, band_passed

Face = NDArray[np.uint8]

LBPH_CROP = CropSpec(112, ARCFACE_112, "grey")
"""How faces are cut for it."""

_NETWORK, SHEET = "model.yml", "model.json"
_FORMAT, _VERSION = "mien-lbph", 2
_RADIUS = 2  # px
_CONTRAST = 4  # times: what is left of a face after band-passing spans some 60 grey levels
_MOST_COMPARED = 400  # faces: their mutual distances take a second


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class _Sheet:
    """What ``model.json`` holds."""

    format: str
    version: int
    names: tuple[str, ...]
    faces: int
    crop: CropSpec
    rejection: Rejection
    sha256: str


@dataclass(frozen=True, slots=True)
class LbphAnswer:
    """Whose face it is, or ``""`` for nobody's, and the distance to the nearest face that was trained on."""

    name: str
    distance: float


class LbphModel:
    """Local binary pattern histograms, nearest neighbour by chi-square, nobody from the threshold on.

    Ahonen et al., "Face Recognition with Local Binary Patterns", ECCV 2004, as OpenCV does it: 8 neighbours at a
    distance of 2 px, 8×8 cells. Faces are (112, 112) grey, cut by LBPH_CROP. Not for several threads at once.

    ``alike`` are the two people who are most alike, of a model that was just trained on people who are more alike than
    strangers; else it is empty.
    """

    def __init__(
        self,
        recogniser: "cv2.face.LBPHFaceRecognizer",
        names: tuple[str, ...],
        rejection: Rejection,
        alike: tuple[str, ...] = (),
    ) -> None:
        self._recogniser = recogniser
        self.names = names
        self.rejection = rejection
        self.alike = alike

    @classmethod
    def train(cls, faces: Mapping[str, Sequence[Face]]) -> Self:
        """Learn the faces of people by name; raises GalleryError where there is but one."""
        names = tuple(sorted(name for name, own in faces.items() if len(own)))
        pictures = [face for name in names for face in faces[name]]
        labels = np.repeat(np.arange(len(names), dtype=np.int32), [len(faces[name]) for name in names])
        if len(pictures) < 2:
            raise GalleryError(
                f"expected at least two faces to train on, got {len(pictures)}: nobody is known by so little"
            )
        recogniser = cv2.face.LBPHFaceRecognizer.create(radius=_RADIUS)
        recogniser.train([_prepared(picture) for picture in pictures], labels)
        rejection, alike = _measured(recogniser, labels)
        return cls(recogniser, names, rejection, tuple(names[label] for label in alike))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model; raises ModelCorrupt where there is none, or one that is damaged or of another version."""
        sheet, content = _read(folder)
        recogniser = cv2.face.LBPHFaceRecognizer.create()
        try:
            with tempfile.TemporaryDirectory() as scratch:
                copy = Path(scratch, _NETWORK)  # what is read is what was verified
                copy.write_bytes(content)
                recogniser.read(str(copy))
            count, people = len(recogniser.getHistograms()), set(np.ravel(recogniser.getLabels()).tolist())
        except cv2.error as error:
            raise ModelCorrupt(f"{folder / _NETWORK} does not load: {error.err}") from error
        if count != sheet.faces or people != set(range(len(sheet.names))):
            raise ModelCorrupt(f"{folder / _NETWORK} does not hold the {sheet.faces} faces that {SHEET} tells of")
        return cls(recogniser, sheet.names, sheet.rejection)

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Write ``model.yml`` and ``model.json`` into a folder, in place of those there, for their owner's eyes only.

        They hold names and what is measured of faces, in plain. The folder above has to be there. Raises ResultError.
        """
        network, sheet = folder / _NETWORK, folder / SHEET
        with (
            whole_file(network, part_of(network)) as file,
            tempfile.TemporaryDirectory(prefix=".lbph-", dir=folder) as scratch,
        ):
            written = Path(scratch, _NETWORK)
            self._recogniser.write(str(written))
            content = written.read_bytes()
            file.write(content)
        told = _Sheet(
            format=_FORMAT,
            version=_VERSION,
            names=self.names,
            faces=len(self._recogniser.getHistograms()),
            crop=LBPH_CROP,
            rejection=self.rejection,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        with whole_file(sheet, part_of(sheet)) as file:
            file.write(f"{json.dumps(asdict(told), ensure_ascii=False, indent=2)}\n".encode())
        return network, sheet

    def predict(self, face: Face) -> LbphAnswer:
        """Whose face (112, 112) it is."""
        label, distance = self._recogniser.predict(_prepared(face))
        is_near = distance < self.rejection.threshold
        return LbphAnswer(self.names[label] if is_near else "", float(distance))

    def look(self, pixels: Pixels, detector: Detector) -> tuple[Detections, tuple[LbphAnswer, ...]]:
        """The n faces of a picture, and whose each is."""
        faces = detector.refine(pixels, detector.detect(pixels))
        crops = cut(pixels, faces, LBPH_CROP).images
        return faces, tuple(self.predict(crop[..., 0]) for crop in crops)


def are_alike(there: Sequence[Face], new: Sequence[Face]) -> bool:
    """Whether any new face lies nearer to one of those that are there than strangers do."""
    recogniser = cv2.face.LBPHFaceRecognizer.create(radius=_RADIUS)
    recogniser.train([_prepared(face) for face in there], np.zeros(len(there), np.int32))
    return any(recogniser.predict(_prepared(face))[1] < stranger_distance(len(there)) for face in new)


def _prepared(face: Face) -> Face:
    """The inner part of a face without what light does to it, as grey levels."""
    return np.clip(band_passed(face)[INNER] * _CONTRAST + 128, 0, 255).astype(np.uint8)


def _read(folder: Path) -> tuple[_Sheet, bytes]:
    try:
        text, content = (folder / SHEET).read_bytes(), (folder / _NETWORK).read_bytes()
    except OSError as error:
        raise ModelCorrupt(f"{folder} holds no LBPH model: expected {_NETWORK} and {SHEET} in it") from error
    try:
        head = json.loads(text)
        if head["format"] != _FORMAT or head["version"] != _VERSION:
            raise ModelCorrupt(
                f"{folder / SHEET} is of the format {head['format']!r} {head['version']!r}, "
                f"expected {_FORMAT!r} {_VERSION}: train it again with this version"
            )
        sheet = TypeAdapter(_Sheet).validate_json(text)
    except (ValueError, KeyError, TypeError) as error:  # pydantic's ValidationError is a ValueError
        told = f": {error.errors()[0]['msg']}" if isinstance(error, ValidationError) else ""
        raise ModelCorrupt(f"{folder / SHEET} does not describe an LBPH model{told}") from error
    if sheet.crop != LBPH_CROP:
        raise ModelCorrupt(f"{folder} was trained on faces that are cut otherwise: train it again")
    if hashlib.sha256(content).hexdigest() != sheet.sha256:
        raise ModelCorrupt(f"{folder / _NETWORK} is damaged, or not the one that {SHEET} describes")
    return sheet, content


def _measured(
    recogniser: "cv2.face.LBPHFaceRecognizer", labels: NDArray[np.int32]
) -> tuple[Rejection, tuple[int, ...]]:
    """From which distance on a face is nobody's, by leaving each training face out in turn, and who is too alike."""
    chosen = np.unique(np.linspace(0, len(labels) - 1, _MOST_COMPARED).astype(np.int64))
    distances = _distances([recogniser.getHistograms()[index] for index in chosen])
    is_own = labels[chosen, None] == labels[None, chosen]
    np.fill_diagonal(distances, np.inf)
    own = np.where(is_own, distances, np.inf).min(axis=1)
    others = np.where(is_own, np.inf, distances).min(axis=1)
    rejection = measured(own[np.isfinite(own)], others[np.isfinite(others)], len(labels))
    if rejection.method == "strangers":
        return rejection, ()
    nearest = np.where(is_own, np.inf, distances).argmin(axis=1)
    return rejection, _most_alike(labels[chosen], labels[chosen][nearest], others < stranger_distance(len(labels)))


def _most_alike(labels: NDArray[np.int32], nearest: NDArray[np.int32], is_near: NDArray[np.bool_]) -> tuple[int, ...]:
    """The two people (labels) of whom most faces are near one of the other's; as a share, for some have many faces."""
    shares: dict[tuple[int, int], float] = {}
    faces = np.bincount(labels)
    for own, other in zip(labels[is_near].tolist(), nearest[is_near].tolist(), strict=True):
        pair = min(own, other), max(own, other)
        shares[pair] = shares.get(pair, 0.0) + 1 / float(faces[own])
    return max(shares, key=lambda pair: shares[pair])


def _distances(histograms: Sequence[NDArray[np.float32]]) -> Distances:
    """Chi-square distances (n, n) of n histograms, as OpenCV compares them when it predicts."""
    distances = np.zeros((len(histograms), len(histograms)))
    for row, first in enumerate(histograms):
        for column in range(row):
            distance = cv2.compareHist(first, histograms[column], cv2.HISTCMP_CHISQR_ALT)
            distances[row, column] = distances[column, row] = distance
    return distances
