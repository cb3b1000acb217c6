"""Judges of liveness on the three samples of their authors: one live face, two spoofed ones."""

from collections.abc import Sequence
from pathlib import Path

import cv2
from benchmarks.measures.measure import Measure
from benchmarks.parts.report import shared

from mien.domain.geometry import box_sizes
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_judge

SAMPLES = {"image_T1.jpg": "live", "image_F1.jpg": "spoofed", "image_F2.jpg": "spoofed"}


def liveness_measure(detector: Detector) -> Measure:
    """Measures judges: three pictures show that one works as published, and no error rate."""

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        judge = load_judge(model)
        rows = []
        for name, kind in SAMPLES.items():
            pixels = ArrayPixels(cv2.imread(str(shared("data", "antispoof", name))))
            faces = detector.detect(pixels)
            largest = faces.select([int(box_sizes(faces.boxes).prod(axis=1).argmax())])
            score = float(judge.judge(pixels, largest).scores[0])
            rows.append(Measurement(f"score_{Path(name).stem}", round(score, 3), f"a {kind} sample of its authors"))
        return rows

    return measure
