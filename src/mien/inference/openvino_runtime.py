"""Networks on Intel's OpenVINO, the fastest of the runtimes on a CPU."""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import numpy as np

from mien.domain.errors import ModelCorrupt, ModelError
from mien.inference.batches import Floats, checked_batch, in_parts, no_rows, rejoined
from mien.inference.session import Precision

_log = logging.getLogger(__name__)


def _import_openvino() -> Any:
    """The package, imported without its telemetry.

    ``import openvino`` alone reports to an analytics service over the network and writes to the home folder; with its
    telemetry package out of sight it falls back to a stub of its own.
    """
    name = "openvino_telemetry"
    hidden: dict[str, Any] = sys.modules  # typeshed has no word for None here, which makes the import fail
    is_hidden = name not in hidden
    if is_hidden:
        hidden[name] = None
    try:
        import openvino  # a fifth of a second
    finally:
        if is_hidden:
            hidden.pop(name, None)
    return openvino


def _fill_type_tables(openvino: Any) -> None:
    """Make OpenVINO build its tables of numpy types now, in one thread.

    It builds them at the first tensor under a C++ guard while it may give up the interpreter's lock. A second thread
    at its first tensor then waits for the guard with that lock in its hands, and the whole process stands still.
    """
    _ = openvino.Tensor(np.zeros(1, np.float32)).data.dtype
    _ = openvino.Type.f32.to_dtype()


class OpenVinoSession:
    """One compiled network: ``threads`` requests, each on a CPU thread of its own, shared by all callers.

    A batch runs as single pictures, which costs no more CPU time than running it whole and lets them run side by side;
    a file of a fixed batch takes so many at a time.
    """

    def __init__(self, compiled: Any, outputs: tuple[str, ...], threads: int) -> None:
        shape = compiled.input(0).partial_shape
        self._batch: int = shape[0].get_length()
        self._input_shape = (None, *_sizes(shape)[1:])
        self._output_shapes = [_sizes(output.partial_shape) for output in compiled.outputs]
        self._outputs = outputs
        self._idle: LifoQueue[Any] = LifoQueue()  # the request used last has its buffers still in the CPU's cache
        for _ in range(threads):
            self._idle.put(compiled.create_infer_request())

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
        parts = in_parts(rows, self._batch)
        requests = self._borrow(len(parts))
        try:
            results = _run_parts(requests, parts)
        except RuntimeError as error:
            _log.info("openvino says: %s", error)
            raise ModelCorrupt(f"the network fails on an input of the shape {rows.shape}") from error
        finally:
            for request in requests:
                self._idle.put(request)
        columns = [rejoined(found, self._batch, len(rows)) for found in zip(*results, strict=True)]
        return dict(zip(self._outputs, columns, strict=True))

    def _borrow(self, most: int) -> list[Any]:
        """One request, waited for, and as many more as lie idle."""
        requests = [self._idle.get()]
        try:
            while len(requests) < most:
                requests.append(self._idle.get_nowait())
        except Empty:
            pass
        return requests


class OpenVinoRuntime:
    """Loads ONNX files with OpenVINO on the CPU; raises ImportError where the package does not import."""

    name = "openvino"

    def __init__(self, threads: int = 1) -> None:
        openvino = _import_openvino()
        _fill_type_tables(openvino)
        self._core = openvino.Core()
        self._threads = threads
        capabilities = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._precisions: tuple[Precision, ...] = ("f32", "bf16", "int8") if "BF16" in capabilities else ("f32", "int8")

    @property
    def precisions(self) -> tuple[Precision, ...]:
        return self._precisions

    def load(
        self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32"
    ) -> OpenVinoSession:
        if precision not in self.precisions:
            raise ModelError(
                f"openvino does not compute in {precision} on this CPU, only in {', '.join(self.precisions)}"
            )
        options = {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",  # unset, results depend on the CPU
            "NUM_STREAMS": self._threads,
            "INFERENCE_NUM_THREADS": self._threads,
        }
        try:
            model = self._core.read_model(path)
            if len(model.inputs) != 1:
                raise ModelCorrupt(f"{path.name} is a network of {len(model.inputs)} inputs, one is expected")
            stated = _sizes(model.input().partial_shape)
            if not stated:
                raise ModelCorrupt(f"{path.name} does not say the dimensions of its input")
            model.reshape([-1 if size is None else size for size in _fixed(stated, input_shape)])
            names = tuple(sorted(output.get_names())[0] for output in model.outputs)
            compiled = self._core.compile_model(model, "CPU", options)
        except (RuntimeError, ValueError) as error:  # the latter where names are no text
            wanted = f" with an input of {input_shape}" if input_shape else ""
            _log.info("openvino says: %s", error)
            reason = "it is damaged, or no network that openvino can run so"
            raise ModelCorrupt(f"{path.name} does not load in openvino{wanted}: {reason}") from error
        return OpenVinoSession(compiled, names, self._threads)


def _fixed(stated: tuple[int | None, ...], wanted: tuple[int, ...] | None) -> tuple[int | None, ...]:
    """What an input is fixed to: the batch that the file states where it is of its size, and single rows otherwise."""
    if wanted is None or wanted[1:] == stated[1:]:
        return (stated[0] or 1, *stated[1:])
    return (1, *wanted[1:])


def _run_parts(requests: Sequence[Any], parts: Sequence[Floats]) -> list[list[Floats]]:
    """Outputs of every part of a batch, the parts dealt out to the requests in turn."""
    if len(parts) == 1:
        requests[0].infer({0: parts[0]}, share_inputs=True)
        return [_copied_outputs(requests[0])]
    results: list[list[Floats]] = [[] for _ in parts]
    try:
        for index in range(len(parts) + len(requests)):
            request = requests[index % len(requests)]
            finished = index - len(requests)
            if finished >= 0:
                request.wait()
                results[finished] = _copied_outputs(request)
            if index < len(parts):
                request.start_async({0: parts[index]}, share_inputs=True)
    finally:
        for request in requests:
            request.wait()  # none may still read the rows, or be lent out running
    return results


def _copied_outputs(request: Any) -> list[Floats]:
    return [np.array(tensor.data, dtype=np.float32) for tensor in request.output_tensors]


def _sizes(partial_shape: Any) -> tuple[int | None, ...]:
    return tuple(None if size.is_dynamic else size.get_length() for size in partial_shape)
