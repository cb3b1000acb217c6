"""Networks on ONNX Runtime: the fallback on a CPU and the way to CUDA."""

import logging
from pathlib import Path
from typing import Any

import onnxruntime

from mien.domain.errors import ModelCorrupt, ModelError
from mien.inference.batches import Floats, checked_batch, in_parts, no_rows, rejoined
from mien.inference.session import Device, Precision

_log = logging.getLogger(__name__)
_QUIET = 4  # severity: what is fatal only; errors are raised
_PROVIDERS = {"cpu": ["CPUExecutionProvider"], "cuda": ["CUDAExecutionProvider", "CPUExecutionProvider"]}


class OnnxSession:
    """One loaded network; a file of a fixed batch takes so many rows at a time."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        source = session.get_inputs()[0]
        self._session = session
        self._input = source.name
        self._batch, *sizes = _sizes(source.shape)
        self._input_shape = (None, *sizes)
        self._outputs = tuple(output.name for output in session.get_outputs())
        self._output_shapes = [_sizes(output.shape) for output in session.get_outputs()]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return self._input_shape

    @property
    def outputs(self) -> tuple[str, ...]:
        return self._outputs

    def run(self, batch: Floats) -> dict[str, Floats]:
        rows = checked_batch(batch, self._input_shape)
        if not len(rows):
            columns = [no_rows(shape) for shape in self._output_shapes]
            return dict(zip(self._outputs, columns, strict=True))
        size = self._batch or len(rows)
        try:
            results = [self._session.run(None, {self._input: part}) for part in in_parts(rows, size)]
        except Exception as error:  # onnxruntime raises many kinds, with no root of their own
            _log.info("onnxruntime says: %s", error)
            raise ModelCorrupt(f"the network fails on an input of the shape {rows.shape}") from error
        columns = [rejoined(parts, size, len(rows)) for parts in zip(*results, strict=True)]
        return dict(zip(self._outputs, columns, strict=True))


class OnnxRuntime:
    """Loads ONNX files with ONNX Runtime; raises ModelError where CUDA is asked for and absent."""

    name = "onnxruntime"

    def __init__(self, device: Device = "cpu", threads: int = 1) -> None:
        available = onnxruntime.get_available_providers()
        if _PROVIDERS[device][0] not in available:
            raise ModelError(
                f"this onnxruntime has no {device} (it has {', '.join(available)}); install onnxruntime-gpu"
            )
        onnxruntime.disable_telemetry_events()  # Windows builds report usage otherwise
        self._device = device
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.inter_op_num_threads = 1
        self._options.log_severity_level = _QUIET
        # idle threads that spin cost as much CPU time as the work itself
        self._options.add_session_config_entry("session.intra_op.allow_spinning", "0")

    @property
    def precisions(self) -> tuple[Precision, ...]:
        return "f32", "int8"

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32") -> OnnxSession:
        if precision not in self.precisions:
            raise ModelError(f"onnxruntime does not compute in {precision}, openvino on a cpu does")
        wanted = f" with an input of {input_shape}" if input_shape else ""
        try:
            model = path if input_shape is None else with_input_shape(path, input_shape)
            session = onnxruntime.InferenceSession(model, self._options, providers=_PROVIDERS[self._device])
        except Exception as error:  # onnxruntime and protobuf raise many kinds, with no common root
            _log.info("onnxruntime says: %s", error)
            reason = "it is damaged, or no network that onnxruntime can run so"
            raise ModelCorrupt(f"{path.name} does not load in onnxruntime{wanted}: {reason}") from error
        if _PROVIDERS[self._device][0] not in session.get_providers():
            raise ModelError(f"onnxruntime could not start {self._device} for {path.name}; is its driver installed?")
        if (count := len(session.get_inputs())) != 1:
            raise ModelCorrupt(f"{path.name} is a network of {count} inputs, one is expected")
        if not session.get_inputs()[0].shape:
            raise ModelCorrupt(f"{path.name} does not say the dimensions of its input")
        return OnnxSession(session)


def with_input_shape(path: Path, input_shape: tuple[int, ...]) -> Path | bytes:
    """The file itself where it states the size of input, or else its content for another one.

    That takes single rows where the file has a fixed batch. Shapes noted further on are dropped, the runtime infers
    them anew.
    """
    import onnx  # needed only here, and not light

    model = onnx.load(path)
    constants = {constant.name for constant in model.graph.initializer}
    (source,) = (value for value in model.graph.input if value.name not in constants)
    dimensions = source.type.tensor_type.shape.dim
    if len(dimensions) != len(input_shape):
        raise ValueError(f"the input has {len(dimensions)} dimensions")
    if [dimension.dim_value for dimension in dimensions[1:]] == list(input_shape[1:]):
        return path
    for dimension, size in zip(dimensions[1:], input_shape[1:], strict=True):
        dimension.dim_value = size
    if dimensions[0].dim_value > 1:
        dimensions[0].dim_value = 1
    del model.graph.value_info[:]
    for output in model.graph.output:
        for dimension in output.type.tensor_type.shape.dim[1:]:
            dimension.Clear()
    reshaped: bytes = model.SerializeToString()
    return reshaped


def _sizes(shape: Any) -> tuple[int | None, ...]:
    """A shape of ONNX Runtime, where a free dimension is a name or None."""
    return tuple(size if isinstance(size, int) else None for size in shape)
