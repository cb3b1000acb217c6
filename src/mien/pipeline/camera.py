"""One camera's way from frames to readings: following, then reading, with all that is remembered in between."""

from typing import Protocol

import numpy as np

from mien.domain.faces import TrackedFaces
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading, TrackEnd
from mien.pipeline.finding import Finder
from mien.pipeline.following import Followed
from mien.pipeline.reading import FrameReader


class Following(Protocol):
    """Finds the faces of a source's frames, one frame after the other."""

    def follow(self, frame: Frame) -> Followed:
        """The faces of the next frame."""
        ...


class StillFollowing:
    """Unrelated pictures: every face of every picture is a track of its own, which ends with the picture."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._ids = np.zeros(0, np.int64)
        self._last_id = 0

    def follow(self, frame: Frame) -> Followed:
        """The faces of the next picture."""
        judged = self._finder.find(frame)
        found, refused = judged.faces, judged.refused
        ended, self._ids = self._ids, self._last_id + 1 + np.arange(len(found), dtype=np.int64)
        self._last_id += len(found)
        is_detected = np.ones(len(found), np.bool_)
        return Followed(
            frame,
            TrackedFaces(found, self._ids),
            is_detected,
            tuple(int(track) for track in ended),
            TrackedFaces(refused, 1 + np.arange(len(refused), dtype=np.int64)),
        )


class CameraPipeline:
    """The two halves of the way; ``follow`` of the next frame may run while ``read`` of this one does."""

    def __init__(self, following: Following, reader: FrameReader) -> None:
        self._following = following
        self._reader = reader

    def follow(self, frame: Frame) -> Followed:
        """First half, one thread at a time, frames in order: where the faces are."""
        return self._following.follow(frame)

    def read(self, followed: Followed) -> FrameReading:
        """Second half, one thread at a time, in the same order: what they show."""
        return self._reader.read(followed)

    def process(self, frame: Frame) -> FrameReading:
        """Both halves."""
        return self.read(self.follow(frame))

    def finish(self) -> tuple[TrackEnd, ...]:
        """After the last frame: what the tracks that were still open are."""
        return self._reader.finish()
