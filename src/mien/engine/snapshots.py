"""Cut faces of people to be trained on: taken from a source one after the other, or from a folder for each person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import EnrolmentRefused, GalleryError, MienError, ResultError
from mien.domain.frame import Frame, Pixels
from mien.gallery.enrolment.sight import Sight
from mien.gallery.exchange.files import part_of, whole_file
from mien.store.home import PRIVATE

_SPACING_S = 0.5  # between two snapshots: a head must have moved, or they say the same
_PATIENCE_S = 0.1  # until the next look where one showed nothing good


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One look: the face that was cut (s, s), or none and the reason."""

    face: NDArray[np.uint8] | None
    reason: str = ""


def take_snapshots(frames: Iterable[Frame], sight: Sight, is_still: bool) -> Iterator[Snapshot]:
    """Look at the frames of a source for the one face that is in view; at most twice a second for one that is good.

    Of unrelated pictures (``is_still``) every one is looked at. Stop asking when there are enough.
    """
    due_s = -np.inf
    for frame in frames:
        if not is_still and frame.time_s < due_s:
            continue
        snapshot = _look(frame.pixels, sight)
        due_s = frame.time_s + (_PATIENCE_S if snapshot.face is None else _SPACING_S)
        yield snapshot


def cut_folder(folder: Path, sight: Sight) -> Iterator[tuple[str, Path, Snapshot]]:
    """Every picture of a folder that holds a folder for each person: name, path, and the largest good face.

    Pictures of exactly the size of a cut face are taken for one. Raises GalleryError where there are no such folders.
    """
    people = sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))
    if not people:
        raise GalleryError(f"{folder} holds no folders: expected one with pictures for each person, named so")
    for person in people:
        for picture in sorted(path for path in person.rglob("*") if path.is_file() and not path.name.startswith(".")):
            yield person.name, picture, _cut(picture, sight)


def _cut(picture: Path, sight: Sight) -> Snapshot:
    try:
        pixels = sight.open_picture(picture)
        side = sight.recogniser.crop.size
        if (pixels.width, pixels.height) == (side, side):
            return Snapshot(pixels.luma(side, side))
        return Snapshot(sight.portrait(pixels).crop[..., 0])
    except MienError as error:
        return Snapshot(None, str(error))


def _look(pixels: Pixels, sight: Sight) -> Snapshot:
    try:
        return Snapshot(sight.alone(pixels)[1].crop[..., 0])
    except EnrolmentRefused as error:
        return Snapshot(None, str(error))


def save_face(out: Path, name: str, face: NDArray[np.uint8]) -> Path:
    """Write a cut face into a person's folder in ``out`` as the next of its pictures (``001.png``).

    Both folders, where there are none yet, and the picture are for their owner's eyes only; the folder above has to be
    there. Raises ResultError.
    """
    folder = out / name
    try:
        out.mkdir(PRIVATE, exist_ok=True)
    except OSError as error:
        raise ResultError(f"{out} could not be made: {error.strerror or error}") from error
    taken = [int(path.stem) for path in folder.glob("*.png") if path.stem.isdecimal()]
    path = folder / f"{max(taken, default=0) + 1:03d}.png"
    with whole_file(path, part_of(path)) as file:
        file.write(cv2.imencode(".png", face)[1].tobytes())
    return path
