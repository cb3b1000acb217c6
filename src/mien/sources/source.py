"""Where frames come from: the protocol every source fulfils, and what a person may set about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from mien.domain.frame import Frame


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How sources are opened and read.

    ``transport`` is what RTSP runs over. A live source is given up as unreachable when its opening takes longer than
    ``open_timeout_s``, and counts as stalled when it then delivers nothing for ``stall_timeout_s``; its first picture
    may take ``open_timeout_s`` again. Between two attempts to reopen it passes ``backoff_min_s``, doubled with each
    failure in a row up to ``backoff_max_s``.
    Pictures above ``max_megapixels`` are refused before they are decoded: decoding takes 10 to 16 bytes a pixel.
    ``mirrored`` flips a webcam's picture left to right, as people expect of one that shows themselves, and that of a
    camera on this machine that measures depth, with its depth.
    """

    transport: Literal["tcp", "udp"] = "tcp"
    open_timeout_s: float = 15.0
    stall_timeout_s: float = 5.0
    backoff_min_s: float = 0.5
    backoff_max_s: float = 10.0
    max_megapixels: float = 120.0
    mirrored: bool = False


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

    def frames(self) -> Iterator["Frame"]:
        """Every frame in order. Raises SourceUnreadable, SourceUnreachable or SourceStalled where it breaks off."""
        ...

    def close(self) -> None:
        """Give back what is held; idempotent, and safe from another thread while frames() runs."""
        ...
