import json
from pathlib import Path

import yaml

from mien.settings.descriptions import EXAMPLE


def test_the_example_is_in_order(mien) -> None:
    ended = mien("config", "check", EXAMPLE)
    assert ended.code == 0 and "in order" in ended.err
    assert yaml.safe_load(ended.out)["cameras"]["workshop"]["source"] == "0"


def test_problems_are_listed_with_2(mien, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text("detection:\n  min_scor: 1\n  min_face_px: 0\n")
    ended = mien("config", "check", path)
    assert ended.code == 2 and ended.out == ""
    assert ended.err.splitlines() == [
        "mien: mien.yaml:2: detection.min_scor: no such key, did you mean min_score?",
        "mien: mien.yaml:3: detection.min_face_px: 0 is out of range, expected 1 to 10000",
    ]
    told = mien("config", "check", path, "--json")
    assert told.code == 2 and told.err == ""
    assert json.loads(told.out) == {
        "ok": False,
        "problems": [line.removeprefix("mien: ") for line in ended.err.splitlines()],
    }


def test_other_commands_tell_the_same_problems(mien, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text("detektion: {}")
    ended = mien("--config", path, "people", "list")
    assert ended.code == 2 and ended.err == "mien: mien.yaml:1: detektion: no such key, did you mean detection?\n"


def test_a_model_that_is_not_known_is_a_problem(mien, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text(
        "detection: {model: yunett}\nemotion: {model: yunet}\ncameras: {a: {source: 0, detection: {model: x}}}"
    )
    ended = mien("config", "check", path)
    assert ended.code == 2 and [line.split(", ")[0] for line in ended.err.splitlines()] == [
        "mien: mien.yaml:1: detection.model: no detection model is called 'yunett'; did you mean yunet or yunet-s or "
        "yunet-n?",
        "mien: mien.yaml:2: emotion.model: yunet is a detection model; for emotion there is fer8-mobilefacenet",
        "mien: mien.yaml:3: cameras.a.detection.model: no detection model is called 'x'; there is yunet",
    ]


def test_accepted_models_are_a_list(mien, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text("accepted_models: scrfd-2.5g\n")
    ended = mien("config", "check", path)
    assert ended.code == 2
    assert ended.err == "mien: mien.yaml:1: accepted_models: expected a list, such as [a, b], got 'scrfd-2.5g'\n"


def test_models_that_wait_for_a_yes_are_told(mien, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text("detector: scrfd-2.5g\ncameras: {door: {source: 0, detector: yolov5n-face}}\n")
    ended = mien("config", "check", path)
    assert ended.code == 0 and "in order" in ended.err
    for name in ("scrfd-2.5g", "yolov5n-face"):
        assert f"{name} does not run before its terms are accepted: mien models accept {name}\n" in ended.err
    assert mien("models", "accept", "yolov5n-face").code == 0
    assert json.loads(mien("config", "check", path, "--json").out)["not_accepted"] == ["scrfd-2.5g"]
    path.write_text("detector: scrfd-2.5g\naccepted_models: [scrfd-2.5g]\n")
    assert json.loads(mien("config", "check", path, "--json").out)["not_accepted"] == []


def test_models_are_looked_after_even_where_the_settings_name_one_that_is_gone(mien, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text("detector: gone\n")
    for verb in (["list"], ["show", "yunet"], ["families"], ["pull", "astronaut"], ["verify", "measured"]):
        assert mien("--config", path, "models", *verb).code == 0
    told = mien("--config", path, "models", "import", "yunet", tmp_path / "absent.onnx")
    assert told.code == 1 and "absent.onnx" in told.err
    assert mien("--config", path, "models", "pull").code == 2  # it fetches what the settings name
    assert mien("--config", path, "people", "list").code == 2


def test_secrets_are_never_shown(mien, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text(
        "cameras:\n"
        "  door: {source: 'rtsp://admin:${DOOR_PASSWORD}@cam/live'}\n"
        "  yard: {source: 'rtsp://admin:plain-password@cam/live'}\n"
        "  gate: {source: 'http://cam/live?token=${GATE_TOKEN}'}\n"
    )
    monkeypatch.setenv("DOOR_PASSWORD", "hunter2hunter2")
    monkeypatch.setenv("GATE_TOKEN", "tok-123456")
    for options in ([], ["--json"]):
        ended = mien("-vv", "config", "check", path, *options)
        assert ended.code == 0 and "rtsp://***@cam/live" in ended.out and "http://cam/live?token=***" in ended.out
        for secret in ("hunter2hunter2", "plain-password", "tok-123456"):
            assert secret not in ended.out + ended.err
    monkeypatch.delenv("DOOR_PASSWORD")
    ended = mien("config", "check", path)
    assert ended.code == 2 and "cameras.door.source: the environment variable DOOR_PASSWORD is not set" in ended.err
