"""Liveness: the published samples are judged as published, and what speaks against a fair judgement is named."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import Take

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import BoxCropSpec, Detections
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import cut_boxes
from mien.vision.detection.detector import Detector
from mien.vision.liveness.minifasnet import LEAST_VISIBLE, SMALLEST_PX, MiniFasNet
from mien.vision.loading import load_judge
from mien.vision.network_input import NetworkInput


@pytest.mark.parametrize(
    ("name", "is_live"), [("image_T1.jpg", True), ("image_F1.jpg", False), ("image_F2.jpg", False)]
)
def test_the_published_samples(name: str, is_live: bool, take: Take, detector: Detector, shared: Path) -> None:
    picture = ArrayPixels(read_picture(str(shared / "data" / "antispoof" / name), 100.0))
    face = detector.detect(picture).select([0])
    found = load_judge(take("minifasnet")).judge(picture, face)
    assert (found.scores[0] > 0.5) == is_live
    assert found.scores[0] > 0.95 if is_live else found.scores[0] < 0.4
    assert found.unmet == ("",)


class Fixed:
    """A network that gives every picture the same scores, and remembers what it saw."""

    outputs = ("logits",)
    input_shape = (None, 3, 80, 80)

    def __init__(self, logits: list[float]) -> None:
        self.logits = logits
        self.seen: list[np.ndarray] = []

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        self.seen.append(batch)
        return {"logits": np.tile(np.array(self.logits, np.float32), (len(batch), 1))}


def look(scale: float) -> NetworkInput:
    return NetworkInput(BoxCropSpec(80, scale, "bgr", is_square=False, is_inside=True), "bgr")


def faces(*boxes: tuple[float, float, float, float]) -> Detections:
    shape = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.78), (0.65, 0.78)], np.float32)
    corners = np.array(boxes, np.float32)
    landmarks = corners[:, None, :2] + shape * (corners[:, 2:] - corners[:, :2])[:, None]
    return Detections(corners, np.ones(len(boxes), np.float32), landmarks.astype(np.float32))


PICTURE = ArrayPixels(np.full((400, 600, 3), 90, np.uint8))


def test_the_answers_of_the_networks_are_averaged_after_the_softmax() -> None:
    sure, unsure = Fixed([0, 5, 0]), Fixed([1, 1, 1])
    found = MiniFasNet([sure, unsure], [look(2.7), look(4.0)]).judge(PICTURE, faces((200, 100, 300, 230)))
    shares = np.exp(5) / (np.exp(5) + 2)
    assert found.scores[0] == pytest.approx((shares + 1 / 3) / 2, abs=1e-6)
    assert sure.seen[0].shape == (1, 3, 80, 80)


def test_preconditions_are_named_the_gravest_first() -> None:
    judge = MiniFasNet([Fixed([0, 1, 0])], [look(2.7)])
    small = (200.0, 100.0, 200.0 + SMALLEST_PX - 1, 190.0)
    beyond = (1 - LEAST_VISIBLE) * 1.2 * 120
    turned = faces((200, 100, 300, 230))
    turned.landmarks[0, 2, 0] = turned.landmarks[0, 1, 0]  # the nose below the right eye
    both = Detections.concat([faces((200, 100, 300, 230), small, (-beyond, 100, 120 - beyond, 240)), turned])
    assert judge.judge(PICTURE, both).unmet == ("", "too small", "cut off", "turned away")
    assert judge.judge(PICTURE, Detections.empty()).unmet == ()


def test_a_network_of_other_classes_is_refused() -> None:
    with pytest.raises(ModelCorrupt, match="three classes"):
        MiniFasNet([Fixed([0, 1])], [look(2.7)]).judge(PICTURE, faces((200, 100, 300, 230)))


def official_cut(picture: np.ndarray, box: tuple[float, float, float, float], scale: float) -> np.ndarray:
    """The cut as Silent-Face-Anti-Spoofing makes it: grown by one factor that keeps it inside, then moved inside."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = box
    grown = min((height - 1) / (y2 - y1), (width - 1) / (x2 - x1), scale)
    size = np.array([x2 - x1, y2 - y1]) * grown
    low = np.array([x1 + x2, y1 + y2]) / 2 - size / 2
    low = np.clip(low, 0, np.array([width - 1, height - 1]) - size)
    left, top = low.astype(int)
    right, bottom = (low + size).astype(int)
    return cv2.resize(picture[top : bottom + 1, left : right + 1], (80, 80), interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("box", [(200, 100, 300, 230), (5, 8, 130, 190), (400, 200, 590, 395), (50, 30, 550, 390)])
@pytest.mark.parametrize("scale", [2.7, 4.0])
def test_cuts_are_those_of_the_official_code(box: tuple[float, float, float, float], scale: float) -> None:
    generator = np.random.default_rng(3)
    smooth = cv2.GaussianBlur(generator.integers(0, 256, (400, 600, 3)).astype(np.uint8), (0, 0), 9)
    picture = cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)
    spec = BoxCropSpec(80, scale, "bgr", is_square=False, is_inside=True, resampling="bilinear")
    found = cut_boxes(ArrayPixels(picture), np.array([box], np.float32), spec).images[0]
    difference = np.abs(found.astype(int) - official_cut(picture, box, scale))
    assert difference.mean() < 4, "placed to a px of the picture"
