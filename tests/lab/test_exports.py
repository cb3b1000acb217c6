"""Every network in every format answers as it did before, one face or several; one that does not is not written."""

import logging
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
pytest.importorskip("onnxscript", reason="exporting networks needs onnxscript, which is not installed")
if find_spec("keras") is None:
    pytest.skip("exporting networks needs keras, which is not installed", allow_module_level=True)

from mien.domain.errors import ModelError  # noqa: E402
from mien.inference.model_card import CropLayout  # noqa: E402
from mien.lab.datasets.crops import CropPlan  # noqa: E402
from mien.lab.datasets.manifest import Facts  # noqa: E402
from mien.lab.exports.keras_file import keras_answerer, write_keras  # noqa: E402
from mien.lab.exports.onnx_file import onnx_answerer, write_onnx  # noqa: E402
from mien.lab.exports.proving import expected, prove  # noqa: E402
from mien.lab.exports.torchscript import torchscript_answerer, write_torchscript  # noqa: E402
from mien.lab.learning.trained import Calibration, Trained  # noqa: E402
from mien.lab.networks.building import KINDS, build_network, settled  # noqa: E402
from mien.lab.networks.expression import ServedNetwork  # noqa: E402
from mien.lab.recipe import NetworkRecipe, Recipe  # noqa: E402

LABELS = ("neutral", "happiness", "surprise")
SMALL = {"resnet18": 48, "mobilenetv2": 48}
POINTS = ((14.0, 18.0), (33.0, 18.0), (23.5, 28.0), (16.0, 36.0), (31.0, 36.0))


def networks(chosen: tuple[str, ...]) -> list[Any]:
    return [pytest.param(kind, marks=() if kind in chosen else pytest.mark.exhaustive) for kind in KINDS]


def trained(kind: str, *, is_mirrored: bool = False, has_levels: bool = False) -> Trained:
    """A network with weights drawn at random, and norms that are not those it starts with."""
    recipe = settled(
        NetworkRecipe(
            kind=kind,
            side_px=SMALL.get(kind, 0),
            is_mirrored=is_mirrored,
            valence_arousal=has_levels,  # type: ignore[arg-type]
        ),
        Facts(LABELS, "drawn"),
    )
    torch.manual_seed(3)
    network = build_network(recipe, len(LABELS)).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    layout = CropLayout("ready-made", recipe.side_px, POINTS)
    plan = CropPlan(layout, recipe.channels, recipe.side_px, is_ready_made=True)
    whole = Recipe(network=recipe)
    return Trained(Path(), whole, Facts(LABELS, "drawn"), plan, "0" * 64, network, Calibration(temperature=1.3))


def faces(run: Trained, n: int = 3) -> np.ndarray:
    channels = 1 if run.plan.channels == "grey" else 3
    shape = (n, channels, run.side_px, run.side_px)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)


def served(run: Trained) -> ServedNetwork:
    return ServedNetwork(run.network, run.calibration.temperature, run.is_mirrored).eval()


@pytest.mark.parametrize("kind", networks(chosen=("small-cnn",)))
def test_every_network_answers_alike_in_every_format(kind: str, tmp_path: Path) -> None:
    is_rich = kind in ("resnet18", "mobilefacenet")
    run = trained(kind, is_mirrored=is_rich, has_levels=is_rich)
    sample, network = faces(run), served(run)
    wanted = expected(network, sample)
    assert len(wanted) == 1 + is_rich and np.allclose(wanted[0].sum(axis=1), 1, atol=1e-5)
    shape = sample.shape[1:]
    write_torchscript(network, shape, tmp_path / "model.torchscript")
    assert prove("torchscript", torchscript_answerer(tmp_path / "model.torchscript"), sample, wanted) < 1e-4
    write_onnx(network, run, {"description": "drawn"}, tmp_path / "model.onnx")
    assert prove("onnx", onnx_answerer(tmp_path / "model.onnx"), sample, wanted) < 1e-4
    for name in ("model.keras", "model.h5"):
        if kind in ("resemotenet", "mobilefacenet") and name == "model.h5":
            continue  # up to 320 MB more, and no other layers
        write_keras(network, shape, tmp_path / name)
        assert prove(name, keras_answerer(tmp_path / name), sample, wanted) < 1e-4


def test_h5_is_written_without_advice_against_it(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    run = trained("residual")
    logger = logging.getLogger("absl")
    logger.addHandler(caplog.handler)
    try:
        write_keras(served(run), faces(run).shape[1:], tmp_path / "model.h5")
        assert not caplog.messages
        logger.warning("Another one")
    finally:
        logger.removeHandler(caplog.handler)
    assert "Another one" in caplog.messages


def test_a_format_that_answers_otherwise_is_refused() -> None:
    run = trained("residual")
    sample = faces(run)
    wanted = expected(served(run), sample)
    with pytest.raises(ModelError, match=r"differs from the network by 1\.00e-03"):
        prove("it", lambda images: [wanted[0][: len(images)] + 1e-3], sample, wanted)
    with pytest.raises(ModelError, match="answers in the shapes"):
        prove("it", lambda images: [wanted[0]], sample, wanted)
    with pytest.raises(ModelError, match="differs"):
        prove("it", lambda images: [np.full_like(wanted[0][: len(images)], np.nan)], sample, wanted)


def test_a_backend_of_keras_that_is_not_there_is_one_clear_error() -> None:
    script = """
import os
os.environ.pop("KERAS_BACKEND", None)
from mien.domain.errors import UsageError
from mien.lab.exports.keras_file import import_keras
assert "KERAS_BACKEND" not in os.environ, "importing a module chooses nothing"
os.environ["KERAS_BACKEND"] = "abacus"
try:
    import_keras()
except UsageError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (
        told.stdout.startswith("KERAS_BACKEND is abacus, which Keras cannot use here") and told.stdout.count("\n") == 1
    )
