"""Dense landmarks where no truth is at hand: their five points beside those of the detector."""

from collections.abc import Sequence

import numpy as np
from benchmarks.measures.measure import Measure
from benchmarks.measures.pose import FACES, lfw_faces

from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.vision.detection.detector import Detector
from mien.vision.landmarks.mesh import five_points
from mien.vision.loading import load_mesher


def landmark_measure(detector: Detector) -> Measure:
    """Measures meshers by how far their five points lie from the detector's: agreement of two networks, no truth."""
    faces = list(lfw_faces(detector, FACES))

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        mesher = load_mesher(model)
        shares = []
        for pixels, face in faces:
            points, others = five_points(mesher.mesh(pixels, face))[0], detector.refine(pixels, face).landmarks[0]
            eyes = np.linalg.norm(others[1] - others[0])
            shares.append(float(np.linalg.norm(points - others, axis=1).mean() / eyes))
        on = (
            f"mean distance of five points in that of the eyes; {len(faces)} faces of LFW, beside {detector.model}, f32"
        )
        return [Measurement("distance_to_detector", round(float(np.mean(shares)), 3), on)]

    return measure
