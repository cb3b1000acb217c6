"""Readings drawn onto a picture: box, name, apparent expression, its distribution and place, quality, liveness."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.readings import FaceReading, FrameReading
from mien.results.drawing.labels import DIM, WHITE, Label, Text, labels_of
from mien.results.drawing.lettering import Lettering, Shade
from mien.results.drawing.placement import Place, Placement, Rect, scaled_rect
from mien.results.drawing.plates import PLATE, Plates
from mien.results.palette import NO_EVIDENCE, Rgb, bgr, expression_colour, identity_colour

Picture = NDArray[np.uint8]

_READABLE_SHORT_SIDE_PX = 360
_LARGEST_SIDE_PX = 3840
_REMEMBERED_SIDES = 4096
_WARNING: Rgb = (255, 196, 0)
_WARNING_OPACITY = 240


@dataclass(frozen=True, slots=True)
class Parts:
    """What of an overlay is drawn beside boxes and labels.

    ``has_bars``: the distribution of expressions and the quality as bars, which are told in a line otherwise;
    ``has_plane``: the square of valence and arousal; ``has_rate``: how many faces, and pictures a second, in the upper
    left corner; ``warns_of_several``: a plate at the top as soon as more than one face is in view, for set-ups in which
    one person is expected.
    """

    has_bars: bool = True
    has_plane: bool = True
    has_rate: bool = True
    warns_of_several: bool = False


def drawing_scale(width: int, height: int) -> float:
    """How much a picture is enlarged (or a huge one reduced) so that text on it can be read."""
    if max(width, height) > _LARGEST_SIDE_PX:
        return _LARGEST_SIDE_PX / max(width, height)
    return float(min(4, math.ceil(_READABLE_SHORT_SIDE_PX / max(1, min(width, height)))))


class Overlay:
    """Draws the readings of one source, frame after frame; labels stay on their side. One thread at a time.

    What the depth refused has grey corners, and is counted beside the faces.
    """

    def __init__(self) -> None:
        self._lettering = Lettering()
        self._plates = Plates(self._lettering)
        self._warning = Shade(_WARNING, _WARNING_OPACITY)
        self._sides: dict[int, int] = {}
        self.taken: tuple[Rect, ...] = ()
        """The areas (x1, y1, x2, y2 px) that labels take up in the picture that was drawn last."""

    def draw(
        self, picture: Picture, reading: FrameReading, frames_per_s: float = 0.0, parts: Parts = Parts()
    ) -> Picture:
        """A new BGR picture with everything drawn, enlarged by ``drawing_scale`` of the (h, w, 3) BGR ``picture``."""
        scale = drawing_scale(picture.shape[1], picture.shape[0])
        canvas = _scaled(picture, scale)
        height, width = canvas.shape[:2]
        letter_px = letter_px_of(canvas)
        boxes = [scaled_rect(face.box, scale, scale) for face in reading.faces]
        placement = Placement(width, height, boxes, gap=max(3.0, letter_px * 0.3))
        margin = letter_px * 0.5
        rate: Rect = (margin, margin, margin, margin)
        if parts.has_rate:
            rate = self._draw_rate(canvas, reading, frames_per_s, margin)
            placement.take(rate)
        for refused in reading.refused:
            _draw_corners(canvas, scaled_rect(refused.box, scale, scale), DIM, _line_px(letter_px) + 1)
        for face, box in zip(reading.faces, boxes, strict=True):
            _draw_box(canvas, face, box, letter_px)
        if parts.warns_of_several and len(boxes) > 1:
            placement.take(self._draw_warning(canvas, len(boxes), rate))
        by_size = sorted(range(len(boxes)), key=lambda n: boxes[n][0] - boxes[n][2])
        for number in by_size:
            box, face = boxes[number], reading.faces[number]
            size = box[2] - box[0], box[3] - box[1]
            labels = labels_of(face, size, letter_px, has_bars=parts.has_bars, has_plane=parts.has_plane)
            self._draw_label(canvas, placement, number, face.track_id, labels)
        self.taken = placement.taken
        return canvas

    def _draw_rate(self, canvas: Picture, reading: FrameReading, frames_per_s: float, margin: float) -> Rect:
        letter_px, count = letter_px_of(canvas), len(reading.faces)
        faces = "no face" if not count else "1 face" if count == 1 else f"{count} faces"
        refused = (Text(f"{len(reading.refused)} refused by depth", DIM),) if reading.refused else ()
        rate = (Text(f"{frames_per_s:.0f} fps", DIM),) if frames_per_s > 0 else ()
        texts = (Text(faces, WHITE), *refused, *rate)
        label = Label((texts,), (), max(12, round(letter_px * 0.9)), DIM)
        width, height = self._plates.size(label)
        self._plates.draw(canvas, label, (margin, margin), with_accent=False)
        return margin, margin, margin + width, margin + height

    def _draw_warning(self, canvas: Picture, count: int, rate: Rect) -> Rect:
        """A plate in the middle of the upper edge, or below the rate where there is no room beside that."""
        size_px = round(letter_px_of(canvas) * 1.3)
        told = f"{count} faces in view"
        strip = self._lettering.strip(told, size_px, True)
        width, height = strip.shape[1] + 2 * size_px, strip.shape[0] + size_px // 2
        left, top = max((canvas.shape[1] - width) // 2, 0), round(rate[1])
        if left < rate[2] + size_px // 2:
            top = round(rate[3]) + size_px // 2
        self._warning.lay(canvas, (left, top), (width, height))
        self._lettering.ink(told, size_px, True, PLATE).lay(canvas, left + size_px, top + size_px // 4)
        return float(left), float(top), float(left + width), float(top + height)

    def _draw_label(
        self, canvas: Picture, placement: Placement, number: int, track_id: int, labels: list[Label]
    ) -> None:
        """Draw that one of a face's labels that says most without hiding much."""
        before = self._sides.get(track_id)
        best: tuple[Place, Label] | None = None
        for label in labels:
            place = placement.place(number, self._plates.size(label), before, is_panel=label.is_panel)
            if best is None or place.cost < best[0].cost:
                best = place, label
            if place.cost < 0.25:  # hides next to nothing: no need to say less
                break
        assert best is not None
        place, label = best
        if len(self._sides) > _REMEMBERED_SIDES:
            self._sides.clear()
        self._sides[track_id] = place.side
        width, height = self._plates.size(label)
        placement.take((place.left, place.top, place.left + width, place.top + height))
        self._plates.draw(canvas, label, (place.left, place.top), with_accent=True)


