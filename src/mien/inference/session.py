"""How a loaded network is run: the protocol every runtime fulfils."""

from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Precision = Literal["f32", "bf16"]
Device = Literal["cpu", "cuda"]


class Session(Protocol):
    """One network, loaded. Safe to run from several threads at once."""

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the one input; None where a dimension is free."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs in the order of the file."""
        ...

    def run(self, batch: Floats) -> dict[str, Floats]:
        """Run a batch (n, ...) and return every output by name, rows in the order of the batch; n may be 0.

        Raises ValueError where the shape does not fit, ModelCorrupt where the network fails on valid input.
        """
        ...


class Runtime(Protocol):
    """Something that loads ONNX files."""

    @property
    def name(self) -> str:
        """``"openvino"`` or ``"onnxruntime"``."""
        ...

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None) -> Session:
        """Load a file, its input fixed to ``input_shape`` (everything but the batch) where one is given.

        Raises ModelCorrupt where the file does not load.
        """
        ...
