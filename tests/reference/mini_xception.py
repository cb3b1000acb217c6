"""mini-Xception in numpy.

Arriaga, Valdenegro-Toro and Plöger, "Real-time Convolutional Neural Networks for Emotion and Gender Classification",
2017, section III: two convolutions, four residual modules of depthwise separable convolutions (Chollet, 2017), and
global average pooling instead of dense layers. Layers are named as in the published file of Keras.
"""

from collections.abc import Mapping

import numpy as np
from tests.reference.layers import (
    Floats,
    adaptive_avg_pool,
    batch_norm,
    conv2d,
    flattened,
    max_pool,
    relu,
    same_padding,
    softmax,
)
from tests.support.keras_files import Layer, Weights, picture

MODULES = 4
_EPSILON = 1e-3  # of Keras

Network = Mapping[str, Weights]


def seeded(width: int = 8, classes: int = 7, seed: int = 0) -> Network:
    """Weights as Keras keeps them; ``width`` is that of the first convolutions, 8 in the published network."""
    random = np.random.default_rng(seed)

    def kernel(*shape: int) -> Floats:
        fan_in = shape[0] * shape[1] * (shape[2] if shape[3] > 1 else 1)
        return random.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)

    def norm(size: int) -> dict[str, Floats]:
        bounds = {"gamma": (0.8, 1.2), "beta": (-0.2, 0.2), "moving_mean": (-0.2, 0.2), "moving_variance": (0.8, 1.2)}
        return {part: random.uniform(*ends, size).astype(np.float32) for part, ends in bounds.items()}

    network: dict[str, Weights] = {"conv2d_1": {"kernel": kernel(3, 3, 1, width)}}
    network["conv2d_2"] = {"kernel": kernel(3, 3, width, width)}
    network |= {f"batch_normalization_{number}": norm(width) for number in (1, 2)}
    for module in range(MODULES):
        before, after = width << module, width << (module + 1)
        network[f"conv2d_{module + 3}"] = {"kernel": kernel(1, 1, before, after)}
        for number, channels in ((2 * module + 1, before), (2 * module + 2, after)):
            network[f"separable_conv2d_{number}"] = {
                "depthwise_kernel": kernel(3, 3, channels, 1),
                "pointwise_kernel": kernel(1, 1, channels, after),
            }
        network |= {f"batch_normalization_{3 * module + number}": norm(after) for number in (3, 4, 5)}
    last = {"kernel": kernel(3, 3, width << MODULES, classes), "bias": random.normal(0, 0.1, classes)}
    network[f"conv2d_{MODULES + 3}"] = {part: values.astype(np.float32) for part, values in last.items()}
    return network


def probabilities(network: Network, images: Floats) -> Floats:
    """(n, classes) of images (n, 1, h, w)."""
    value = images
    for number in (1, 2):
        value = relu(_norm(network, number, _conv(network, number, value, 1, 0)))
    for module in range(MODULES):
        across = _norm(network, 3 * module + 3, _conv(network, module + 3, value, 2, 0))
        value = relu(_norm(network, 3 * module + 4, _separable(network, 2 * module + 1, value)))
        value = _norm(network, 3 * module + 5, _separable(network, 2 * module + 2, value))
        value = max_pool(value, 3, 2, same_padding(value.shape, 3, 2)) + across
    value = _conv(network, MODULES + 3, value, 1, 1)
    return softmax(flattened(adaptive_avg_pool(value)))


def keras_layers(network: Network, side_px: int = 64) -> tuple[Layer, ...]:
    """The network as Keras describes it."""
    layers = [picture(side_px, side_px, 1, name="input_1")]

    def add(kind: str, name: str, *inputs: str, **config: object) -> str:
        kernels = [values for part, values in network.get(name, {}).items() if "kernel" in part]
        if kernels:
            config["filters"] = kernels[-1].shape[-1]
        layers.append(Layer(kind, name, config, network.get(name, {}), inputs))
        return name

    value = "input_1"
    for number in (1, 2):
        value = add("Conv2D", f"conv2d_{number}", value, kernel_size=[3, 3], padding="valid", use_bias=False)
        value = add("BatchNormalization", f"batch_normalization_{number}", value, axis=-1, epsilon=_EPSILON)
        value = add("Activation", f"activation_{number}", value, activation="relu")
    for module in range(MODULES):
        start = value
        for number in (0, 1):
            separable = {"kernel_size": [3, 3], "padding": "same", "use_bias": False, "depth_multiplier": 1}
            value = add("SeparableConv2D", f"separable_conv2d_{2 * module + number + 1}", value, **separable)
            value = add("BatchNormalization", f"batch_normalization_{3 * module + 4 + number}", value)
            if not number:
                value = add("Activation", f"activation_{module + 3}", value, activation="relu")
        halving = {"strides": [2, 2], "padding": "same"}
        across = add("Conv2D", f"conv2d_{module + 3}", start, kernel_size=[1, 1], use_bias=False, **halving)
        value = add("MaxPooling2D", f"max_pooling2d_{module + 1}", value, pool_size=[3, 3], **halving)
        across = add("BatchNormalization", f"batch_normalization_{3 * module + 3}", across)
        value = add("Add", f"add_{module + 1}", value, across)
    value = add("Conv2D", f"conv2d_{MODULES + 3}", value, kernel_size=[3, 3], padding="same", use_bias=True)
    value = add("GlobalAveragePooling2D", "global_average_pooling2d_1", value)
    add("Activation", "predictions", value, activation="softmax")
    return tuple(layers)


def _conv(network: Network, number: int, value: Floats, stride: int, padding: int) -> Floats:
    weights = network[f"conv2d_{number}"]
    return conv2d(value, _turned(weights["kernel"]), weights.get("bias"), stride=stride, padding=padding)


def _separable(network: Network, number: int, value: Floats) -> Floats:
    weights = network[f"separable_conv2d_{number}"]
    every = weights["depthwise_kernel"].transpose(2, 3, 0, 1)
    return conv2d(conv2d(value, every, padding=1, groups=len(every)), _turned(weights["pointwise_kernel"]))


def _norm(network: Network, number: int, value: Floats) -> Floats:
    gain, bias, mean, variance = network[f"batch_normalization_{number}"].values()
    return batch_norm(value, gain, bias, mean, variance, _EPSILON)


def _turned(kernel: Floats) -> Floats:
    """From Keras' (h, w, in, out) to (out, in, h, w)."""
    return kernel.transpose(3, 2, 0, 1)
