"""Text on pictures in any script: DejaVu Sans, and fonts of the machine for the characters that it lacks."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.results.palette import Rgb, bgr

Mask = NDArray[np.uint8]

# fonts that a machine may have for what DejaVu lacks (colour bitmap fonts cannot be drawn at every size)
_FURTHER_FAMILIES = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "Hiragino Sans",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Nirmala UI",
    "Noto Emoji",
    "Symbola",
    "Segoe UI Emoji",
    "Segoe UI Symbol",
)
_CACHED_STRIPS = 1024  # a strip of a name at 22 px is 4 kB
_CACHED_INKS = 512  # twelve times as much: three channels, twice, of two bytes


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """A text as it is laid over a picture: what of the picture is kept and what is added, in 1/255, and where.

    ``left`` and ``top`` px from the corner of its strip; ``kept`` and ``added`` (h, w, 3) uint16, BGR.
    """

    left: int
    top: int
    kept: NDArray[np.uint16]
    added: NDArray[np.uint16]

    @classmethod
    def of(cls, mask: Mask, colour: Rgb) -> "Ink":
        """The part of a mask that is not empty, in a colour."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        top, left = (int(rows[0]), int(columns[0])) if len(rows) else (0, 0)
        inked = mask[top : rows[-1] + 1, left : columns[-1] + 1] if len(rows) else mask[:0, :0]
        opacity = np.repeat(inked[:, :, None], 3, axis=2).astype(np.uint16)
        return cls(left, top, 255 - opacity, np.array(bgr(colour), np.uint16) * opacity + 127)

    def lay(self, picture: NDArray[np.uint8], left: int, top: int) -> None:
        """Lay it over a BGR picture, the corner of its strip at a place; what reaches over the edge is cut off."""
        left, top = left + self.left, top + self.top
        x1, y1 = max(left, 0), max(top, 0)
        x2 = min(left + self.kept.shape[1], picture.shape[1])
        y2 = min(top + self.kept.shape[0], picture.shape[0])
        if x1 < x2 and y1 < y2:
            part = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
            region = picture[y1:y2, x1:x2]
            blended = region * self.kept[part]
            blended += self.added[part]
            blended //= 255
            region[:] = blended


class Lettering:
    """Renders short texts and keeps the recent ones. One thread at a time."""

    def __init__(self) -> None:
        import matplotlib  # 0.1 s that only those pay who draw

        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self._regular = fonts / "DejaVuSans.ttf"
        self._bold = fonts / "DejaVuSans-Bold.ttf"
        self._further: tuple[Path, ...] | None = None
        self._coverage = lru_cache(maxsize=None)(_coverage)
        self._font = lru_cache(maxsize=64)(ImageFont.truetype)
        self.strip = lru_cache(maxsize=_CACHED_STRIPS)(self._strip)
        self.ink = lru_cache(maxsize=_CACHED_INKS)(self._ink)

    def _strip(self, text: str, size_px: int, is_bold: bool) -> Mask:
        """Opacity (h, w) of a text; all strips of one size have the same height and baseline."""
        first = self._font(str(self._bold if is_bold else self._regular), size_px)
        runs = [(run, self._font(str(path), size_px)) for run, path in self._runs(text, is_bold)]
        ascent, descent = first.getmetrics()
        width = max(1, round(sum(font.getlength(run) for run, font in runs)) + 1)
        image = Image.new("L", (width, ascent + descent), 0)
        draw = ImageDraw.Draw(image)
        x = 0.0
        for run, font in runs:
            draw.text((x, ascent), run, fill=255, font=font, anchor="ls")
            x += font.getlength(run)
        return np.asarray(image)

    def _ink(self, text: str, size_px: int, is_bold: bool, colour: Rgb) -> Ink:
        """A text in a colour, to be laid over pictures."""
        return Ink.of(self.strip(text, size_px, is_bold), colour)

    def _runs(self, text: str, is_bold: bool) -> list[tuple[str, Path]]:
        """The text cut where the font changes."""
        runs: list[tuple[str, Path]] = []
        for character in text:
            path = self._path_for(character, is_bold)
            if runs and runs[-1][1] == path:
                runs[-1] = (runs[-1][0] + character, path)
            else:
                runs.append((character, path))
        return runs

    def _path_for(self, character: str, is_bold: bool) -> Path:
        own = (self._bold, self._regular) if is_bold else (self._regular,)
        for path in own:
            if ord(character) in self._coverage(path):
                return path
        if self._further is None:
            self._further = _fonts_of_the_machine()
        return next((path for path in self._further if ord(character) in self._coverage(path)), own[0])


def _fonts_of_the_machine() -> tuple[Path, ...]:
    from matplotlib import font_manager  # looks through all fonts the first time, which may take seconds

    entries = {entry.name: Path(entry.fname) for entry in reversed(font_manager.fontManager.ttflist)}
    return tuple(entries[family] for family in _FURTHER_FAMILIES if family in entries)


def _coverage(path: Path) -> frozenset[int]:
    from matplotlib import ft2font

    return frozenset(ft2font.FT2Font(str(path)).get_charmap())


def printable(text: str, longest: int) -> str:
    """A text of one line and at most ``longest`` characters, without controls, joiners and variation selectors."""
    shown = "".join(c for c in text if (c.isprintable() and c != "\ufe0f") or c == " ")
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def tint(picture: NDArray[np.uint8], mask: Mask, left: int, top: int, colour: Rgb) -> None:
    """Lay a colour over a BGR picture with the opacity of a mask; what reaches over the edge is cut off."""
    Ink.of(mask, colour).lay(picture, left, top)


class Shade:
    """A colour that is laid over parts of pictures with one opacity of 255."""

    def __init__(self, colour: Rgb, opacity: int) -> None:
        kept = np.arange(256, dtype=np.uint16)[:, None] * (255 - opacity)
        blended = (kept + np.array(bgr(colour), np.uint16) * opacity + 127) // 255
        self._table = blended.astype(np.uint8)[None]  # each value of a channel becomes one other: (1, 256, 3)

    def lay(self, picture: NDArray[np.uint8], corner: tuple[int, int], size: tuple[int, int]) -> None:
        """Lay it over a part (left, top) (width, height) of a BGR picture; what reaches over the edge is cut off."""
        (left, top), (width, height) = corner, size
        region = picture[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
        if region.size:
            region[:] = cv2.LUT(region, self._table)
