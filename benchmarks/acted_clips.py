"""Four clips of one person each, with strong expressions and head turns: is everybody one person, followed unbroken?

Each clip is analysed twice over one home, as after a restart: the same stranger must come back under the same id.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.parts.analysing import analyze, rows
from benchmarks.parts.report import Report, Table, measured, shared

CLIPS = ("acted-d0.mp4", "acted-d3.mp4", "acted-d6.mp4", "acted-d9.mp4")


def main() -> None:
    found = []
    with measured() as seconds, TemporaryDirectory() as folder:
        out, home = Path(folder) / "out", Path(folder) / "home"
        for clip in CLIPS:
            summary = analyze(shared("data", "videos", clip), out, home)
            tracks = rows(out / "tracks.csv")
            strangers = {track["person_id"] for track in tracks if track["person_id"]}
            longest = max(int(track["frames"]) for track in tracks)
            analyze(shared("data", "videos", clip), out, home)
            again = {track["person_id"] for track in rows(out / "tracks.csv") if track["person_id"]}
            frames = summary["frames_analysed"]
            found.append(
                (clip, frames, len(tracks), longest / frames, ", ".join(sorted(strangers)), strangers == again)
            )
    columns = ("clip", "frames", "tracks", "share of frames in the longest track", "people", "same id again")
    Report("acted_clips", [Table("one person each", columns, found)], {}, seconds).publish()


if __name__ == "__main__":
    main()
