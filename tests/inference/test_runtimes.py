"""Both runtimes answer alike, to any number of rows, from any number of threads."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from mien.domain.errors import ModelCorrupt, ModelError
from mien.inference.batches import Floats
from mien.inference.catalog import Catalog
from mien.inference.conversion.networks.mobilefacenet import reference_images
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.inference.session import Runtime
from mien.inference.weights import WeightStore

TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def yunet(weights: WeightStore, catalog: Catalog) -> Path:
    return weights.path(catalog.card("yunet"))


@pytest.fixture(scope="module")
def mobilefacenet(weights: WeightStore, catalog: Catalog) -> Path:
    return weights.path(catalog.card("mobilefacenet"))


@pytest.fixture(scope="module", params=[OpenVinoRuntime, OnnxRuntime], ids=["openvino", "onnxruntime"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return request.param(threads=2)


def pixels(*shape: int) -> Floats:
    return np.random.default_rng(7).integers(0, 256, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [None, (1, 3, 384, 640), (1, 3, 96, 160)])
def test_runtimes_agree_on_yunet_at_any_size(yunet: Path, shape: tuple[int, int, int, int] | None) -> None:
    sessions = [OpenVinoRuntime().load(yunet, shape), OnnxRuntime().load(yunet, shape)]
    height, width = shape[2:] if shape else (640, 640)
    first, second = (session.run(pixels(2, 3, height, width)) for session in sessions)
    for session in sessions:
        assert set(session.outputs) == {
            f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)
        }
        assert session.input_shape == (None, 3, height, width)
    assert first.keys() == second.keys() == set(sessions[0].outputs)
    assert first["kps_8"].shape == (2, height * width // 64, 10)
    for name in first:
        assert np.abs(first[name] - second[name]).max() < TOLERANCE, name


def test_runtimes_agree_on_mobilefacenet(mobilefacenet: Path) -> None:
    faces = np.concatenate([reference_images(), pixels(4, 3, 112, 112)])
    first = OpenVinoRuntime(threads=2).load(mobilefacenet).run(faces)["embeddings"]
    second = OnnxRuntime(threads=2).load(mobilefacenet).run(faces)["embeddings"]
    assert first.shape == (5, 512)
    assert np.abs(first - second).max() < TOLERANCE
    assert np.abs(first).max() > 0.1


def test_runtimes_agree_on_the_expression_network(weights: WeightStore, catalog: Catalog) -> None:
    path = weights.path(catalog.card("fer8-mobilefacenet"))
    portrait = cv2.imread(str(weights.path(catalog.card("astronaut"))), cv2.IMREAD_GRAYSCALE)
    assert portrait is not None
    cuts = [portrait[top : top + 120, 165:285] for top in (40, 60, 80)]  # the face, higher and lower in the crop
    real = np.stack([cv2.resize(cut, (48, 48), interpolation=cv2.INTER_AREA) for cut in cuts])[:, None]
    faces = np.concatenate([real.astype(np.float32), pixels(3, 1, 48, 48)])
    first = OpenVinoRuntime(threads=2).load(path).run(faces)["probabilities"]
    second = OnnxRuntime(threads=2).load(path).run(faces)["probabilities"]
    assert first.shape == (6, 8)
    np.testing.assert_allclose(first.sum(axis=1), 1, atol=1e-4)
    assert np.abs(first - second).max() < TOLERANCE
    assert np.ptp(first, axis=0).max() > 0.1  # the answers depend on the pictures


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_batch_is_its_rows_in_order(runtime: Runtime, mobilefacenet: Path, count: int) -> None:
    session = runtime.load(mobilefacenet)
    faces = pixels(count, 3, 112, 112)
    (name,) = session.outputs
    whole = session.run(faces)[name]
    assert whole.shape == (count, 512)
    assert whole.dtype == np.float32
    for row in range(count):
        alone = session.run(faces[row : row + 1])[name][0]
        np.testing.assert_allclose(whole[row], alone, atol=1e-5)


def test_an_empty_batch_of_a_fixed_size_has_the_shapes_of_a_full_one(runtime: Runtime, yunet: Path) -> None:
    session = runtime.load(yunet, (1, 3, 64, 96))
    empty, full = session.run(pixels(0, 3, 64, 96)), session.run(pixels(3, 3, 64, 96))
    assert {name: rows.shape[1:] for name, rows in empty.items()} == {
        name: rows.shape[1:] for name, rows in full.items()
    }
    assert {len(rows) for rows in empty.values()} == {0}
    assert {len(rows) for rows in full.values()} == {3}


def test_results_outlive_the_next_run(runtime: Runtime, mobilefacenet: Path) -> None:
    session = runtime.load(mobilefacenet)
    first = session.run(reference_images())["embeddings"]
    before = first.copy()
    session.run(255 - reference_images())
    np.testing.assert_array_equal(first, before)


def test_many_threads_get_each_their_own_answer(runtime: Runtime, mobilefacenet: Path) -> None:
    session = runtime.load(mobilefacenet)
    faces = pixels(12, 3, 112, 112)
    expected = session.run(faces)["embeddings"]

    def embed(start: int) -> Floats:
        return session.run(faces[start : start + 3])["embeddings"]

    starts = [start for _ in range(2) for start in range(10)]
    with ThreadPoolExecutor(6) as pool:
        for start, found in zip(starts, pool.map(embed, starts), strict=True):
            np.testing.assert_allclose(found, expected[start : start + 3], atol=1e-5)


def test_a_wrong_shape_is_named(runtime: Runtime, mobilefacenet: Path) -> None:
    session = runtime.load(mobilefacenet)
    with pytest.raises(ValueError, match=r"takes \('n', 3, 112, 112\), the batch has \(1, 3, 96, 96\)"):
        session.run(pixels(1, 3, 96, 96))
    with pytest.raises(ValueError, match="the batch has"):
        session.run(pixels(3, 112, 112))
    assert session.run(reference_images())["embeddings"].shape == (1, 512)


@pytest.mark.parametrize("content", [b"", b"no model at all", None], ids=["empty", "text", "truncated"])
def test_a_broken_file_is_corrupt(runtime: Runtime, yunet: Path, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(yunet.read_bytes()[:60_000] if content is None else content)
    for shape in (None, (1, 3, 64, 64)):
        with pytest.raises(ModelCorrupt, match=r"broken\.onnx does not load in") as caught:
            runtime.load(path, shape)
        assert "\n" not in str(caught.value)


def test_a_shape_that_the_network_cannot_take_is_refused(runtime: Runtime, mobilefacenet: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"mobilefacenet\.onnx .*\(1, 3, 64, 64\)"):
        runtime.load(mobilefacenet, (1, 3, 64, 64)).run(pixels(1, 3, 64, 64))
    with pytest.raises(ModelCorrupt):
        runtime.load(mobilefacenet, (3, 112, 112))


def test_cuda_that_is_absent_is_named() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(ModelError, match="has no cuda"):
        OnnxRuntime(device="cuda")


def test_bf16_is_near_f32(mobilefacenet: Path) -> None:
    runtime = OpenVinoRuntime()
    if "bf16" not in runtime.precisions:
        pytest.skip("this CPU has no bf16")
    exact = runtime.load(mobilefacenet).run(reference_images())["embeddings"][0]
    rough = runtime.load(mobilefacenet, precision="bf16").run(reference_images())["embeddings"][0]
    assert exact @ rough / np.linalg.norm(exact) / np.linalg.norm(rough) > 0.998


def test_onnxruntime_says_that_it_has_no_bf16(mobilefacenet: Path) -> None:
    with pytest.raises(ModelError, match="does not compute in bf16"):
        OnnxRuntime().load(mobilefacenet, precision="bf16")


def test_openvino_says_that_a_precision_is_not_there(mobilefacenet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenVinoRuntime, "precisions", ("f32", "int8"))
    with pytest.raises(ModelError, match="openvino does not compute in bf16 on this CPU, only in f32, int8"):
        OpenVinoRuntime().load(mobilefacenet, precision="bf16")


def test_a_network_of_two_inputs_is_refused(tmp_path: Path, runtime: Runtime) -> None:
    shape = ["n", 4]
    inputs = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("first", "second")]
    outputs = [onnx.helper.make_tensor_value_info("sum", onnx.TensorProto.FLOAT, shape)]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Add", ["first", "second"], ["sum"])], "two", inputs, outputs)
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "two.onnx")
    with pytest.raises(ModelCorrupt, match=r"two\.onnx is a network of 2 inputs, one is expected"):
        runtime.load(tmp_path / "two.onnx")


def test_openvino_is_imported_without_its_telemetry(tmp_path: Path) -> None:
    script = (
        "import sys; from mien.inference.openvino_runtime import OpenVinoRuntime; OpenVinoRuntime(); "
        "print([name for name in sys.modules if name.startswith('openvino_telemetry')])"
    )
    environment = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PATH": ""}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


SEVERAL_WAYS_TO_ONNXRUNTIME = (
    "mien.inference.onnx_runtime",
    "mien.inference.conversion.onnx_nodes",
    "mien.inference.measuring.quantising",
)


@pytest.mark.parametrize("first", SEVERAL_WAYS_TO_ONNXRUNTIME)
@pytest.mark.parametrize("told", [{}, {"ORT_DISABLE_TELEMETRY": "0"}], ids=["unset", "other"])
def test_onnxruntime_leaves_no_telemetry_behind(yunet: Path, tmp_path: Path, first: str, told: dict[str, str]) -> None:
    script = (
        f"import sys, {first}; from pathlib import Path; from mien.inference.onnx_runtime import OnnxRuntime; "
        "import numpy as np; session = OnnxRuntime().load(Path(sys.argv[1]), (1, 3, 64, 64)); "
        "session.run(np.zeros((1, 3, 64, 64), np.float32))"
    )
    bare = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PATH": ""}
    environment = {**bare, "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **told}
    subprocess.run([sys.executable, "-c", script, str(yunet)], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


FIRST_TOGETHER = """
import sys
from pathlib import Path
from threading import Barrier, Thread
import numpy as np
from mien.inference.openvino_runtime import OpenVinoRuntime

