"""Where in the window's picture there is something that what is said should not cover."""

from dataclasses import dataclass

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes x1 y1 x2 y2 px: of the faces, and of what else is drawn at the edges (none where nothing is)."""

    faces: tuple[Box, ...] = ()
    edges: tuple[Box, ...] = ()
