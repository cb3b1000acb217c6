"""Arrays from the calls that a torch checkpoint holds instead of its tensors, quantised ones as what they stand for."""

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.inference.batches import Floats
from mien.inference.conversion.readers.inert_pickle import Call, Global
from mien.inference.conversion.readers.torch_storage import Storage

_TENSOR = "torch._utils._rebuild_tensor_v2"
_QUANTISED = "torch._utils._rebuild_qtensor"
_PARAMETER = "torch._utils._rebuild_parameter"
_BFLOAT16 = "torch.BFloat16Storage"
Storages = dict[str, NDArray[Any]]


def is_tensor(value: Any) -> bool:
    """Whether a value of a checkpoint is one of the calls that rebuild a tensor."""
    return isinstance(value, Call) and value.name in (_TENSOR, _QUANTISED, _PARAMETER)


def tensor_of(value: Any, storages: Storages) -> NDArray[Any]:
    """The array that a recorded call describes, float32 where it is of any floating type or quantised.

    Raises ModelCorrupt where the description is not one of torch's, or reaches out of its storage.
    """
    match value:
        case Call(name, (Call() as tensor, *_)) if name == _PARAMETER and is_tensor(tensor):
            if tensor.name != _PARAMETER:  # one in another, again and again, would be a trap
                return tensor_of(tensor, storages)
        case Call(name, (Storage() as storage, offset, shape, strides, *_)) if name == _TENSOR:
            return _as_float32(_elements(storages, storage, offset, shape, strides), storage.kind)
        case Call(name, (Storage() as storage, offset, shape, strides, quantiser, *_)) if name == _QUANTISED:
            elements = _elements(storages, storage, offset, shape, strides)
            return _dequantised(elements, quantiser, storages)
    raise _unread()


def _elements(storages: Storages, storage: Storage, offset: Any, shape: Any, strides: Any) -> NDArray[Any]:
    """The elements of a tensor, in the type they are stored in."""
    if not isinstance(shape, tuple) or not isinstance(strides, tuple) or len(shape) != len(strides):
        raise _unread()
    if not all(isinstance(number, int) and number >= 0 for number in (offset, *shape, *strides)):
        raise _unread()
    if prod(shape) == 0:
        return np.empty(shape, storage.dtype)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if last >= storage.elements or prod(shape) > storage.elements:
        raise _unread()
    elements = storages[storage.key][offset:]
    return as_strided(elements, shape, [stride * storage.dtype.itemsize for stride in strides], writeable=False)


def _as_float32(elements: NDArray[Any], kind: str) -> NDArray[Any]:
    if kind == _BFLOAT16:
        return (elements.astype(np.uint32) << 16).view(np.float32)
    if elements.dtype.kind == "f":
        return np.asarray(elements, np.float32, order="C")
    return elements


def _dequantised(elements: NDArray[Any], quantiser: Any, storages: Storages) -> Floats:
    """``(element - zero point) · scale``, which are of the whole tensor or of each slice along an axis."""
    match quantiser:
        case (Global("torch.per_tensor_affine"), float(scale), int(zero_point)):
            values = (elements.astype(np.float64) - zero_point) * scale
        case (Global("torch.per_channel_affine"), scales, zero_points, int(axis)) if 0 <= axis < elements.ndim:
            around = [1] * elements.ndim
            around[axis] = -1
            steps, zeros = (tensor_of(call, storages) for call in (scales, zero_points))
            if steps.shape != (elements.shape[axis],) or zeros.shape != steps.shape:
                raise _unread()
            values = (elements.astype(np.float64) - zeros.reshape(around)) * steps.reshape(around)
        case _:
            raise _unread()
    return values.astype(np.float32)


def _unread() -> ModelCorrupt:
    return ModelCorrupt("one of its tensors is described in a way that is not read")
