from pathlib import Path

import numpy as np
import pytest
from tests.inference.measuring.test_quantising import written

from mien.inference.measuring.recording import RecordingRuntime
from mien.inference.onnx_runtime import OnnxRuntime


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "network.onnx")


def pictures(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.float32)[:, None, None, None] * np.ones((1, 3, 12, 12), np.float32)


def test_what_is_run_is_kept_by_file_and_gives_what_it_gave(source):
    recorder = RecordingRuntime(OnnxRuntime())
    session = recorder.load(source)

    found = session.run(pictures(3))

    assert np.array_equal(found["scores"], OnnxRuntime().load(source).run(pictures(3))["scores"])
    (kept,) = recorder.recorded.values()
    assert [one.shape for one in kept] == [(1, 3, 12, 12)] * 3
    assert [float(one[0, 0, 0, 0]) for one in kept] == [0, 1, 2]
    assert (recorder.name, session.outputs, session.input_shape) == ("onnxruntime", ("scores",), (None, 3, 12, 12))


def test_of_a_large_batch_few_are_kept_and_of_an_empty_one_none(source):
    recorder = RecordingRuntime(OnnxRuntime())
    session = recorder.load(source)

    session.run(pictures(100))
    session.run(pictures(0))

    kept = [float(one[0, 0, 0, 0]) for one in recorder.recorded[source]]
    assert len(kept) == 8
    assert (kept[0], kept[-1]) == (0, 99)


def test_there_is_an_end_to_what_is_kept(source):
    recorder = RecordingRuntime(OnnxRuntime())
    session = recorder.load(source)

    for _ in range(40):
        session.run(pictures(8))

    assert len(recorder.recorded[source]) == 256


def test_what_is_kept_does_not_change_with_the_batch(source):
    recorder = RecordingRuntime(OnnxRuntime())
    batch = pictures(1)
    recorder.load(source).run(batch)

    batch[:] = 7

    assert not recorder.recorded[source][0].any()
