"""Slips at `mien models`: what is typed twice, asked for in vain, damaged or full is told, and does no harm."""

import json
import re
from pathlib import Path

import pytest

from mien.inference.measuring.speed import Speed


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is timed takes a millisecond."""
    monkeypatch.setattr("mien.wiring.models.build_scene", lambda settings, progress: None)
    speed = (Speed("mien", "f32", 1.0, 1.0, 1000.0),)
    monkeypatch.setattr("mien.wiring.models.time_model", lambda settings, card, scene: speed)


def test_a_damaged_record_of_answers_is_told_and_accepts_nothing(mien, home: Path) -> None:
    assert mien("models", "accept", "scrfd-2.5g").code == 0
    record = home / "models" / "accepted.json"
    record.write_text(record.read_text()[:-9])
    ended = mien("models", "list", "--json")
    listed = {model["name"]: model for model in json.loads(ended.out)["models"]}
    (line,) = ended.err.splitlines()
    assert ended.code == 0 and not listed["scrfd-2.5g"]["is_accepted"] and listed["yunet"]["is_accepted"]
    assert f"{record} is no record of accepted models" in line and "remove it and accept anew" in line
    assert "not accepted" in mien("models", "show", "scrfd-2.5g").out
    refused = mien("models", "accept", "scrfd-2.5g")
    assert refused.code == 1 and refused.err == f"{line}\n"
    record.unlink()
    assert mien("models", "accept", "scrfd-2.5g").code == 0


def test_a_free_model_needs_no_yes(mien, home: Path) -> None:
    ended = mien("models", "accept", "yunet")
    assert ended.code == 0 and ended.out.startswith("yunet: needs no acceptance, any; ")
    told = json.loads(mien("models", "accept", "yunet", "--json").out)
    assert told == {"accepted": [], "free": ["yunet"]}
    assert not (home / "models").exists()


def test_a_name_given_twice_counts_once(mien, quick: None) -> None:
    timed = mien("models", "bench", "measured", "measured", "--json")
    assert timed.code == 0 and list(json.loads(timed.out)["models"]) == ["measured"]
    pulled = mien("models", "pull", "lbph", "lbph", "--json")
    assert pulled.code == 0 and [one["name"] for one in json.loads(pulled.out)["models"]] == ["lbph"]
    verified = mien("models", "verify", "measured", "measured")
    assert verified.code == 0 and verified.out.count("measured: ") == 1


def test_what_cannot_be_kept_is_shown_all_the_same(
    mien, quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("no folder")
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    ended = mien("models", "bench", "measured")
    assert ended.code == 1 and "1000" in ended.out
    (line,) = ended.err.splitlines()
    assert line.startswith("mien: what was measured is shown, and not kept: ") and "could not be written" in line


def test_a_detector_without_landmarks_is_pulled_with_what_measures_them(mien, tmp_path: Path) -> None:
    def pulled(*options: object) -> list[str]:
        return [one["name"] for one in json.loads(mien(*options, "--json").out)["models"]]

    assert pulled("models", "pull", "haar") == ["haar", "face-mesh"]
    assert pulled("models", "pull", "yunet") == ["yunet"]
    settings = tmp_path / "mine.yaml"
    settings.write_text("detection: {landmarks: approximate}\n")
    assert pulled("--config", settings, "models", "pull", "haar") == ["haar"]


@pytest.mark.parametrize("width", [60, 80, 400])
def test_tables_are_read_at_any_width(mien, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    if width < 400:
        monkeypatch.setattr("mien.cli.terminal._UNBOUND_COLUMNS", width)
    told = mien("models", "list").out
    assert max(map(len, told.splitlines())) <= width
    words = set(told.split())
    assert {"retinaface-mobilenet-320", "model", "recall", "accuracy", "0.998"} <= words
    assert not re.search(r"[a-z]_[a-z]", told), "words, no identifiers"
    assert ("too narrow for: family" in told) is (width < 400)
    assert {"fer-mobilefacenet", "InsightFace,"} <= set(mien("models", "families").out.split())


def test_a_pose_is_told_where_one_is_measured(mien, portrait: Path) -> None:
    (face,) = json.loads(mien("identify", portrait, "--json", "--pose", "five-points").out)["faces"]
    assert abs(face["yaw"]) < 60 and abs(face["roll"]) < 30 and abs(face["pitch"]) < 60
    (face,) = json.loads(mien("identify", portrait, "--json", "--pose", "none").out)["faces"]
    assert "yaw" not in face
    wrong = mien("identify", portrait, "--detector", "fsanet")
    assert wrong.code == 2
    assert wrong.err.startswith("mien: --detector: fsanet is a pose model; for detection there is yunet, ")
