"""The models that ship, on real pictures."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.installed import Bring

from mien.inference.catalog import Catalog
from mien.inference.installed import ModelShelf
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.inference.weights import WeightStore
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.importing import Imported, Wanted, import_model
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.recogniser import Recogniser
from mien.vision.reference_scene import reference_scene


@pytest.fixture(scope="session")
def detector(shelf: ModelShelf) -> Detector:
    return load_detector(shelf.take("yunet"), DetectionSettings())


@pytest.fixture(scope="session")
def recogniser(shelf: ModelShelf) -> Recogniser:
    return load_recogniser(shelf.take("mobilefacenet"), "yunet")


@pytest.fixture(scope="session")
def astronaut(catalog: Catalog, weights: WeightStore) -> ArrayPixels:
    """A portrait, 512×512 px."""
    return ArrayPixels(cv2.imread(str(weights.path(catalog.card("astronaut")))))


@pytest.fixture(scope="session")
def carphone(catalog: Catalog, weights: WeightStore) -> tuple[ArrayPixels, ...]:
    """Three moments of a man talking in a car, 176×144 px."""
    video = cv2.VideoCapture(str(weights.path(catalog.card("carphone"))))
    frames = [video.read()[1] for _ in range(90)]
    return tuple(ArrayPixels(np.ascontiguousarray(frames[index])) for index in (0, 40, 80))


@pytest.fixture
def bring(catalog: Catalog, tmp_path: Path) -> Bring:
    """Imports files into a folder of the test's own, proven on both runtimes."""

    def bring(family: str, *files: Path, name: str = "", labels: Sequence[str] = (), use: str = "") -> Imported:
        folder = tmp_path / "converted"
        folder.mkdir(exist_ok=True)
        wanted = Wanted(family, files, name, tuple(labels), {"allowed_use": use} if use else {})
        scene = ArrayPixels(reference_scene())
        return import_model(wanted, catalog, (OnnxRuntime(), OpenVinoRuntime()), scene, folder)

    return bring
