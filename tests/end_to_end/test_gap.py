"""A man who goes out of view and comes back: the tracks end, the person stays."""

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.support.command import Within
from tests.support.encoding import read_pictures, write_video

from mien import Analyzer
from mien.settings import Settings

GAP = range(60, 110)


@pytest.fixture(scope="module")
def away(carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The carphone video with two seconds of grey in its middle."""
    pictures = list(read_pictures(carphone, 120))
    grey = [np.full_like(pictures[0], 110)] * len(GAP)
    path = tmp_path_factory.mktemp("gap") / "away.mp4"
    return write_video(path, [*pictures[: GAP.start], *grey, *pictures[GAP.start :]])


def test_a_track_after_a_gap_continues_that_of_the_same_person(within: Within, away: Path, tmp_path: Path) -> None:
    assert within("analyze", away, "--out", tmp_path / "out").code == 0
    with (tmp_path / "out" / "tracks.csv").open(encoding="utf-8", newline="") as file:
        before, after = csv.DictReader(file)
    assert (before["person_id"], after["person_id"]) == ("unknown-0001", "unknown-0001")
    assert before["track_id"] != after["track_id"]
    assert (before["continues"], after["continues"]) == ("", before["track_id"])
    with (tmp_path / "out" / "readings.csv").open(encoding="utf-8", newline="") as file:
        frames = [int(row["frame"]) for row in csv.DictReader(file)]
    assert set(frames) & set(GAP) <= {GAP.start}, "a face that cannot be followed coasts for one frame"
    assert len(frames) > 110


def test_live_the_person_is_known_again_as_soon_as_enough_views_are_in(away: Path, tmp_path: Path) -> None:
    said: dict[int, list[str]] = {}
    with Analyzer(Settings(home=tmp_path / "home")) as analyzer:
        for reading in analyzer.video(away):
            for face in reading.faces:
                said.setdefault(face.track_id, []).append(face.person_id)
    first, second = said.values()
    assert first[-1] == second[-1] == "unknown-0001"
    assert set(second) <= {"", "unknown-0001"} and second.index("unknown-0001") < 25, "within a second"
