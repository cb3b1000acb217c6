"""Keras files are read whole or not at all, and never by running code or opening other files."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from tests.reference import small_cnn
from tests.support.keras_files import Layer, picture, write_archive, write_keras_2

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.keras_file import read_network, read_weights

Change = Callable[[h5py.File], None]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_keras_2(tmp_path / "net.h5", small_cnn.keras_layers(small_cnn.seeded()))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "net.keras", small_cnn.keras_layers(small_cnn.seeded()))


def test_layers_come_with_their_inputs_and_weights(source: Path, archive: Path) -> None:
    seeded = small_cnn.seeded()
    for path in (source, archive):
        network = read_network(path)
        assert network.output == "scores"
        names = [layer.name for layer in network.layers]
        assert names[:5] == ["pictures", "conv_0", "norm_0", "conv_1", "norm_1"]
        assert [layer.inputs for layer in network.layers] == [(), *((name,) for name in names[:-1])]
        for layer in network.layers:
            expected = list(seeded.get(layer.name, {}).values())
            assert len(layer.weights) == len(expected)
            for found, values in zip(layer.weights, expected, strict=True):
                np.testing.assert_array_equal(found, values)


def test_layers_stand_behind_what_they_take(tmp_path: Path) -> None:
    layers = (
        picture(4, 4, 1),
        Layer("Add", "sum", inputs=("first", "second")),
        Layer("Dropout", "second", inputs=("first",)),
        Layer("Dropout", "first", inputs=("pictures",)),
        Layer("Flatten", "flat", inputs=("sum",)),
    )
    network = read_network(write_archive(tmp_path / "net.keras", layers, is_sequential=False))
    assert [layer.name for layer in network.layers] == ["pictures", "first", "second", "sum", "flat"]


def test_weights_are_read_with_and_without_their_network(source: Path, tmp_path: Path) -> None:
    alone = tmp_path / "weights.h5"
    with h5py.File(source) as whole, h5py.File(alone, "w") as file:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", file)
        file.attrs["layer_names"] = whole["model_weights"].attrs["layer_names"]
    for path in (source, alone):
        found = read_weights(path)
        assert [len(weights) for weights in found] == [2, 4] * 4 + [2, 2]
        np.testing.assert_array_equal(found[-1][1], small_cnn.seeded()["scores"]["bias"])
    with pytest.raises(ModelCorrupt, match=r"weights\.h5 cannot be read.*weights without the network"):
        read_network(alone)


def in_another_file(file: h5py.File) -> None:
    outside = Path(file.filename).with_name("secret.bin")
    outside.write_bytes(np.zeros(4, np.float32).tobytes())
    group = file["model_weights/conv_0/conv_0"]
    del group["bias:0"]
    group.create_dataset("bias:0", (4,), np.float32, external=[(str(outside), 0, 16)])


def linked(file: h5py.File) -> None:
    outside = Path(file.filename).with_name("other.h5")
    with h5py.File(outside, "w") as other:
        other["bias"] = np.zeros(4, np.float32)
    group = file["model_weights/conv_0/conv_0"]
    del group["bias:0"]
    group["bias:0"] = h5py.ExternalLink(str(outside), "bias")


def virtual(file: h5py.File) -> None:
    outside = Path(file.filename).with_name("other.h5")
    with h5py.File(outside, "w") as other:
        other["bias"] = np.zeros(4, np.float32)
    layout = h5py.VirtualLayout((4,), np.float32)
    layout[:] = h5py.VirtualSource(str(outside), "bias", (4,))
    group = file["model_weights/conv_0/conv_0"]
    del group["bias:0"]
    group.create_virtual_dataset("bias:0", layout)


def giant(file: h5py.File) -> None:
    group = file["model_weights/conv_0/conv_0"]
    del group["bias:0"]
    group.create_dataset("bias:0", (1 << 40,), np.float32, chunks=(1024,))


def listed_again(file: h5py.File) -> None:
    group = file["model_weights/conv_0/conv_0"]
    del group["bias:0"]
    group.create_dataset("bias:0", (1 << 27,), np.float32, chunks=(1 << 20,), compression="gzip")
    file["model_weights/conv_0"].attrs["weight_names"] = [b"conv_0/bias:0"] * 8


def textual(file: h5py.File) -> None:
    group = file["model_weights/conv_0/conv_0"]
    del group["bias:0"]
    group["bias:0"] = [b"one", b"two"]


def gone(file: h5py.File) -> None:
    del file["model_weights/conv_0/conv_0/bias:0"]


def cut_off(file: h5py.File) -> None:
    file.attrs["model_config"] = file.attrs["model_config"][:500]


def deep(file: h5py.File) -> None:
    file.attrs["model_config"] = "[" * 30_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (in_another_file, "said to lie in another file"),
        (virtual, "said to lie in another file"),
        (linked, "lack conv_0/bias:0"),
        (giant, r"claim 10995116\d+ numbers"),
        (listed_again, r"claim 10737\d+ numbers, expected are 268435456 at most"),
        (textual, "are no numbers"),
        (gone, "lack conv_0/bias:0"),
        (cut_off, "it is broken"),
        (deep, "it is broken"),
    ],
)
def test_weights_that_are_not_in_the_file_are_refused(source: Path, change: Change, reason: str) -> None:
    with h5py.File(source, "r+") as file:
        change(file)
    with pytest.raises(ModelCorrupt, match=rf"^net\.h5 cannot be read as a Keras model: .*{reason}"):
        read_network(source)


def described(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """The file with its description changed."""
    with h5py.File(path, "r+") as file:
        network = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(change(network) or network)
    return path


def layers_of(network: dict[str, Any]) -> list[Any]:
    layers: list[Any] = network["config"]["layers"]
    return layers


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda n: {"class_name": "MyNetwork", "config": {}}, "it describes a MyNetwork"),
        (lambda n: [1, 2], "description of its network is broken"),
        (lambda n: n.pop("config") and None, "description of its network is broken"),
        (lambda n: layers_of(n).clear(), "description of its network is broken"),
        (lambda n: layers_of(n).pop(0) and None, "was saved before it was built"),
        (lambda n: layers_of(n)[1].update(module="mine.layers"), "it uses mine.layers.Conv2D, whose code is not in"),
        (lambda n: layers_of(n)[1].pop("config") and None, "description of its network is broken"),
    ],
)
def test_descriptions_that_are_wrong_are_refused(source: Path, change: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(ModelCorrupt, match=reason):
        read_network(described(source, change))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda n: n["config"].update(output_layers=[["a", 0, 0], ["b", 0, 0]]),
            "the network has 2 outputs, one is expected",
        ),
        (lambda n: n["config"].update(output_layers=[["nowhere", 0, 0]]), "gives the value of nowhere, which it lacks"),
        (lambda n: layers_of(n)[1].update(inbound_nodes=[[["nowhere", 0, 0, {}]]]), "description .* is broken"),
        (lambda n: layers_of(n)[1].update(inbound_nodes=[[["b", 0, 0, {}]]]), "description .* is broken"),
        (
            lambda n: layers_of(n)[1].update(inbound_nodes=[[["pictures", 0, 0, {}]]] * 2),
            "its layer a is used 2 times, shared layers are not read",
        ),
    ],
)
def test_graphs_that_are_wrong_are_refused(tmp_path: Path, change: Callable[[Any], Any], reason: str) -> None:
    layers = (picture(4, 4, 1), Layer("Dropout", "a"), Layer("Flatten", "b"))
    source = write_keras_2(tmp_path / "net.h5", layers, is_sequential=False)
    with pytest.raises(ModelCorrupt, match=reason):
        read_network(described(source, change))


def test_networks_that_nest_without_end_are_refused(tmp_path: Path) -> None:
    inner = Layer("Sequential", "innermost", layers=(picture(4, 4, 1), Layer("Dropout", "a")))
    for number in range(12):
        inner = Layer("Sequential", f"level_{number}", layers=(picture(4, 4, 1), inner))
    source = write_keras_2(tmp_path / "net.h5", (picture(4, 4, 1), inner))
    with pytest.raises(ModelCorrupt, match="nests networks more than 8 deep"):
        read_network(source)


def test_an_archive_without_a_network_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("metadata.json", "{}")
    with pytest.raises(ModelCorrupt, match=r"lacks config\.json and model\.weights\.h5"):
        read_network(archive)


@pytest.mark.parametrize("kind", ["h5", "keras"])
@pytest.mark.parametrize("share", [0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_files_cut_anywhere_are_corrupt(source: Path, archive: Path, kind: str, share: float) -> None:
    path = source if kind == "h5" else archive
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelCorrupt, match=r"cannot be read as a Keras model"):
        read_network(path)


def test_other_files_are_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    path.write_bytes(b"\x89HDX of something else")
    for read in (read_network, read_weights):
        with pytest.raises(ModelCorrupt, match=r"^net\.h5 cannot be read as a Keras model: it is neither an HDF5 file"):
            read(path)
        with pytest.raises(ModelCorrupt, match=r"^absent\.h5 cannot be read as a Keras model"):
            read(tmp_path / "absent.h5")


@pytest.mark.parametrize(("name", "mebibytes"), [("config.json", 16), ("model.weights.h5", 1024)])
def test_an_archive_that_grows_without_measure_is_refused(archive: Path, name: str, mebibytes: int) -> None:
    """Of a member that is said to be larger than it is, for the test's sake."""
    with zipfile.ZipFile(archive) as file:
        members = {other: file.read(other) for other in ("config.json", "model.weights.h5")}
    members[name] += b" "
    with zipfile.ZipFile(archive, "w") as file:
        for other, content in members.items():
            file.writestr(other, content)
    stated, claimed = (size.to_bytes(4, "little") for size in (len(members[name]), (mebibytes << 20) + 1))
    archive.write_bytes(archive.read_bytes().replace(stated, claimed))
    with pytest.raises(ModelCorrupt, match=rf"its {name} is larger than {mebibytes} MiB"):
        read_network(archive)


def test_an_archive_that_was_changed_is_corrupt(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    place = content.index(b'"class_name"')
    content[place : place + 4] = b"oops"
    archive.write_bytes(content)
    with pytest.raises(ModelCorrupt, match="it is broken, expected is a whole"):
        read_network(archive)
