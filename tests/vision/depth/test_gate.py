from collections.abc import Callable
from time import perf_counter

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.depth import USUAL, Measuring, Portrait, measured, portraits
from tests.support.footage import man
from tests.support.obstructed import at_the_edge, before_a_wall, beside_somebody, turned_away
from tests.support.planting import KINDS, TRUE, fates, scene_of, share_refused
from tests.support.scripted import faces_at

from mien.domain.faces import Detections
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.vision.depth.gate import DepthGate, Verdicts
from mien.vision.depth.settings import DepthSettings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector

SIZE = (640, 480)
GATE = DepthGate(DepthSettings())
HIDDEN = (beside_somebody, at_the_edge, turned_away, before_a_wall)


def head(
    distance_mm: float, seed: int = 1, size: tuple[int, int] = SIZE, measuring: Measuring = USUAL
) -> NDArray[np.uint16]:
    """Depth of a ball as large as a head, straight ahead, before a wall."""
    width, height = size
    rows, columns = np.indices((height, width), dtype=np.float64)
    focal = 0.82 * width
    across, down = (columns - width / 2) * distance_mm / focal, (rows - height / 2) * distance_mm / focal
    inside = 1 - (across / 78) ** 2 - (down / 105) ** 2
    depth = np.where(inside > 0, distance_mm + 90 - 90 * np.sqrt(np.maximum(inside, 0)), distance_mm + 900)
    return measured(depth, focal, np.random.default_rng(seed), measuring=measuring)


def face(distance_mm: float, size: tuple[int, int] = SIZE) -> Detections:
    """The box of a face as large as a real one, straight ahead."""
    half = np.array([70, 88]) * 0.82 * size[0] / distance_mm
    return faces_at((*(np.array(size) / 2 - half), *(np.array(size) / 2 + half)))


def judged(depth: NDArray[np.uint16], faces: Detections, gate: DepthGate = GATE) -> tuple[bool, bool]:
    """Whether the one face is refused, and whether it is seen to be a head."""
    verdicts: Verdicts = gate.judge(faces, depth, SIZE)
    assert len(verdicts.is_refused) == len(faces) == 1
    return bool(verdicts.is_refused[0]), bool(verdicts.is_head[0])


def wall(distance_mm: float, seed: int = 1) -> NDArray[np.uint16]:
    return measured(np.full((480, 640), distance_mm), 525, np.random.default_rng(seed))


@pytest.mark.parametrize("distance_mm", [600, 1200, 2000, 3000])
def test_a_head_passes_and_what_is_flat_does_not(distance_mm: float) -> None:
    is_clear = distance_mm < 2500  # beyond, noise hides what a head stands out by, but a wall is larger than a head
    assert judged(head(distance_mm), face(distance_mm)) == (False, is_clear)
    assert judged(wall(distance_mm), face(distance_mm)) == (True, False)
    assert judged(wall(distance_mm), face(distance_mm), DepthGate(DepthSettings(min_relief=0))) == (False, True)
    assert judged(wall(distance_mm), face(distance_mm), DepthGate(DepthSettings(min_relief=0, far_m=0.5)))[0]


def test_limits_are_those_of_the_middle_of_the_face() -> None:
    gate = DepthGate(DepthSettings(near_m=1.0, far_m=2.0))
    assert [judged(head(mm), face(mm), gate)[0] for mm in (900, 1100, 1900, 2100)] == [True, False, False, True]
    hidden = head(1100)
    hidden[:, :300] = 700  # somebody's shoulder before a part of the face
    assert judged(hidden, face(1100), gate)[0] is False


def test_what_is_hardly_measured_passes() -> None:
    depth = wall(1000)
    lost = np.random.default_rng(2).random(depth.shape)
    assert judged(np.where(lost < 0.5, 0, depth).astype(np.uint16), face(1000)) == (True, False)
    assert judged(np.where(lost < 0.9, 0, depth).astype(np.uint16), face(1000)) == (False, False)
    assert judged(np.zeros_like(depth), face(1000)) == (False, False)


def test_relief_is_judged_only_where_it_is_seen() -> None:
    tiny = faces_at((300, 200, 308, 210))
    assert judged(wall(1000), tiny) == (False, False), "eight px say nothing"
    noisy = np.random.default_rng(3).normal(1000, 60, (480, 640)).clip(500, 3000).astype(np.uint16)
    assert judged(noisy, face(3000)) == (False, False), "noise is larger than what a face stands out by"
    beyond = faces_at((-200, 100, 20, 350))
    assert judged(wall(1000), beyond) == (False, False), "most of it is beside the picture"


