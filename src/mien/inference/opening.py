"""Which runtime runs the networks: the choice that ``RuntimeSettings`` describes."""

import logging

from mien.domain.errors import ModelError
from mien.inference.session import Runtime, RuntimeSettings
from mien.telemetry.process import usable_cpus

_log = logging.getLogger(__name__)
_MOST_THREADS = 8  # every further stream of a network costs memory and start-up


def open_runtime(settings: RuntimeSettings) -> Runtime:
    """The runtime that settings ask for; raises ModelError where it, its device or its precision is not to be had."""
    threads = settings.threads or min(usable_cpus(), _MOST_THREADS)
    if settings.runtime == "openvino" or (settings.runtime == "auto" and settings.device == "cpu"):
        try:
            return _open_openvino(settings, threads)
        except ImportError as error:
            if settings.runtime == "openvino":
                raise ModelError(f"the runtime openvino does not import here: {error}") from error
            _log.warning("openvino does not import here (%s), onnxruntime in f32 is used instead", error)
    elif settings.precision != "f32":
        raise ModelError(f"onnxruntime computes in f32 only, {settings.precision} needs openvino on a cpu")
    return _open_onnxruntime(settings, threads)


def _open_openvino(settings: RuntimeSettings, threads: int) -> Runtime:
    from mien.inference.openvino_runtime import OpenVinoRuntime

    if settings.device != "cpu":
        raise ModelError(f"openvino runs on cpu here, not on {settings.device}; choose onnxruntime for it")
    return OpenVinoRuntime(precision=settings.precision, threads=threads)


def _open_onnxruntime(settings: RuntimeSettings, threads: int) -> Runtime:
    try:
        from mien.inference.onnx_runtime import OnnxRuntime
    except ImportError as error:
        raise ModelError(f"the runtime onnxruntime does not import here: {error}") from error
    return OnnxRuntime(device=settings.device, threads=threads)
