"""Networks in int8: where their values lie is learnt from pictures, and layers that would suffer stay as they are.

Static quantisation after training (Jacob et al., CVPR 2018) as ONNX writes it, in QuantizeLinear and DequantizeLinear.
Weights are int8, symmetric, with a scale for each output channel; what flows into convolutions and dense layers is
uint8. What flows out of them stays float: the activation that follows is then computed together with the layer, which
is faster and more exact than rounding before it.

x86 CPUs without VNNI add products of 8 bits in 16, where they overflow. Weights have 7 bits there.

Each layer is tried alone, with two ranges of what flows into it, and keeps the better: the extremes of a picture
averaged over all pictures, which cuts off the one stray value of many, and the extremes of all, which cuts off none of
few. Some layers bear neither, such as the last depthwise convolution of MobileFaceNet, whose input has a hundred times
the range of what matters in it. The noises of layers add up: the worst stay in f32, so that the rest comes to no more
than ``MOST_NOISE``.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mien.domain.errors import ModelError
from mien.inference.batches import Floats
from mien.inference.onnx_runtime import OnnxRuntime

MOST_NOISE = 0.01
"""The share of the variance of an output that may be noise."""

MOST_TRIED = 8
"""Pictures each layer is tried on."""

_LEAST_OPSET = 13  # a scale for each channel came with it
_LAYERS = ("Conv", "Gemm", "MatMul")
_OPTIONS = {"OpTypesToExcludeOutputQuantization": list(_LAYERS), "MatMulConstBOnly": True}
Progress = Callable[[int, int], None]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Quantised:
    """What became of the layers of one file, by the names in it: those in int8, and those left in f32."""

    layers: tuple[str, ...]
    left: tuple[str, ...]


def quantise(source: Path, target: Path, pictures: Sequence[Floats], progress: Progress) -> Quantised:
    """Write the int8 form of an ONNX file to ``target``, whole or not at all.

    ``pictures`` are inputs of the network, (1, …) each, of several sizes where the file leaves them free. ``progress``
    is called with the layers that were tried and how many there are. Raises ModelError where the file has no layer to
    quantise or the quantiser fails.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".quantise-") as folder, _as_model_error(source):
        network = _Network.prepared(source, Path(folder), pictures)
        noises: dict[str, float] = {}
        ranges: dict[str, Range] = {}
        for number, (layer, tensor) in enumerate(network.layers.items(), start=1):
            tried = [ranges[tensor]] if tensor in ranges else network.ranges[tensor]
            noises[layer], ranges[tensor] = min((network.noise(layer, one), one) for one in tried)
            progress(number, len(network.layers))
        chosen = bearable(noises)
        if not chosen:
            raise ModelError(f"{source.name} has no layer that bears int8")
        network.write(chosen, ranges).replace(target)
    return Quantised(chosen, tuple(layer for layer in network.layers if layer not in chosen))


