"""Depth rendered around faces of real footage: heads with their relief, posters, bent sheets, screens, passers-by.

A scene is what a structured light camera would deliver of it: noise and steps that grow with the square of the
distance (Khoshelham & Elberink, "Accuracy and Resolution of Kinect Depth Data", Sensors 2012), shadows beside what is
near, holes at edges and at dark hair, and pixels that drop out. The noise is shared by the pixels of a window, for such
a camera matches windows, of 9×9 px (Konolige & Mihelich, "Technical description of Kinect calibration", 2010).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay
from tests.support.sheets import Sheet, View

from mien.domain.frame import Frame
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_mesher

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]

_OUTER_CORNERS, _EARS, _FOREHEAD, _CHIN = (33, 263), (234, 454), 10, 152
_EYES_MM = 90.0  # between the outer corners of an adult's eyes
_SKULL_MM = (80.0, 122.0, 98.0)  # half axes across, downwards and backwards, with hair
_TORSO_MM, _NECK_MM = 210.0, 62.0  # half widths
_BASELINE_MM = 75.0  # between the projector and the camera of the first Kinect
_STEP_PER_MM2 = 2.85e-6  # a step of the disparity is so many mm at 1 mm, and grows with the square
_SPLIT = np.array([(a, b) for a in np.linspace(0, 1, 9) for b in np.linspace(0, 1, 9) if a + b <= 1])


@dataclass(frozen=True)
class Portrait:
    """One real face of a film: the picture (h, w, 3) BGR and the face's mesh (468, 3) in px of it.

    ``known_mm_per_px`` is the size of a px where the eyes do not tell it, as of a head that is turned away.
    """

    picture: Picture
    mesh: Floats
    known_mm_per_px: float = 0.0

    @property
    def mm_per_px(self) -> float:
        """The size of a px on the face, by the distance of its eyes."""
        if self.known_mm_per_px:
            return self.known_mm_per_px
        left, right = _OUTER_CORNERS
        return _EYES_MM / float(np.linalg.norm(self.mesh[left] - self.mesh[right]))

    def corners(self) -> tuple[Floats, Floats]:
        """The upper left and the lower right corner of the mesh, px."""
        return self.mesh[:, :2].min(axis=0), self.mesh[:, :2].max(axis=0)


def portraits(pictures: Iterable[Picture], take: Callable[[str], InstalledModel]) -> list[Portrait]:
    """The largest face of each picture, where there is one and the mesh is sure of it."""
    detector, mesher = load_detector(take("yunet"), DetectionSettings()), load_mesher(take("face-mesh"))
    found = []
    for picture in pictures:
        pixels = ArrayPixels(picture)
        faces = detector.detect(pixels)
        if not len(faces):
            continue
        largest = faces.select([int(np.argmax(faces.boxes[:, 2] - faces.boxes[:, 0]))])
        mesh = mesher.mesh(pixels, largest)
        if mesh.scores[0] > 0.5:
            found.append(Portrait(picture, mesh.points[0].astype(np.float64)))
    return found


@dataclass(frozen=True)
class Measuring:
    """How depth is measured: the size (width, height) that is delivered of 640×480, and what is wrong with it.

    ``noise_steps`` is the standard deviation in steps of the disparity, ``window_px`` the side of the squares whose
    px share it, ``blotches`` the share of the pixels that is missing in patches some ten px wide.
    """

    size: tuple[int, int] = (640, 480)
    noise_steps: float = 0.5
    window_px: int = 9
    blotches: float = 0.0


USUAL = Measuring()
_MEASURED_AT = (640, 480)
_BLOTCH_PX = 6.0  # standard deviation of what decides on a patch


@dataclass(frozen=True)
class Planted:
    """What is at a place of a scene: its kind, the face's box x1 y1 x2 y2 px of the picture, its distance in m."""

    kind: str
    box: tuple[float, float, float, float]
    distance_m: float


