"""The people of Labeled Faces in the Wild, View 1 train: embedded with the default models, and halved by person."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from benchmarks.parts.report import shared
from numpy.typing import NDArray

from mien.domain.faces import FaceCrops
from mien.evaluation.clustering import read_faces
from mien.evaluation.faces import FaceReader
from mien.settings import load_settings
from mien.sources.images import read_picture
from mien.vision.loading import load_recogniser
from mien.wiring.models import build_detector, build_shelf
from mien.wiring.people import picture_opener

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

HALVES = {"chosen on": 0, "judged on": 1}


@dataclass(frozen=True)
class LabelledPeople:
    """Good faces with a row each: vectors (n, d), qualities, whose, and the half of the people (n,), and files."""

    vectors: Floats
    qualities: Floats
    person: NDArray[np.str_]
    half: Rows
    files: tuple[str, ...]

    def rows_of(self, half: int | None, least: int = 1) -> dict[str, Rows]:
        """The rows by person, of people of one half, or of both, with at least so many good faces."""
        allowed = np.ones(len(self.person), bool) if half is None else self.half == half
        names = np.unique(self.person[allowed])
        rows = {str(name): np.flatnonzero(self.person == name) for name in names}
        return {name: own for name, own in rows.items() if len(own) >= least}


def labelled_people() -> LabelledPeople:
    """Everybody; the half of a person follows from the name alone."""
    faces = read_faces(images(), reader(), load_settings().matching)
    half = [sha256(name.encode()).digest()[0] % 2 for name in faces.people]
    return LabelledPeople(faces.vectors, faces.qualities, np.array(faces.people), np.array(half), faces.files)


def images() -> Path:
    return shared("data", "lfw", "images")


def reader() -> FaceReader:
    settings = load_settings()
    shelf = build_shelf(settings)
    detector = build_detector(settings.detection, shelf)
    recognition = settings.recognition
    recogniser = load_recogniser(shelf.take(recognition.model, recognition.precision), detector.model)
    return FaceReader(picture_opener(settings), detector, recogniser)


def junk(count: int) -> Floats:
    """Vectors (count, d) of what is no face: corners of pictures, taken for faces."""
    recogniser = reader().recogniser
    files = sorted(images().glob("*/*.jpg"))
    corners = [read_picture(str(file), 100.0)[:70, :70] for file in files[:: len(files) // count][:count]]
    size = recogniser.crop.size
    crops = np.stack([cv2.resize(corner, (size, size)) for corner in corners])
    return recogniser.recognise(FaceCrops(crops, recogniser.crop)).embeddings.vectors
