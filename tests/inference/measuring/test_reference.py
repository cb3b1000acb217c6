"""A network is right where it gives what is stored of it, and nothing that is no number passes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.support.installed import installed

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.measuring.reference import (
    Given,
    as_text,
    read_references,
    traces,
    tried_on,
    verify,
)
from mien.inference.model_card import InputLayout
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime

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


def given(channels: int, height: int, width: int) -> Floats:
    """Numbers from 0 to 255 in a row."""
    return np.linspace(0, 255, channels * height * width, dtype=np.float32).reshape(1, channels, height, width)


def test_what_is_stored_is_what_is_found_again(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    stored = traces(model, given)
    expected = 2 * (given(3, 8, 8) - 100) * 0.01
    assert stored[0].shape == (1, 3, 8, 8) and stored[0].largest == pytest.approx(np.abs(expected).max(), rel=1e-5)
    path = tmp_path / "references.json"
    path.write_text(as_text({"own": stored}))
    assert read_references(path) == {"own": stored}
    verdict = verify(model, stored, given)
    assert verdict.is_right and verdict.difference < 1e-5


@pytest.mark.parametrize("scale", [2.01, -2.0, 0.0])
def test_another_network_is_told(tmp_path: Path, scale: float) -> None:
    stored = traces(own(network(tmp_path / "one.onnx", 2.0)), given)
    verdict = verify(own(network(tmp_path / "other.onnx", scale)), stored, given)
    assert not verdict.is_right and "its output in f32 differs from the stored one by" in verdict.reason


def test_every_number_of_a_long_output_has_a_say(tmp_path: Path) -> None:
    layout = InputLayout((1, 1, 5000), "grey")
    same = network(tmp_path / "same.onnx", 1.0, ("n", 1, 1, 5000))

    def raised(place: int, by: float) -> Given:
        def features(channels: int, height: int, width: int) -> Floats:
            numbers = np.ones((1, channels, height, width), np.float32)
            numbers[..., place] += by
            return numbers

        return features

    model = own(same, layout)
    (stored,) = traces(model, raised(0, 0))
    assert len(stored.numbers) == 48
    for place in (0, 1, 48, 4999):
        verdict = verify(model, (stored,), raised(place, 1))
        assert not verdict.is_right and verdict.difference == pytest.approx(1 / np.sqrt(5000), rel=0.4)


def test_the_scores_of_one_file_are_not_lost_beside_the_pixels_of_another(tmp_path: Path) -> None:
    scores, pixels = (network(tmp_path / f"{name}.onnx", scale) for name, scale in (("a", 0.01), ("b", 200)))
    other = network(tmp_path / "c.onnx", 0.011)
    model = replace(own(scores), paths=(scores, pixels))
    stored = traces(model, given)
    assert verify(model, stored, given).is_right
    assert not verify(replace(model, paths=(other, pixels)), stored, given).is_right


def test_features_are_given_as_they_are(tmp_path: Path) -> None:
    path = network(tmp_path / "features.onnx", 1.0, ("n", 1, 1, 20))
    model = replace(own(path), paths=(path, network(tmp_path / "picture.onnx", 1.0)))
    _, batch = tried_on(model, 0, given)
    np.testing.assert_array_equal(batch, given(1, 1, 20))
    assert tried_on(model, 1, given)[1].min() == pytest.approx(-1), "pixels are normalised"


def test_what_is_no_number_never_passes(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    stored = traces(model, given)
    for value in (float("nan"), float("inf")):
        broken = own(network(tmp_path / "broken.onnx", value))
        with pytest.raises(ModelCorrupt, match="holds what is no number"):
            traces(broken, given)
        verdict = verify(broken, stored, given)
        assert not verdict.is_right and "no number" in verdict.reason
        wrong = replace(stored[0], numbers=(value, *stored[0].numbers[1:]))
        assert not verify(model, (wrong,), given).is_right
        assert not verify(replace(model, precision="int8"), (wrong,), given).is_right


def test_outputs_of_other_names_and_shapes_are_told(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    (stored,) = traces(model, given)
    missing = verify(model, (replace(stored, output="0.scores"),), given)
    assert not missing.is_right and "its output 0.scores is missing" in missing.reason
    other = verify(model, (replace(stored, shape=(1, 3, 4, 4)),), given)
    assert not other.is_right and "has the shape (1, 3, 8, 8), not (1, 3, 4, 4)" in other.reason


def test_a_file_that_does_not_load_is_a_verdict(tmp_path: Path) -> None:
    model = own(network(tmp_path / "one.onnx", 2.0))
    stored = traces(model, given)
    model.paths[0].write_bytes(b"no network")
    verdict = verify(model, stored, given)
    assert not verdict.is_right and "does not load" in verdict.reason


def test_a_lesser_precision_may_be_off_but_not_by_much(shelf: ModelShelf) -> None:
    runtime = OpenVinoRuntime()
    if "bf16" not in runtime.precisions:
        pytest.skip("this CPU has no bf16")
    exact = replace(shelf.take("mobilefacenet"), runtime=runtime)
    stored = traces(exact, given)
    rough = replace(exact, precision="bf16")
    assert verify(rough, stored, given).is_right
    (trace,) = stored
    for wrong in (
        replace(trace, numbers=tuple(number + 0.3 * trace.largest for number in trace.numbers)),
        replace(trace, numbers=tuple(1.5 * number for number in trace.numbers)),
    ):
        verdict = verify(rough, (wrong,), given)
        assert not verdict.is_right and "its output in bf16 differs from the stored one by" in verdict.reason


def test_pictures_fit_what_a_network_takes(tmp_path: Path) -> None:
    free = own(network(tmp_path / "free.onnx", 1.0, ("n", 3, "h", "w")))
    assert tried_on(free, 0, given)[1].shape == (1, 3, 8, 8)
    last = own(network(tmp_path / "last.onnx", 1.0, (1, 8, 8, 3)), replace(LAYOUT, is_channels_last=True))
    session, picture = tried_on(last, 0, given)
    assert picture.shape == (1, 8, 8, 3) and session.run(picture)["numbers"].shape == (1, 8, 8, 3)
    flat = own(network(tmp_path / "flat.onnx", 1.0, (1, 192)))
    with pytest.raises(ModelMismatch, match="an input of 2 dimensions"):
        tried_on(flat, 0, given)


def test_files_that_hold_no_references_are_told(tmp_path: Path) -> None:
    assert read_references(tmp_path / "absent.json") == {}
    path = tmp_path / "references.json"
    for text in ("{", "[]", '{"own": [{"output": "x"}]}', '{"own": 3}'):
        path.write_text(text)
        with pytest.raises(ModelError, match="holds no stored outputs"):
            read_references(path)
