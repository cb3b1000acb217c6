"""Networks that stay compiled for the tests after: that takes longer than most of what is asked of them."""

from functools import lru_cache
from pathlib import Path

import pytest

from mien.inference.openvino_runtime import OpenVinoRuntime, OpenVinoSession
from mien.inference.session import Precision

_load = OpenVinoRuntime.load


@lru_cache(maxsize=32)
def _loaded(
    threads: int, path: Path, _written: tuple[int, ...], shape: tuple[int, ...] | None, precision: Precision
) -> OpenVinoSession:
    return _load(OpenVinoRuntime(threads), path, shape, precision)


def _kept(
    runtime: OpenVinoRuntime, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32"
) -> OpenVinoSession:
    found = path.stat()
    written = (found.st_ino, found.st_size, found.st_mtime_ns)
    return _loaded(runtime._threads, path, written, input_shape, precision)


def keep_compiled(patch: pytest.MonkeyPatch) -> None:
    """Let OpenVINO compile no file again that is as it was; sessions may be shared, for they remember nothing."""
    patch.setattr(OpenVinoRuntime, "load", _kept)


def compile_anew(patch: pytest.MonkeyPatch) -> None:
    """Let it compile whatever it loads, as outside of tests."""
    patch.setattr(OpenVinoRuntime, "load", _load)
