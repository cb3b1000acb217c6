"""Quality by networks: their numbers become shares, and what limits a face is named by what can be measured."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.reference import iresnet
from tests.support.checkpoints import state_dict, write_zip

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import BoxCropSpec, Detections
from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel
from mien.inference.session import Runtime
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import Detector
from mien.vision.importing import Wanted, import_model
from mien.vision.loading import load_assessor, load_quality_network
from mien.vision.network_input import NetworkInput
from mien.vision.quality.measured_assessor import GOOD, MeasuredAssessor
from mien.vision.quality.network_assessor import CURVES, NetworkAssessor, QualityNetwork
from mien.vision.reference_scene import reference_scene

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


def judge(**values: list[float]) -> NetworkAssessor:
    return NetworkAssessor(QualityNetwork(Fixed(**values), TAKEN), CURVE)


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
    assert judge(embeddings=[1.0] * 8, quality=[0.54]).assess(astronaut, face).scores[0] == pytest.approx(0.78)
    for values, reason in (([1.0, 2.0], "one number"), ([np.nan], "no finite numbers")):
        with pytest.raises(ModelCorrupt, match=reason):
            judge(values=values).assess(astronaut, face)


def test_reasons_are_measured_and_only_given_for_what_the_network_finds_bad(
    astronaut: ArrayPixels, face: Detections
) -> None:
    blurred = ArrayPixels(cv2.GaussianBlur(astronaut.bgr(), (0, 0), 5))
    good, bad = (judge(score=[value]) for value in (0.6, 0.2))
    assert good.assess(blurred, face).reasons == ("",)
    assert bad.assess(blurred, face).reasons == ("blurred",)
    assert MeasuredAssessor().assess(astronaut, face).scores[0] > GOOD
    assert bad.assess(astronaut, face).reasons[0] in ("uncertain", "turned away"), "nothing graver can be measured"
    assert len(bad.assess(astronaut, Detections.empty())) == 0


def test_numbers_without_a_measured_scale_decide_nothing(
    crfiqa: InstalledModel, astronaut: ArrayPixels, face: Detections, caplog: pytest.LogCaptureFixture
) -> None:
    built_in = MeasuredAssessor().assess(astronaut, face).scores
    np.testing.assert_array_equal(load_assessor(crfiqa).assess(astronaut, face).scores, built_in)
    assert "the built-in judge decides until mien models calibrate crfiqa" in caplog.text
    caplog.clear()
    number = float(load_quality_network(crfiqa).numbers(astronaut, face)[0])
    card = replace(crfiqa.card, score_curve=((number - 1, 0.0), (number + 1, 0.5)))
    scores = load_assessor(replace(crfiqa, card=card)).assess(astronaut, face).scores
    assert scores[0] == pytest.approx(0.25, abs=1e-3) and not caplog.text


@pytest.fixture
def crfiqa(tmp_path: Path, catalog: Catalog, runtime: Runtime) -> InstalledModel:
    """CR-FIQA of a sixteenth of its width, with seeded weights."""
    tensors = iresnet.seeded(iresnet.shapes(units=(1, 1, 1, 1), width=4, embedding=64, has_quality=True))
    path = write_zip(tmp_path / "crfiqa.pth", state_dict(tensors))
    found = import_model(Wanted("cr-fiqa", (path,)), catalog, (runtime,), ArrayPixels(reference_scene()), tmp_path)
    return InstalledModel(found.card, tuple(found.files.values()), runtime)


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
