"""A small convolutional network on grey faces of 48×48 px, of the kind that tutorials train on FER-2013, in numpy.

Four convolutions, each with batch normalisation, three of them with max pooling, and two dense layers (LeCun et al.,
1998; Ioffe and Szegedy, 2015), in the order of Keras: the flattening puts the channels last.
"""

from collections.abc import Mapping

import numpy as np
from tests.reference.layers import Floats, batch_norm, conv2d, dense, max_pool, relu, same_padding, softmax
from tests.support.keras_files import Layer, Weights, picture

SIDE_PX = 48
_CONVOLUTIONS = ((3, "same", 1), (3, "valid", 2), (5, "same", 2), (3, "valid", 2))  # kernel, padding, pooling behind it
_EPSILON = 1e-3  # of Keras

Network = Mapping[str, Weights]


def seeded(widths: tuple[int, ...] = (4, 6, 8, 10), hidden: int = 16, classes: int = 7, seed: int = 0) -> Network:
    """Weights as Keras keeps them."""
    random = np.random.default_rng(seed)
    network: dict[str, Weights] = {}
    before, side = 1, SIDE_PX
    for number, (after, (size, padding, pooling)) in enumerate(zip(widths, _CONVOLUTIONS, strict=True)):
        kernel = random.normal(0, np.sqrt(2 / (size * size * before)), (size, size, before, after))
        network[f"conv_{number}"] = _float32(kernel=kernel, bias=random.normal(0, 0.1, after))
        bounds = {"gamma": (0.8, 1.2), "beta": (-0.2, 0.2), "moving_mean": (-0.2, 0.2), "moving_variance": (0.8, 1.2)}
        network[f"norm_{number}"] = _float32(**{part: random.uniform(*ends, after) for part, ends in bounds.items()})
        before, side = after, (side if padding == "same" else side - size + 1) // pooling
    inputs = before * side * side
    for name, count in (("hidden", hidden), ("scores", classes)):
        kernel = random.normal(0, np.sqrt(2 / inputs), (inputs, count))
        network[name] = _float32(kernel=kernel, bias=random.normal(0, 0.1, count))
        inputs = count
    return network


def probabilities(network: Network, images: Floats) -> Floats:
    """(n, classes) of images (n, 1, 48, 48)."""
    value = images
    for number, (size, padding, pooling) in enumerate(_CONVOLUTIONS):
        kernel, bias = network[f"conv_{number}"].values()
        sides = same_padding(value.shape, size) if padding == "same" else 0
        value = relu(conv2d(value, kernel.transpose(3, 2, 0, 1), bias, padding=sides))
        value = batch_norm(value, *network[f"norm_{number}"].values(), _EPSILON)
        value = max_pool(value, pooling) if pooling > 1 else value
    value = value.transpose(0, 2, 3, 1).reshape(len(value), -1)
    for name in ("hidden", "scores"):
        kernel, bias = network[name].values()
        value = dense(value, kernel.T, bias)
        value = relu(value) if name == "hidden" else softmax(value)
    return value


def keras_layers(network: Network) -> tuple[Layer, ...]:
    """The network as a Sequential of Keras, with the layers that only training uses."""
    layers = [picture(SIDE_PX, SIDE_PX, 1)]
    for number, (size, padding, pooling) in enumerate(_CONVOLUTIONS):
        config = {"filters": len(network[f"conv_{number}"]["bias"]), "kernel_size": [size, size], "strides": [1, 1]}
        config |= {"padding": padding, "data_format": "channels_last", "activation": "relu", "use_bias": True}
        layers.append(Layer("Conv2D", f"conv_{number}", config, network[f"conv_{number}"]))
        layers.append(Layer("BatchNormalization", f"norm_{number}", {"epsilon": _EPSILON}, network[f"norm_{number}"]))
        if pooling > 1:
            config = {"pool_size": [pooling] * 2, "strides": [pooling] * 2, "padding": "valid"}
            layers.append(Layer("MaxPooling2D", f"pool_{number}", config))
            layers.append(Layer("Dropout", f"dropout_{number}", {"rate": 0.25}))
    layers.append(Layer("Flatten", "flatten"))
    for name, activation in (("hidden", "relu"), ("scores", "softmax")):
        config = {"units": len(network[name]["bias"]), "activation": activation, "use_bias": True}
        layers.append(Layer("Dense", name, config, network[name]))
    return tuple(layers)


def _float32(**weights: Floats) -> Weights:
    return {part: values.astype(np.float32) for part, values in weights.items()}
