"""Who is where in ``stage-two-people.mp4``, noted by looking at its four shots: what may be called right or wrong."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SINGER, PIANIST = "lin-manuel-miranda", "alex-lacamoire"
FRAMES = 275


@dataclass(frozen=True)
class Appearance:
    """Where the middle of a person's face is while a shot lasts, in px of 640×360, and whether it faces the camera."""

    name: str
    frames: range
    left: float
    right: float
    is_facing: bool
    min_height_px: float = 0.0


APPEARANCES = (
    Appearance(SINGER, range(20), 380, 640, is_facing=True),
    Appearance(PIANIST, range(20), 0, 130, is_facing=True),  # 22 px wide
    # in profile and half the picture high, before an audience of small faces: to name him is right, and not asked for
    Appearance(PIANIST, range(20, 82), 0, 640, is_facing=False, min_height_px=110),
    Appearance(SINGER, range(82, 211), 0, 640, is_facing=True),
)  # from 211 on only the audience is seen


def frames_facing(name: str) -> frozenset[int]:
    """The frames in which somebody faces the camera."""
    return frozenset(frame for one in APPEARANCES if one.name == name and one.is_facing for frame in one.frames)


def is_right(reading: Mapping[str, Any]) -> bool:
    """Whether a row of the readings with a name is where that person is."""
    middle = (float(reading["x1"]) + float(reading["x2"])) / 2
    height_px = float(reading["y2"]) - float(reading["y1"])
    return any(
        reading["person_name"] == one.name
        and int(reading["frame"]) in one.frames
        and one.left <= middle <= one.right
        and height_px >= one.min_height_px
        for one in APPEARANCES
    )


def frames_named(readings: Iterable[Mapping[str, Any]], name: str) -> frozenset[int]:
    """The frames in which a person is named where that person is."""
    return frozenset(int(one["frame"]) for one in readings if one["person_name"] == name and is_right(one))


def copy_others(lfw: Path, folder: Path, count: int) -> frozenset[str]:
    """One picture each of people of Labeled Faces in the Wild drawn by chance, laid out to be imported; their names."""
    people = sorted(path for path in lfw.iterdir() if path.is_dir())
    drawn = np.random.default_rng(0).choice(len(people), count, replace=False)
    for number in drawn:
        (folder / people[number].name).mkdir(parents=True)
        shutil.copy(min(people[number].glob("*.jpg")), folder / people[number].name)
    return frozenset(people[number].name for number in drawn)
