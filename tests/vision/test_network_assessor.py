"""Quality by networks: their numbers become shares, and what limits a face is named by what can be measured."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import BoxCropSpec, Detections
from mien.inference.installed import InstalledModel
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_assessor
from mien.vision.network_input import NetworkInput
from mien.vision.quality.measured_assessor import GOOD, MeasuredAssessor
from mien.vision.quality.network_assessor import CURVES, NetworkAssessor

TAKEN = NetworkInput(BoxCropSpec(96, 1.0, "bgr"), "bgr", 128.0, 1 / 128)
CURVE = CURVES["lightqnet"]


class Fixed:
    """A network that gives the same numbers whatever it sees."""

    input_shape = (None, 3, 96, 96)

    def __init__(self, **values: list[float]) -> None:
        self.outputs = tuple(values)
        self.values = values

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.tile(np.array(row, np.float32), (len(batch), 1)) for name, row in self.values.items()}


@pytest.fixture
def face(detector: Detector, astronaut: ArrayPixels) -> Detections:
    return detector.detect(astronaut).select([0])


@pytest.mark.parametrize("family", CURVES)
def test_shares_rise_with_the_number_of_the_network(family: str) -> None:
    curve = CURVES[family]
    inside = np.linspace(curve.values[0], curve.values[-1], 50).astype(np.float32)
    shares = curve.share(inside)
    assert (np.diff(shares) > 0).all(), "the order of the pictures is that of the network"
    assert shares[0] < 0.1 and shares[-1] == 1


def test_the_quality_is_read_where_a_network_gives_embeddings_too(astronaut: ArrayPixels, face: Detections) -> None:
    network = Fixed(embeddings=[1.0] * 8, quality=[0.54])
    assert NetworkAssessor(network, TAKEN, CURVE).assess(astronaut, face).scores[0] == pytest.approx(0.78)
    with pytest.raises(ModelCorrupt, match="one number"):
        NetworkAssessor(Fixed(values=[1.0, 2.0]), TAKEN, CURVE).assess(astronaut, face)


def test_reasons_are_measured_and_only_given_for_what_the_network_finds_bad(
    astronaut: ArrayPixels, face: Detections
) -> None:
    blurred = ArrayPixels(cv2.GaussianBlur(astronaut.bgr(), (0, 0), 5))
    good, bad = (NetworkAssessor(Fixed(score=[value]), TAKEN, CURVE) for value in (0.6, 0.2))
    assert good.assess(blurred, face).reasons == ("",)
    assert bad.assess(blurred, face).reasons == ("blurred",)
    assert MeasuredAssessor().assess(astronaut, face).scores[0] > GOOD
    assert bad.assess(astronaut, face).reasons[0] in ("uncertain", "turned away"), "nothing graver can be measured"
    assert len(bad.assess(astronaut, Detections.empty())) == 0


@pytest.mark.parametrize("name", ["lightqnet", "qualityface"])
def test_spoilt_pictures_score_less(
    name: str, take: Callable[[str], InstalledModel], astronaut: ArrayPixels, face: Detections
) -> None:
    assessor = load_assessor(take(name))
    sharp = assessor.assess(astronaut, face).scores[0]
    scores = []
    for deviation in (4, 8):
        blurred = ArrayPixels(cv2.GaussianBlur(astronaut.bgr(), (0, 0), deviation))
        scores.append(assessor.assess(blurred, face).scores[0])
    assert sharp > GOOD
    assert sharp - 0.2 > scores[0] > scores[1]
