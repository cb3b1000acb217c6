"""The people of Labeled Faces in the Wild, View 1 train, as enrolling sees them, by recogniser."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from benchmarks.parts.report import shared
from numpy.typing import NDArray

from mien.domain.errors import EnrolmentRefused
from mien.gallery.enrolment.sight import Portrait, Sight
from mien.settings import Settings, load_settings
from mien.wiring.models import build_shelf
from mien.wiring.people import build_sight

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Looks:
    """The portraits that enrolment takes of one person, by file name."""

    portraits: tuple[Portrait, ...]

    def __len__(self) -> int:
        return len(self.portraits)

    def first(self, pictures: int) -> tuple[Floats, Floats]:
        """Templates (m, d) of the first so many pictures, two of each, and their weights (m,)."""
        chosen = self.portraits[:pictures]
        vectors = np.stack([vector for own in chosen for vector in (own.vector, own.distant)])
        return vectors, np.repeat(np.array([own.quality for own in chosen], np.float32) ** 2, 2)


def settings_of(recogniser: str) -> Settings:
    """The usual settings with a recogniser and what it brings along."""
    return load_settings(chosen={"recognizer": recogniser})


def images() -> Path:
    return shared("data", "lfw", "images")


def looks(recogniser: str) -> dict[str, Looks]:
    """Everybody of whom enrolment takes a picture."""
    settings = settings_of(recogniser)
    sight = build_sight(settings, build_shelf(settings))
    paths = sorted(images().glob("*/*.jpg"))
    with ThreadPoolExecutor(2) as pool:
        seen = zip(paths, pool.map(lambda path: _portrait(sight, path), paths), strict=True)
        people = groupby(seen, key=lambda one: one[0].parent.name)
        found = {person: tuple(portrait for _, portrait in own if portrait) for person, own in people}
    return {person: Looks(own) for person, own in found.items() if own}


def _portrait(sight: Sight, path: Path) -> Portrait | None:
    try:
        return sight.portrait(sight.open_picture(path))
    except EnrolmentRefused:
        return None
