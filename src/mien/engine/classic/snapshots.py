"""Cut faces of people to be trained on: kept in a folder for each person, and read from such folders."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError, MienError, ResultError, UsageError
from mien.gallery.enrolment.sight import Sight
from mien.gallery.exchange.files import part_of, whole_file
from mien.gallery.lbph.model import LBPH_CROP, SHEET
from mien.gallery.names import tidy_name
from mien.sources.opening import PICTURE_SUFFIXES
from mien.store.home import PRIVATE

_LONGEST_NAME = 255  # bytes that file systems give the name of a folder
_MOST_READ = 200  # faces that are there already and new ones are compared with


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One look: the face that was cut (s, s), or none and the reason."""

    face: NDArray[np.uint8] | None
    reason: str = ""


def cut_folder(folder: Path, sight: Sight) -> Iterator[tuple[str, Path, Snapshot]]:
    """Every picture of a folder that holds a folder for each person: name, path, and the largest good face.

    Pictures of exactly the size of a cut face are taken for one; a folder that holds a model is nobody's. Raises
    GalleryError where there are no such folders.
    """
    people = sorted(
        path
        for path in folder.glob("*")
        if path.is_dir() and not path.name.startswith(".") and not (path / SHEET).exists()
    )
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


def folder_name(name: str) -> str:
    """A person's name as that of a folder; raises UsageError where none can be called so."""
    tidied = tidy_name(name)
    if "/" in tidied or "\\" in tidied or tidied.startswith("."):
        raise UsageError(f"the name becomes that of a folder: it cannot hold / or \\ or begin with a dot, as {name!r}")
    if len(tidied.encode(errors="replace")) > _LONGEST_NAME:
        raise UsageError(f"the name becomes that of a folder, and {tidied[:20]!r}… is too long for one")
    return tidied


def faces_there(out: Path, name: str) -> list[NDArray[np.uint8]]:
    """The newest of the cut faces (112, 112) that a person's folder in ``out`` holds; none where there is no such.

    Raises ResultError where no folder can be there, and UsageError where ``out`` is one person's folder itself.
    """
    for place in (out, out / name):
        if place.exists() and not place.is_dir():
            raise ResultError(f"{place} is there already, and is no folder")
    try:
        inside = sorted(out.iterdir()) if out.exists() else []
        cut = sorted((out / name).glob("*.png")) if (out / name).exists() else []
    except OSError as error:
        raise ResultError(f"{out} cannot be read: {error.strerror or error}") from error
    if any(map(_is_picture, inside)):
        raise UsageError(f"{out} holds pictures itself, as the folder of one person does: --out names the one above it")
    pictures = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in cut[-_MOST_READ:])
    side = LBPH_CROP.size, LBPH_CROP.size
    return [np.asarray(picture, np.uint8) for picture in pictures if picture is not None and picture.shape == side]


def check_free(out: Path) -> None:
    """Raise UsageError where a model would come to lie among pictures, as in the folder of a person."""
    if out.is_dir() and any(map(_is_picture, out.glob("*"))):
        raise UsageError(f"{out} holds pictures, as the folder of a person does: name another one for the model")


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()


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
