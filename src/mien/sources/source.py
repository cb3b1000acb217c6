"""Where frames come from: the protocol every source fulfils."""

from collections.abc import Iterator
from typing import Protocol

from mien.domain.frame import Frame


class Source(Protocol):
    """One opened picture, folder, video or camera.

    ``name`` is what readings carry as their camera: a path as it was given, or a URL without its password.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_live(self) -> bool:
        """Live sources do not wait for their reader; files do."""
        ...

    @property
    def frame_rate(self) -> float:
        """Nominal frames per second; 0 where it is not known or there is only one frame."""
        ...

    @property
    def frame_count(self) -> int:
        """Expected number of frames; 0 where it is not known (a live source)."""
        ...

    @property
    def is_still(self) -> bool:
        """Frames are unrelated pictures: nothing is followed from one to the next."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Every frame in order. Raises SourceUnreadable, SourceUnreachable or SourceStalled where it breaks off."""
        ...

    def close(self) -> None:
        """Give back what is held; idempotent, and safe from another thread while frames() runs."""
        ...
