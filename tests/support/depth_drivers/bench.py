"""What stand-ins for the drivers of depth cameras share: cameras on a table, and what each of them sees."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tests.support.scenes import smooth_colours

UNREGISTERED_PX = 24
"""So far to the left a camera's depth lies beside its picture, unless it is registered."""


@dataclass
class Bench:
    """Cameras by their serial numbers, which all see ``picture`` (h, w, 3) BGR and ``depth_mm`` (h, w).

    ``is_taken``: other programs have them. ``is_unplugged``: they are gone, which drivers notice when they are asked.
    ``calls`` is what was done to them that has to be undone.
    """

    picture: NDArray[np.uint8]
    depth_mm: NDArray[np.uint16]
    serials: list[str] = field(default_factory=lambda: ["827112071234"])
    is_taken: bool = False
    is_unplugged: bool = False
    calls: list[str] = field(default_factory=list)

    def unregistered_mm(self) -> NDArray[np.uint16]:
        return np.roll(self.depth_mm, -UNREGISTERED_PX, axis=1)


def bench(width: int, height: int) -> Bench:
    """Colours of which no two channels are alike, and a slope that no two columns of which are."""
    slope = np.linspace(600, 3000, width).astype(np.uint16)
    depth = np.tile(slope, (height, 1))
    depth[: height // 4] = 0
    return Bench(smooth_colours(width, height), depth)


def public_names(thing: object) -> list[tuple[str, ...]]:
    """What a stand-in has, as paths of names: its own, and those of its classes."""
    names: list[tuple[str, ...]] = []
    for name, inner in vars(thing).items():
        if not name.startswith("_"):
            names.append((name,))
            if isinstance(inner, type):
                names += [(name, *rest) for rest in public_names(inner)]
    return names
