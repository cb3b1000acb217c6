"""How well readers of eyes tell open ones from shut ones: a blink in a film, and eyes beside their mirror image."""

from collections.abc import Sequence

import numpy as np
from benchmarks.measures.measure import Measure
from benchmarks.measures.pose import FACES, lfw_faces

from mien.domain.clock import SystemClock
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.model_card import Measurement
from mien.sources.pixels import ArrayPixels
from mien.sources.video import open_video_file
from mien.vision.detection.detector import Detector
from mien.vision.eyes.eyes import corners_by_mesh
from mien.vision.landmarks.mesh import FaceMesher
from mien.vision.loading import load_eye_reader, load_mesher

_BLINK = range(38, 48)
"""The frames of the film in which the man shuts his eyes and opens them, told by eye."""


def eyes_measure(detector: Detector, shelf: ModelShelf) -> Measure:
    """Measures readers by how far eyes seem open in a blink, and how much a mirror changes that."""
    mesher = load_mesher(shelf.take("face-mesh"))
    film = open_video_file(str(shelf.weights.path(shelf.catalog.card("carphone"))), SystemClock())
    frames = [ArrayPixels(np.array(frame.pixels.bgr())) for frame in film.frames()]
    faces = [pixels for pixels, _ in lfw_faces(detector, FACES)]

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        reader = load_eye_reader(model)

        def opening(pixels: ArrayPixels, mesher: FaceMesher = mesher) -> np.ndarray:
            found = detector.detect(pixels)
            return reader.read(pixels, corners_by_mesh(mesher.mesh(pixels, found.select([0]))))[0]

        told = np.array([opening(pixels).max() for pixels in frames])
        shut = float(told[list(_BLINK)].min() / np.median(told))
        apart = [
            np.abs(opening(pixels) - opening(ArrayPixels(np.ascontiguousarray(pixels.bgr()[:, ::-1])))[::-1]).mean()
            for pixels in faces
        ]
        return [
            Measurement("shut_share", round(shut, 3), "opening in the middle of a blink, usual one 1; carphone, f32"),
            Measurement("mirror_error", round(float(np.mean(apart)), 3), f"of the width; {FACES} faces of LFW, f32"),
        ]

    return measure
