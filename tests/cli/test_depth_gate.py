"""A recording with depth from the command: somebody beside a poster is one person, and the video shows why."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.support.depth import Scene, portraits
from tests.support.encoding import read_pictures
from tests.support.footage import man
from tests.support.recorded_depth import write_recording
from tests.support.sheets import Sheet, View

from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore


@pytest.fixture(scope="module")
def recording(
    tmp_path_factory: pytest.TempPathFactory, weights: WeightStore, take: Callable[[str], InstalledModel]
) -> Path:
    """A man at 0.9 m and a poster of him at 1.6 m; the depth of every fifth frame is missing."""
    sitting, shown = portraits(man(weights)[:40:30], take)
    scene = Scene(View((640, 480)), np.random.default_rng(1))
    scene.put_wall(0, 2200)
    scene.put_wall(1, 1615)
    scene.put_person(0, "true", sitting, 900)
    scene.put_sheet(1, "poster", shown, Sheet(1600, life=1.3, yaw=4))
    depths = [scene.frame(number).depth_mm for number in range(12)]
    shots = [(scene.picture, None if number % 5 == 4 else depth) for number, depth in enumerate(depths)]
    return write_recording(tmp_path_factory.mktemp("recorded") / "desk", shots, frame_rate=12)


def tracks(out: Path) -> list[int]:
    """In how many frames each track is."""
    with (out / "tracks.csv").open(newline="") as file:
        return [int(row["frames"]) for row in csv.DictReader(file)]


def test_a_poster_in_a_recording_is_nobody(
    mien, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = mien("analyze", recording, "--out", tmp_path / "gated", "--depth-view")
    assert ended.code == 0 and "no depth" not in ended.err
    assert tracks(tmp_path / "gated") == [12]
    monkeypatch.setenv("MIEN_DEPTH__GATE", "false")
    assert mien("analyze", recording, "--out", tmp_path / "all").code == 0
    assert tracks(tmp_path / "all") == [12, 12], "too easy: nobody takes the poster for a face"
    shown = list(read_pictures(tmp_path / "gated" / "annotated.mp4", 20))
    depths = [picture[:, picture.shape[1] // 2 :] for picture in shown]
    assert len(depths) == 12 and all(picture.shape[1] > 2 * picture.shape[0] for picture in shown)
    assert [bool(depth.mean() < 20) for depth in depths] == [number % 5 == 4 for number in range(12)]


def test_a_view_of_depth_that_is_not_there_is_told_once(mien, portrait: Path, tmp_path: Path) -> None:
    ended = mien("analyze", portrait, portrait, "--out", tmp_path / "out", "--depth-view")
    assert ended.code == 0 and ended.err.count("no depth") == 1
    assert f"--depth-view: {portrait} and 1 other source have no depth, so there is none" in ended.err
    assert "no depth" not in mien("analyze", portrait, "--out", tmp_path / "out", "--video").err


def test_whoever_is_enrolled_is_not_mistaken_for_the_poster(
    mien, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolling = ("people", "enrol", "Zoë", "--camera", recording, "--snapshots", "1")
    acquiring = ("lbph", "acquire", "Zoë", recording, "--out")
    assert mien(*enrolling).code == 0
    assert mien(*acquiring, tmp_path / "gated").code == 0
    monkeypatch.setenv("MIEN_DEPTH__GATE", "false")
    several = "several faces are in front of the camera"
    refused = mien("people", "enrol", "Ann", *enrolling[3:])
    assert refused.code == 1 and several in refused.err, "too easy: nobody takes the poster for a face"
    acquired = mien(*acquiring, tmp_path / "all")
    assert acquired.code == 1 and several in acquired.err
    monkeypatch.setenv("MIEN_DEPTH__MASK_BACKGROUND", "true")
    monkeypatch.setenv("MIEN_DEPTH__FAR_M", "1.3")  # the poster is painted over, and needs no gate
    assert mien(*acquiring, tmp_path / "masked").code == 0
    assert "the face is that of 'Zoë'" in mien("people", "enrol", "Ann", *enrolling[3:]).err


def test_a_camera_of_the_settings_is_enrolled_at_by_its_own_depth(
    mien, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_DEPTH__GATE", "false")
    config = tmp_path / "mien.yaml"
    config.write_text(
        f"cameras:\n  desk: {{source: {json.dumps(str(recording))}, depth: {{gate: true, far_m: 0.6}}}}\n"
    )
    ended = mien("people", "enrol", "Zoë", "--camera", "desk", "--config", config)
    assert ended.code == 1 and "too near, too far or a picture, by its depth: sit about a metre away" in ended.err
