"""What is timed is the task, on one face that is known, and all ways to run a model take turns at it."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import Take

from mien.domain.errors import ModelMismatch
from mien.domain.geometry import iou
from mien.evaluation import speed
from mien.evaluation.speed import SIDE_PX, Machine, drawn_scene, portrait_scene, time_model
from mien.inference.batches import Floats
from mien.inference.installed import ModelShelf
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.session import Precision, Session
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector

OF_EACH_TASK = ("yunet", "mobilefacenet", "fer8-mesh", "lightqnet", "minifasnet", "fsanet", "face-mesh", "eye-contours")
WITHOUT_NETWORK = ("haar", "lbph", "measured", "five-points")
ROUNDS = 2


class Watched:
    """ONNX Runtime under another name, which notes who runs and on what."""

    precisions: tuple[Precision, ...] = ("f32", "int8")

    def __init__(self, name: str, seen: list[tuple[str, tuple[int, ...]]]) -> None:
        self.name = name
        self._seen = seen

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32") -> Session:
        session, name, seen = OnnxRuntime().load(path, input_shape), self.name, self._seen

        class Spy:
            input_shape = session.input_shape
            outputs = session.outputs

            def run(self, batch: Floats) -> Mapping[str, Floats]:
                seen.append((name, batch.shape))
                return session.run(batch)

        return Spy()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few runs are enough here."""
    for name, value in (("_SECONDS", 0.0), ("_LEAST_RUNS", 1), ("ROUNDS", ROUNDS)):
        monkeypatch.setattr(speed, name, value)


@pytest.fixture
def portrait(shelf: ModelShelf) -> np.ndarray:
    picture = cv2.imread(str(shelf.weights.path(shelf.catalog.card("astronaut"))))
    assert picture is not None
    return picture


def test_the_face_of_a_scene_is_where_a_detector_sees_it(take: Take, portrait: np.ndarray) -> None:
    detector = load_detector(take("yunet"), DetectionSettings())
    for scene in (portrait_scene(portrait), drawn_scene()):
        assert (scene.pixels.width, scene.pixels.height) == (SIDE_PX, SIDE_PX)
        found = detector.detect(scene.pixels)
        assert iou(found.boxes, scene.face.boxes)[0, 0] > 0.7
        eyes = scene.face.landmarks[0, 1, 0] - scene.face.landmarks[0, 0, 0]
        assert np.linalg.norm(found.landmarks[0] - scene.face.landmarks[0], axis=1).max() < 0.25 * eyes


@pytest.mark.parametrize("name", (*OF_EACH_TASK, *WITHOUT_NETWORK))
def test_every_model_is_timed_at_its_task(name: str, take: Take) -> None:
    model = take(name)
    runtime = OnnxRuntime()
    (found,) = time_model(model, drawn_scene(), Machine((runtime,), (runtime,), 2))
    assert (found.runtime, found.precision) == ("mien" if name in WITHOUT_NETWORK else "onnxruntime", "f32")
    assert 0 < found.ms < 5000 and found.cpu_ms > 0 and found.per_second > 0.1 and found.spread >= 0
    assert found.digest == model.card.digest


def test_ways_to_run_a_model_take_turns_at_the_whole_task(take: Take) -> None:
    seen: list[tuple[str, tuple[int, ...]]] = []
    first, second, shared = (Watched(name, seen) for name in ("first", "second", "shared"))
    model = take("mtcnn")
    speeds = time_model(model, drawn_scene(), Machine((first, second), (shared, shared), 1), model.paths)
    assert [(one.runtime, one.precision) for one in speeds] == [
        (name, precision) for name in ("first", "second") for precision in ("f32", "int8")
    ]
    turns = [name for name, before in zip(seen, [("", ()), *seen], strict=False) if name[0] != before[0]]
    order = [name for name, _ in turns if name != "shared"]
    assert order[-4 * ROUNDS :] == ["first", "first", "second", "second"] * ROUNDS
    largest = max(shape[1] for _, shape in seen)
    assert largest > SIDE_PX / 2, "the pyramid of the picture, and not a few windows"
    assert {shape[1:] for _, shape in seen} >= {(24, 24, 3), (48, 48, 3)}, "a face goes through all three networks"


def test_media_are_no_models(take: Take) -> None:
    with pytest.raises(ModelMismatch, match="astronaut is no model but a picture"):
        time_model(take("astronaut"), drawn_scene(), Machine((OnnxRuntime(),), (OnnxRuntime(),), 1))