@dataclass
class Scene:
    """A picture (h, w, 3) BGR and true depth (h, w) mm, into whose halves things are put, the left one or the right."""

    view: View
    chance: np.random.Generator
    planted: list[Planted] = field(default_factory=list)

    def __post_init__(self) -> None:
        width, height = self.view.size
        coarse = self.chance.integers(60, 190, (height // 40, width // 40, 3), np.uint8)
        self.picture = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
        self.depth = np.full((height, width), np.inf)
        self.hair = np.zeros((height, width), np.bool_)
        self.dark = np.zeros((height, width), np.float64)
        self.peopled: set[int] = set()

    def put_wall(self, side: int, distance_mm: float) -> None:
        """The wall behind a half (0 left, 1 right), a little aslant."""
        x, y = self.view.rays()
        aslant = 1 + x * self.chance.uniform(-0.1, 0.1) + y * self.chance.uniform(-0.05, 0.05)
        half = self.view.half(side)
        self.depth[:, half] = np.minimum(self.depth[:, half], (distance_mm / aslant)[:, half])

    def put_person(
        self, side: int, kind: str, portrait: Portrait, distance_mm: float, place: tuple[float, float] | None = None
    ) -> None:
        """Somebody real: the picture enlarged to what the distance makes of it, the head's relief where it is.

        The middle of the face is at ``place`` (x, y) in widths and heights of the half, else near the middle. Beside
        somebody who is there already only what is nearer is drawn.
        """
        width, height = self.view.size
        px_per_mm = self.view.focal_px / distance_mm
        scale = px_per_mm * portrait.mm_per_px
        at = place or (0.5, self.chance.uniform(0.38, 0.5))
        shift = np.array([(side + at[0]) * width / 2, at[1] * height]) - scale * sum(portrait.corners()) / 2
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        shrunk = cv2.GaussianBlur(portrait.picture, (0, 0), 0.4 / scale) if scale < 0.7 else portrait.picture
        drawn = cv2.warpAffine(shrunk, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        mesh = np.hstack([scale * portrait.mesh[:, :2] + shift, portrait.mesh[:, 2:] * portrait.mm_per_px])
        depth, hair = _person(mesh, px_per_mm, distance_mm, (height, width))
        half = self.view.half(side)
        is_drawn = np.zeros((height, width), np.bool_)
        is_drawn[:, half] = (depth < self.depth)[:, half] if side in self.peopled else True
        self.peopled.add(side)
        self.picture[is_drawn] = drawn[is_drawn]
        self.depth[:, half] = np.minimum(self.depth, depth)[:, half]
        self.hair[is_drawn] = (hair & (depth == self.depth))[is_drawn]
        low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
        self.planted.append(Planted(kind, (*low, *high), distance_mm / 1000))

    def put_sheet(self, side: int, kind: str, portrait: Portrait, sheet: Sheet, dropout: float = 0.0) -> None:
        """A picture of somebody on a sheet; of a screen a good part of the pixels is not measured."""
        low, high = portrait.corners()
        drawn, depth, box = sheet.seen(self.view, portrait.picture, (low, high), portrait.mm_per_px, side)
        is_there = np.isfinite(depth) & (depth < self.depth + 30)
        is_there[:, self.view.half(1 - side)] = False
        self.picture[is_there] = drawn[is_there]
        self.depth[is_there] = depth[is_there]
        self.dark[is_there] = dropout
        self.planted.append(Planted(kind, box, sheet.distance_mm / 1000))

    def frame(self, index: int = 0, measuring: Measuring = USUAL) -> Frame:
        """What a camera delivers of the scene: the picture, and depth."""
        small = cv2.resize(self.depth, _MEASURED_AT, interpolation=cv2.INTER_NEAREST)
        holes = cv2.resize(self.hair * 0.25 + self.dark, _MEASURED_AT, interpolation=cv2.INTER_NEAREST)
        focal_px = self.view.focal_px * _MEASURED_AT[0] / self.view.size[0]
        depth_mm = measured(small, focal_px, self.chance, holes, measuring)
        if measuring.size != _MEASURED_AT:
            depth_mm = np.asarray(cv2.resize(depth_mm, measuring.size, interpolation=cv2.INTER_NEAREST), np.uint16)
        return Frame("scene", index, index / 25, 0.0, ArrayPixels(self.picture), depth_mm)


def measured(
    depth: Floats,
    focal_px: float,
    chance: np.random.Generator,
    holes: Floats | float = 0.0,
    measuring: Measuring = USUAL,
) -> NDArray[np.uint16]:
    """True depth (h, w) mm as structured light measures it; ``holes`` is the share of pixels missing there besides."""
    depth = np.asarray(depth, np.float64)
    shape = depth.shape
    noise = cv2.blur(chance.normal(size=shape), (measuring.window_px, measuring.window_px))
    noise *= measuring.noise_steps / noise.std()
    steps = np.round(1 / (_STEP_PER_MM2 * depth) + noise)
    with np.errstate(divide="ignore"):
        seen = np.where(steps > 0, 1 / (_STEP_PER_MM2 * np.maximum(steps, 1)), 0)
    seen[(depth < 400) | (depth > 9000)] = 0
    seen[_shadowed(depth, focal_px)] = 0
    rise = cv2.morphologyEx(depth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    seen[(rise > 0.05 * depth) & (chance.random(shape) < 0.6)] = 0
    seen[chance.random(shape) < 0.01 + np.asarray(holes)] = 0
    if measuring.blotches:
        patches = cv2.GaussianBlur(chance.normal(size=shape), (0, 0), _BLOTCH_PX)
        seen[patches < np.quantile(patches, measuring.blotches)] = 0
    return seen.astype(np.uint16)


def _shadowed(depth: Floats, focal_px: float) -> NDArray[np.bool_]:
    """Where the light of a projector to the right does not reach: what is nearer lies between."""
    reached = np.arange(depth.shape[1]) - focal_px * _BASELINE_MM / depth
    nearest = np.minimum.accumulate(reached[:, ::-1], axis=1)[:, ::-1]
    shadowed: NDArray[np.bool_] = reached > nearest + 1.0
    return shadowed


def _person(
    mesh: Floats, px_per_mm: float, distance_mm: float, shape: tuple[int, int]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Depth (h, w) mm of a head and what carries it, infinite elsewhere, and where hair is.

    ``mesh`` (468, 3) is px of the picture and mm towards the back; the eyes are at the distance.
    """
    points = np.hstack([mesh[:, :2] / px_per_mm, mesh[:, 2:]])
    points[:, 2] += distance_mm - points[list(_OUTER_CORNERS), 2].mean()
    rows, columns = np.indices(shape, dtype=np.float64) / px_per_mm
    face = _surface(points, px_per_mm, shape)
    across = points[_OUTER_CORNERS[1]] - points[_OUTER_CORNERS[0]]
    across /= np.linalg.norm(across)
    down = points[_CHIN] - points[_FOREHEAD]
    down -= (down @ across) * across
    down /= np.linalg.norm(down)
    back = np.cross(across, down)
    ears = points[list(_EARS)].mean(axis=0)
    skull = _ellipsoid(ears + 22 * back - 18 * down, (across, down, back), columns, rows)
    is_below = rows > points[_CHIN, 1] - 15
    neck = ears[2] + 45 - np.sqrt(np.maximum(_NECK_MM**2 - (columns - ears[0]) ** 2, 0))
    neck[(np.abs(columns - ears[0]) > _NECK_MM) | ~is_below] = np.inf
    fallen = (rows - points[_CHIN, 1] - 25) - 60 * ((columns - ears[0]) / _TORSO_MM) ** 2
    torso = ears[2] + 10 + 70 * ((columns - ears[0]) / _TORSO_MM) ** 2 - 0.15 * np.minimum(fallen, 200)
    torso[(np.abs(columns - ears[0]) > _TORSO_MM) | (fallen < 0)] = np.inf
    head = np.where(np.isfinite(face), face, skull)
    return np.minimum(np.minimum(head, neck), torso), np.isfinite(skull) & ~np.isfinite(face)


def _ellipsoid(centre: Floats, axes: Sequence[Floats], x: Floats, y: Floats) -> Floats:
    """The near side of the skull, mm, by where a line of sight along z enters it."""
    a = b = c = 0.0
    for axis, half in zip(axes, _SKULL_MM, strict=True):
        along = ((x - centre[0]) * axis[0] + (y - centre[1]) * axis[1]) / half
        slope = axis[2] / half
        a, b, c = a + slope * slope, b + along * slope, c + along * along
    inside = b * b - a * (c - 1)
    return np.where(inside >= 0, centre[2] + (-b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)


def _surface(points: Floats, px_per_mm: float, shape: tuple[int, int]) -> Floats:
    """The nearest of the mesh's triangles at each px, mm; infinite beside them."""
    triangles = points[Delaunay(_unfolded(points)).simplices]
    weights = np.hstack([_SPLIT, 1 - _SPLIT.sum(axis=1, keepdims=True)])
    samples = np.einsum("kc,tcd->tkd", weights, triangles).reshape(-1, 3)
    x, y = np.round(samples[:, :2] * px_per_mm).astype(int).T
    is_inside = (x >= 0) & (x < shape[1]) & (y >= 0) & (y < shape[0])
    surface = np.full(shape, np.inf)
    np.minimum.at(surface, (y[is_inside], x[is_inside]), samples[is_inside, 2])
    closed = cv2.morphologyEx(np.isfinite(surface).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    for _ in range(3):  # what lies between the samples
        surface = np.where(np.isfinite(surface) | (closed == 0), surface, cv2.erode(surface, np.ones((3, 3), np.uint8)))
    return surface


def _unfolded(points: Floats) -> Floats:
    """The mesh (468, 3) laid flat as if its face looked straight ahead, whichever way it looks: (468, 2)."""
    across = points[_OUTER_CORNERS[1]] - points[_OUTER_CORNERS[0]]
    down = points[_CHIN] - points[_FOREHEAD]
    across, down = across / np.linalg.norm(across), down / np.linalg.norm(down)
    return np.stack([points @ across, points @ down], axis=1)
