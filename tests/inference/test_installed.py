"""The shelf gives models to those who may have them, in a precision that there is."""

from dataclasses import replace
from pathlib import Path

import pytest

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch, ModelNotAccepted, ModelUnavailable
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime


@pytest.fixture
def strict(shelf: ModelShelf, tmp_path: Path) -> ModelShelf:
    """A shelf on ONNX Runtime in whose home nothing was accepted."""
    return replace(shelf, home=HomeModels(tmp_path), accepted=(), runtime=OnnxRuntime(), precision="auto")


def test_models_come_ready_to_run(strict: ModelShelf) -> None:
    model = strict.take("yunet")
    assert (model.name, model.precision, model.layout.channels) == ("yunet", "f32", "bgr")
    assert model.load((1, 3, 64, 64)).input_shape == (None, 3, 64, 64)


def test_restricted_models_are_refused_before_they_are_fetched(strict: ModelShelf) -> None:
    with pytest.raises(ModelNotAccepted, match=r"scrfd-2\.5g is for research only"):
        strict.take("scrfd-2.5g")


def test_a_precision_that_is_not_there_is_told(strict: ModelShelf, tmp_path: Path) -> None:
    card = strict.catalog.card("fer8-mobilefacenet")
    assert card.precision == "bf16" and strict.precision_of(card, "auto") == "f32"
    with pytest.raises(ModelError, match="onnxruntime does not compute in bf16 on this CPU, only in f32, int8"):
        strict.take("fer8-mobilefacenet", "bf16")
    assert strict.precision_of(strict.catalog.card("haar"), "bf16") == "f32", "it has no network"


def test_int8_needs_quantised_files(strict: ModelShelf) -> None:
    if strict.weights.is_quantised(strict.catalog.card("yunet-s")):
        pytest.skip("yunet-s was quantised on this machine")
    with pytest.raises(ModelUnavailable, match="mien models quantize"):
        strict.take("yunet-s", "int8")


def test_an_imported_model_goes_by_its_files_too(strict: ModelShelf) -> None:
    card = replace(strict.catalog.card("yunet"), name="mine", is_imported=True)
    model = InstalledModel(card, (), strict.runtime)
    assert model.name == f"mine@{card.digest[:8]}" and model.name == card.network


def test_a_card_without_a_layout_is_told(strict: ModelShelf) -> None:
    with pytest.raises(ModelMismatch, match="does not say what its network takes"):
        _ = InstalledModel(strict.catalog.card("haar"), (), strict.runtime).layout


def test_a_damaged_file_is_told_with_what_replaces_it(strict: ModelShelf, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(strict.take("yunet").paths[0].read_bytes()[:5000])
    for runtime in (OnnxRuntime(), OpenVinoRuntime()):
        for precision, remedy in (("f32", "pull"), ("int8", "quantize")):
            model = InstalledModel(strict.catalog.card("yunet"), (path,), runtime, precision)
            text = f"it is damaged, .*; mien models {remedy} yunet replaces damaged files$"
            with pytest.raises(ModelCorrupt, match=rf"^net\.onnx does not load in {runtime.name}: {text}"):
                model.load()
