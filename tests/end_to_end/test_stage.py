"""Two known people among others, in motion."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from tests.support.command import Mien
from tests.support.encoding import read_pictures, write_video

FRAMES = 60


def test_on_a_stage_only_the_two_who_are_known_are_named(mien: Mien, shared: Path, tmp_path: Path) -> None:
    clip = write_video(
        tmp_path / "stage.mp4", read_pictures(shared / "data" / "videos" / "stage-two-people.mp4", FRAMES)
    )
    imported = mien("people", "import", shared / "data" / "photos", "--json")
    names = {path.name for path in (shared / "data" / "photos").iterdir()}
    assert imported.code == 0 and {one["name"] for one in imported.json["pictures"]} == names
    ended = mien("-q", "analyze", clip, "--out", tmp_path / "out", "--json")
    assert ended.code == 0 and ended.json["frames_analysed"] == FRAMES
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    named = Counter(row["person_name"] for row in rows if row["identity"] == "known")
    assert set(named) <= names and named.total() > FRAMES / 2
    for frame in range(FRAMES):
        known = [row["person_id"] for row in rows if row["frame"] == frame and row["identity"] == "known"]
        assert len(known) == len(set(known))  # nobody is twice in one picture
    tracks = {row["track_id"]: row["person_name"] for row in rows if row["identity"] == "known"}
    assert len(tracks) <= 6  # of the audience nobody is one of the two
