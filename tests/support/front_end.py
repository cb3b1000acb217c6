"""Runs a foreign model by OpenVINO's own reader of its format, which shares nothing with the converters."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.inference.openvino_runtime import OpenVinoRuntime

Floats = NDArray[Any]


def run_by_front_end(path: Path, pictures: Floats) -> dict[str, Floats]:
    """The outputs by name, some by several, of pictures (n, h, w, c), one after the other."""
    OpenVinoRuntime()  # imports openvino without its telemetry
    import openvino

    core = openvino.Core()
    compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rows = [compiled(picture[None], share_outputs=False) for picture in pictures]
    return {
        name.removesuffix(":0"): np.concatenate([row[output] for row in rows])
        for output in compiled.outputs
        for name in output.get_names()
    }