session = OpenVinoRuntime(threads=4).load(Path(sys.argv[1]), (1, 3, 96, 96))
sys.setswitchinterval(1e-6)
together = Barrier(4)

def first():
    together.wait()
    session.run(np.zeros((1, 3, 96, 96), np.float32))

threads = [Thread(target=first) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_first_inferences_of_a_process_may_come_at_once(yunet: Path, attempt: int) -> None:
    """A process that stands still holds the interpreter's lock: only another one can tell, by killing it."""
    subprocess.run([sys.executable, "-c", FIRST_TOGETHER, str(yunet)], check=True, timeout=60)


def write_batched(path: Path, batch: int | str, rows: int | None = None) -> Path:
    """Means of the planes (n, 3), and the halves of each picture one after the other (2 n, 6), or in ``rows``.

    As torch exports it: where the batch is a number, it is in the shapes of reshapes too.
    """
    leading = batch if isinstance(batch, int) else 0
    shapes = {
        "by_plane": np.array([leading, 3, -1]),
        "halves": np.array([-1, 6] if rows is None else [rows, -1]),
    }
    nodes = [
        onnx.helper.make_node("Reshape", ["pictures", "by_plane"], ["planes"]),
        onnx.helper.make_node("ReduceMean", ["planes"], ["means"], axes=[2], keepdims=0),
        onnx.helper.make_node("Reshape", ["pictures", "halves"], ["parts"]),
    ]
    graph = onnx.helper.make_graph(
        nodes,
        "batched",
        [onnx.helper.make_tensor_value_info("pictures", onnx.TensorProto.FLOAT, [batch, 3, 2, 2])],
        [
            onnx.helper.make_tensor_value_info("means", onnx.TensorProto.FLOAT, [batch, 3]),
            onnx.helper.make_tensor_value_info("parts", onnx.TensorProto.FLOAT, [rows, None]),
        ],
        [onnx.numpy_helper.from_array(shape, name) for name, shape in shapes.items()],
    )
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.mark.parametrize("batch", ["n", 1, 4])
@pytest.mark.parametrize("shape", [None, (1, 3, 2, 2)], ids=["as it is", "asked for"])
def test_a_file_of_any_batch_takes_any_number_of_rows(
    tmp_path: Path, runtime: Runtime, batch: int | str, shape: tuple[int, ...] | None
) -> None:
    session = runtime.load(write_batched(tmp_path / "net.onnx", batch), shape)
    assert session.input_shape == (None, 3, 2, 2)
    for count in (0, 1, 3, 4, 9):
        rows = pixels(count, 3, 2, 2)
        found = session.run(rows)
        assert (found["means"].shape, len(found["parts"])) == ((count, 3), 2 * count)
        np.testing.assert_allclose(found["means"], rows.mean(axis=(2, 3)), rtol=1e-6)
        np.testing.assert_array_equal(found["parts"].reshape(rows.shape), rows)


def test_what_a_fixed_batch_gives_has_to_be_shared_out(tmp_path: Path, runtime: Runtime) -> None:
    session = runtime.load(write_batched(tmp_path / "net.onnx", 4, rows=6))
    assert session.run(pixels(4, 3, 2, 2))["parts"].shape == (6, 8)
    with pytest.raises(ModelCorrupt, match="gives 6 rows for 4, which is no equal share for each"):
        session.run(pixels(3, 3, 2, 2))


def test_a_file_of_a_fixed_batch_and_size_may_be_asked_for_another_size(
    tmp_path: Path, runtime: Runtime, weights: WeightStore, catalog: Catalog
) -> None:
    path = weights.path(catalog.card("centerface"))
    rows = pixels(2, 3, 64, 96)
    found = runtime.load(path, (1, 3, 64, 96)).run(rows)
    assert [values.shape for values in found.values()] == [(2, channels, 16, 24) for channels in (1, 2, 2, 10)]
    assert runtime.load(path).run(rows[:, :, :32, :32])["537"].shape == (2, 1, 8, 8)


@pytest.mark.parametrize("shape", [[], None], ids=["a number", "unknown"])
def test_an_input_without_dimensions_is_refused(tmp_path: Path, runtime: Runtime, shape: list[int] | None) -> None:
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "none", ends[:1], ends[1:])
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "none.onnx")
    with pytest.raises(ModelCorrupt, match=r"none\.onnx does not say the dimensions of its input"):
        runtime.load(tmp_path / "none.onnx")
