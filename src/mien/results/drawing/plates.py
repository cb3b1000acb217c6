"""Plates with what is written at a face: how large they are, and how they are drawn."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.results.drawing.labels import DIM, Label, Text, spacing
from mien.results.drawing.lettering import Lettering, Shade
from mien.results.palette import Rgb, bgr

Picture = NDArray[np.uint8]

PLATE: Rgb = (16, 19, 24)
PLATE_OPACITY = 205
_TRACK: Rgb = (62, 68, 78)


class Plates:
    """Draws labels on dark plates."""

    def __init__(self, lettering: Lettering) -> None:
        self._lettering = lettering
        self._shade = Shade(PLATE, PLATE_OPACITY)

    def size(self, label: Label) -> tuple[float, float]:
        """Width and height of a label's plate, px."""
        pad, line = spacing(label.size_px)
        widest = max(self._line_width(line_texts, label.size_px) for line_texts in label.lines)
        widest = max(widest, label.bars_px + label.plane_px + (2 * pad if label.bars and label.plane else 0))
        below = max(len(label.bars) * (line - 2), label.plane_px + 2 * line if label.plane else 0)
        height = len(label.lines) * line + below + (pad if label.is_panel else 0)
        return widest + 2 * pad + max(2, pad // 2), height + pad

    def _line_width(self, texts: tuple[Text, ...], size_px: int) -> int:
        gaps = (len(texts) - 1) * round(size_px * 0.45)
        return gaps + sum(int(self._lettering.strip(text.text, size_px, text.is_bold).shape[1]) for text in texts)

    def draw(self, canvas: Picture, label: Label, corner: tuple[float, float], *, with_accent: bool) -> None:
        """Draw a label, the upper left corner of its plate at (left, top)."""
        pad, line = spacing(label.size_px)
        width, height = (round(side) for side in self.size(label))
        left, top = round(corner[0]), round(corner[1])
        self._shade.lay(canvas, (left, top), (width, height))
        accent_px = max(2, pad // 2)
        if with_accent:
            cv2.rectangle(canvas, (left, top), (left + accent_px - 1, top + height - 1), bgr(label.accent), cv2.FILLED)
        left, y = left + accent_px + pad, top + pad // 2
        for texts in label.lines:
            self._draw_line(canvas, texts, label.size_px, (left, y))
            y += line
        inner, y = width - accent_px - 2 * pad, y + pad // 2
        beside = label.plane_px + 2 * pad if label.plane else 0
        if label.bars:
            self._draw_bars(canvas, label, (left, y), inner - beside)
        if label.plane:
            plane_left = left + inner - label.plane_px if label.bars else left
            small_px = max(9, round(label.size_px * 0.8))
            label.plane.draw(canvas, self._lettering, (plane_left, y), label.plane_px, small_px)

    def _draw_line(self, canvas: Picture, texts: tuple[Text, ...], size_px: int, corner: tuple[int, int]) -> None:
        (x, y), (_, line) = corner, spacing(size_px)
        for text in texts:
            height, width = self._lettering.strip(text.text, size_px, text.is_bold).shape
            ink = self._lettering.ink(text.text, size_px, text.is_bold, text.colour)
            ink.lay(canvas, x, y + (line - height) // 2)
            x += width + round(size_px * 0.45)

    def _draw_bars(self, canvas: Picture, label: Label, corner: tuple[int, int], width: int) -> None:
        _, line = spacing(label.size_px)
        left, y = corner
        text_px = max(9, round(label.size_px * 0.8))
        bar_left = left + round(label.size_px * 4.9)
        bar_width = left + width - bar_left
        thickness = max(3, round(label.size_px * 0.36))
        right = bar_left + bar_width - 1
        for name, share, colour in label.bars:
            height = self._lettering.strip(name, text_px, False).shape[0]
            self._lettering.ink(name, text_px, False, DIM).lay(canvas, left, y + (line - 2 - height) // 2)
            top = y + (line - 2 - thickness) // 2
            cv2.rectangle(canvas, (bar_left, top), (right, top + thickness - 1), bgr(_TRACK), cv2.FILLED)
            if share * bar_width >= 0.5:
                filled = bar_left + round(share * bar_width) - 1
                cv2.rectangle(canvas, (bar_left, top), (filled, top + thickness - 1), bgr(colour), cv2.FILLED)
            y += line - 2
