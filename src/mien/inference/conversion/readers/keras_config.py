"""Reads the description of a Keras network, as Keras 1, 2 and 3 write it, into one vocabulary: a list of layers.

Nested networks are unfolded. Nothing is executed: a description is a tree of names and numbers, and a layer that
carries code is refused by whoever is to convert it, for it is not among the kinds that are known.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from mien.domain.errors import ModelCorrupt

_NETWORKS = ("Sequential", "Functional", "Model")
_KINDS_OF_KERAS_1 = {"Convolution2D": "Conv2D", "SeparableConvolution2D": "SeparableConv2D"}
_KEYS_OF_KERAS_1 = {
    "nb_filter": "filters",
    "subsample": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "output_dim": "units",
    "bias": "use_bias",
}
_ORDERS_OF_KERAS_1 = {"tf": "channels_last", "th": "channels_first"}
_DEEPEST = 8  # networks within networks

Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlannedLayer:
    """A layer without its weights.

    ``path`` is its name behind those of the networks it is nested in; ``inputs`` are paths too. ``slot`` is the group
    of its weights in a ``model.weights.h5``.
    """

    path: tuple[str, ...]
    kind: str
    config: Config
    inputs: tuple[tuple[str, ...], ...]
    slot: str


def planned_layers(description: Any) -> tuple[tuple[PlannedLayer, ...], tuple[str, ...]]:
    """The layers, each behind those it takes its input from, and the path of the one whose value is the result.

    ``description`` is the parsed JSON. Raises ModelCorrupt where it describes no network, or one with several outputs,
    with shared layers or of a kind that cannot be read.
    """
    try:
        layers, outputs = _network(description, (), "", ())
        if len(outputs) != 1:
            raise ModelCorrupt(f"the network has {len(outputs)} outputs, one is expected")
        by_path = {layer.path: layer for layer in layers}
        if outputs[0] not in by_path:
            raise ModelCorrupt(f"it gives the value of {'/'.join(outputs[0])}, which it lacks")
        order = TopologicalSorter({layer.path: layer.inputs for layer in layers}).static_order()
        return tuple(by_path[path] for path in order), outputs[0]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, CycleError) as error:
        raise ModelCorrupt("the description of its network is broken") from error


def _network(
    description: Any, path: tuple[str, ...], slot: str, feeds: tuple[tuple[str, ...], ...]
) -> tuple[list[PlannedLayer], list[tuple[str, ...]]]:
    """The layers of a network that is fed by ``feeds`` (of the outermost: by nothing), and where its outputs are."""
    kind, config = description["class_name"], description["config"]
    if kind not in _NETWORKS:
        raise ModelCorrupt(f"it describes a {kind}, expected is a Sequential or Functional network")
    if len(path) > _DEEPEST:
        raise ModelCorrupt(f"it nests networks more than {_DEEPEST} deep")
    if kind == "Sequential":
        entries = config["layers"] if isinstance(config, dict) else config  # a plain list until Keras 2.2
        planned = list(_chain(entries, path, slot, feeds))
        outputs = [planned[-1].path]
    else:
        planned = list(_graph(config, path, slot, feeds))
        outputs = [(*path, name) for name in _names(config["output_layers"])]
    return _unfolded(planned, outputs)


def _chain(
    entries: Sequence[Any], path: tuple[str, ...], slot: str, feeds: tuple[tuple[str, ...], ...]
) -> Iterator[PlannedLayer]:
    """The layers of a Sequential network, with the input layer that it may leave out."""
    slots = _Slots(slot)
    inputs = feeds
    for index, entry in enumerate(entries):
        layer = _planned(entry, path, "")
        is_input = layer.kind == "InputLayer"
        if index == 0 and not feeds and not is_input:
            shape = layer.config.get("batch_input_shape")
            if shape is None:
                raise ModelCorrupt("it does not say the shape of its input: it was saved before it was built")
            start = PlannedLayer((*path, ""), "InputLayer", {"batch_input_shape": shape}, (), "")
            yield start
            inputs = (start.path,)
        elif is_input and feeds:
            continue
        layer = replace(layer, inputs=inputs, slot="" if is_input else slots.next(layer.kind))
        yield layer
        inputs = (layer.path,)


def _graph(
    config: Config, path: tuple[str, ...], slot: str, feeds: tuple[tuple[str, ...], ...]
) -> Iterator[PlannedLayer]:
    """The layers of a Functional network; fed ones are identities."""
    slots = _Slots(slot)
    fed = dict(zip(_names(config["input_layers"]), feeds, strict=True)) if feeds else {}
    for entry in config["layers"]:
        name = entry.get("name") or entry["config"]["name"]
        layer = _planned(entry, path, slots.next(entry["class_name"]), name)
        nodes = entry["inbound_nodes"]
        if len(nodes) > 1:
            raise ModelCorrupt(f"its layer {name} is used {len(nodes)} times, shared layers are not read")
        inputs = tuple((*path, source) for source in _sources(nodes))
        if name in fed:
            layer, inputs = replace(layer, kind="Identity"), (fed[name],)
        yield replace(layer, inputs=inputs)


def _planned(entry: Config, path: tuple[str, ...], slot: str, name: str = "") -> PlannedLayer:
    module, kind, config = entry.get("module", "keras"), entry["class_name"], entry["config"]
    if str(module).split(".")[0] not in ("keras", "tensorflow", "tf_keras"):
        raise ModelCorrupt(f"it uses {module}.{kind}, whose code is not in the file and would not be run if it were")
    if kind in _NETWORKS:
        own = name or str(config["name"] if isinstance(config, dict) else kind)
        return PlannedLayer((*path, own), kind, {"network": {"class_name": kind, "config": config}}, (), slot)
    config = _of_one_vocabulary(config)
    return PlannedLayer((*path, name or config["name"]), str(_KINDS_OF_KERAS_1.get(kind, kind)), config, (), slot)


def _unfolded(
    layers: list[PlannedLayer], outputs: list[tuple[str, ...]]
) -> tuple[list[PlannedLayer], list[tuple[str, ...]]]:
    """The same with the layers of nested networks in the place of those networks."""
    flat: list[PlannedLayer] = []
    results: dict[tuple[str, ...], tuple[str, ...]] = {}
    for layer in layers:
        if layer.kind not in _NETWORKS:
            flat.append(layer)
            continue
        inner, ends = _network(layer.config["network"], layer.path, f"{layer.slot}/", layer.inputs)
        if len(ends) != 1:
            raise ModelCorrupt(f"its network {layer.path[-1]} has {len(ends)} outputs, one is expected")
        flat += inner
        results[layer.path] = ends[0]
    flat = [replace(layer, inputs=tuple(_followed(path, results) for path in layer.inputs)) for layer in flat]
    return flat, [_followed(path, results) for path in outputs]


def _followed(path: tuple[str, ...], results: Mapping[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
    for _ in results:
        path = results.get(path, path)
    return path


def _names(references: Any) -> list[str]:
    """Names of layers out of ``[name, node, tensor]`` or a list, or in Keras 3 a table, of such."""
    if isinstance(references, dict):
        references = list(references.values())
    if references and isinstance(references[0], str):
        references = [references]
    return [str(reference[0]) for reference in references]


def _sources(nodes: Any) -> Iterator[str]:
    """Names of the layers that feed one, in order: pairs in lists until Keras 2, tensors among arguments in Keras 3."""
    if isinstance(nodes, dict):
        if nodes.get("class_name") == "__keras_tensor__":
            yield str(nodes["config"]["keras_history"][0])
        else:
            for part in nodes.values():
                yield from _sources(part)
    elif isinstance(nodes, list):
        if len(nodes) in (3, 4) and isinstance(nodes[0], str) and isinstance(nodes[1], int):
            yield nodes[0]
        else:
            for part in nodes:
                yield from _sources(part)


def _of_one_vocabulary(config: Config) -> Config:
    """The configuration of a layer with the keys of Keras 2."""
    renamed = {_KEYS_OF_KERAS_1.get(key, key): value for key, value in config.items()}
    if "nb_row" in config:
        renamed["kernel_size"] = [config["nb_row"], config["nb_col"]]
    order = renamed.get("data_format")
    return renamed | ({"data_format": _ORDERS_OF_KERAS_1.get(order, order)} if order else {})


class _Slots:
    """Names the groups of a ``model.weights.h5``: by the kind of the layer, numbered from the second on."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._used: dict[str, int] = {}

    def next(self, kind: str) -> str:
        name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)
        name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
        count = self._used[name] = self._used.get(name, -1) + 1
        return f"{self._before}layers/{name}" + (f"_{count}" if count else "")
