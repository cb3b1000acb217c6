"""A network is right where it gives what is stored of it, and nothing that is no number passes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.support.installed import installed

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.measuring.reference import (
    as_text,
    read_references,
    traces,
    tried_on,
    verify,
)
from mien.inference.model_card import InputLayout
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.vision.reference_scene import reference_input, reference_picture, reference_scene

LAYOUT = InputLayout((3, 8, 8), "bgr", 100.0, 0.01)


def network(path: Path, scale: float, shape: tuple[int | str, ...] = ("n", 3, 8, 8)) -> Path:
    """A network that multiplies its pictures by a number."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["pictures", "scale"], ["numbers"])],
        "one",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.array(scale, np.float32), "scale")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def own(path: Path, layout: InputLayout = LAYOUT) -> InstalledModel:
    return installed(path, OnnxRuntime(), layout, "yunet")


def test_the_picture_is_always_the_same() -> None:
    picture = reference_picture(3, 32, 48)
    assert picture.shape == (1, 3, 32, 48) and picture.min() >= 0 and picture.max() <= 255
    assert np.array_equal(picture, np.round(picture)) and picture.std() > 30
    assert np.array_equal(reference_scene(48, 32).transpose(2, 0, 1)[None], picture)


def test_what_is_stored_is_what_is_found_again(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    stored = traces(model, reference_input)
    expected = 2 * (reference_picture(3, 8, 8) - 100) * 0.01
    assert stored[0].shape == (1, 3, 8, 8) and stored[0].largest == pytest.approx(np.abs(expected).max(), rel=1e-5)
    path = tmp_path / "references.json"
    path.write_text(as_text({"own": stored}))
    assert read_references(path) == {"own": stored}
    verdict = verify(model, stored, reference_input)
    assert verdict.is_right and verdict.difference < 1e-5


@pytest.mark.parametrize("scale", [2.01, -2.0, 0.0])
def test_another_network_is_told(tmp_path: Path, scale: float) -> None:
    stored = traces(own(network(tmp_path / "one.onnx", 2.0)), reference_input)
    verdict = verify(own(network(tmp_path / "other.onnx", scale)), stored, reference_input)
    assert not verdict.is_right and "differs from the stored one by" in verdict.reason


def test_what_is_no_number_never_passes(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    stored = traces(model, reference_input)
    for value in (float("nan"), float("inf")):
        broken = own(network(tmp_path / "broken.onnx", value))
        with pytest.raises(ModelCorrupt, match="holds what is no number"):
            traces(broken, reference_input)
        verdict = verify(broken, stored, reference_input)
        assert not verdict.is_right and "no number" in verdict.reason
        wrong = replace(stored[0], numbers=(value, *stored[0].numbers[1:]))
        assert not verify(model, (wrong,), reference_input).is_right
        assert not verify(replace(model, precision="int8"), (wrong,), reference_input).is_right


def test_outputs_of_other_names_and_shapes_are_told(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    (stored,) = traces(model, reference_input)
    missing = verify(model, (replace(stored, output="0.scores"),), reference_input)
    assert not missing.is_right and "its output 0.scores is missing" in missing.reason
    other = verify(model, (replace(stored, shape=(1, 3, 4, 4)),), reference_input)
    assert not other.is_right and "has the shape (1, 3, 8, 8), not (1, 3, 4, 4)" in other.reason


@pytest.mark.parametrize("name", ["fer8-mesh", "fer8-residual48", "yunet", "mobilefacenet"])
def test_weights_that_changed_are_told(shelf: ModelShelf, tmp_path: Path, name: str) -> None:
    model = replace(shelf.take(name), runtime=OnnxRuntime())
    stored = read_references()[name]
    assert verify(model, stored, reference_input).is_right
    drawn, content = np.random.default_rng(0), onnx.load(model.paths[0])
    for tensor in content.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim > 1:
            noisy = (values * (1 + 0.5 * drawn.standard_normal(values.shape))).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(noisy, tensor.name))
    onnx.save(content, tmp_path / "changed.onnx")
    changed = replace(model, paths=(tmp_path / "changed.onnx", *model.paths[1:]))
    assert not verify(changed, stored, reference_input).is_right


def test_a_file_that_does_not_load_is_a_verdict(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    stored = traces(model, reference_input)
    model.paths[0].write_bytes(b"no network")
    verdict = verify(model, stored, reference_input)
    assert not verdict.is_right and "does not load" in verdict.reason


def test_a_lesser_precision_may_be_off_but_not_point_elsewhere(shelf: ModelShelf) -> None:
    runtime = OpenVinoRuntime()
    if "bf16" not in runtime.precisions:
        pytest.skip("this CPU has no bf16")
    exact = replace(shelf.take("mobilefacenet"), runtime=runtime)
    stored = traces(exact, reference_input)
    rough = replace(exact, precision="bf16")
    assert verify(rough, stored, reference_input).is_right
    (trace,) = stored
    turned = replace(trace, numbers=tuple(-number for number in trace.numbers))
    verdict = verify(rough, (turned,), reference_input)
    assert not verdict.is_right and "in bf16 differs from the stored one" in verdict.reason


def test_pictures_fit_what_a_network_takes(tmp_path: Path) -> None:
    free = own(network(tmp_path / "free.onnx", 1.0, ("n", 3, "h", "w")))
    assert tried_on(free, 0, reference_input)[1].shape == (1, 3, 8, 8)
    last = own(network(tmp_path / "last.onnx", 1.0, (1, 8, 8, 3)), replace(LAYOUT, is_channels_last=True))
    session, picture = tried_on(last, 0, reference_input)
    assert picture.shape == (1, 8, 8, 3) and session.run(picture)["numbers"].shape == (1, 8, 8, 3)
    flat = own(network(tmp_path / "flat.onnx", 1.0, (1, 192)))
    with pytest.raises(ModelMismatch, match="an input of 2 dimensions"):
        tried_on(flat, 0, reference_input)


def test_files_that_hold_no_references_are_told(tmp_path: Path) -> None:
    assert read_references(tmp_path / "absent.json") == {}
    path = tmp_path / "references.json"
    for text in ("{", "[]", '{"own": [{"output": "x"}]}', '{"own": 3}'):
        path.write_text(text)
        with pytest.raises(ModelError, match="holds no stored outputs"):
            read_references(path)
