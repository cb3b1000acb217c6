"""The weights of a checkpoint, however they were saved."""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.checkpoints import state_dict, write_stream, write_zip
from tests.support.torch_pickles import (
    archive,
    fraction,
    module,
    name,
    number,
    parameter,
    quantised,
    several,
    storage,
    table,
    tensor,
    text,
)

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.torch_checkpoint import below, read_tensors

SIX = np.arange(6, dtype=np.float32)
NETWORK = {"conv.weight": SIX.reshape(2, 3), "conv.bias": SIX[:2]}
PER_TENSOR = several(name("torch.per_tensor_affine"), fraction(0.5), number(2))
PACKED = "fc._packed_params._packed_params"


def written(path: Path, value: bytes, *storages: np.ndarray) -> Path:
    members = {f"net/data/{key}": elements.tobytes() for key, elements in enumerate(storages)}
    return archive(path, {"net/data.pkl": b"\x80\x02" + value + b"."} | members)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.pt"


@pytest.mark.parametrize("write", [write_zip, write_stream])
@pytest.mark.parametrize(
    "content",
    [
        state_dict(NETWORK),
        state_dict(NETWORK, "module."),
        {"state_dict": state_dict(NETWORK)},
        {"epoch": 3, "best": 0.9, "model_state_dict": state_dict(NETWORK), "optimizer_state_dict": {"state": {}}},
        {"backbone": state_dict(NETWORK, "module."), "head": state_dict({"kernel": SIX})},
        {"of_any_name": OrderedDict(NETWORK), "lr": [0.1, 0.01], "arch": "net"},
    ],
)
def test_a_table_is_found_where_training_loops_put_it(path: Path, write: Any, content: object) -> None:
    found = read_tensors(write(path, content))
    assert found.keys() == NETWORK.keys()
    for key, values in NETWORK.items():
        np.testing.assert_array_equal(found[key], values)


def test_of_several_tables_none_is_guessed(path: Path) -> None:
    both = {"student": state_dict(NETWORK), "teacher": state_dict(NETWORK)}
    with pytest.raises(ModelCorrupt, match=r"several tables of tensors \(student, teacher\)"):
        read_tensors(write_zip(path, both))


def test_what_lies_beside_the_table_may_be_objects_and_numbers_of_numpy(path: Path) -> None:
    number_of_numpy, array = (pickle.dumps(value, protocol=2)[2:-1] for value in (np.float64(0.5), np.arange(3)))
    steps = name("collections.Counter") + several(b"}(K\x05K\x01u") + b"R"
    options = name("argparse.Namespace") + b")\x81" + table(lr=fraction(0.1)) + b"b"
    kind_of_dict = name("lightning.AttributeDict") + b")\x81(" + text("lr") + fraction(0.1) + b"u"
    beside = {"best": number_of_numpy, "all": array, "milestones": steps, "options": options, "more": kind_of_dict}
    value = table(state_dict=table(weight=tensor()), **beside)
    assert set(read_tensors(written(path, value, SIX))) == {"weight"}


def test_a_module_tree_may_lie_in_a_table(path: Path) -> None:
    tree = module(modules=table(deep=module(table(weight=parameter(tensor()), bias=b"N"))))
    found = read_tensors(written(path, table(net=tree, epoch=b"K\x03"), SIX))
    np.testing.assert_array_equal(found["deep.weight"], SIX.reshape(2, 3))


@pytest.mark.parametrize(("kind", "dtype"), [("Half", np.float16), ("Float", np.float32), ("Double", np.float64)])
def test_every_floating_type_comes_back_as_float32(path: Path, kind: str, dtype: type) -> None:
    values = np.array([0.5, -1.25, 3, 1024, 0, -0.0], dtype)
    found = read_tensors(written(path, table(weight=tensor(place=storage(kind=f"torch.{kind}Storage"))), values))
    assert found["weight"].dtype == np.float32
    np.testing.assert_array_equal(found["weight"], values.reshape(2, 3))


def test_bfloat16_is_the_upper_half_of_float32(path: Path) -> None:
    values = np.array([0.5, -1.25, 3, 1024, 0, 1e30], np.float32)
    halves = (values.view(np.uint32) >> 16).astype(np.uint16)
    found = read_tensors(written(path, table(weight=tensor(place=storage(kind="torch.BFloat16Storage"))), halves))
    np.testing.assert_allclose(found["weight"], values.reshape(2, 3), rtol=2**-7)
    assert found["weight"][0, 1] == -1.25


@pytest.mark.parametrize("kind", ["Long", "Int", "Short", "Char", "Byte", "Bool"])
def test_whole_numbers_are_left_out(path: Path, kind: str) -> None:
    sizes = {"Long": 8, "Int": 4, "Short": 2}
    step = tensor(place=storage(kind=f"torch.{kind}Storage", key="1"))
    content = np.zeros(6 * sizes.get(kind, 1), np.uint8)
    assert set(read_tensors(written(path, table(weight=tensor(), step=step), SIX, content))) == {"weight"}


def test_a_number_alone_has_no_dimensions(path: Path) -> None:
    assert read_tensors(written(path, table(scale=tensor((), (), 3)), SIX))["scale"].shape == ()