def letter_px_of(canvas: Picture) -> int:
    """Height of letters on a canvas, px."""
    return min(44, max(12, round(int(min(canvas.shape[:2])) * 0.021)))


def _scaled(picture: Picture, scale: float) -> Picture:
    if scale == 1:
        return picture.copy()
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    enlarged = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
    return np.asarray(enlarged, dtype=np.uint8)


def _draw_box(canvas: Picture, face: FaceReading, box: Rect, letter_px: int) -> None:
    """A frame in the colour of the identity, its corners only where the face was not detected in this very frame."""
    colour, line_px = identity_colour(face.identity), _line_px(letter_px)
    x1, y1, x2, y2 = (round(value) for value in box)
    is_measured = face.detection_source == "measured"
    if is_measured:
        cv2.rectangle(canvas, (x1, y1), (x2, y2), bgr(colour), line_px, cv2.LINE_AA)
    _draw_corners(canvas, box, colour, line_px + 1 if is_measured else line_px)
    _draw_distribution(canvas, face, (x1, y2 - 2 * line_px, x2), line_px)


def _draw_corners(canvas: Picture, box: Rect, colour: Rgb, line_px: int) -> None:
    x1, y1, x2, y2 = (round(value) for value in box)
    reach = max(4, round(min(x2 - x1, y2 - y1) * 0.22))
    for x, dx in ((x1, reach), (x2, -reach)):
        for y, dy in ((y1, reach), (y2, -reach)):
            cv2.line(canvas, (x, y), (x + dx, y), bgr(colour), line_px, cv2.LINE_AA)
            cv2.line(canvas, (x, y), (x, y + dy), bgr(colour), line_px, cv2.LINE_AA)


def _line_px(letter_px: int) -> int:
    return max(1, round(letter_px / 12))


def _draw_distribution(canvas: Picture, face: FaceReading, base: tuple[int, int, int], line_px: int) -> None:
    """The whole distribution as one stacked bar along the lower edge of the box."""
    left, bottom, right = base
    if not face.probabilities or right - left < 24:
        return
    height = max(3, line_px * 2)
    cv2.rectangle(canvas, (left, bottom - height), (right, bottom), bgr(NO_EVIDENCE), cv2.FILLED)
    reached = 0.0
    for label, share in zip(face.emotion_labels, face.probabilities, strict=True):
        x1, x2 = left + round(reached * (right - left)), left + round((reached + share) * (right - left))
        if x2 > x1:
            colour = bgr(expression_colour(label, face.emotion_labels))
            cv2.rectangle(canvas, (x1, bottom - height), (x2 - 1, bottom), colour, cv2.FILLED)
        reached += share
