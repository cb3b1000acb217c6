"""The free footage of the demo as tests show it: the man in the car, and a camera that moves over the astronaut."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.support.encoding import read_pictures, write_video
from tests.support.rendered import Puppet

from mien.demo import PORTRAIT, VIDEO
from mien.inference.catalog import load_catalog
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.sources.synthetic import MovingView
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_mesher

Picture = NDArray[np.uint8]
_FRAMES, _TIMES_LARGER = 120, 2


def man(weights: WeightStore) -> list[Picture]:
    """A man in a car, who talks and moves his head, twice as large as he was filmed."""
    path = weights.path(load_catalog().card(VIDEO))
    larger = {"dsize": None, "fx": _TIMES_LARGER, "fy": _TIMES_LARGER, "interpolation": cv2.INTER_CUBIC}
    return [cv2.resize(frame, **larger) for frame in read_pictures(path, _FRAMES)]


def puppet(portrait: Picture, take: Callable[[str], InstalledModel]) -> Puppet:
    """The one face of a picture, which can be moved."""
    pixels = ArrayPixels(portrait)
    detector = load_detector(take("yunet"), DetectionSettings())
    faces = detector.refine(pixels, detector.detect(pixels))
    assert len(faces) == 1
    return Puppet(portrait, load_mesher(take("face-mesh")).mesh(pixels, faces).points[0])


def write_stranger(path: Path, weights: WeightStore, seconds: float = 11.0, fps: int = 12) -> Path:
    """A video of the astronaut, over whose portrait the camera wanders."""
    return write_video(path, islice(portrait_views(weights, fps), int(seconds * fps)), fps=fps)


def portrait_views(weights: WeightStore, fps: int = 25) -> Iterator[Picture]:
    """The astronaut, over whose portrait the camera wanders, 480×480 px, without end."""
    picture = read_picture(str(weights.path(load_catalog().card(PORTRAIT))), 100)
    view = MovingView(PORTRAIT, picture, _Hurried(), size=(480, 480), frame_rate=fps, narrowest=0.8)
    return (one.pixels.bgr() for one in view.frames())


class _Hurried:
    """A clock by which whatever is waited for has been long ago."""

    def __init__(self) -> None:
        self._passed_s = 0.0

    def monotonic_s(self) -> float:
        self._passed_s += 1.0
        return self._passed_s
