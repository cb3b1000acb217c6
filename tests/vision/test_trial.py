"""Networks that load and run but are dead or damaged are refused, with what was expected of them."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.support.installed import Bring, imported

from mien.domain.errors import ModelCorrupt, ModelMismatch
from mien.domain.faces import FaceCrops
from mien.inference.catalog import Catalog
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.weights import WeightStore
from mien.vision.activations import softmax
from mien.vision.loading import load_recogniser, network_input

Weights = np.ndarray
Change = Callable[[str, Weights], Weights]


def weighted_means(path: Path, weights: Weights, side: int) -> Path:
    """An ONNX file that gives the means of the three planes, times weights (3, k)."""
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["pictures"], ["means"]),
            helper.make_node("Reshape", ["means", "shape"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["numbers"]),
        ],
        "means",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, side, side])],
        [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, ["n", weights.shape[1]])],
        [
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(np.array([0, 3]), "shape"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def drawn(count: int, seed: int = 1) -> Weights:
    return np.random.default_rng(seed).normal(size=(3, count))


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (drawn(128) * 0, "gives the same numbers whatever it is shown; expected is a trained network"),
        (
            np.ones((3, 1)) * drawn(128)[:1],
            "gives one embedding of whatever it is shown; expected is one for each face",
        ),
        (drawn(128) * 1e-10, "gives embeddings without length, all zeros"),
        (drawn(128) * 1e25, "gives embeddings that are no finite numbers"),
    ],
    ids=["zeros", "one direction", "no length", "overflow"],
)
def test_recognisers_tell_faces_apart(bring: Bring, tmp_path: Path, weights: Weights, reason: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            ModelMismatch, match=rf"^net\.onnx is no recognition network of the family sface: .*{reason}"
        ):
            bring("sface", weighted_means(tmp_path / "net.onnx", weights, 112))


def test_heads_turn_by_half_a_turn_at_most(bring: Bring, tmp_path: Path) -> None:
    good = [weighted_means(tmp_path / f"{seed}.onnx", drawn(3, seed), 64) for seed in (1, 2)]
    assert bring("fsanet", *good, name="mine").card.task == "pose"
    wild = [weighted_means(tmp_path / f"wild-{seed}.onnx", drawn(3, seed) * 1e5, 64) for seed in (1, 2)]
    with pytest.raises(
        ModelMismatch, match=r"^wild-1\.onnx and wild-2\.onnx are no pose networks .* turns a head by \d+°"
    ):
        bring("fsanet", *wild, name="mine")


def test_a_detector_draws_boxes_of_finite_size_on_the_picture(
    bring: Bring, tmp_path: Path, catalog: Catalog, weights: WeightStore
) -> None:
    whole = weights.path(catalog.card("yunet"))
    cases: tuple[tuple[Change, str], ...] = (
        (lambda _, values: values * (values.ndim < 2), "gives the same numbers whatever it is shown"),
        (
            lambda name, values: values + 200 * ("bbox" in name and values.ndim == 1),
            "boxes, scores or landmarks that are",
        ),
        (lambda name, values: values + 12 * ("bbox" in name and values.ndim == 1), "px away, expected are boxes on"),
    )
    for number, (change, reason) in enumerate(cases):
        model = onnx.load(whole)
        for tensor in model.graph.initializer:
            values = numpy_helper.to_array(tensor)
            if values.dtype == np.float32:
                tensor.CopyFrom(numpy_helper.from_array(change(tensor.name, values).astype(np.float32), tensor.name))
        path = tmp_path / f"{number}.onnx"
        onnx.save(model, path)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ModelMismatch, match=rf"^{number}\.onnx is no detection network of .*{reason}"):
                bring("yunet", path, name="mine")


def test_a_recogniser_that_overflows_in_use_says_so_and_nothing_else(bring: Bring, tmp_path: Path) -> None:
    """Of a white face, twice as bright as those that it was tried on."""
    model = imported(bring("sface", weighted_means(tmp_path / "net.onnx", drawn(128) * 5e15, 112)), OnnxRuntime())
    crops = FaceCrops(np.full((1, 112, 112, 3), 255, np.uint8), network_input(model).crop)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelCorrupt, match="gives embeddings that are no finite numbers"):
            load_recogniser(model, "yunet").recognise(crops)


def test_scores_further_apart_than_float32_reaches_are_shares_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(softmax(np.float32([[-3e38, 3e38, 0]])), [[0, 1, 0]])
