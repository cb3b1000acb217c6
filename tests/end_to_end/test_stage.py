"""Two known people among others, in motion."""

from pathlib import Path

import pyarrow.parquet as pq
from tests.support.command import Within
from tests.support.stage import FRAMES, PIANIST, SINGER, copy_others, frames_facing, frames_named, is_right

OTHERS = 20


def test_on_a_stage_only_the_two_who_are_known_are_named(within: Within, shared: Path, tmp_path: Path) -> None:
    imported = within("people", "import", shared / "data" / "photos", "--json")
    assert imported.code == 0 and {one["name"] for one in imported.json["pictures"]} == {SINGER, PIANIST}
    copy_others(shared / "data" / "lfw" / "images", tmp_path / "others", OTHERS)
    within("people", "import", tmp_path / "others")
    assert len(within("people", "list", "--json").json["people"]) > OTHERS * 3 / 4  # of some the picture is too poor

    clip = shared / "data" / "videos" / "stage-two-people.mp4"
    ended = within("-q", "analyze", clip, "--out", tmp_path / "out", "--json")
    assert ended.code == 0 and ended.json["frames_analysed"] == FRAMES
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    named = [row for row in rows if row["identity"] == "known"]
    assert [row for row in named if not is_right(row)] == []
    for person in (SINGER, PIANIST):
        assert len(frames_named(named, person) & frames_facing(person)) >= 0.8 * len(frames_facing(person))
    for frame in range(FRAMES):
        known = [row["person_id"] for row in named if row["frame"] == frame]
        assert len(known) == len(set(known))  # nobody is twice in one picture
