"""A picture of somebody that is held before a camera: still, moved, tilted, bent, with its eyes covered."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Held = Callable[[Picture, float], Picture]
"""What the camera sees of a picture at a moment (s)."""

GREY = (110, 110, 110)
_PERIOD_S = 3.0
_LENS = 1.2  # focal length in the longer side of the picture, as of a webcam


def _wave(time_s: float) -> float:
    return float(np.sin(2 * np.pi * time_s / _PERIOD_S))


def tilted(picture: Picture, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, nearer: float = 1.0) -> Picture:
    """A flat picture turned by degrees before the camera, and so much nearer."""
    height, width = picture.shape[:2]
    lens = _LENS * max(height, width)
    camera = np.array([[lens, 0, width / 2], [0, lens, height / 2], [0, 0, 1.0]])
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.radians([yaw, pitch, roll])), np.sin(np.radians([yaw, pitch, roll]))
    turn = (
        np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    )
    plane = np.column_stack([turn[:, 0], turn[:, 1], (0, 0, lens / nearer)])
    matrix = camera @ plane @ np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
    return np.asarray(cv2.warpPerspective(picture, matrix, (width, height), borderValue=GREY), np.uint8)


def moved(picture: Picture, right: float, down: float) -> Picture:
    """A picture moved by shares of its size."""
    height, width = picture.shape[:2]
    matrix = np.array([[1, 0, right * width], [0, 1, down * height]])
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderValue=GREY), np.uint8)


def bent(picture: Picture, angle: float) -> Picture:
    """A picture bent backwards around an upright axis, by so many radians from edge to edge."""
    height, width = picture.shape[:2]
    radius, lens = width / angle, _LENS * max(height, width)
    around = np.linspace(-angle / 2, angle / 2, 1001)
    depth = lens + radius * (1 - np.cos(around))
    seen_at = lens * radius * np.sin(around) / depth
    columns = np.arange(width) - width / 2
    turn = np.interp(columns, seen_at, around, left=np.nan, right=np.nan)
    across = np.tile(np.nan_to_num(turn * radius + width / 2, nan=-1e4), (height, 1))
    rows = np.arange(height)[:, None] - height / 2
    down = rows * np.nan_to_num(lens + radius * (1 - np.cos(turn)), nan=1e6) / lens + height / 2
    maps = across.astype(np.float32), down.astype(np.float32)
    return np.asarray(cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderValue=GREY), np.uint8)


KINDS: Mapping[str, Held] = {
    "still": lambda picture, _: picture,
    "moved about": lambda picture, s: moved(picture, 0.12 * _wave(s), 0.08 * _wave(s * 1.3)),
    "nearer and further": lambda picture, s: tilted(picture, nearer=1 + 0.25 * _wave(s)),
    "turned in its plane": lambda picture, s: tilted(picture, roll=25 * _wave(s)),
    "tilted sideways": lambda picture, s: tilted(picture, yaw=60 * _wave(s)),
    "tilted up and down": lambda picture, s: tilted(picture, pitch=60 * _wave(s)),
    "bent and tilted": lambda picture, s: tilted(bent(picture, 0.2 + 1.4 * abs(_wave(s / 2))), yaw=50 * _wave(s)),
    "waved in every way": lambda picture, s: tilted(
        moved(picture, 0.08 * _wave(s * 0.7), 0.05 * _wave(s)),
        55 * _wave(s),
        45 * _wave(s * 1.4),
        15 * _wave(s * 0.8),
        1 + 0.15 * _wave(s * 1.7),
    ),
}
"""What is done with a picture, from 0 s on; at 0 s it is straight."""
