"""UltraFace: what the network says, the canvas it looks at, and real faces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.support.installed import installed

from mien.domain.errors import ModelCorrupt
from mien.domain.geometry import iou
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.model_card import InputLayout
from mien.inference.session import Session
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.ultraface import UltraFaceDetector, decode
from mien.vision.detection.landmark_layout import typical_landmarks

LAYOUT = InputLayout((3, 240, 320), "rgb", 127.0, 1 / 128)


def test_boxes_are_shares_of_the_canvas() -> None:
    scores = np.array([[[0.9, 0.1], [0.2, 0.8]]], np.float32)
    boxes = np.array([[[0, 0, 1, 1], [0.1, 0.25, 0.5, 1.1]]], np.float32)
    found = decode({"boxes": boxes, "scores": scores}, (320, 240), 0.5)
    np.testing.assert_allclose(found.boxes, [[32, 60, 160, 264]], rtol=1e-6)
    np.testing.assert_array_equal(found.scores, np.float32([0.8]))
    with pytest.raises(ModelCorrupt, match="outputs of UltraFace"):
        decode({"boxes": boxes, "scores": scores[..., :1]}, (320, 240), 0.5)


class Still:
    """A network that sees one face in the middle of everything."""

    input_shape = (None, 3, 240, 320)
    outputs = ("scores", "boxes")

    def __init__(self, seen: list[Floats]) -> None:
        self._seen = seen

    def run(self, batch: Floats) -> dict[str, Floats]:
        self._seen.append(batch)
        middle = np.array([[[0.25, 0.25, 0.5, 0.5]]], np.float32)
        return {"scores": np.array([[[0, 1]]], np.float32), "boxes": middle}


class StillRuntime:
    name = "still"
    precisions = ("f32",)

    def __init__(self) -> None:
        self.seen: list[Floats] = []

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: str = "f32") -> Session:
        return Still(self.seen)


@pytest.mark.parametrize(
    ("size", "inner"),
    [
        ((416, 416), (320, 240)),  # a square is stretched by a third, and so is 16:9
        ((1920, 1080), (320, 240)),
        ((640, 480), (320, 240)),
        ((1080, 1920), (180, 240)),  # a tall picture would be stretched beyond recognition
    ],
)
def test_pictures_are_stretched_by_a_third_at_most(size: tuple[int, int], inner: tuple[int, int]) -> None:
    runtime = StillRuntime()
    detector = UltraFaceDetector(installed(Path("any"), runtime, LAYOUT, "ultraface"), DetectionSettings())
    faces = detector.detect(ArrayPixels(np.full((size[1], size[0], 3), 255, np.uint8)))
    is_picture = runtime.seen[0][0, 0] == 1
    assert (int(is_picture.any(axis=0).sum()), int(is_picture.any(axis=1).sum())) == inner
    assert (runtime.seen[0][0, :, ~is_picture] == 0).all(), "grey where the picture ends"
    expected = np.array([80, 60, 160, 120]) * np.tile(np.array(size) / np.array(inner), 2)
    np.testing.assert_allclose(faces.boxes[0], expected, rtol=1e-5)


def test_the_portrait_has_one_face_where_another_detector_sees_it(
    take: Callable[[str], InstalledModel], detector: Detector, astronaut: ArrayPixels
) -> None:
    ultraface = UltraFaceDetector(take("ultraface-rfb-320"), DetectionSettings(min_score=0.7))
    faces, other = ultraface.detect(astronaut), detector.detect(astronaut)
    assert len(faces) == 1
    assert iou(faces.boxes, other.boxes)[0, 0] > 0.7
    assert ultraface.landmarks == "approximate"
    np.testing.assert_array_equal(faces.landmarks, typical_landmarks(faces.boxes))
    assert ultraface.refine(astronaut, faces) is faces
