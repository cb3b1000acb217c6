"""Writes Keras models without Keras: whole ``.h5`` files as Keras 1, 2 and 3 write them, and ``.keras`` archives.

The layouts were compared with files of Keras 3 itself, which reads what is written here.
"""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]

_SLOTS = {
    "Activation": "activation",
    "Add": "add",
    "AveragePooling2D": "average_pooling2d",
    "BatchNormalization": "batch_normalization",
    "Concatenate": "concatenate",
    "Conv2D": "conv2d",
    "Dense": "dense",
    "DepthwiseConv2D": "depthwise_conv2d",
    "Dropout": "dropout",
    "ELU": "elu",
    "Flatten": "flatten",
    "Functional": "functional",
    "GlobalAveragePooling2D": "global_average_pooling2d",
    "InputLayer": "input_layer",
    "LeakyReLU": "leaky_re_lu",
    "MaxPooling2D": "max_pooling2d",
    "PReLU": "p_re_lu",
    "RandomFlip": "random_flip",
    "ReLU": "re_lu",
    "Rescaling": "rescaling",
    "Reshape": "reshape",
    "SeparableConv2D": "separable_conv2d",
    "Sequential": "sequential",
    "ZeroPadding2D": "zero_padding2d",
}
"""Names of the groups in a ``model.weights.h5`` by class, as Keras 3 makes them out of the class."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as Keras describes it; ``inputs`` are names, none means the layer before it. Networks have ``layers``."""

    kind: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: Weights = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    layers: tuple["Layer", ...] = ()

    def slot_kind(self) -> str:
        return _SLOTS.get(self.kind, self.kind.lower())


def picture(*shape: int, name: str = "pictures") -> Layer:
    """The input: (height, width, channels)."""
    return Layer("InputLayer", name, {"batch_shape": [None, *shape]})


def write_keras_1(path: Path, layers: Sequence[Layer]) -> Path:
    """A Sequential as of 2016: a list of layers of which the first states the shape, and names of that time."""
    start, first, *rest = layers
    entries = [_described_1(first, {"batch_input_shape": start.config["batch_shape"]}), *map(_described_1, rest)]
    with h5py.File(path, "w") as file:
        _describe(file, {"class_name": "Sequential", "config": entries}, "1.2.2")
        _write_groups(file, layers[1:], lambda layer, part: f"{layer.name}_{part}")
    return path


def write_keras_2(path: Path, layers: Sequence[Layer], is_sequential: bool = True) -> Path:
    """An ``.h5`` of Keras 2, in which weights are called ``conv/kernel:0``."""
    with h5py.File(path, "w") as file:
        _describe(file, _network_2(layers, is_sequential), "2.0.5")
        _write_groups(file, layers, lambda layer, part: f"{layer.name}/{part}:0")
    return path


def write_keras_3(path: Path, layers: Sequence[Layer], is_sequential: bool = True) -> Path:
    """An ``.h5`` of Keras 3, in which weights are called ``network/conv/kernel``."""
    with h5py.File(path, "w") as file:
        _describe(file, _network_3(layers, is_sequential), "3.15.1")
        _write_groups(file, layers, lambda layer, part: f"network/{layer.name}/{part}")
    return path


