"""What the window says over its picture: hints, short messages, what is awaited, instructions, and the list of keys."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.results.drawing.lettering import Lettering, printable
from mien.results.palette import Rgb, bgr

Picture = NDArray[np.uint8]
WHITE: Rgb = (255, 255, 255)
QUIET: Rgb = (196, 203, 214)
WARNING: Rgb = (245, 176, 50)
_PLATE: Rgb = (16, 19, 24)
_KEPT, _KEPT_OF_LABELS = 0.25, 0.1  # of the picture below a plate; where text may lie below
_DIMMED = 0.35  # of a picture that is not of now any more
_LONGEST = 160
_SMALLEST_PX = 8


@dataclass(frozen=True, slots=True)
class Notices:
    """What is said at a moment; empty texts say nothing.

    ``notice`` of what lasts (starting, a camera that is gone), above; ``message`` of what just happened, below, or else
    the ``hints``; ``instruction`` large, with its ``objection`` below it and ``progress`` (done, wanted); ``keys`` each
    with what it does. A picture that ``is_past`` is dimmed.
    """

    notice: str = ""
    message: str = ""
    hints: str = ""
    instruction: str = ""
    objection: str = ""
    progress: tuple[int, int] = (0, 0)
    keys: tuple[tuple[str, str], ...] = ()
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of text in a size px."""

    text: str
    size_px: int
    colour: Rgb = WHITE
    is_bold: bool = False


class Announcer:
    """Writes notices over pictures. One thread at a time."""

    def __init__(self) -> None:
        self._lettering = Lettering()

    def announce(self, picture: Picture, notices: Notices) -> Picture:
        """A copy of a BGR picture, with what is to be said over it."""
        shown = np.asarray(cv2.convertScaleAbs(picture, alpha=_DIMMED), np.uint8) if notices.is_past else picture.copy()
        height, width = shown.shape[:2]
        usual = max(_SMALLEST_PX, min(32, round(min(height, width * 0.75) * 0.032)))
        if notices.notice:
            colour = WARNING if notices.is_past else WHITE
            self._plate(shown, [_Line(notices.notice, round(usual * 1.2), colour)], height // 2)
        below = notices.message or notices.hints
        if below:
            self._plate(shown, [_Line(below, usual, WHITE if notices.message else QUIET)], height - usual * 2)
        if notices.instruction:
            self._instruct(shown, notices, usual)
        if notices.keys:
            self._list(shown, notices.keys, usual)
        return shown

    def _instruct(self, shown: Picture, notices: Notices, usual: int) -> None:
        done, wanted = notices.progress
        lines = [_Line(notices.instruction, usual * 2, WHITE, is_bold=True)]
        if notices.objection:
            lines.append(_Line(notices.objection, round(usual * 1.3), WARNING))
        if wanted:
            lines.append(_Line(f"{done}/{wanted}", round(usual * 1.3), QUIET))
        self._plate(shown, lines, shown.shape[0] // 6)

    def _list(self, shown: Picture, keys: Sequence[tuple[str, str]], usual: int) -> None:
        """The keys in two columns on one plate in the middle."""
        height, width = shown.shape[:2]
        size = max(_SMALLEST_PX, min(round(usual * 1.1), int(height * 0.85 / (1.4 * len(keys) + 1))))
        left = [self._strip(_Line(key, size, is_bold=True), width) for key, _ in keys]
        right = [self._strip(_Line(words, size), width) for _, words in keys]
        column = max(one.shape[1] for one in left) + 2 * size
        line = round(size * 1.4)
        plate = column + max(one.shape[1] for one in right) + 2 * size, line * len(keys) + size
        x, y = (width - plate[0]) // 2, (height - plate[1]) // 2
        _shade(shown, (x, y), plate, _KEPT_OF_LABELS)
        for number, (key, words) in enumerate(zip(left, right, strict=True)):
            top = y + size // 2 + number * line
            _ink(shown, key, (x + size, top), WARNING)
            _ink(shown, words, (x + size + column, top), WHITE)

    def _plate(self, shown: Picture, lines: Sequence[_Line], middle: int) -> None:
        """Lines below one another on a plate whose middle is at a height."""
        width = shown.shape[1]
        strips = [self._strip(line, round(width * 0.94)) for line in lines]
        size = max(one.shape[1] for one in strips) + lines[0].size_px, sum(one.shape[0] for one in strips) + 8
        y = max(0, min(middle - size[1] // 2, shown.shape[0] - size[1]))
        _shade(shown, ((width - size[0]) // 2, y), size)
        y += 4
        for line, strip in zip(lines, strips, strict=True):
            _ink(shown, strip, ((width - strip.shape[1]) // 2, y), line.colour)
            y += strip.shape[0]

    def _strip(self, line: _Line, most_px: int) -> NDArray[np.uint8]:
        """Opacity of a line, in smaller letters or, where not even those do, cut off to be no wider than that."""
        text, size_px = printable(line.text, _LONGEST), line.size_px
        strip = self._lettering.strip(text, size_px, line.is_bold)
        if strip.shape[1] > most_px:
            size_px = max(_SMALLEST_PX, size_px * most_px // strip.shape[1])
            strip = self._lettering.strip(text, size_px, line.is_bold)
        return strip[:, : max(1, most_px)]


def _shade(picture: Picture, corner: tuple[int, int], size: tuple[int, int], kept: float = _KEPT) -> None:
    """Darken a part of a picture so that what is written there can be read."""
    (x, y), (width, height) = corner, size
    region = picture[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    region[:] = (region * kept + np.array(bgr(_PLATE)) * (1 - kept)).astype(np.uint8)


def _ink(picture: Picture, strip: NDArray[np.uint8], corner: tuple[int, int], colour: Rgb) -> None:
    """Lay a text in a colour over a picture; what reaches over its edges is cut off."""
    x, y = max(corner[0], 0), max(corner[1], 0)
    region = picture[y : y + strip.shape[0], x : x + strip.shape[1]]
    opacity = strip[: region.shape[0], : region.shape[1], None] / 255
    region[:] = (region * (1 - opacity) + np.array(bgr(colour)) * opacity).astype(np.uint8)