@pytest.mark.parametrize(("kind", "dtype"), [("QInt8", np.int8), ("QUInt8", np.uint8), ("QInt32", np.int32)])
def test_a_quantised_tensor_comes_back_as_what_it_stands_for(path: Path, kind: str, dtype: type) -> None:
    elements = np.array([0, 1, 2, 3, 100, 127], dtype)
    found = read_tensors(written(path, table(w=quantised(PER_TENSOR, kind=f"torch.{kind}Storage")), elements))
    np.testing.assert_array_equal(found["w"], (elements.reshape(2, 3).astype(float) - 2) * 0.5)


@pytest.mark.parametrize("axis", [0, 1])
def test_it_may_be_quantised_along_an_axis(path: Path, axis: int) -> None:
    count = (2, 3)[axis]
    scales, zeros = np.array([0.5, 2, 0.25][:count]), np.array([0, 1, -3][:count])
    quantiser = several(
        name("torch.per_channel_affine"),
        tensor((count,), (1,), place=storage(count, "torch.DoubleStorage", "1")),
        tensor((count,), (1,), place=storage(count, "torch.LongStorage", "2")),
        number(axis),
    )
    elements = np.array([-128, 1, 2, 3, 4, 127], np.int8)
    found = read_tensors(written(path, table(w=quantised(quantiser)), elements, scales, zeros.astype(np.int64)))
    shape = (-1, 1) if axis == 0 else (1, -1)
    np.testing.assert_allclose(found["w"], (elements.reshape(2, 3) - zeros.reshape(shape)) * scales.reshape(shape))


def test_a_dynamically_quantised_layer_has_weight_and_bias(path: Path) -> None:
    bias = parameter(tensor((2,), (1,), place=storage(2, key="1")))
    scale = tensor((), (), place=storage(1, key="2"))
    value = table(**{
        "fc.scale": scale, "fc._packed_params.dtype": name("torch.qint8"), PACKED: several(quantised(PER_TENSOR), bias)
    })  # fmt: skip
    elements = np.arange(6, dtype=np.int8)
    found = read_tensors(written(path, value, elements, SIX[:2], SIX[:1]))
    assert set(found) == {"fc.weight", "fc.bias"}
    np.testing.assert_array_equal(found["fc.weight"], (elements.reshape(2, 3).astype(float) - 2) / 2)


def test_a_dynamically_quantised_layer_may_have_no_bias(path: Path) -> None:
    value = table(**{PACKED: several(quantised(PER_TENSOR), b"N"), "norm.weight": tensor(place=storage(key="1"))})
    assert set(read_tensors(written(path, value, np.arange(6, dtype=np.int8), SIX))) == {"fc.weight", "norm.weight"}


@pytest.mark.parametrize(
    "quantiser",
    [
        b"N",
        several(name("torch.per_tensor_affine"), number(1), number(2)),
        several(name("torch.per_channel_affine"), tensor(), tensor(), number(0)),
        several(name("torch.per_channel_affine"), b"N", b"N", number(0)),
        several(name("torch.per_channel_affine"), tensor((2,), (1,)), tensor((2,), (1,)), number(2)),
        several(name("os.system"), fraction(0.5), number(2)),
    ],
)
def test_other_ways_to_quantise_are_refused(path: Path, quantiser: bytes) -> None:
    with pytest.raises(ModelCorrupt, match=r"described in a way|storage of a kind|another length"):
        read_tensors(written(path, table(w=quantised(quantiser)), np.arange(6, dtype=np.int8)))


def test_a_parameter_in_a_parameter_is_refused(path: Path) -> None:
    value = tensor()
    for _ in range(5000):
        value = parameter(value)
    with pytest.raises(ModelCorrupt, match="described in a way"):
        read_tensors(written(path, table(weight=value), SIX))


def test_modules_that_fan_out_without_end_are_refused(path: Path) -> None:
    many = b"}(" + b"".join(text(str(index)) + b"h\x01" for index in range(200)) + b"u"
    again = name("net.Net") + b")\x81q\x01" + table(_parameters=b"}", _modules=many) + b"b"
    with pytest.raises(ModelCorrupt, match="more than 10000 modules"):
        read_tensors(written(path, again))


def test_a_part_of_a_network_goes_by_its_own_names() -> None:
    tensors = {"model.a.weight": SIX, "models.b": SIX, "head.weight": SIX}
    assert set(below(tensors, "model")) == {"a.weight"}
    assert below(tensors, "backbone") == {}


def test_the_mirror_s_quantised_network_is_read_as_torch_reads_it(shared: Path) -> None:
    tensors = read_tensors(shared / "models" / "edgeface" / "edgeface_xs_q.pt")
    assert sum(values.size for values in tensors.values()) == 2_242_620
    weight = tensors["model.stages.0.blocks.0.mlp.fc1.weight"]
    assert weight.shape == (128, 32)
    np.testing.assert_allclose(weight[0, :3], [0.1674, 0.1732, -0.0115], atol=5e-5)  # as torch 2.13 prints them
    assert np.unique(weight).size <= 256
