"""Runs an ONNX file in both runtimes, to be compared with a forward pass written independently."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime

Floats = NDArray[Any]
TOLERANCE = 1e-4
"""Of the largest number of an output."""


def run_in_both(path: Path, images: Floats) -> list[dict[str, Floats]]:
    """The outputs by name, of ONNX Runtime and of OpenVINO."""
    return [runtime.load(path).run(images) for runtime in (OnnxRuntime(), OpenVinoRuntime())]


def difference(found: Floats, expected: Floats) -> float:
    """The largest difference, as a part of the largest number expected; infinite where the shapes differ."""
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / np.abs(expected).max())
