"""The layers of convolutional networks in plain numpy, for forward passes written from the papers.

Images are (n, c, h, w) and weights lie as torch keeps them: (out, in / groups, h, w) of a convolution, (out, in) of a
dense layer. Everything is computed in the type of the input, so a forward pass in float64 takes float64 images.
Epsilons default to torch's.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[Any]
Pair = int | tuple[int, int]
Padding = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]
"""The same on all sides, of rows and of columns, or ((top, bottom), (left, right))."""

_erf = np.vectorize(math.erf, otypes=[float])


def conv2d(
    images: Floats,
    weight: Floats,
    bias: Floats | None = None,
    *,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Floats:
    """Cross-correlation, as every framework calls a convolution: (n, out, h', w')."""
    count, channels, height, width = weight.shape
    patches = _patches(padded(images, padding), (height, width), _pair(stride), _pair(dilation))
    n, _, rows, columns = patches.shape[:4]
    side_by_side = patches.transpose(0, 1, 4, 5, 2, 3).reshape(n, groups, channels * height * width, rows * columns)
    kernels = weight.astype(images.dtype, copy=False).reshape(groups, count // groups, -1)
    result = (kernels @ side_by_side).reshape(n, count, rows, columns)
    return result if bias is None else result + bias.reshape(-1, 1, 1).astype(images.dtype)


def max_pool(
    images: Floats, kernel: Pair, stride: Pair | None = None, padding: Padding = 0, *, is_ceil: bool = False
) -> Floats:
    """The largest of every window; ``is_ceil`` also takes windows that reach over the right and lower edge."""
    size, step = _pair(kernel), _pair(stride or kernel)
    edges = _over_the_edge(images, size, step, padding) if is_ceil else padding
    return _patches(padded(images, edges, -np.inf), size, step, (1, 1)).max(axis=(4, 5))


def avg_pool(images: Floats, kernel: Pair, stride: Pair | None = None, padding: Padding = 0) -> Floats:
    """The mean of every window; padding counts as zeros, as torch has it by default."""
    size = _pair(kernel)
    return _patches(padded(images, padding), size, _pair(stride or kernel), (1, 1)).mean(axis=(4, 5))


def adaptive_avg_pool(images: Floats, size: Pair = 1) -> Floats:
    """Means over ``size`` windows that cover the image: (n, c, *size)."""
    rows, columns = (_spans(length, parts) for length, parts in zip(images.shape[2:], _pair(size), strict=True))
    means = [
        [images[:, :, top:bottom, left:right].mean(axis=(2, 3)) for left, right in columns] for top, bottom in rows
    ]
    return np.array(means).transpose(2, 3, 0, 1)


def batch_norm(
    values: Floats, gain: Floats | None, bias: Floats | None, mean: Floats, variance: Floats, epsilon: float = 1e-5
) -> Floats:
    """Normalisation of axis 1 by the stored mean and variance, of (n, c) or (n, c, h, w)."""
    shape = (-1,) + (1,) * (values.ndim - 2)
    result = (values - mean.reshape(shape)) / np.sqrt(variance + epsilon).reshape(shape)
    result = result if gain is None else result * gain.reshape(shape)
    return (result if bias is None else result + bias.reshape(shape)).astype(values.dtype, copy=False)


def layer_norm(values: Floats, gain: Floats, bias: Floats, epsilon: float = 1e-5, axis: int = -1) -> Floats:
    """Normalisation of one axis by its own mean and variance."""
    shape = [1] * values.ndim
    shape[axis] = -1
    centred = values - values.mean(axis=axis, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=axis, keepdims=True) + epsilon)
    return (scaled * gain.reshape(shape) + bias.reshape(shape)).astype(values.dtype, copy=False)


def l2_normalised(values: Floats, axis: int = 1, epsilon: float = 1e-12) -> Floats:
    return values / np.maximum(np.linalg.norm(values, axis=axis, keepdims=True), epsilon)


def dense(values: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
    """``values @ weight.T + bias`` over the last axis."""
    result = values @ weight.T.astype(values.dtype, copy=False)
    return result if bias is None else result + bias.astype(values.dtype)


def flattened(values: Floats) -> Floats:
    """(n, c, h, w) to (n, c * h * w)."""
    return values.reshape(len(values), -1)


def relu(values: Floats) -> Floats:
    return np.maximum(values, 0)


def relu6(values: Floats) -> Floats:
    return np.clip(values, 0, 6)


def leaky_relu(values: Floats, slope: float = 0.01) -> Floats:
    return np.where(values < 0, values * values.dtype.type(slope), values)


def prelu(values: Floats, slopes: Floats) -> Floats:
    """A slope for every channel of axis 1, or one for all."""
    factors = slopes.reshape((-1,) + (1,) * (values.ndim - 2)).astype(values.dtype)
    return np.where(values < 0, values * factors, values)


def sigmoid(values: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * values))


def silu(values: Floats) -> Floats:
    return values * sigmoid(values)


def gelu(values: Floats) -> Floats:
    """Hendrycks and Gimpel, 2016, with the error function itself."""
    return (0.5 * values * (1 + _erf(values / math.sqrt(2)))).astype(values.dtype)


def softmax(values: Floats, axis: int = -1) -> Floats:
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def padded(images: Floats, padding: Padding, value: float = 0.0) -> Floats:
    rows, columns = _sides(padding)
    if not any((*rows, *columns)):
        return images
    return np.pad(images, ((0, 0), (0, 0), rows, columns), constant_values=value)


def same_padding(shape: tuple[int, ...], kernel: Pair, stride: Pair = 1) -> Padding:
    """TensorFlow's ``"SAME"`` of images of this (..., h, w): what is odd goes to the right and to the bottom."""
    sides = []
    for length, size, step in zip(shape[-2:], _pair(kernel), _pair(stride), strict=True):
        total = max((-(-length // step) - 1) * step + size - length, 0)
        sides.append((total // 2, total - total // 2))
    return sides[0], sides[1]


def _patches(images: Floats, size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> Floats:
    """A view (n, c, h', w', *size) of every window."""
    reach = tuple((length - 1) * gap + 1 for length, gap in zip(size, dilation, strict=True))
    windows = sliding_window_view(images, reach, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def _over_the_edge(images: Floats, size: tuple[int, int], stride: tuple[int, int], padding: Padding) -> Padding:
    """The padding of a pooling that rounds up: only windows that start inside or in the padding before count."""
    sides = []
    for length, kernel, step, (before, after) in zip(images.shape[2:], size, stride, _sides(padding), strict=True):
        windows = -(-(length + before + after - kernel) // step) + 1
        if (windows - 1) * step >= length + before:
            windows -= 1
        sides.append((before, max(after, (windows - 1) * step + kernel - length - before)))
    return sides[0], sides[1]


def _spans(length: int, parts: int) -> list[tuple[int, int]]:
    return [(part * length // parts, -(-(part + 1) * length // parts)) for part in range(parts)]


def _pair(value: Pair) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _sides(padding: Padding) -> tuple[tuple[int, int], tuple[int, int]]:
    rows, columns = (padding, padding) if isinstance(padding, int) else padding
    return ((rows, rows) if isinstance(rows, int) else rows), (
        (columns, columns) if isinstance(columns, int) else columns
    )
