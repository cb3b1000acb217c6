"""Readings drawn onto a picture: box, name, apparent expression, its distribution and place, quality, liveness."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.readings import FaceReading, FrameReading
from mien.results.drawing.lettering import Lettering, printable, tint
from mien.results.drawing.placement import Place, Placement, Rect
from mien.results.drawing.plane import Plane
from mien.results.palette import NO_EVIDENCE, Rgb, bgr, expression_colour, identity_colour

Picture = NDArray[np.uint8]

_READABLE_SHORT_SIDE_PX = 360
_LARGEST_SIDE_PX = 3840
_WHITE: Rgb = (255, 255, 255)
_DIM: Rgb = (178, 186, 198)
_PLATE: Rgb = (16, 19, 24)
_TRACK: Rgb = (62, 68, 78)
_PLATE_OPACITY = 205
_LONGEST_NAME = 26
_REMEMBERED_SIDES = 4096


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    colour: Rgb
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class _Label:
    """What is written at one face: lines of text, bars (name, share, colour) below them, and a plane beside these."""

    lines: tuple[tuple[_Text, ...], ...]
    bars: tuple[tuple[str, float, Rgb], ...]
    size_px: int
    accent: Rgb
    plane: Plane | None = None

    @property
    def bars_px(self) -> int:
        """Width of the bars with their names."""
        return self.size_px * 10

    @property
    def plane_px(self) -> int:
        """Side of the square."""
        return round(self.size_px * 5.5) if self.plane else 0


def drawing_scale(width: int, height: int) -> float:
    """How much a picture is enlarged (or a huge one reduced) so that text on it can be read."""
    if max(width, height) > _LARGEST_SIDE_PX:
        return _LARGEST_SIDE_PX / max(width, height)
    return float(min(4, math.ceil(_READABLE_SHORT_SIDE_PX / max(1, min(width, height)))))


class Overlay:
    """Draws the readings of one source, frame after frame; labels stay on their side. One thread at a time."""

    def __init__(self) -> None:
        self._lettering = Lettering()
        self._sides: dict[int, int] = {}

    def draw(self, picture: Picture, reading: FrameReading, frames_per_s: float = 0.0) -> Picture:
        """A new BGR picture with everything drawn, enlarged by ``drawing_scale`` of the (h, w, 3) BGR ``picture``."""
        scale = drawing_scale(picture.shape[1], picture.shape[0])
        canvas = _scaled(picture, scale)
        height, width = canvas.shape[:2]
        letter_px = _letter_px(canvas)
        boxes: list[Rect] = [
            (face.box[0] * scale, face.box[1] * scale, face.box[2] * scale, face.box[3] * scale)
            for face in reading.faces
        ]
        placement = Placement(width, height, boxes, gap=max(3.0, letter_px * 0.3))
        self._draw_rate(canvas, placement, reading, frames_per_s, letter_px)
        for face, box in zip(reading.faces, boxes, strict=True):
            _draw_box(canvas, face, box, letter_px)
        by_size = sorted(range(len(boxes)), key=lambda n: boxes[n][0] - boxes[n][2])
        for number in by_size:
            self._draw_label(canvas, placement, reading.faces[number], number, boxes[number])
        return canvas

    def _draw_rate(
        self, canvas: Picture, placement: Placement, reading: FrameReading, frames_per_s: float, letter_px: int
    ) -> None:
        count = len(reading.faces)
        faces = "no face" if not count else "1 face" if count == 1 else f"{count} faces"
        texts = (_Text(faces, _WHITE), *((_Text(f"{frames_per_s:.0f} fps", _DIM),) if frames_per_s > 0 else ()))
        label = _Label((texts,), (), max(12, round(letter_px * 0.9)), _DIM)
        width, height = self._size(label)
        margin = letter_px * 0.5
        self._draw_plate(canvas, label, Place(margin, margin, 0, 0.0), with_accent=False)
        placement.take((margin, margin, margin + width, margin + height))

    def _draw_label(self, canvas: Picture, placement: Placement, face: FaceReading, number: int, box: Rect) -> None:
        letter_px = _letter_px(canvas)
        before = self._sides.get(face.track_id)
        best: tuple[Place, _Label] | None = None
        for label in _labels(face, box[2] - box[0], box[3] - box[1], letter_px):
            place = placement.place(number, self._size(label), before, is_panel=bool(label.bars))
            if best is None or place.cost < best[0].cost:
                best = place, label
            if place.cost < 0.25:  # hides next to nothing: no need to say less
                break
        assert best is not None
        place, label = best
        if len(self._sides) > _REMEMBERED_SIDES:
            self._sides.clear()
        self._sides[face.track_id] = place.side
        width, height = self._size(label)
        placement.take((place.left, place.top, place.left + width, place.top + height))
        self._draw_plate(canvas, label, place, with_accent=True)

    def _size(self, label: _Label) -> tuple[float, float]:
        pad, line = _spacing(label.size_px)
        widest = max(self._line_width(line_texts, label.size_px) for line_texts in label.lines)
        if label.bars:
            widest = max(widest, label.bars_px + label.plane_px + (2 * pad if label.plane else 0))
        below = max(len(label.bars) * (line - 2), label.plane_px + 2 * line if label.plane else 0)
        height = len(label.lines) * line + below + (pad if label.bars else 0)
        return widest + 2 * pad + max(2, pad // 2), height + pad

    def _line_width(self, texts: tuple[_Text, ...], size_px: int) -> int:
        gaps = (len(texts) - 1) * round(size_px * 0.45)
        return gaps + sum(int(self._lettering.strip(text.text, size_px, text.is_bold).shape[1]) for text in texts)

    def _draw_plate(self, canvas: Picture, label: _Label, place: Place, with_accent: bool) -> None:
        pad, line = _spacing(label.size_px)
        width, height = (round(side) for side in self._size(label))
        left, top = round(place.left), round(place.top)
        tint(canvas, np.full((height, width), _PLATE_OPACITY, np.uint8), left, top, _PLATE)
        accent_px = max(2, pad // 2)
        if with_accent:
            cv2.rectangle(canvas, (left, top), (left + accent_px - 1, top + height - 1), bgr(label.accent), cv2.FILLED)
        y = top + pad // 2
        for texts in label.lines:
            x = left + accent_px + pad
            for text in texts:
                strip = self._lettering.strip(text.text, label.size_px, text.is_bold)
                tint(canvas, strip, x, y + (line - strip.shape[0]) // 2, text.colour)
                x += strip.shape[1] + round(label.size_px * 0.45)
            y += line
        inner = width - accent_px - 2 * pad
        beside = label.plane_px + 2 * pad if label.plane else 0
        self._draw_bars(canvas, label, (left + accent_px + pad, y + pad // 2), inner - beside)
        if label.plane:
            corner = left + accent_px + pad + inner - label.plane_px, y + pad // 2
            label.plane.draw(canvas, self._lettering, corner, label.plane_px, max(9, round(label.size_px * 0.8)))

    def _draw_bars(self, canvas: Picture, label: _Label, corner: tuple[int, int], width: int) -> None:
        _, line = _spacing(label.size_px)
        left, y = corner
        text_px = max(9, round(label.size_px * 0.8))
        bar_left = left + round(label.size_px * 4.9)
        bar_width = left + width - bar_left
        thickness = max(3, round(label.size_px * 0.36))
        for name, share, colour in label.bars:
            strip = self._lettering.strip(name, text_px, False)
            tint(canvas, strip, left, y + (line - 2 - strip.shape[0]) // 2, _DIM)
            top = y + (line - 2 - thickness) // 2
            right = bar_left + bar_width - 1
            cv2.rectangle(canvas, (bar_left, top), (right, top + thickness - 1), bgr(_TRACK), cv2.FILLED)
            if share * bar_width >= 0.5:
                filled = bar_left + round(share * bar_width) - 1
                cv2.rectangle(canvas, (bar_left, top), (filled, top + thickness - 1), bgr(colour), cv2.FILLED)
            y += line - 2


def _letter_px(canvas: Picture) -> int:
    return min(44, max(12, round(int(min(canvas.shape[:2])) * 0.021)))


def _spacing(size_px: int) -> tuple[int, int]:
    """Inner margin and height of a line, px."""
    return max(3, round(size_px * 0.35)), round(size_px * 1.28)


def _scaled(picture: Picture, scale: float) -> Picture:
    if scale == 1:
        return picture.copy()
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    enlarged = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
    return np.asarray(enlarged, dtype=np.uint8)


def _labels(face: FaceReading, width: float, height: float, letter_px: int) -> list[_Label]:
    """Labels that would suit a face of that size on the canvas, the most telling first."""
    accent = identity_colour(face.identity)
    name = printable(face.person_name or face.person_id, _LONGEST_NAME)
    title = _Text(name, _WHITE, is_bold=True) if name else _Text(face.identity, _DIM)
    number = _Text(f"#{face.track_id}", _DIM)
    expression, liveness = _expression(face), _liveness(face)
    further = (liveness,) if liveness else ()
    spoof = liveness if face.liveness == "spoof" and not face.liveness_reason else ()
    small_px = max(12, round(letter_px * 0.8))
    labels: list[_Label] = []
    if height >= letter_px * 9 and face.probabilities:
        quality = ("quality", face.quality, _WHITE)
        bars = [
            (label, share, expression_colour(label, face.emotion_labels))
            for label, share in zip(face.emotion_labels, face.probabilities, strict=True)
        ]
        if plane := Plane.of(face):
            labels.append(_Label(((title, number), expression, *further), (*bars, quality), small_px, accent, plane))
        labels.append(_Label(((title, number), expression, *further), (*bars, quality), small_px, accent))
    if width >= letter_px * 4:
        quality_text = _Text(f"q {face.quality:.2f}", _DIM)
        labels.append(_Label(((title, number), (*expression, quality_text), *further), (), small_px, accent))
    if width >= letter_px * 2.4 and face.emotion_smoothed:
        labels.append(_Label(((title,), (*expression[:1], *liveness[:1])), (), small_px, accent))
    labels.append(_Label(((title if name else number, *spoof[:1]),), (), max(11, round(letter_px * 0.68)), accent))
    return labels


def _expression(face: FaceReading) -> tuple[_Text, ...]:
    """The confirmed expression with its present probability; an ellipsis before, nothing where none was measured."""
    label = face.emotion_smoothed
    if not (label or face.probabilities):
        return ()
    if not label:
        return (_Text("…", _DIM),)
    colour = expression_colour(label, face.emotion_labels)
    light: Rgb = (
        colour[0] + (255 - colour[0]) // 3,
        colour[1] + (255 - colour[1]) // 3,
        colour[2] + (255 - colour[2]) // 3,
    )
    if label in face.emotion_labels and face.probabilities:
        share = face.probabilities[face.emotion_labels.index(label)]
        return _Text(label, light), _Text(f"{share:.0%}", _DIM)
    return (_Text(label, light),)


def _liveness(face: FaceReading) -> tuple[_Text, ...]:
    """What was judged, in colour where that was fair, else with what stands against it; empty where nobody asked."""
    score = (_Text(f"{face.liveness_score:.2f}", _DIM),) if face.liveness else ()
    if face.liveness_reason:
        return _Text(f"{face.liveness or 'live'}?", _DIM), *score, _Text(face.liveness_reason, _DIM)
    colour = identity_colour("known" if face.liveness == "live" else "unknown")
    return (_Text(face.liveness, colour, is_bold=True), *score) if face.liveness else ()


def _draw_box(canvas: Picture, face: FaceReading, box: Rect, letter_px: int) -> None:
    """A frame in the colour of the identity, its corners only where the face was not detected in this very frame."""
    colour = bgr(identity_colour(face.identity))
    x1, y1, x2, y2 = (round(value) for value in box)
    line_px = max(1, round(letter_px / 12))
    reach = max(4, round(min(x2 - x1, y2 - y1) * 0.22))
    if face.detection_source == "measured":
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, line_px, cv2.LINE_AA)
        corner_px = line_px + 1
    else:
        corner_px = line_px
    for x, dx in ((x1, reach), (x2, -reach)):
        for y, dy in ((y1, reach), (y2, -reach)):
            cv2.line(canvas, (x, y), (x + dx, y), colour, corner_px, cv2.LINE_AA)
            cv2.line(canvas, (x, y), (x, y + dy), colour, corner_px, cv2.LINE_AA)
    _draw_distribution(canvas, face, (x1, y2 - 2 * line_px, x2), line_px)


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
