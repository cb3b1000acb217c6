"""Which runtime runs the networks: the choice that ``RuntimeSettings`` describes."""

import logging
from importlib.util import find_spec

from mien.domain.errors import ModelError
from mien.inference.session import Runtime, RuntimeName, RuntimeSettings
from mien.telemetry.process import usable_cpus

_log = logging.getLogger(__name__)
_MOST_THREADS = 8  # every further stream of a network costs memory and start-up


def runtime_in_force(settings: RuntimeSettings) -> RuntimeName:
    """The name of what `open_runtime` opens, without opening it."""
    if settings.runtime != "auto":
        return settings.runtime
    return "openvino" if settings.device == "cpu" and find_spec("openvino") else "onnxruntime"


def open_runtime(settings: RuntimeSettings) -> Runtime:
    """The runtime that settings ask for; raises ModelError where it or its device is not to be had."""
    threads = settings.threads or min(usable_cpus(), _MOST_THREADS)
    if settings.runtime == "openvino" or (settings.runtime == "auto" and settings.device == "cpu"):
        try:
            return _open_openvino(settings, threads)
        except ImportError as error:
            if settings.runtime == "openvino":
                raise ModelError(f"the runtime openvino does not import here: {error}") from error
            _log.warning("openvino does not import here (%s), onnxruntime in f32 is used instead", error)
    elif settings.precision == "bf16":
        raise ModelError("onnxruntime does not compute in bf16, openvino on a cpu does")
    return _open_onnxruntime(settings, threads)


def every_runtime(names: tuple[RuntimeName, ...], threads: int = 1) -> tuple[Runtime, ...]:
    """Those of the runtimes that import here; raises ModelError where none does."""
    found: list[Runtime] = []
    for name in names:
        try:
            found.append(open_runtime(RuntimeSettings(name, threads=threads)))
        except ModelError as error:
            if name == names[-1] and not found:
                raise
            _log.warning("%s; it takes no part", error)
    return tuple(found)


def _open_openvino(settings: RuntimeSettings, threads: int) -> Runtime:
    from mien.inference.openvino_runtime import OpenVinoRuntime

    if settings.device != "cpu":
        raise ModelError(f"openvino runs on cpu here, not on {settings.device}; choose onnxruntime for it")
    return OpenVinoRuntime(threads=threads)


def _open_onnxruntime(settings: RuntimeSettings, threads: int) -> Runtime:
    try:
        from mien.inference.onnx_runtime import OnnxRuntime
    except ImportError as error:
        raise ModelError(f"the runtime onnxruntime does not import here: {error}") from error
    return OnnxRuntime(device=settings.device, threads=threads)
