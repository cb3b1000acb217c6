"""From pictures with depth to frames: what came together is checked, mirrored and counted."""

import logging
from collections.abc import Iterator

import cv2
import numpy as np

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled, SourceUnreadable
from mien.domain.frame import Frame
from mien.sources.closing import Closing
from mien.sources.depth.depth_source import Depth, DepthShot, DepthSource
from mien.sources.pixels import ArrayPixels
from mien.sources.source import SourceSettings

_log = logging.getLogger(__name__)
_POLL_S = 0.2  # so long a reader may be deaf to its being closed
_APART_S = 0.04  # one picture of 30 a second, and what stamps are rounded by: what lies further apart shows two moments
_JUDGED = 100  # pictures until it is told that hardly any has depth
_HARDLY = 0.2


class DepthCamera:
    """A source of frames with depth. A picture whose depth is missing, or of another moment, has none.

    How many had none is counted in ``without_depth``. Where that are nearly all, the log says so once, if ``is_told``.
    Raises SourceUnreadable where the depth is not registered to its picture, SourceStalled where a device falls silent
    for the stall timeout (its first picture may take the open timeout).
    """

    is_still = False

    def __init__(
        self,
        source: DepthSource,
        settings: SourceSettings,
        clock: Clock,
        *,
        is_mirrored: bool = False,
        is_told: bool = True,
    ) -> None:
        self.name = source.name
        self.is_live = source.is_live
        self.frame_rate = source.frame_rate
        self.frame_count = source.frame_count
        self.without_depth = 0
        self._source = source
        self._settings = settings
        self._clock = clock
        self._is_mirrored = is_mirrored
        self._is_told = is_told
        self._closing = Closing(source.close)

    def frames(self) -> Iterator[Frame]:
        with self._closing.reading():
            started_s: float | None = None
            index = 0
            for shot in self._shots():
                delivered_s = self._clock.monotonic_s()
                at_s = delivered_s if self.is_live else shot.colour_s  # stamps of a device may begin anew
                started_s = at_s if started_s is None else started_s
                depth = self._depth_of(shot)
                self.without_depth += depth is None
                colour = np.asarray(cv2.flip(shot.colour, 1), np.uint8) if self._is_mirrored else shot.colour
                yield Frame(self.name, index, at_s - started_s, delivered_s, ArrayPixels(colour), depth)
                index += 1
                if index == _JUDGED:
                    self._judge(index)
            self._judge(index)

    def close(self) -> None:
        self._closing.request()

    def _shots(self) -> Iterator[DepthShot]:
        delivered_s, patience_s = self._clock.monotonic_s(), self._settings.open_timeout_s
        while not self._closing.is_requested:
            shot = self._source.read(_POLL_S)
            if shot is not None:
                yield shot
                delivered_s, patience_s = self._clock.monotonic_s(), self._settings.stall_timeout_s
            elif not self.is_live:
                return
            elif self._clock.monotonic_s() - delivered_s >= patience_s:
                raise SourceStalled(f"{self.name} sent no picture for {patience_s:g} s")

    def _depth_of(self, shot: DepthShot) -> Depth | None:
        """The depth that goes with the picture of a shot, read-only."""
        if shot.depth_mm is None or shot.depth_s is None or abs(shot.depth_s - shot.colour_s) > _APART_S:
            return None
        (height, width), (depth_height, depth_width) = shot.colour.shape[:2], shot.depth_mm.shape
        # A side of the smaller one may be rounded to full pixels.
        if abs(depth_width * height - depth_height * width) >= max(width, height):
            raise SourceUnreadable(
                f"{self.name}: depth of {depth_width}×{depth_height} px is not registered to a picture of "
                f"{width}×{height} px: both have to show the same view"
            )
        depth = np.asarray(cv2.flip(shot.depth_mm, 1) if self._is_mirrored else shot.depth_mm, np.uint16).view()
        depth.flags.writeable = False
        return depth

    def _judge(self, frames: int) -> None:
        """Say where hardly any of the frames so far had depth."""
        with_depth = frames - self.without_depth
        if self._is_told and frames and with_depth < _HARDLY * frames:
            self._is_told = False
            share = f"{with_depth} of {frames} pictures ({with_depth / frames:.0%})"
            _log.warning("%s: only %s have depth: the others have none taken at the same moment", self.name, share)
