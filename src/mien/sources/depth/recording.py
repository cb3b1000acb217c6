"""Recorded pictures with depth, in the layout of the TUM RGB-D benchmark (Sturm et al., IROS 2012)."""

from pathlib import Path

import numpy as np

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound
from mien.sources.depth.camera import DepthCamera
from mien.sources.depth.depth_source import Depth, DepthShot
from mien.sources.depth.lists import check_overlap, matched, read_list
from mien.sources.images import read_picture, read_wide_grey
from mien.sources.source import SourceSettings
from mien.telemetry.text import writable

_PICTURES, _DEPTHS = "rgb.txt", "depth.txt"
_UNITS_PER_MM = 5  # 5000 are a metre


def is_recording(path: str) -> bool:
    """Whether a folder is a recording: it holds ``rgb.txt`` and ``depth.txt``."""
    try:
        return all((Path(path) / name).is_file() for name in (_PICTURES, _DEPTHS))
    except (OSError, ValueError):  # too long, a zero byte, no permission
        return False


def open_recording(path: str, settings: SourceSettings, clock: Clock, *, is_told: bool = True) -> DepthCamera:
    """Open a folder in TUM layout, which is read whole, in order of the times in ``rgb.txt``.

    Raises SourceUnreadable where a list cannot be read (see `read_list`), or the two are of different times; its frames
    raise SourceNotFound for a picture that is not there, and SourceUnreadable for one that is broken, too large, or,
    being depth, not grey of 16 bits. Where depth is not there, a frame has none. ``is_told``: see DepthCamera.
    """
    recording = Recording(path, settings.max_megapixels)
    return DepthCamera(recording, settings, clock, is_told=is_told)


class Recording:
    """One folder. Pictures are registered as the benchmark's are: its depth has the view and size of its colour."""

    is_live = False

    def __init__(self, folder: str, max_megapixels: float) -> None:
        self.name = writable(folder)
        pictures, depths = (read_list(folder, name) for name in (_PICTURES, _DEPTHS))
        check_overlap(self.name, pictures, depths)
        self.frame_count = len(pictures)
        between_s = float(np.median(np.diff([one.time_s for one in pictures]))) if len(pictures) > 1 else 0.0
        self.frame_rate = 1 / between_s if between_s > 0 else 0.0
        self._max_megapixels = max_megapixels
        self._left = iter(zip(pictures, matched(pictures, depths), strict=True))

    def read(self, timeout_s: float) -> DepthShot | None:  # noqa: ARG002  files do not wait
        picture, depth = next(self._left, (None, None))
        if picture is None:
            return None
        colour = read_picture(picture.path, self._max_megapixels)
        depth_mm = self._depth(depth.path) if depth else None
        return DepthShot(colour, picture.time_s, depth_mm, depth.time_s if depth else None)

    def close(self) -> None:
        """Nothing is held between pictures."""

    def _depth(self, path: str) -> Depth | None:
        """The depth in a file, or None where there is no such file."""
        try:
            raw = read_wide_grey(path, self._max_megapixels)
        except SourceNotFound:
            return None
        return np.rint(raw / _UNITS_PER_MM).astype(np.uint16)
