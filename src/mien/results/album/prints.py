"""Faces in a grid, a picture a page, for printing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.results.atomic import PendingFile, writing
from mien.results.drawing.lettering import Lettering, printable, tint
from mien.results.palette import Rgb

_COLUMNS, _ROWS = 8, 10  # upright on A4
_FACE, _GAP, _LINE = 144, 16, 20  # px
_BOLD, _PLAIN = 15, 13  # px
_LONGEST = 40  # characters
_BARE = 238  # of 255: where there is no picture
_NO_PICTURE = "no picture"
_INK: Rgb = (20, 24, 30)
_SOFT: Rgb = (100, 108, 118)


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face (h, w, 3) BGR with two lines under it; without a picture there is a word in its place."""

    image: NDArray[np.uint8] | None
    title: str
    note: str


class Prints:
    """Draws pages of 80 faces. One thread at a time."""

    def __init__(self) -> None:
        self._lettering = Lettering()

    def write(self, folder: Path, faces: Sequence[Face]) -> list[Path]:
        """Write ``sheet-1.png`` and so on; raises ResultError."""
        most = _COLUMNS * _ROWS
        paths = []
        for number, start in enumerate(range(0, len(faces), most), start=1):
            path = folder / f"sheet-{number}.png"
            _, encoded = cv2.imencode(".png", self.page(faces[start : start + most]))
            with PendingFile(path) as pending, writing(path):
                pending.part.write_bytes(encoded.tobytes())
            paths.append(path)
        return paths

    def page(self, faces: Sequence[Face]) -> NDArray[np.uint8]:
        """A page (h, w, 3) BGR on white, as high as its faces need."""
        rows = -(-len(faces) // _COLUMNS)
        height, width = _FACE + 2 * _LINE + _GAP, _FACE + _GAP
        page = np.full((_GAP + rows * height, _GAP + _COLUMNS * width, 3), 255, np.uint8)
        for place, face in enumerate(faces):
            top = _GAP + place // _COLUMNS * height
            left = _GAP + place % _COLUMNS * width
            page[top : top + _FACE, left : left + _FACE] = (
                _BARE if face.image is None else cv2.resize(face.image, (_FACE, _FACE), interpolation=cv2.INTER_CUBIC)
            )
            if face.image is None:
                self._write(page, _NO_PICTURE, (left + _GAP, top + _FACE // 2), is_title=False)
            self._write(page, face.title, (left, top + _FACE + 2), is_title=True)
            self._write(page, face.note, (left, top + _FACE + _LINE), is_title=False)
        return page

    def _write(self, page: NDArray[np.uint8], text: str, at: tuple[int, int], *, is_title: bool) -> None:
        size, longest = _BOLD if is_title else _PLAIN, _LONGEST
        strip = self._lettering.strip(printable(text, longest), size, is_title)
        while strip.shape[1] > _FACE and longest > 1:
            longest -= 1
            strip = self._lettering.strip(printable(text, longest), size, is_title)
        tint(page, strip, *at, _INK if is_title else _SOFT)
