"""The layers of Keras that do what a network's do: traced by torch.fx, each built anew with channels last.

Every backend of Keras runs channels last; what is no layer there is made of layers, because ``.h5`` holds nothing else.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import torch
from keras import layers
from torch import Tensor, fx, nn
from torch.nn import functional as F

from mien.domain.errors import ModelError
from mien.lab.exports.proving import Floats
from mien.lab.networks.expression import ServedNetwork
from mien.lab.networks.mobilefacenet import Slope
from mien.lab.networks.normalisation import LEAST_VARIANCE, Scaling, Standardisation

Value = Any
"""A tensor of Keras, or what else a traced function takes."""


class _Tracer(fx.Tracer):
    """Looks into everything but the layers that Keras has its own of."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return isinstance(module, Slope | Scaling | Standardisation) or super().is_leaf_module(module, name)


def keras_model(served: ServedNetwork, shape: tuple[int, int, int]) -> "keras.Model":
    """The network for pictures of a shape (c, s, s), taken as (n, s, s, c); raises ModelError for what Keras lacks."""
    channels, side, _ = shape
    images = keras.Input((side, side, channels), name="images")
    outputs = _answers(served, images)
    return keras.Model(images, outputs if len(outputs) > 1 else outputs[0], name="mien")


def _answers(served: ServedNetwork, images: Value) -> list[Value]:
    """Probabilities, and valence and arousal; the same layers look at the mirror image where they are to."""
    graph = fx.GraphModule(served.network, _Tracer().trace(served.network))
    built = _Layers()
    views = [built.run(graph, images)]
    if served.is_mirrored:
        views.append(built.run(graph, _mirrored(images)))
    joined = [layers.Average()(list(one)) if len(one) > 1 else one[0] for one in zip(*views, strict=True)]
    logits = layers.Rescaling(1 / served.temperature)(joined[0])
    return [layers.Softmax(name="probabilities")(logits), *joined[1:]]


def _mirrored(images: Value) -> Value:
    """Mirror images: the order of the columns turned around."""
    return _columns_mixed(images, np.eye(images.shape[2])[::-1])


def _enlarged(images: Value, size: tuple[int, int]) -> Value:
    """Bilinear, pixel centres kept, as matrices: Keras's own layer puts all layers behind it into training."""
    rows, columns = (_interpolation(images.shape[axis], after) for axis, after in zip((1, 2), size, strict=True))
    turned = layers.Permute((2, 1, 3))(_columns_mixed(images, columns))
    return layers.Permute((2, 1, 3))(_columns_mixed(turned, rows))


def _interpolation(before: int, after: int) -> Floats:
    """The matrix (before, after) of an enlargement in one direction."""
    unit = torch.eye(before)[:, None]
    return F.interpolate(unit, size=after, mode="linear", align_corners=False)[:, 0].numpy()


def _columns_mixed(images: Value, matrix: Any) -> Value:
    """Pictures (n, h, w, c) whose columns are sums of columns by a matrix (w, w'), as a dense layer over them."""
    _, rows, columns, channels = images.shape
    dense = _with_weights(layers.Dense(matrix.shape[1], use_bias=False), (None, rows, channels, columns), [matrix])
    return layers.Permute((1, 3, 2))(dense(layers.Permute((1, 3, 2))(images)))


class _Layers:
    """The Keras layers of a traced network, each made once and used as often as the network is run."""

    def __init__(self) -> None:
        self._made: dict[str, Callable[[Value], Value]] = {}

    def run(self, graph: fx.GraphModule, images: Value) -> list[Value]:
        """What the network gives for pictures (n, h, w, c): logits, and valence and arousal where it has them."""
        modules = dict(graph.named_modules())
        values: dict[fx.Node, Value] = {}
        for node in graph.graph.nodes:
            taken = fx.node.map_arg(node.args, values.__getitem__)
            if node.op == "placeholder":
                values[node] = images
            elif node.op == "get_attr":
                values[node] = _attribute(graph, node.target)
            elif node.op == "call_module":
                values[node] = self._layer(node.target, modules[node.target])(taken[0])
            elif node.op == "output":
                return [value for value in _flat(taken[0]) if value is not None]
            else:
                values[node] = _called(node, taken, fx.node.map_arg(node.kwargs, values.__getitem__))
        raise ModelError("the network gives nothing")

    def _layer(self, name: str, module: nn.Module) -> Callable[[Value], Value]:
        if name not in self._made:
            make = _MAKERS.get(type(module))
            if make is None:
                raise ModelError(f"Keras has no layer for {type(module).__name__} of {name}")
            self._made[name] = make(module)
        return self._made[name]


def _flat(value: Value) -> list[Value]:
    return list(value) if isinstance(value, tuple | list) else [value]


def _attribute(graph: fx.GraphModule, name: str) -> Value:
    value: Any = graph
    for part in name.split("."):
        value = getattr(value, part)
    return value.detach().numpy() if isinstance(value, Tensor) else value