@pytest.mark.parametrize("distance_mm", [600, 1200, 2000])
def test_a_face_behind_something_or_cut_off_passes(distance_mm: float) -> None:
    whole, faces = head(distance_mm), face(distance_mm)
    x1, y1, x2, y2 = faces.boxes[0].round().astype(int)
    for nearer in (50, 100, 150):
        hand, mate = whole.copy(), whole.copy()
        hand[(y1 + y2) // 2 :, :] = distance_mm - nearer
        mate[:, (x1 + 2 * x2) // 3 :] = distance_mm - nearer
        assert not judged(hand, faces)[0] and not judged(mate, faces)[0]
    for share in (0.3, 0.4, 0.5):
        shift = x1 + round(share * (x2 - x1))
        cut = Detections(faces.boxes - np.float32([shift, 0, shift, 0]), faces.scores, faces.landmarks)
        beyond = np.roll(whole, -shift, axis=1)
        beyond[:, -shift:] = distance_mm + 900
        assert not judged(beyond, cut)[0]


def test_a_face_seen_by_another_lens_passes() -> None:
    faces = face(1000)
    middle = (faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2
    for narrower in (0.6, 1.5, 2.0):
        enlarged = cv2.warpAffine(
            head(1000),
            np.array([[narrower, 0, (1 - narrower) * 320], [0, narrower, (1 - narrower) * 240]]),
            SIZE,
            flags=cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
        boxes = np.concatenate([middle, middle], axis=1) + narrower * (faces.boxes - np.tile(middle, 2))
        seen = Detections(boxes.astype(np.float32), faces.scores, faces.landmarks)
        assert not judged(np.asarray(enlarged, np.uint16), seen)[0]


def test_patches_that_were_not_measured_lose_no_head() -> None:
    measuring = Measuring(blotches=0.3)
    lost = [judged(head(mm, seed, measuring=measuring), face(mm))[0] for mm in (700, 1300, 2500) for seed in range(6)]
    assert not any(lost)


def test_depth_of_another_size_shows_the_same_view() -> None:
    small = head(1000, size=(320, 240))
    assert judged(small, face(1000)) == (False, True)
    faces = face(1000)
    moved = Detections(faces.boxes + np.float32(180), faces.scores, faces.landmarks)
    assert judged(small, moved)[0] is True, "there is the wall"


def test_nothing_found_is_nothing_judged() -> None:
    assert len(GATE.judge(Detections.empty(), wall(1000), SIZE).is_refused) == 0


def test_one_face_among_many_is_judged_as_it_is_alone() -> None:
    depth = head(1000)
    depth[:, :200] = 1500
    boxes = face(1000).boxes
    faces = faces_at(*boxes.tolist(), (20, 100, 160, 260), (500, 20, 506, 28))
    verdicts = GATE.judge(faces, depth, SIZE)
    assert (verdicts.is_refused.tolist(), verdicts.is_head.tolist()) == ([False, True, False], [True, False, False])


def test_a_face_takes_well_under_a_millisecond() -> None:
    depth, faces = head(700), face(700)
    many = Detections(*(np.repeat(one, 10, axis=0) for one in (faces.boxes, faces.scores, faces.landmarks)))
    spent = []
    for _ in range(7):
        began = perf_counter()
        GATE.judge(many, depth, SIZE)
        spent.append((perf_counter() - began) / 10)
    assert min(spent) < 1e-3


def test_limits_that_leave_nothing_between_them_are_refused() -> None:
    with pytest.raises(ValueError, match="near_m must be below far_m"):
        DepthSettings(near_m=4, far_m=1)


@pytest.fixture(scope="module")
def men(weights: WeightStore, take: Callable[[str], InstalledModel]) -> list[Portrait]:
    return portraits(man(weights)[::24], take)


def test_of_real_footage_the_planted_goes_and_the_true_stays(
    men: list[Portrait], take: Callable[[str], InstalledModel]
) -> None:
    detector, chance = load_detector(take("yunet"), DetectionSettings()), np.random.default_rng(5)
    pairs = [(one, men[-1 - number]) for number, one in enumerate(men)]
    scenes = [scene_of(kind, pair, chance) for pair in pairs for kind in KINDS]
    found = [fate for scene in scenes for fate in fates(scene, detector, GATE)]
    true = [fate for fate in found if fate.kind == TRUE]
    planted = [fate for fate in found if fate.kind != TRUE]
    assert len(true) >= 0.9 * len(scenes) and {fate.kind for fate in planted} == {*KINDS}, "too few are found"
    assert share_refused(true) == 0 and share_refused(planted) >= 0.9
    hidden = [fates(one(pair, chance), None, GATE)[0] for one in HIDDEN for pair in pairs for _ in range(3)]
    assert {fate.kind for fate in hidden} == {TRUE} and share_refused(hidden) <= 0.03
