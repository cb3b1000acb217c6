"""Cameras and recordings with depth, through the commands."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.depth_drivers import freenect
from tests.support.depth_drivers.bench import Bench
from tests.support.encoding import read_pictures
from tests.support.recorded_depth import write_recording


@pytest.fixture(scope="module")
def recording(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The man in the car, a metre away, for two thirds of a second; all stands out as a head does."""
    pictures = list(read_pictures(carphone, 20))
    height, width = pictures[0].shape[:2]
    rows, columns = np.indices((height, width))
    depth = (1000 + 0.12 * ((columns - width / 2) ** 2 + (rows - height / 2) ** 2)).astype(np.uint16)
    return write_recording(tmp_path_factory.mktemp("depth") / "car", ((picture, depth) for picture in pictures))


def test_a_recording_is_analysed_whole_as_one_source(mien, recording: Path, tmp_path: Path) -> None:
    ended = mien("analyze", recording, "--out", tmp_path / "out", "--json")
    assert ended.code == 0 and "not looked into" not in ended.err
    told = json.loads(ended.out)
    assert told["frames_decoded"] == told["frames_analysed"] == 20
    assert [one["source"] for one in told["sources"]] == [str(recording)]
    assert (tmp_path / "out" / "readings.csv").read_text().count("\n") == 21  # one face on each


def test_a_kinect_and_a_recording_are_watched(
    mien, recording: Path, carphone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = cv2.resize(next(read_pictures(carphone, 1)), (640, 480))
    table = Bench(picture, np.full((480, 640), 900, np.uint16))
    monkeypatch.setitem(sys.modules, "freenect", freenect.stand_in(table))
    monkeypatch.setitem(sys.modules, "depthai", None)  # not installed
    ended = mien("watch", "kinect:0", "oak:0", recording, "--seconds", "2", "--json")
    fared = {one["name"]: one for one in json.loads(ended.out)["cameras"]}
    assert list(fared) == ["kinect:0", "oak:0", str(recording)]
    assert [one["online_s"] > 0 for one in fared.values()] == [True, False, True]
    assert "mien: oak:0: an OAK camera cannot be read: its driver depthai is not installed; `pip install" in ended.err
    assert table.calls[-1] == "sync_stop"


def test_what_no_camera_is_called_is_one_line(mien) -> None:
    for verb in (("watch", "kinect:x"), ("people", "enrol", "Ann", "--camera", "kinect:x")):
        ended = mien(*verb)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("mien: kinect:x is no camera; those that measure depth are called kinect:0, realse")
        assert ended.err.count("\n") == 1
