"""mien's reading of a file and the authors' own program, written anew for the benchmarks, find the same faces."""

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.plain.detectors import plain_finder

from mien.domain.geometry import iou
from mien.inference.catalog import load_catalog
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector

SURE = 0.5
SIDE_PX = 480
LEAST_IOU = {"haar": 0.55, "blazeface": 0.55}
"""Their own boxes are squares from the brows on; mien gives the face with its forehead."""


@pytest.mark.parametrize("name", [card.name for card in load_catalog().cards("detection")])
def test_mien_finds_what_the_plain_program_finds(
    name: str, take: Callable[[str], InstalledModel], astronaut: ArrayPixels, carphone: tuple[ArrayPixels, ...]
) -> None:
    model = take(name)
    plain, _ = plain_finder(model, SIDE_PX)
    detector = load_detector(model, DetectionSettings(min_score=SURE, min_face_px=40, long_side_px=SIDE_PX))
    for pixels in (astronaut, carphone[1]):
        boxes, scores = plain(pixels.bgr())
        best = np.asarray(boxes, np.float32)[[np.argmax(scores)]]
        found = detector.detect(pixels)
        assert len(found) >= 1
        assert iou(found.boxes[:1], best)[0, 0] > LEAST_IOU.get(model.card.family, 0.7)