def _convolution(module: nn.Conv2d) -> Callable[[Value], Value]:
    is_depthwise = module.groups > 1
    if is_depthwise and module.groups != module.in_channels:
        raise ModelError("Keras has no convolution of these groups for every backend")
    options = {"strides": module.stride, "use_bias": module.bias is not None, "data_format": "channels_last"}
    weight = module.weight.detach().numpy().transpose(2, 3, 1, 0)
    if is_depthwise:
        layer = layers.DepthwiseConv2D(module.kernel_size, **options)
        weight = weight.transpose(0, 1, 3, 2)
    else:
        layer = layers.Conv2D(module.out_channels, module.kernel_size, **options)
    weights = [weight, *([module.bias.detach().numpy()] if module.bias is not None else [])]
    return _padded(_with_weights(layer, (None, None, None, module.in_channels), weights), module.padding)


def _padded(layer: Callable[[Value], Value], padding: Any) -> Callable[[Value], Value]:
    down, right = padding if isinstance(padding, tuple) else (padding, padding)
    if not down and not right:
        return layer
    margin = layers.ZeroPadding2D((down, right), data_format="channels_last")
    return lambda value: layer(margin(value))


def _with_weights(layer: Any, shape: tuple[int | None, ...], weights: list[Any]) -> Any:
    layer.build(shape)
    layer.set_weights(weights)
    return layer


def _norm(module: nn.BatchNorm1d | nn.BatchNorm2d) -> Any:
    layer = layers.BatchNormalization(axis=-1, epsilon=module.eps)
    shape = (
        (None, None, None, module.num_features) if isinstance(module, nn.BatchNorm2d) else (None, module.num_features)
    )
    tensors = (module.weight, module.bias, module.running_mean, module.running_var)
    return _with_weights(layer, shape, [one.detach().numpy() for one in tensors if one is not None])


def _linear(module: nn.Linear) -> Any:
    layer = layers.Dense(module.out_features, use_bias=module.bias is not None)
    weights = [module.weight.detach().numpy().T, *([module.bias.detach().numpy()] if module.bias is not None else [])]
    return _with_weights(layer, (None, module.in_features), weights)


def _slope(module: Slope) -> Any:
    layer = layers.PReLU(shared_axes=[1, 2])
    return _with_weights(layer, (None, None, None, len(module.weight)), [module.weight.detach().numpy()[None, None]])


def _scaling(module: Scaling) -> Any:
    mean, deviation = module.mean.flatten().numpy(), module.deviation.flatten().numpy()
    return layers.Rescaling((1 / (255 * deviation)).tolist(), (-mean / deviation).tolist())


def _standardisation(_: Standardisation) -> Callable[[Value], Value]:
    """Over all pixels in one row: ``.h5`` forgets that a normalisation had more than one axis."""
    scaled, row = layers.Rescaling(1 / 255.0), layers.Flatten()
    norm = layers.LayerNormalization(epsilon=LEAST_VARIANCE, center=False, scale=False)
    return lambda images: layers.Reshape(images.shape[1:])(norm(row(scaled(images))))


def _max_pool(module: nn.MaxPool2d) -> Callable[[Value], Value]:
    layer = layers.MaxPooling2D(module.kernel_size, module.stride, data_format="channels_last")
    return _padded(layer, module.padding)  # what is pooled here went through ReLU: none of it is below the margin


def _same(_: nn.Module) -> Callable[[Value], Value]:
    return lambda value: value


_MAKERS: Mapping[type[nn.Module], Callable[[Any], Callable[[Value], Value]]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _norm,
    nn.BatchNorm1d: _norm,
    nn.Linear: _linear,
    nn.ReLU: lambda _: layers.ReLU(),
    nn.ReLU6: lambda _: layers.ReLU(max_value=6),
    nn.Sigmoid: lambda _: layers.Activation("sigmoid"),
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: lambda module: layers.AveragePooling2D(module.kernel_size, data_format="channels_last"),
    nn.Dropout: _same,
    nn.Identity: _same,
    Slope: _slope,
    Scaling: _scaling,
    Standardisation: _standardisation,
}


def _called(node: fx.Node, taken: tuple[Any, ...], named: Mapping[str, Any]) -> Value:
    """What a function or method of torch gives, of values with channels last."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    match name:
        case "relu":
            return layers.ReLU()(taken[0])
        case "sigmoid":
            return layers.Activation("sigmoid")(taken[0])
        case "tanh":
            return layers.Activation("tanh")(taken[0])
        case "add":
            return layers.Add()([taken[0], taken[1]])
        case "mul":
            if isinstance(taken[1], float):
                return layers.Rescaling(taken[1])(taken[0])
            return layers.Multiply()([taken[0], taken[1]])
        case "cat":
            return layers.Concatenate()(list(taken[0]))
        case "mean":  # over the sides of maps, which are the axes 2 and 3 of torch's
            return layers.GlobalAveragePooling2D(keepdims=bool(named.get("keepdim")))(taken[0])
        case "getitem":  # of sums of channels, to be multiplied with maps
            return layers.Reshape((1, 1, taken[0].shape[-1]))(taken[0])
        case "flatten":  # torch flattens channels first
            return layers.Flatten()(layers.Permute((3, 1, 2))(taken[0]))
        case "interpolate":
            return _enlarged(taken[0], named["size"])
        case "Answers":
            return tuple(taken)
    raise ModelError(f"Keras has no counterpart of {name}")
