"""Heads by numbers: meshes that turn, nod, smile and blink as they are told, and looks at them."""

import numpy as np
from numpy.typing import NDArray

from mien.gallery.challenge.challenge import Seen
from mien.gallery.challenge.moves import Face

Floats = NDArray[np.float32]

_PLACES = {
    33: (-0.65, -0.35),
    133: (-0.25, -0.35),
    362: (0.25, -0.35),
    263: (0.65, -0.35),
    61: (-0.35, 0.5),
    291: (0.35, 0.5),
    13: (0.0, 0.47),
    14: (0.0, 0.53),
    10: (0.0, -1.2),
    152: (0.0, 1.2),
}
OPEN = 0.3
"""Height by width of an eye that is open."""


def mesh(yaw: float = 0.0, pitch: float = 0.0, smile: float = 0.0, *, flat: bool = False) -> Floats:
    """The mesh (468, 3) of a head: degrees to the right of the image and upwards; a flat one is a picture of it."""
    chance = np.random.default_rng(1)
    points = np.stack([chance.uniform(-0.9, 0.9, 468), chance.uniform(-1.15, 1.15, 468)], axis=1)
    for index, place in _PLACES.items():
        points[index] = place
    for index, side in ((61, -1), (291, 1)):
        points[index] += np.array([side * 0.1, -0.06]) * smile
    inside = 1 - (points[:, 0] / 1.05) ** 2 - (points[:, 1] / 1.4) ** 2
    depth = np.zeros(468) if flat else -0.8 * np.sqrt(np.maximum(inside, 0))
    across, up = np.radians([yaw, pitch])
    x, y = points[:, 0], points[:, 1]
    x, z = x * np.cos(across) - depth * np.sin(across), x * np.sin(across) + depth * np.cos(across)
    y, z = y * np.cos(up) + z * np.sin(up), -y * np.sin(up) + z * np.cos(up)
    return (100 * np.stack([x, y, z], axis=1) + (300, 250, 0)).astype(np.float32)


def vector(likeness: float = 1.0, who: int = 0) -> Floats:
    """An embedding so like that of a person."""
    found = np.zeros(8, np.float32)
    found[who], found[7] = likeness, np.sqrt(1 - likeness**2)
    return found


def face(
    yaw: float = 0.0,
    pitch: float = 0.0,
    smile: float = 0.0,
    open: float = 1.0,
    *,
    who: int = 0,
    likeness: float = 1.0,
    shift: float = 0.0,
    liveness: float | None = 0.99,
    flat: bool = False,
) -> Face:
    """A look at such a head."""
    box = np.array([200 + shift, 120, 400 + shift, 380], np.float32)
    openings = np.full(2, OPEN * open, np.float32)
    own = mesh(yaw, pitch, smile, flat=flat)
    return Face(box, own, openings, vector(likeness, who), min(smile, 1.0), 0.9, liveness)


class Script:
    """Looks one after the other, ten a second."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.looks: list[Seen] = []

    def shows(self, *, seconds: float = 0.1, is_crowd: bool = False, gone: bool = False, **how: object) -> "Script":
        """Show a head as `face` makes it for so long."""
        for _ in range(max(1, round(seconds * 10))):
            seen = None if is_crowd or gone else face(**how)  # type: ignore[arg-type]
            self.looks.append(Seen(self.time_s, seen, "" if seen else "nobody", is_crowd))
            self.time_s += 0.1
        return self

    def calm(self, seconds: float = 1.0) -> "Script":
        """Look straight and do nothing."""
        return self.shows(seconds=seconds)

    def turns(self, yaw: float) -> "Script":
        """Turn the head, to the right of the image, and back."""
        for share in (0.3, 0.6, 1.0, 1.0, 0.6, 0.2):
            self.shows(yaw=yaw * share, likeness=0.95)
        return self.calm(0.3)

    def nods(self) -> "Script":
        for share in (0.4, 1.0, 0.5):
            self.shows(pitch=-18 * share)
        return self.calm(0.3)

    def smiles(self) -> "Script":
        return self.shows(smile=1.0, seconds=0.5).calm(0.3)

    def blinks(self) -> "Script":
        return self.shows(open=0.2).calm(0.3)

    def makes(self, move: str) -> "Script":
        """Make a move well."""
        match move:
            case "left":
                return self.turns(24.0)
            case "right":
                return self.turns(-24.0)
            case "nod":
                return self.nods()
            case "smile":
                return self.smiles()
        return self.blinks()