@cache
def products_saturate() -> bool:
    """Whether sums of products of uint8 and int8 are wrong on this CPU where the factors are large."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from onnxruntime import InferenceSession

    count = 64
    weights = numpy_helper.from_array(np.full((count, 16), 127, np.int8), "weights")
    given = helper.make_tensor_value_info("given", TensorProto.UINT8, [1, count])
    sums = helper.make_tensor_value_info("sums", TensorProto.INT32, [1, 16])
    product = helper.make_node("MatMulInteger", ["given", "weights"], ["sums"])
    graph = helper.make_graph([product], "saturating", [given], [sums], [weights])
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"given": np.full((1, count), 255, np.uint8)})
    return bool((found != 255 * 127 * count).any())


def bearable(noises: Mapping[str, float], most: float = MOST_NOISE) -> tuple[str, ...]:
    """The layers, in their order, without the worst, so that the noises of the rest come to at most so much."""
    total, kept = 0.0, set()
    for layer in sorted(noises, key=lambda name: noises[name]):
        total += noises[layer]
        if not total <= most:
            break
        kept.add(layer)
    return tuple(layer for layer in noises if layer in kept)


@dataclass(frozen=True, slots=True)
class _Network:
    """A file prepared for quantising, and what it makes of a few pictures.

    ``layers`` names what flows into each layer, ``ranges`` the two ranges in which that lies.
    """

    file: Path
    layers: Mapping[str, str]
    ranges: Mapping[str, tuple[Range, Range]]
    pictures: Sequence[Floats]
    outputs: Sequence[Mapping[str, Floats]]

    @classmethod
    def prepared(cls, source: Path, folder: Path, pictures: Sequence[Floats]) -> "_Network":
        if not pictures:
            raise ModelError(f"there are no pictures to quantise {source.name} on")
        path = folder / "prepared.onnx"
        layers = _prepare(source, path, pictures)
        tried = pictures[:: max(1, len(pictures) // MOST_TRIED)][:MOST_TRIED]
        return cls(path, layers, _ranges(path, layers.values(), pictures), tried, _run(path, tried))

    def write(self, layers: Iterable[str], ranges: Mapping[str, Range]) -> Path:
        """The network with these layers in int8, as a file beside it."""
        import onnx
        from onnxruntime.quantization import CalibrationMethod, QuantType
        from onnxruntime.quantization.calibrate import TensorsData
        from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

        values = {name: tuple(np.array(end, np.float32) for end in ends) for name, ends in ranges.items()}
        quantizer = QDQQuantizer(
            onnx.load(self.file),
            per_channel=True,
            reduce_range=products_saturate(),
            weight_qType=QuantType.QInt8,
            activation_qType=QuantType.QUInt8,
            tensors_range=TensorsData(CalibrationMethod.MinMax, values),
            nodes_to_quantize=list(layers),
            nodes_to_exclude=[],
            op_types_to_quantize=list(_LAYERS),
            extra_options=_OPTIONS,
        )
        quantizer.quantize_model()
        path = self.file.with_name("quantised.onnx")
        onnx.save(quantizer.model.model, path)
        return path

    def noise(self, layer: str, within: Range) -> float:
        """What this layer alone in int8 does to the worst of the outputs: noise as a share of its variance."""
        found = _run(self.write([layer], {self.layers[layer]: within}), self.pictures)
        return max(
            _share([right[name] for right in self.outputs], [wrong[name] for wrong in found])
            for name in self.outputs[0]
        )


def _prepare(source: Path, target: Path, pictures: Sequence[Floats]) -> dict[str, str]:
    """Copy a file, its nodes named and its input as free as the pictures need it.

    Returns the layers that can be quantised, those with constant weights, and the tensor that flows into each.
    """
    import onnx
    import onnx.version_converter

    model = onnx.load(source)
    if any(one.version < _LEAST_OPSET for one in model.opset_import if not one.domain):
        model = onnx.version_converter.convert_version(model, _LEAST_OPSET)
    constants = {constant.name for constant in model.graph.initializer}
    layers = {}
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}-{number}"
        if node.op_type in _LAYERS and node.input[1] in constants and node.input[0] not in constants:
            layers[node.name] = node.input[0]
    if not layers:
        raise ModelError(f"{source.name} has no convolution or dense layer to quantise")
    (given,) = (value for value in model.graph.input if value.name not in constants)
    for axis, size in enumerate(given.type.tensor_type.shape.dim):
        if {picture.shape[axis] for picture in pictures} != {size.dim_value}:
            _free(model, given, axis)
    onnx.save(model, target)
    return layers


def _free(model: Any, given: Any, axis: int) -> None:
    """Let the input have any size along an axis; sizes noted further on are dropped, they are inferred anew."""
    given.type.tensor_type.shape.dim[axis].Clear()
    given.type.tensor_type.shape.dim[axis].dim_param = f"size_{axis}"
    del model.graph.value_info[:]
    for output in model.graph.output:
        for dimension in output.type.tensor_type.shape.dim:
            dimension.Clear()


def _ranges(path: Path, tensors: Iterable[str], pictures: Sequence[Floats]) -> dict[str, tuple[Range, Range]]:
    """Where the values of tensors lie: the extremes of a picture, averaged over the pictures, and those of all."""
    import onnx

    model = onnx.load(path)
    (given,) = {value.name for value in model.graph.input} - {constant.name for constant in model.graph.initializer}
    inner = [name for name in dict.fromkeys(tensors) if name != given]
    del model.graph.output[:]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in inner)
    seen = path.with_name("seen.onnx")
    onnx.save(model, seen)
    session = OnnxRuntime().load(seen)
    lows, highs = [], []
    for picture in pictures:
        found = {given: picture, **session.run(picture)}
        lows.append([float(found[name].min()) for name in (given, *inner)])
        highs.append([float(found[name].max()) for name in (given, *inner)])
    low, high = np.array(lows), np.array(highs)
    averaged = zip(low.mean(axis=0).tolist(), high.mean(axis=0).tolist(), strict=True)
    widest = zip(low.min(axis=0).tolist(), high.max(axis=0).tolist(), strict=True)
    return dict(zip((given, *inner), zip(averaged, widest, strict=True), strict=True))


def _run(path: Path, pictures: Sequence[Floats]) -> list[dict[str, Floats]]:
    session = OnnxRuntime().load(path)
    return [session.run(picture) for picture in pictures]


def _share(right: Sequence[Floats], wrong: Sequence[Floats]) -> float:
    """Noise of an output as a share of the variance it has over pictures and places."""
    before = np.concatenate([values.ravel() for values in right]).astype(np.float64)
    after = np.concatenate([values.ravel() for values in wrong]).astype(np.float64)
    noise = np.square(after - before).mean() / max(before.var(), 1e-12)
    return float(noise) if np.isfinite(noise) else float("inf")


@contextmanager
def _as_model_error(source: Path) -> Iterator[None]:
    """Turn what onnx, onnxruntime and its quantiser raise, which has no common root, into a ModelError."""
    try:
        yield
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{source.name} could not be quantised: {error.strerror or error}") from error
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{source.name} could not be quantised: {first}") from error
