"""How a loaded network is run: the protocol every runtime fulfils, and its settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from mien.inference.batches import Floats

Precision = Literal["f32", "bf16", "int8"]
ChosenPrecision = Literal["auto", "f32", "bf16", "int8"]
Device = Literal["cpu", "cuda"]
RuntimeName = Literal["auto", "openvino", "onnxruntime"]


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """What runs the networks.

    ``runtime`` ``"auto"`` is OpenVINO on a CPU and ONNX Runtime elsewhere. ``precision`` is that of the arithmetic on a
    CPU, of every model that has none of its own in its section: ``"bf16"`` is faster where the CPU has it and changes
    results in the third digit; ``"auto"`` is what was measured to be best for each model, where this CPU has it.
    ``threads`` is the number of CPU threads one network may use, which run as many pictures side by side; 0 takes the
    CPUs of the machine, 8 at most.
    """

    runtime: RuntimeName = "auto"
    precision: Literal["auto", "f32", "bf16"] = "auto"
    threads: int = 0
    device: Device = "cpu"


class Session(Protocol):
    """One network, loaded. Safe to run from several threads at once."""

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the one input; None where a dimension is free. The first one, the batch, always is."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs in the order of the file."""
        ...

    def run(self, batch: "Floats") -> "dict[str, Floats]":
        """Run a batch (n, ...) and return every output by name, rows in the order of the batch; n may be 0.

        The arrays belong to the caller. Raises ValueError where the shape does not fit, ModelCorrupt where the network
        fails on valid input.
        """
        ...


class Runtime(Protocol):
    """Something that loads ONNX files."""

    @property
    def name(self) -> str:
        """``"openvino"`` or ``"onnxruntime"``."""
        ...

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """The precisions that this runtime computes in natively on this machine."""
        ...

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32") -> Session:
        """Load a file, its input fixed to ``input_shape`` where one is given.

        ``input_shape`` has the rank of the input, such as (1, 3, 384, 640); its first number, the batch, stays free.
        ``"int8"`` is of files that were quantised: what is not quantised in them runs in f32. Raises ModelCorrupt where
        the file does not load or does not take the shape, ModelError where the runtime lacks the precision.
        """
        ...
