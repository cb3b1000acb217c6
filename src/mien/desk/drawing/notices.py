"""What the window says over its picture: hints, short messages, what is awaited, instructions, and the list of keys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.desk.drawing.layout import Box, Layout
from mien.results.drawing.lettering import Lettering, printable
from mien.results.palette import Rgb, bgr

Picture = NDArray[np.uint8]
WHITE: Rgb = (255, 255, 255)
QUIET: Rgb = (196, 203, 214)
WARNING: Rgb = (245, 176, 50)
_PLATE: Rgb = (16, 19, 24)
_KEPT, _KEPT_OF_LABELS = 0.25, 0.1  # of the picture below a plate; where text may lie below
_DIMMED = 0.35  # of a picture that is not of now any more
_LONGEST = 400
_SMALLEST_PX = 8
_PAD_PX = 8  # above and below the lines of a plate together
_WIDEST = 0.94  # of the room for a plate
_LOWER = 0.2  # of a picture, where messages may lie
_READABLE = 0.7  # of the usual size: rather than in smaller letters a text goes on in another line
_MOST_LINES = 4
_FURTHER = 0.1  # of the height: so much more room has to be at the other edge for an instruction to go there

_BARE = Layout()


@dataclass(frozen=True, slots=True)
class Notices:
    """What is said at a moment; empty texts say nothing.

    ``notice`` of what lasts (starting, a camera that is gone), above; ``message`` of what just happened, below, or else
    the ``hints``; ``instruction`` large, with its ``objection`` below it and ``progress`` (done, wanted), at the upper
    or lower edge; ``keys`` each with what it does. A picture that ``is_past`` is dimmed.
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
        self._instructs_below = False

    def announce(self, picture: Picture, notices: Notices, layout: Layout = _BARE) -> Picture:
        """A copy of a BGR picture, with what is to be said over it, beside what the layout says is there."""
        shown = np.asarray(cv2.convertScaleAbs(picture, alpha=_DIMMED), np.uint8) if notices.is_past else picture.copy()
        height, width = shown.shape[:2]
        usual = max(_SMALLEST_PX, min(32, round(min(height, width * 0.75) * 0.032)))
        if notices.notice:
            colour = WARNING if notices.is_past else WHITE
            lines = self._wrapped(_Line(notices.notice, round(usual * 1.2), colour), width)
            self._plate(shown, lines, height // 2 - self._height(lines) // 2, (0, width))
        below, bottom = notices.message or notices.hints, height - usual // 2
        if below:
            span = _beside(layout.edges, (width, height))
            lines = self._wrapped(_Line(below, usual, WHITE if notices.message else QUIET), span[1] - span[0])
            bottom -= self._height(lines)
            self._plate(shown, lines, bottom, span)
        if notices.instruction:
            self._instruct(shown, notices, (usual, bottom - usual // 2), layout.faces)
        if notices.keys:
            self._list(shown, notices.keys, usual)
        return shown

    def _instruct(self, shown: Picture, notices: Notices, place: tuple[int, int], faces: Sequence[Box]) -> None:
        """At the edge with more room between it and the faces; ``place`` is the usual size, and where below ends."""
        (usual, bottom), (height, width) = place, shown.shape[:2]
        done, wanted = notices.progress
        lines = [_Line(notices.instruction, usual * 2, WHITE, is_bold=True)]
        if notices.objection:
            lines.append(_Line(notices.objection, round(usual * 1.3), WARNING))
        if wanted:
            lines.append(_Line(f"{done}/{wanted}", round(usual * 1.3), QUIET))
        lines = [part for line in lines for part in self._wrapped(line, width)]
        above = min((box[1] for box in faces), default=height)
        below = bottom - max((box[3] for box in faces), default=bottom)
        if abs(below - above) > _FURTHER * height:
            self._instructs_below = below > above
        top = bottom - self._height(lines) if self._instructs_below else usual // 2
        self._plate(shown, lines, top, (0, width))

    def _list(self, shown: Picture, keys: Sequence[tuple[str, str]], usual: int) -> None:
        """The keys in two columns on one plate in the middle."""
        height, width = shown.shape[:2]
        size = max(_SMALLEST_PX, min(round(usual * 1.1), int(height * 0.85 / (1.4 * len(keys) + 1))))
        left = [self._strip(_Line(key, size, is_bold=True), width) for key, _ in keys]
        right = [self._strip(self._fitted(_Line(words, size), width), width) for _, words in keys]
        column = max(one.shape[1] for one in left) + 2 * size
        line = round(size * 1.4)
        plate = column + max(one.shape[1] for one in right) + 2 * size, line * len(keys) + size
        x, y = (width - plate[0]) // 2, (height - plate[1]) // 2
        _shade(shown, (x, y), plate, _KEPT_OF_LABELS)
        for number, (key, words) in enumerate(zip(left, right, strict=True)):
            top = y + size // 2 + number * line
            _ink(shown, key, (x + size, top), WARNING)
            _ink(shown, words, (x + size + column, top), WHITE)

    def _plate(self, shown: Picture, lines: Sequence[_Line], top: int, span: tuple[int, int]) -> None:
        """Lines below one another on a plate, as far into the picture as need be, in the middle of a span of x px."""
        strips = [self._strip(line, span[1] - span[0]) for line in lines]
        size = max(one.shape[1] for one in strips) + lines[0].size_px, self._height(lines)
        middle, y = sum(span) // 2, max(0, min(top, shown.shape[0] - size[1]))
        _shade(shown, (middle - size[0] // 2, y), size)
        y += _PAD_PX // 2
        for line, strip in zip(lines, strips, strict=True):
            _ink(shown, strip, (middle - strip.shape[1] // 2, y), line.colour)
            y += strip.shape[0]

    def _height(self, lines: Sequence[_Line]) -> int:
        """Of a plate with these lines, px."""
        heights = (len(self._lettering.strip("", line.size_px, line.is_bold)) for line in lines)
        return sum(heights) + _PAD_PX

    def _wrapped(self, line: _Line, width: int) -> list[_Line]:
        """A line as so many of about the same length that its letters can be read within a width px, four at most."""
        most_px, text = round(width * _WIDEST), printable(line.text, _LONGEST)
        for count in range(1, _MOST_LINES + 1):
            parts = _parts(text, count)
            fitted = [self._fitted(replace(line, text=part), most_px) for part in parts]
            size_px = min(one.size_px for one in fitted)
            if size_px >= line.size_px * _READABLE and all(map(_is_of, fitted, parts)):
                break
        return [replace(one, size_px=size_px) for one in fitted]

    def _fitted(self, line: _Line, most_px: int) -> _Line:
        """A line in letters as small as need be; its end is left out where not even the smallest do."""
        width_px = self._lettering.strip(line.text, line.size_px, line.is_bold).shape[1]
        if width_px <= most_px:
            return line
        fitted = replace(line, size_px=max(_SMALLEST_PX, line.size_px * most_px // width_px))
        width_px = self._lettering.strip(fitted.text, fitted.size_px, line.is_bold).shape[1]
        if width_px <= most_px:
            return fitted
        return replace(fitted, text=printable(line.text, max(1, len(line.text) * most_px // width_px - 1)))

    def _strip(self, line: _Line, most_px: int) -> NDArray[np.uint8]:
        """Opacity of a line that is made to fit into that width, more or less."""
        return self._lettering.strip(line.text, line.size_px, line.is_bold)[:, : max(1, most_px)]


def _is_of(line: _Line, text: str) -> bool:
    return line.text == text


def _parts(text: str, count: int) -> list[str]:
    """A text in at most so many parts of about the same length, cut where there are the widest gaps between words."""
    gap = "   " if "   " in text else " "
    parts, done = [""], 0
    for word in text.split(gap):
        if parts[-1] and len(parts) < count and done + len(word) / 2 > len(text) * len(parts) / count:
            parts.append("")
        parts[-1] = f"{parts[-1]}{gap}{word}" if parts[-1] else word
        done += len(word) + len(gap)
    return parts


def _beside(edges: Sequence[Box], size: tuple[int, int]) -> tuple[int, int]:
    """From where to where, in px of x, there is room at the lower edge of a picture (width, height)."""
    left, right = 0, size[0]
    for x1, _, x2, y2 in edges:
        if y2 > size[1] * (1 - _LOWER):
            left, right = (left, min(right, int(x1))) if x1 > size[0] - x2 else (max(left, round(x2)), right)
    return (left, right) if left < right else (0, size[0])


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
