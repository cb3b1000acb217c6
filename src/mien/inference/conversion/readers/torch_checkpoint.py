"""Reads the weights of a torch checkpoint, of either layout, without torch and without executing anything in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import ModelCorrupt
from mien.inference.batches import Floats
from mien.inference.conversion.readers.inert_pickle import Instance
from mien.inference.conversion.readers.torch_stream import read_stream
from mien.inference.conversion.readers.torch_tensors import is_tensor, tensor_of
from mien.inference.conversion.readers.torch_zip import SIGNATURE, read_zip

_MOST_BYTES = 2 << 30  # twice that of the largest network of the field
_MOST_ELEMENTS = 1 << 29  # tensors may share storages, so a small file could hold very many large ones
_MOST_MODULES = 10_000  # a pickle may hold itself, or fan out without end
_PACKED = "._packed_params._packed_params"  # weight and bias of torch.ao.nn.quantized.dynamic.Linear
_TABLES = ("state_dict", "model_state_dict", "backbone", "model", "net", "network")
"""Under which keys training loops save the network, beside optimisers and counters."""


def read_tensors(path: Path) -> dict[str, Floats]:
    """Parameters and buffers of a checkpoint by dotted name, float32; integers such as step counters are left out.

    The checkpoint is a whole module, a table of tensors, or a table that holds one of these among other things.
    Quantised layers come back as ``layer.weight`` and ``layer.bias``, in the values that their integers stand for. The
    ``module.`` that DataParallel puts before every name is taken off; ``below`` takes off others. Raises ModelCorrupt
    where the file is broken, wants to execute something, or is something else.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ModelCorrupt(f"it is larger than {_MOST_BYTES >> 30} GiB")
        content = path.read_bytes()
        checkpoint = read_zip(content) if content.startswith(SIGNATURE) else read_stream(content)
        tensors: dict[str, Floats] = {}
        elements = 0
        for name, call in _named(_network(checkpoint.root)):
            tensor = tensor_of(call, checkpoint.storages)
            elements += max(1, tensor.size)
            if elements > _MOST_ELEMENTS:
                raise ModelCorrupt(f"its tensors have more than {_MOST_ELEMENTS} elements")
            if tensor.dtype == np.float32:
                tensors[name] = tensor
    except ModelCorrupt as error:
        raise ModelCorrupt(f"{path.name} cannot be read: {error}") from error
    except OSError as error:
        raise ModelCorrupt(f"{path.name} cannot be read: {error.strerror or error}") from error
    if all(name.startswith("module.") for name in tensors):
        return below(tensors, "module")
    return tensors


def below(tensors: Mapping[str, Floats], layer: str) -> dict[str, Floats]:
    """The tensors of one part of a network, ``layer.`` taken off their names."""
    start = f"{layer}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def _network(root: Any) -> Any:
    """The module or table of tensors in what was saved."""
    if not isinstance(root, dict) or _is_network(root):
        return root
    within = {key: value for key, value in root.items() if _is_network(value)}
    for key in _TABLES:
        if key in within:
            return within[key]
    if len(within) != 1:
        found = f"several tables of tensors ({', '.join(map(str, within))})" if within else "no tensors"
        raise ModelCorrupt(f"it holds {found}")
    return next(iter(within.values()))


def _is_network(value: Any) -> bool:
    if isinstance(value, dict):
        return any(is_tensor(tensor) for tensor in value.values())
    return isinstance(value, Instance) and isinstance(value.state, dict) and "_modules" in value.state


def _named(network: Any) -> Iterator[tuple[str, Any]]:
    """Every recorded tensor of a module tree or of a flat table, by dotted name."""
    return _of_table(network) if isinstance(network, dict) else _of_module(network)


def _of_table(table: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    packed = {name.removesuffix(_PACKED) for name in map(str, table) if name.endswith(_PACKED)}
    unused = {f"{layer}.{part}" for layer in packed for part in ("scale", "zero_point")}  # of a result never quantised
    for key, value in table.items():
        name = str(key)
        if name.endswith(_PACKED) and isinstance(value, tuple) and len(value) == 2:
            parts = zip(("weight", "bias"), value, strict=True)
            yield from ((f"{name.removesuffix(_PACKED)}.{part}", tensor) for part, tensor in parts if is_tensor(tensor))
        elif is_tensor(value) and name not in unused:
            yield name, value


def _of_module(root: Any) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any]] = [("", root)]
    for _ in range(_MOST_MODULES):
        prefix, module = waiting.pop()
        if not isinstance(module, Instance) or not isinstance(module.state, dict):
            raise ModelCorrupt(f"{prefix or 'its root'} is neither a module nor a table of tensors")
        for part in ("_parameters", "_buffers"):
            for name, value in _part(module, part).items():
                if value is not None:  # None where a layer has no bias
                    yield f"{prefix}{name}", value
        waiting.extend((f"{prefix}{name}.", child) for name, child in _part(module, "_modules").items())
        if not waiting:
            return
        if len(waiting) > _MOST_MODULES:
            break
    raise ModelCorrupt(f"it holds more than {_MOST_MODULES} modules")


def _part(module: Instance, part: str) -> dict[Any, Any]:
    table = module.state.get(part, {})
    if not isinstance(table, dict):
        raise ModelCorrupt(f"the {part} of a {module.name} are no table")
    return table
