"""Speeds are dated, and hold for the files and the machine they were measured of only."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mien.domain.errors import ModelError
from mien.inference.installed import ModelShelf
from mien.inference.measuring.speed import Speed, cpu_name, read_speeds, write_speeds

THEN, NOW = (datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2))


def test_a_speed_whose_rounds_differ_is_not_steady() -> None:
    row = Speed("openvino", "f32", 3.0, 3.0, 500.0)
    assert row.is_steady and replace(row, spread=0.15).is_steady and not replace(row, spread=0.16).is_steady


def test_speeds_of_other_models_keep_their_date(tmp_path: Path, shelf: ModelShelf) -> None:
    first, second = (shelf.catalog.card(name) for name in ("yunet", "mobilefacenet"))
    path = tmp_path / "models" / "speeds.json"
    write_speeds(path, {"yunet": (Speed("openvino", "f32", 3.0, 3.0, 500.0, digest=first.digest),)}, THEN)
    write_speeds(path, {"mobilefacenet": (Speed("openvino", "f32", 2.0, 2.0, 900.0, digest=second.digest),)}, NOW)
    found = read_speeds(path)
    assert (found.cpu, found.at) == (cpu_name(), NOW.isoformat())
    assert [speed.at for speed in found.of(first)] == [THEN.isoformat()]
    assert [speed.ms for speed in found.of(second)] == [2.0]
    assert found.of(replace(first, files=second.files)) == (), "another file of the same name"
    assert [one.name for one in path.parent.iterdir()] == ["speeds.json"]


def test_speeds_of_another_machine_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    row = Speed("openvino", "f32", 3.0, 3.0, 500.0)
    write_speeds(path, {"old": (row,)}, THEN)
    other = json.loads(path.read_text())
    other["cpu"] = "another one"
    path.write_text(json.dumps(other))
    write_speeds(path, {"new": (row,)}, NOW)
    assert set(read_speeds(path).models) == {"new"}


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"cpu": "x", "at": "", "models": []}', '{"models": {"a": [{}]}}'])
def test_a_file_of_something_else_holds_no_speeds(tmp_path: Path, text: str) -> None:
    path = tmp_path / "speeds.json"
    path.write_text(text)
    assert read_speeds(path).models == {}


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ModelError, match="could not be written"):
        write_speeds(tmp_path / "cache" / "speeds.json", {}, NOW)
