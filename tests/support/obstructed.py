"""True faces that are hard to judge by depth: half hidden, cut off, turned away, before a wall; and narrow sheets."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tests.support.depth import Portrait, Scene
from tests.support.planting import TRUE, any_view
from tests.support.sheets import Sheet

People = tuple[Portrait, Portrait]
Chance = np.random.Generator
NARROW = "narrow sheet"
OTHER = "somebody in front"
_NEAREST_MM, _FARTHEST_MM = 600, 3500
_HALF_FACE_MM = 70


def beside_somebody(people: People, chance: Chance) -> Scene:
    """Somebody 60 to 250 mm nearer hides a part of the face."""
    scene, distance_mm = _begun(chance)
    scene.put_person(0, TRUE, people[0], distance_mm, (0.5, 0.45))
    nearer = distance_mm - chance.uniform(60, 250)
    apart = chance.uniform(100, 160) * scene.view.focal_px / distance_mm / (scene.view.size[0] / 2)
    side = float(chance.choice([-1, 1]))
    scene.put_person(0, OTHER, people[1], nearer, (0.5 + side * apart, chance.uniform(0.42, 0.5)))
    return scene


def behind_something(people: People, chance: Chance) -> Scene:
    """Something flat, a hand or a cup or a sheet, hides 30 to 55 % of the face from below or from a side."""
    scene, distance_mm = _begun(chance)
    scene.put_person(0, TRUE, people[0], distance_mm)
    x1, y1, x2, y2 = scene.planted[0].box
    share = chance.uniform(0.3, 0.55)
    rows, columns = np.indices(scene.depth.shape)
    hidden = [rows > y2 - share * (y2 - y1), columns > x2 - share * (x2 - x1), columns < x1 + share * (x2 - x1)]
    around = (rows > y1 - 10) & (rows < y2 + 20) & (columns > x1 - 20) & (columns < x2 + 20)
    is_hidden = hidden[int(chance.integers(3))] & around
    scene.depth[is_hidden] = distance_mm - chance.uniform(40, 150)
    scene.hair[is_hidden] = False
    return scene


def at_the_edge(people: People, chance: Chance) -> Scene:
    """The edge of the picture cuts 15 to 45 % of the face off."""
    scene, distance_mm = _begun(chance)
    width, height = scene.view.size
    low, high = people[0].corners()
    size = (high - low) * people[0].mm_per_px * scene.view.focal_px / distance_mm
    beyond = 0.5 - chance.uniform(0.15, 0.45)
    across, down = beyond * size[0] / (width / 2), beyond * size[1] / height
    scene.put_person(
        0, TRUE, people[0], distance_mm, [(across, 0.45), (0.5, down), (0.5, 1 - down)][chance.integers(3)]
    )
    return scene


def turned_away(people: People, chance: Chance) -> Scene:
    """The head is turned by 45 to 90° in the depth; the picture is not."""
    scene, distance_mm = _begun(chance)
    degrees = chance.uniform(45, 90) * chance.choice([-1, 1])
    scene.put_person(0, TRUE, _turned(people[0], degrees), distance_mm)
    return scene


def before_a_wall(people: People, chance: Chance) -> Scene:
    """The head leans at a wall, or at a pillow."""
    scene, distance_mm = _begun(chance, behind=(150, 300))
    scene.put_person(0, TRUE, people[0], distance_mm)
    return scene


def narrow_sheet(people: People, chance: Chance) -> Scene:
    """A picture that ends within 10 % of the face's box, 60 to 180 mm before a wall."""
    scene, distance_mm = _begun(chance, behind=(60, 180))
    sheet = Sheet(distance_mm, chance.uniform(0.6, 1.2), chance.uniform(-20, 20))
    scene.put_sheet(0, NARROW, people[0], replace(sheet, around=chance.uniform(-0.1, 0.1)))
    return scene


OBSTRUCTED: dict[str, tuple[Callable[[People, Chance], Scene], bool]] = {
    "partly behind somebody 60 to 250 mm nearer": (beside_somebody, True),
    "30 to 55 % behind something flat": (behind_something, False),
    "15 to 45 % beyond the edge of the picture": (at_the_edge, True),
    "turned away by 45 to 90°": (turned_away, False),
    "leaning at a wall": (before_a_wall, True),
    "narrow sheet before a wall": (narrow_sheet, True),
}
"""What hides a face, and whether the detector looks for it; else the depth is judged where the face is."""


def _begun(chance: Chance, behind: tuple[float, float] = (300, 2500)) -> tuple[Scene, float]:
    scene, distance_mm = Scene(any_view(chance), chance), chance.uniform(_NEAREST_MM, _FARTHEST_MM)
    scene.put_wall(0, distance_mm + chance.uniform(*behind))
    scene.put_wall(1, distance_mm + 1000)
    return scene, distance_mm


def _turned(portrait: Portrait, degrees: float) -> Portrait:
    """The portrait with its mesh turned about the upright axis through the middle of the head."""
    middle = portrait.mesh.mean(axis=0) + np.array([0, 0, _HALF_FACE_MM / portrait.mm_per_px])
    a = np.radians(degrees)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    return replace(portrait, mesh=(portrait.mesh - middle) @ turn.T + middle, known_mm_per_px=portrait.mm_per_px)
