from dataclasses import replace

import pytest

from mien.inference.measuring.precisions import PrecisionTable, as_text, read_precisions
from mien.inference.measuring.speed import Speed

TABLE = PrecisionTable(
    model="network",
    measure="accuracy",
    on="1925 pairs of pairs.txt",
    measured_on=1925,
    accuracy={"f32": 0.9979, "bf16": 0.9978, "int8": 0.9974},
    speeds=(Speed("openvino", "f32", 3.8, 3.7, 500.0), Speed("openvino", "int8", 1.8, 1.8, 1000.0)),
    calibrated_on=256,
    layers=48,
    left_in_f32=("last",),
    cpu="a processor",
    at="2024-05-01T12:00:00+00:00",
)


def test_a_table_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "network.json"
    path.write_text(as_text(TABLE))

    assert read_precisions(path) == TABLE


@pytest.mark.parametrize("text", ["", "[]", '{"model": "network"}', '{"speeds": [1]}'])
def test_a_file_of_another_kind_is_no_table(tmp_path, text):
    path = tmp_path / "network.json"
    path.write_text(text)

    assert read_precisions(path) is None
    assert read_precisions(tmp_path / "absent.json") is None


@pytest.mark.parametrize(
    ("in_int8", "is_bearable"), [(0.9979, True), (1.0, True), (0.9959, True), (0.9958, False), (0.0, False)]
)
def test_two_tenths_of_a_point_are_bearable(in_int8, is_bearable):
    assert replace(TABLE, accuracy={"f32": 0.9979, "int8": in_int8}).is_bearable is is_bearable


def test_milliseconds_are_found_by_runtime_and_precision():
    assert TABLE.ms("openvino", "int8") == 1.8
    assert TABLE.ms("onnxruntime", "int8") is None
