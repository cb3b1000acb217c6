"""Two people on a stage, enrolled from one photo each, among an audience of strangers, alone and among fifty others.

Where each of the two is, and when he faces the camera, was noted by looking: the singer in the wide shot and in the
close-up, the pianist in the wide shot, where his face is 22 px wide. Every name at another place or time, in any of
the 275 frames, is wrong; so is any name of the fifty, who are not there.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.parts.analysing import analyze, rows, run_mien
from benchmarks.parts.report import Report, Table, measured, shared
from tests.support.stage import PIANIST, SINGER, copy_others, frames_facing, frames_named, is_right

OTHERS = 50
COLUMNS = ("person", "enrolled beside", "frames facing the camera", "share named", "rows with the name elsewhere")


def main() -> None:
    found: list[tuple[Any, ...]] = []
    facts: dict[str, Any] = {}
    with measured() as seconds, TemporaryDirectory() as folder:
        for others in (0, OTHERS):
            place = Path(folder) / str(others)
            names = copy_others(shared("data", "lfw", "images"), place / "others", others)
            enrolled = _enrolled(place, bool(others))
            analyze(shared("data", "videos", "stage-two-people.mp4"), place / "out", place / "home")
            readings = rows(place / "out" / "readings.csv")
            named = [reading for reading in readings if reading["identity"] == "known"]
            found += [_row(person, named, others) for person in (SINGER, PIANIST)]
            facts[f"among_{others}_others"] = {
                "enrolled_people": enrolled,
                "rows_with_a_name": len(named),
                "rows_named_wrongly": sum(not is_right(reading) for reading in named),
                "rows_named_as_one_of_the_others": sum(reading["person_name"] in names for reading in named),
                "strangers": len({one["person_id"] for one in readings if one["identity"] == "unknown"}),
            }
    wrong = [(key, *fact.values()) for key, fact in facts.items()]
    tables = [
        Table("stage-two-people, one photo enrolled each", COLUMNS, found),
        Table("All 275 frames", ("", *facts["among_0_others"]), wrong),
    ]
    Report("stage_people", tables, facts, seconds).publish()


def _enrolled(place: Path, has_others: bool) -> int:
    """Import the two, and the others if there are any, of whom a bad picture may be refused; how many got in."""
    home = place / "home"
    run_mien("people", "import", str(shared("data", "photos")), home=home)
    if has_others:
        run_mien("people", "import", str(place / "others"), home=home, may_fail=True)
    return len(json.loads(run_mien("people", "list", "--json", home=home))["people"])


def _row(person: str, named: list[dict[str, str]], others: int) -> tuple[Any, ...]:
    facing = frames_facing(person)
    elsewhere = sum(one["person_name"] == person and not is_right(one) for one in named)
    return person, others, len(facing), len(frames_named(named, person) & facing) / len(facing), elsewhere


if __name__ == "__main__":
    main()
