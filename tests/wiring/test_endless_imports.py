"""A network that never ends is ended, and nothing of it stays: no model, no folder, no process."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien.domain.errors import ModelCorrupt
from mien.settings.tree import Settings
from mien.vision.importing import Wanted
from mien.wiring.importing import import_model

pytestmark = pytest.mark.usefixtures("apart")


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """An ONNX file that adds 1 to its numbers for ever."""
    scalar = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["more"], ["again"]), helper.make_node("Add", ["numbers", "one"], ["larger"])],
        "body",
        [
            scalar("round", TensorProto.INT64, []),
            scalar("more", TensorProto.BOOL, []),
            scalar("numbers", TensorProto.FLOAT, None),
        ],
        [scalar("again", TensorProto.BOOL, []), scalar("larger", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.float32([1]), "one")],
    )
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["pictures"], ["means"]),
            helper.make_node("Reshape", ["means", "shape"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["start"]),
            helper.make_node("Loop", ["", "true", "start"], ["embeddings"], body=body),
        ],
        "endless",
        [scalar("pictures", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [scalar("embeddings", TensorProto.FLOAT, ["n", 128])],
        [
            numpy_helper.from_array(np.ones((3, 128), np.float32), "weights"),
            numpy_helper.from_array(np.array([0, 3]), "shape"),
            numpy_helper.from_array(np.array(True), "true"),
        ],
    )
    path = tmp_path / "endless.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, which is this test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def test_it_is_ended_at_the_deadline(endless: Path, temporary: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ModelCorrupt, match=r"^endless\.onnx cannot be imported as sface: it takes more than 2 s, expected"
    ):
        import_model(Settings(home=tmp_path / "home"), Wanted("sface", (endless,)), deadline_s=2)
    assert not list(temporary.iterdir()) and not (tmp_path / "home").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_it_ends_with_the_command(
    endless: Path, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    if sys.platform == "win32":
        pytest.skip("needs signals")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have shut it out
    command = [sys.executable, "-m", "mien", "models", "import", "sface", str(endless)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        signal.signal(signal.SIGINT, before)
        within = time.monotonic() + 30
        while not list(temporary.glob("mien-import-*/*.onnx")) and time.monotonic() < within:
            time.sleep(0.1)
        assert list(temporary.glob("mien-import-*/*.onnx")), "it began"
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=30)  # which ends once no process holds the other end
    assert (process.returncode, stdout) == (code, "")
    assert not list(temporary.iterdir()) and not (tmp_path / "home" / "models").exists()
