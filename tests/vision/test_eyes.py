"""Eyes: a blink in a film is seen, open eyes stay open, whichever way the picture lies."""

import cv2
import numpy as np
import pytest
from tests.support.installed import Take

from mien.domain.faces import Detections
from mien.inference.catalog import Catalog
from mien.inference.weights import WeightStore
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.eyes.eyes import EyeReader, corners_about, corners_by_mesh
from mien.vision.landmarks.mesh import FaceMesher
from mien.vision.loading import load_eye_reader, load_mesher


@pytest.fixture(scope="module")
def reader(take: Take) -> EyeReader:
    return load_eye_reader(take("eye-contours"))


@pytest.fixture(scope="module")
def mesher(take: Take) -> FaceMesher:
    return load_mesher(take("face-mesh"))


@pytest.fixture(scope="module")
def blinking(catalog: Catalog, weights: WeightStore) -> list[ArrayPixels]:
    """A man in a car who shuts his eyes in the middle of seven pictures."""
    video = cv2.VideoCapture(str(weights.path(catalog.card("carphone"))))
    frames = [video.read()[1] for _ in range(50)]
    return [ArrayPixels(np.ascontiguousarray(frame)) for frame in frames[36:50:2]]


def test_a_blink_is_seen(
    reader: EyeReader, mesher: FaceMesher, detector: Detector, blinking: list[ArrayPixels]
) -> None:
    openings = np.array(
        [
            reader.read(pixels, corners_by_mesh(mesher.mesh(pixels, detector.detect(pixels).select([0]))))[0]
            for pixels in blinking
        ]
    )
    shut = int(openings.max(axis=1).argmin())
    assert shut == 3
    assert openings[shut].max() < 0.4 * np.median(openings) and openings[[0, -1]].min() > 0.8 * np.median(openings)


@pytest.mark.parametrize("degrees", [0, 35, -90, 180])
def test_it_does_not_matter_how_the_picture_lies(
    degrees: int, reader: EyeReader, detector: Detector, astronaut: ArrayPixels
) -> None:
    corners = corners_about(detector.detect(astronaut).select([0]))
    upright = reader.read(astronaut, corners)
    turn = cv2.getRotationMatrix2D((float(corners[..., 0].mean()), float(corners[..., 1].mean())), degrees, 1)
    picture = ArrayPixels(cv2.warpAffine(astronaut.bgr(), turn, (astronaut.width, astronaut.height)))
    moved = (corners @ turn[:, :2].T + turn[:, 2]).astype(np.float32)
    np.testing.assert_allclose(reader.read(picture, moved), upright, atol=0.05)


def test_nothing_and_eyes_without_a_size_are_no_trouble(reader: EyeReader, astronaut: ArrayPixels) -> None:
    assert reader.read(astronaut, corners_about(Detections.empty())).shape == (0, 2)
    assert np.isfinite(reader.read(astronaut, np.full((1, 2, 2, 2), 50, np.float32))).all()
    assert np.isfinite(reader.read(astronaut, np.full((1, 2, 2, 2), -900, np.float32))).all()
