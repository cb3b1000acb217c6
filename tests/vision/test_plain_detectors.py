"""mien's reading of a file and the authors' own program, written anew for the benchmarks, find the same faces."""

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.plain_detectors_more import PLAIN

from mien.domain.geometry import iou
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector

SURE = 0.5
LEAST_IOU = {"haar": 0.55, "blazeface-short": 0.55, "blazeface-full": 0.55}
"""Their own boxes are squares from the brows on; mien gives the face with its forehead."""


@pytest.mark.parametrize("name", PLAIN)
def test_mien_finds_what_the_plain_program_finds(
    name: str, take: Callable[[str], InstalledModel], astronaut: ArrayPixels, carphone: tuple[ArrayPixels, ...]
) -> None:
    model = take(name)
    files = [path.with_name(file.file) for path, file in zip(model.paths, model.card.files, strict=True)]
    plain = PLAIN[name](files)
    detector = load_detector(model, DetectionSettings(min_score=SURE, min_face_px=40, long_side_px=480))
    for pixels in (astronaut, carphone[1]):
        boxes, scores = plain(pixels.bgr())
        best = np.asarray(boxes, np.float32)[[np.argmax(scores)]]
        found = detector.detect(pixels)
        assert len(found) >= 1
        assert iou(found.boxes[:1], best)[0, 0] > LEAST_IOU.get(name, 0.7)
