"""The picture of the window: a frame as large as there is room, with what was read of it."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.desk.drawing.layout import Layout
from mien.desk.feed import Seen
from mien.domain.readings import FaceReading, FrameReading
from mien.results.drawing.blurring import Box, blurred
from mien.results.drawing.depth_view import beside
from mien.results.drawing.overlay import Overlay, Parts
from mien.results.drawing.placement import scaled_rect
from mien.results.drawing.trail import Trail

Picture = NDArray[np.uint8]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """What the keys have switched on, as far as it changes the picture, and whether that is of a while ago."""

    has_bars: bool = True
    has_plane: bool = False
    hides_strangers: bool = False
    has_depth: bool = False
    warns_of_several: bool = False
    is_past: bool = False

    def shows_depth(self, seen: Seen) -> bool:
        """Whether there is depth to be shown, and it is wanted."""
        return self.has_depth and seen.frame.depth_mm is not None


def fitted(size: Size, room: Size) -> Size:
    """The largest size (width, height) px of the same shape that fits into a room; 1 px at least."""
    share = min(room[0] / size[0], room[1] / size[1])
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def whole_size(seen: Seen, look: Look) -> Size:
    """Width and height px of a frame, with depth beside it where that is shown."""
    pixels = seen.frame.pixels
    return pixels.width * (2 if look.shows_depth(seen) else 1), pixels.height


class Painter:
    """Paints the frames of one camera, one after the other. One thread at a time.

    ``depth_range_m`` is from where to where depth is told apart by colour. Where it ``is_mirrored``, frames are shown
    flipped left to right, which changes nothing about what was read of them.
    """

    def __init__(self, depth_range_m: tuple[float, float], *, is_mirrored: bool = False) -> None:
        self._overlay = Overlay()
        self._trail = Trail()
        self._depth_range_m = depth_range_m
        self._is_mirrored = is_mirrored
        self.layout = Layout()
        """What lies where in the picture that was painted last."""

    def paint(self, seen: Seen, look: Look, room: Size, frames_per_s: float) -> Picture:
        """A BGR picture that fits into a room (width, height) px.

        Where strangers are to be hidden and nobody has looked at the frame yet, all of it is blurred.
        """
        seen = _mirrored(seen) if self._is_mirrored else seen
        frame, reading = seen.frame, seen.reading
        width, height = fitted(whole_size(seen, look), room)
        width = max(1, width // 2) if look.shows_depth(seen) else width
        picture = frame.pixels.scaled(width, height)
        if self._is_mirrored:
            picture = np.ascontiguousarray(picture[:, ::-1])
        share = width / frame.pixels.width, height / frame.pixels.height
        layout = Layout()
        if look.hides_strangers:
            picture = blurred(picture, _hidden(seen, share, (width, height)))
        if reading is not None:
            self._trail.add(reading)
            parts = Parts(
                has_bars=look.has_bars,
                has_plane=False,  # it is drawn once and large, with its trail
                has_rate=not look.is_past,
                warns_of_several=look.warns_of_several and not look.is_past,
            )
            picture = self._overlay.draw(picture, _scaled(reading, share, (width, height)), frames_per_s, parts)
            plane = self._trail.draw(picture, self._overlay.taken) if look.has_plane else None
            shrunk = width / picture.shape[1], height / picture.shape[0]
            edges = () if plane is None else (scaled_rect(plane, *shrunk),)
            layout = Layout(tuple(scaled_rect(face.box, *share) for face in reading.faces), edges)
        if look.shows_depth(seen):
            picture = beside(picture, frame.depth_mm, *self._depth_range_m)
        self.layout = layout
        return resized(picture, fitted((picture.shape[1], picture.shape[0]), room))


def resized(picture: Picture, size: Size) -> Picture:
    """A picture of another size (width, height) px: a small one was enlarged to be written on."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _mirrored(seen: Seen) -> Seen:
    """The same in a mirror, but for the pixels."""
    frame, reading, width = seen.frame, seen.reading, seen.frame.pixels.width
    depth_mm = None if frame.depth_mm is None else np.ascontiguousarray(frame.depth_mm[:, ::-1])
    if reading is not None:
        faces = tuple(
            replace(
                face, box=_mirrored_box(face.box, width), landmarks=tuple((width - x, y) for x, y in face.landmarks)
            )
            for face in reading.faces
        )
        refused = tuple(replace(one, box=_mirrored_box(one.box, width)) for one in reading.refused)
        reading = replace(reading, faces=faces, refused=refused)
    hidden = tuple(_mirrored_box(box, width) for box in seen.hidden)
    return Seen(replace(frame, depth_mm=depth_mm), reading, hidden)


def _mirrored_box(box: Box, width: int) -> Box:
    return width - box[2], box[1], width - box[0], box[3]


def _hidden(seen: Seen, share: tuple[float, float], size: Size) -> tuple[Box, ...]:
    """Where strangers are, in a picture of that size: anywhere, before anybody looked."""
    if seen.reading is None:
        return ((0.0, 0.0, float(size[0]), float(size[1])),)
    return tuple(scaled_rect(box, *share) for box in seen.hidden)


def _scaled(reading: FrameReading, share: tuple[float, float], size: Size) -> FrameReading:
    """The reading of the same frame at another size."""
    faces = tuple(_scaled_face(face, share) for face in reading.faces)
    refused = tuple(replace(one, box=scaled_rect(one.box, *share)) for one in reading.refused)
    return replace(reading, width=size[0], height=size[1], faces=faces, refused=refused)


def _scaled_face(face: FaceReading, share: tuple[float, float]) -> FaceReading:
    points = tuple((x * share[0], y * share[1]) for x, y in face.landmarks)
    return replace(face, box=scaled_rect(face.box, *share), landmarks=points)
