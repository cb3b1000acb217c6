"""What measures depth, or has recorded it: the protocol every device and every recording fulfils."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.uint8]
Depth = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class DepthShot:
    """One picture and the depth that was measured with it.

    ``colour`` is (h, w, 3) BGR, taken at ``colour_s``. ``depth_mm`` is (h, w) millimetres along the optical axis, 0
    where nothing was measured, registered to the picture (each shows the same view, maybe in another size), taken at
    ``depth_s``; both None where there is none. Times are in seconds of one clock, of whatever start. The arrays are
    the reader's own: whoever delivers them writes to them no more.
    """

    colour: Colour
    colour_s: float
    depth_mm: Depth | None = None
    depth_s: float | None = None


class DepthSource(Protocol):
    """One opened device or recording. It is read by one thread at a time, and not closed under a reader."""

    @property
    def name(self) -> str: ...

    @property
    def is_live(self) -> bool:
        """A device, which waits for nobody; a recording has an end."""
        ...

    @property
    def frame_rate(self) -> float:
        """Nominal pictures a second; 0 where it is not known."""
        ...

    @property
    def frame_count(self) -> int:
        """Number of pictures; 0 of a device."""
        ...

    def read(self, timeout_s: float) -> DepthShot | None:
        """The next picture; None where none came within ``timeout_s``, and at the end of a recording.

        Raises SourceUnreadable or SourceNotFound where a recording is broken, SourceStalled where a device is gone.
        """
        ...

    def close(self) -> None:
        """Give back what is held; idempotent."""
        ...
