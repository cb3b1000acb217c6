"""The settings choose the runtime, and say so where it is not to be had."""

import sys

import pytest

from mien.domain.errors import ModelError
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeSettings


def test_auto_is_openvino_on_a_cpu() -> None:
    assert open_runtime(RuntimeSettings()).name == "openvino"
    assert open_runtime(RuntimeSettings(runtime="onnxruntime")).name == "onnxruntime"


def test_auto_falls_back_to_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert open_runtime(RuntimeSettings()).name == "onnxruntime"
    with pytest.raises(ModelError, match="openvino does not import here"):
        open_runtime(RuntimeSettings(runtime="openvino"))


def test_what_a_runtime_cannot_do_is_refused() -> None:
    with pytest.raises(ModelError, match="openvino runs on cpu"):
        open_runtime(RuntimeSettings(runtime="openvino", device="cuda"))
    with pytest.raises(ModelError, match="does not compute in bf16"):
        open_runtime(RuntimeSettings(runtime="onnxruntime", precision="bf16"))
