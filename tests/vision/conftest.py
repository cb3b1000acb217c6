"""The models that ship, on real pictures."""

import cv2
import numpy as np
import pytest

from mien.inference.catalog import Catalog
from mien.inference.installed import ModelShelf
from mien.inference.weights import WeightStore
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.recognition.recogniser import Recogniser


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
