"""A frame: the pixels of one moment of one camera, converted only as far as somebody asks."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Pixels(Protocol):
    """A picture that is converted on demand.

    Most frames of a video are never needed in full colour at full size: the detector reads a small copy, the
    follower a grey one, the networks a few faces. Every method returns a read-only array that the caller may keep.
    """

    @property
    def width(self) -> int:
        """Width in px."""
        ...

    @property
    def height(self) -> int:
        """Height in px."""
        ...

    def bgr(self) -> NDArray[np.uint8]:
        """The whole picture, (height, width, 3) BGR."""
        ...

    def scaled(self, width: int, height: int) -> NDArray[np.uint8]:
        """The whole picture resampled to (height, width, 3) BGR, by area where it shrinks."""
        ...

    def luma(self, width: int, height: int) -> NDArray[np.uint8]:
        """The whole picture's luma resampled to (height, width), by area where it shrinks."""
        ...

    def region(self, x1: int, y1: int, x2: int, y2: int) -> NDArray[np.uint8]:
        """The part with x1 ≤ x < x2 and y1 ≤ y < y2, (y2 - y1, x2 - x1, 3) BGR.

        Raises ValueError where the part is empty or not wholly inside the picture.
        """
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of one source.

    ``index`` counts the frames of the source from 0, those that were dropped included; ``time_s`` is the source's
    own clock in seconds from its start (for a live source: since it was first opened); ``captured_s`` is the
    monotonic clock at the moment the frame was delivered, from which latency is measured.
    """

    camera: str
    index: int
    time_s: float
    captured_s: float
    pixels: Pixels
    depth_mm: NDArray[np.uint16] | None = None
