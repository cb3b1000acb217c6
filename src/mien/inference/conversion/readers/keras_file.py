"""Reads Keras networks with their weights, of ``.h5`` files and ``.keras`` archives, without Keras or running code."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.keras_config import Config, PlannedLayer, planned_layers

_DESCRIPTION, _WEIGHTS = "config.json", "model.weights.h5"
_MOST_BYTES = {_DESCRIPTION: 1 << 24, _WEIGHTS: 1 << 30}
_MOST_NUMBERS = 1 << 28  # twice those of VGG-Face; a dataset may claim more than the file holds, and be listed again

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """One layer, its weights in Keras' order: kernels, bias; gain, shift, mean, variance; those that it has."""

    name: str
    kind: str
    config: Config
    inputs: tuple[str, ...]
    weights: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class KerasNetwork:
    """All layers, each behind those it takes its input from, and the name of the one that gives the result."""

    layers: tuple[KerasLayer, ...]
    output: str


def read_network(path: Path) -> KerasNetwork:
    """The network of a whole saved model; raises ModelCorrupt where it is broken or holds no network."""
    with _corrupt_where_broken(path):
        return _of_archive(path) if zipfile.is_zipfile(path) else _of_hdf5(path)


def read_weights(path: Path) -> tuple[tuple[Floats, ...], ...]:
    """The weights of every layer that has some, in the order of the network, of an ``.h5`` file of weights or of all.

    Raises ModelCorrupt where it is broken.
    """
    with _corrupt_where_broken(path), h5py.File(path, "r") as file:
        groups = _member(file, "model_weights") if "model_weights" in file else file
        layers = [_member(groups, name) for name in _texts(groups, "layer_names")]
        datasets = [[_dataset(layer, name) for name in _texts(layer, "weight_names")] for layer in layers]
        return tuple(filter(None, _read(datasets)))


@contextmanager
def _corrupt_where_broken(path: Path) -> Iterator[None]:
    try:
        if not h5py.is_hdf5(path) and not zipfile.is_zipfile(path):
            raise ModelCorrupt("it is neither an HDF5 file nor an archive")
        yield
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{path.name} cannot be read as a Keras model: {error}") from error
    # h5py raises what HDF5 meets, zipfile, zlib and json what they meet
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelCorrupt(
            f"{path.name} cannot be read as a Keras model: it is broken, expected is a whole .h5, .hdf5 or .keras file"
        ) from error


def _of_hdf5(path: Path) -> KerasNetwork:
    """Keras 1, 2 and 3: the description is an attribute, and every layer a group that lists its weights."""
    with h5py.File(path, "r") as file:
        description = file.attrs.get("model_config")
        if description is None:
            raise ModelCorrupt("it holds weights without the network they belong to; save the whole model instead")
        layers, output = planned_layers(json.loads(description))
        groups = _member(file, "model_weights")
        return _network(layers, output, [list(_listed(groups, layer)) for layer in layers])


def _of_archive(path: Path) -> KerasNetwork:
    """Keras 3: a zip archive of the description and an HDF5 file with a group for each layer."""
    with zipfile.ZipFile(path) as archive:
        missing = {_DESCRIPTION, _WEIGHTS} - set(archive.namelist())
        if missing:
            raise ModelCorrupt(f"the archive lacks {' and '.join(sorted(missing))}")
        layers, output = planned_layers(json.loads(_content(archive, _DESCRIPTION)))
        with h5py.File(io.BytesIO(_content(archive, _WEIGHTS)), "r") as file:
            return _network(layers, output, [list(_numbered(file, layer)) for layer in layers])


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_BYTES[name]:
        raise ModelCorrupt(f"its {name} is larger than {_MOST_BYTES[name] >> 20} MiB")
    return archive.read(name)


def _listed(groups: Any, layer: PlannedLayer) -> Iterator[h5py.Dataset]:
    """The weights of a layer by the list of its group; that of a nested network lists all of its layers."""
    if layer.path[0] not in groups:
        return
    group = _member(groups, layer.path[0])
    for name in _texts(group, "weight_names"):
        if len(layer.path) == 1 or name.split("/")[-2:-1] == [layer.path[-1]]:
            yield _dataset(group, name)


def _texts(group: Any, attribute: str) -> list[str]:
    return [entry.decode() if isinstance(entry, bytes) else str(entry) for entry in group.attrs.get(attribute, ())]


def _numbered(file: Any, layer: PlannedLayer) -> Iterator[h5py.Dataset]:
    """The weights of a layer in the order of their numbers."""
    place = f"{layer.slot}/vars"
    if layer.slot and place in file:
        numbers = _member(file, place)
        for index in range(len(numbers)):
            yield _dataset(numbers, str(index))


def _member(group: Any, name: str) -> Any:
    """A member at a path below a group, which lies in the same file; HDF5 can point into others."""
    for part in name.split("/"):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise ModelCorrupt(f"its weights lack {name}")
        group = group[part]
    return group


def _dataset(group: Any, name: str) -> h5py.Dataset:
    """What holds the weights of a name; none of them is read."""
    dataset = _member(group, name)
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "fiu":
        raise ModelCorrupt(f"its weights {name} are no numbers")
    if dataset.external or dataset.is_virtual:
        raise ModelCorrupt(f"its weights {name} are said to lie in another file")
    return dataset


def _read(layers: list[list[h5py.Dataset]]) -> tuple[tuple[Floats, ...], ...]:
    """The weights of each layer; raises ModelCorrupt where all together claim more than any network has."""
    numbers = sum(dataset.size for datasets in layers for dataset in datasets)
    if numbers > _MOST_NUMBERS:
        raise ModelCorrupt(f"its weights claim {numbers} numbers, expected are {_MOST_NUMBERS} at most")
    return tuple(tuple(np.asarray(dataset[()], np.float32) for dataset in datasets) for datasets in layers)


def _network(
    layers: tuple[PlannedLayer, ...], output: tuple[str, ...], datasets: list[list[h5py.Dataset]]
) -> KerasNetwork:
    named = tuple(
        KerasLayer(
            "/".join(layer.path),
            layer.kind,
            layer.config,
            tuple("/".join(path) for path in layer.inputs),
            weights,
        )
        for layer, weights in zip(layers, _read(datasets), strict=True)
    )
    return KerasNetwork(named, "/".join(output))
