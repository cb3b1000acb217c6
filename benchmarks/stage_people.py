"""Two people on a stage, enrolled from one photo each, among an audience of strangers.

The frames in which each of the two faces the camera were noted by looking: the singer in the wide shot and in the
close-up, the pianist in the wide shot only, where his face is 22 px wide.
"""

from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.analysing import analyze, rows, run_mien
from benchmarks.report import Report, Table, measured, shared

IN_VIEW = {
    "lin-manuel-miranda": frozenset((*range(20), *range(82, 211))),
    "alex-lacamoire": frozenset(range(20)),
}


def main() -> None:
    with measured() as seconds, TemporaryDirectory() as folder:
        out, home = Path(folder) / "out", Path(folder) / "home"
        run_mien("people", "import", str(shared("data", "photos")), home=home)
        analyze(shared("data", "videos", "stage-two-people.mp4"), out, home)
        readings = rows(out / "readings.csv")
    named: dict[str, set[int]] = defaultdict(set)
    for reading in readings:
        if reading["identity"] == "known":
            named[reading["person_name"]].add(int(reading["frame"]))
    found = [
        (name, len(frames), len(named[name] & frames) / len(frames), len(named[name] - frames))
        for name, frames in IN_VIEW.items()
    ]
    others = sum(reading["person_name"] not in IN_VIEW for reading in readings if reading["identity"] == "known")
    columns = ("person", "frames facing the camera", "share named", "frames named elsewhere")
    table = Table("stage-two-people, one photo enrolled each", columns, found)
    strangers = {reading["person_id"] for reading in readings if reading["identity"] == "unknown"}
    Report(
        "stage_people", [table], {"readings_with_another_name": others, "strangers": len(strangers)}, seconds
    ).publish()


if __name__ == "__main__":
    main()
