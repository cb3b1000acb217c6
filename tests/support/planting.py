"""Real faces beside what only looks like one, placed by chance, and what a gate makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tests.support.depth import USUAL, Measuring, Portrait, Scene
from tests.support.sheets import Sheet, View

from mien.domain.faces import Detections
from mien.vision.depth.gate import DepthGate
from mien.vision.detection.detector import Detector

SHEETS = ("poster", "tilted sheet", "bent sheet", "screen")
KINDS = (*SHEETS, "far passer-by")
TRUE = "true face"
_FOCALS = (0.73, 0.82, 0.92)  # of an OAK or a RealSense, in between, and of a Kinect
_NEAREST_MM, _FARTHEST_MM = 600, 3500
_BEYOND_MM = 4300, 6500
_SAME = 0.3  # of the size of a face: so far from its middle the detector may see that of it


@dataclass(frozen=True)
class Fate:
    """What became of one thing of a scene that the detector takes for a face."""

    kind: str
    distance_m: float
    is_refused: bool


def scene_of(
    kind: str, people: tuple[Portrait, Portrait], chance: np.random.Generator, view: View | None = None
) -> Scene:
    """A true face in the left half, 0.6 to 3.5 m away, and in the right one something of a kind of KINDS."""
    true, other = people
    scene = Scene(view or any_view(chance), chance)
    near, far = chance.uniform(_NEAREST_MM, _FARTHEST_MM, 2)
    scene.put_wall(0, near + chance.uniform(300, 2500))
    scene.put_person(0, TRUE, true, near)
    if kind == "far passer-by":
        far = chance.uniform(*_BEYOND_MM)
        scene.put_wall(1, far + chance.uniform(300, 2500))
        scene.put_person(1, kind, other, far)
    else:
        scene.put_wall(1, far + (15 if kind == "poster" else chance.uniform(300, 2500)))
        scene.put_sheet(1, kind, other, _sheet(kind, far, chance), dropout=0.2 if kind == "screen" else 0.0)
    return scene


def any_view(chance: np.random.Generator, size: tuple[int, int] = (960, 720)) -> View:
    """A lens as depth cameras have it."""
    return View(size, float(chance.choice(_FOCALS)))


def _sheet(kind: str, distance_mm: float, chance: np.random.Generator) -> Sheet:
    """Posters hang nearly straight, sheets are held at up to 45°, bent ones with a radius of 25 to 80 cm."""
    toss = chance.uniform
    match kind:
        case "poster":
            return Sheet(distance_mm, toss(0.7, 1.6), toss(-8, 8), toss(-5, 5))
        case "tilted sheet":
            return Sheet(distance_mm, toss(0.8, 1.4), toss(-45, 45), toss(-25, 25))
        case "bent sheet":
            radius = toss(250, 800) * chance.choice([-1, 1])
            return Sheet(distance_mm, toss(0.8, 1.4), toss(-25, 25), toss(-15, 15), radius, bool(chance.integers(2)))
    return Sheet(distance_mm, toss(0.5, 1.5), toss(-20, 20), toss(-15, 5))


def fates(scene: Scene, detector: Detector | None, gate: DepthGate, measuring: Measuring = USUAL) -> list[Fate]:
    """What the gate makes of those things of a scene that the detector finds; of all of them where there is none."""
    frame = scene.frame(0, measuring)
    assert frame.depth_mm is not None
    faces = detector.detect(frame.pixels) if detector else _as_planted(scene)
    verdicts = gate.judge(faces, frame.depth_mm, (frame.pixels.width, frame.pixels.height))
    found = []
    for one in scene.planted:
        low, high = np.array(one.box[:2]), np.array(one.box[2:])
        apart = np.abs((faces.boxes[:, :2] + faces.boxes[:, 2:] - low - high) / 2 / (high - low)).max(axis=1)
        if apart.min(initial=np.inf) <= _SAME:
            found.append(Fate(one.kind, one.distance_m, bool(verdicts.is_refused[apart.argmin()])))
    return found


def _as_planted(scene: Scene) -> Detections:
    boxes = np.array([one.box for one in scene.planted], np.float32)
    return Detections(boxes, np.ones(len(boxes), np.float32), np.zeros((len(boxes), 5, 2), np.float32))


def share_refused(of: Sequence[Fate]) -> float:
    """Which share of some is refused; not a number where there are none."""
    return sum(one.is_refused for one in of) / len(of) if of else float("nan")
