"""The models that ship, on real pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.inference.catalog import Catalog
from mien.inference.opening import open_runtime
from mien.inference.session import Runtime, RuntimeSettings
from mien.inference.weights import WeightStore
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.recogniser import Recogniser


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    return open_runtime(RuntimeSettings())


@pytest.fixture(scope="session")
def yunet_file(catalog: Catalog, weights: WeightStore) -> Path:
    return weights.path(catalog.card("yunet"))


@pytest.fixture(scope="session")
def detector(catalog: Catalog, yunet_file: Path, runtime: Runtime) -> Detector:
    return load_detector(catalog.card("yunet"), yunet_file, runtime, DetectionSettings())


@pytest.fixture(scope="session")
def recogniser(catalog: Catalog, weights: WeightStore, runtime: Runtime) -> Recogniser:
    card = catalog.card("mobilefacenet")
    return load_recogniser(card, weights.path(card), runtime, "yunet")


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