def write_archive(path: Path, layers: Sequence[Layer], is_sequential: bool = True) -> Path:
    """A ``.keras`` file, in which weights are numbered in groups that are named after the classes."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        _write_slots(file, layers, "", is_sequential)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(_network_3(layers, is_sequential)))
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


def _describe(file: h5py.File, network: Mapping[str, Any], version: str) -> None:
    file.attrs["model_config"] = json.dumps(network)
    file.attrs["keras_version"] = version
    file.attrs["backend"] = "tensorflow"


def _write_groups(file: h5py.File, layers: Sequence[Layer], name_of: Any) -> None:
    parent = file.create_group("model_weights")
    parent.attrs["layer_names"] = [layer.name.encode() for layer in layers]
    for layer in layers:
        group = parent.create_group(layer.name)
        named = {
            name_of(inner, part): values
            for inner in (layer.layers or (layer,))
            for part, values in inner.weights.items()
        }
        group.attrs["weight_names"] = [name.encode() for name in named]
        for name, values in named.items():
            group[name] = values


def _write_slots(file: h5py.File, layers: Sequence[Layer], before: str, is_sequential: bool) -> None:
    used: Counter[str] = Counter()
    for layer in layers:
        if is_sequential and layer.kind == "InputLayer":
            continue
        slot = layer.slot_kind()
        place = f"{before}layers/{slot}" + (f"_{used[slot]}" if used[slot] else "")
        used[slot] += 1
        if layer.layers:
            _write_slots(file, layer.layers, f"{place}/", layer.kind == "Sequential")
        group = file.require_group(f"{place}/vars")
        for index, values in enumerate(layer.weights.values()):
            group[str(index)] = values


def _described_1(layer: Layer, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    config = {"name": layer.name, **layer.config, **(more or {})}
    renamed = {
        {
            "filters": "nb_filter",
            "strides": "subsample",
            "padding": "border_mode",
            "data_format": "dim_ordering",
            "units": "output_dim",
            "use_bias": "bias",
        }.get(key, key): value
        for key, value in config.items()
    }
    if layer.kind == "MaxPooling2D":
        renamed["strides"] = renamed.pop("subsample")
    if "kernel_size" in renamed:
        renamed["nb_row"], renamed["nb_col"] = renamed.pop("kernel_size")
    if "dim_ordering" in renamed:
        renamed["dim_ordering"] = {"channels_last": "tf", "channels_first": "th"}[renamed["dim_ordering"]]
    return {"class_name": {"Conv2D": "Convolution2D"}.get(layer.kind, layer.kind), "config": renamed}


def _network_2(layers: Sequence[Layer], is_sequential: bool) -> dict[str, Any]:
    entries = []
    for before, layer in zip((None, *layers), layers, strict=False):
        config = {"name": layer.name, **layer.config}
        if "batch_shape" in config:
            config["batch_input_shape"] = config.pop("batch_shape")
        entry: dict[str, Any] = {"class_name": layer.kind, "config": config}
        if layer.layers:
            entry |= _network_2(layer.layers, layer.kind == "Sequential")
            entry["config"]["name"] = layer.name
        if not is_sequential:
            sources = layer.inputs or ((before.name,) if before else ())
            entry |= {"name": layer.name, "inbound_nodes": [[[name, 0, 0, {}] for name in sources]] if sources else []}
        entries.append(entry)
    if is_sequential:
        return {"class_name": "Sequential", "config": {"name": "network", "layers": entries}}
    ends = {"input_layers": [[layers[0].name, 0, 0]], "output_layers": [[layers[-1].name, 0, 0]]}
    return {"class_name": "Model", "config": {"name": "network", "layers": entries} | ends}


def _network_3(layers: Sequence[Layer], is_sequential: bool) -> dict[str, Any]:
    entries = []
    for before, layer in zip((None, *layers), layers, strict=False):
        config = {"name": layer.name, **layer.config}
        entry = {"module": "keras.layers", "class_name": layer.kind, "config": config, "registered_name": None}
        if layer.layers:
            entry |= _network_3(layer.layers, layer.kind == "Sequential")
            entry["config"]["name"] = layer.name
        if not is_sequential:
            sources = layer.inputs or ((before.name,) if before else ())
            configs = [{"shape": [None], "dtype": "float32", "keras_history": [name, 0, 0]} for name in sources]
            tensors = [{"class_name": "__keras_tensor__", "config": config} for config in configs]
            arguments = tensors if len(tensors) < 2 else [tensors]
            nodes = [{"args": arguments, "kwargs": {"mask": None} if layer.layers else {}}] if sources else []
            entry |= {"name": layer.name, "inbound_nodes": nodes}
        entries.append(entry)
    module = "keras" if is_sequential else "keras.src.models.functional"
    config = {"name": "network", "layers": entries}
    if not is_sequential:
        config |= {"input_layers": [layers[0].name, 0, 0], "output_layers": [layers[-1].name, 0, 0]}
    return {"module": module, "class_name": "Sequential" if is_sequential else "Functional", "config": config}
