"""The three trackers over the same films: into how many tracks do they cut the people, and what does each cost?

Two people of one film are enrolled; everybody else is a stranger who keeps an id. An id switch is a further track of
somebody who had one before, which the ids of the people tell; a cut of the film ends every track by itself.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.parts.analysing import analyze, rows, run_mien
from benchmarks.parts.report import Report, Table, measured, shared

from mien.wiring.pipelines import TRACKERS

FILMS = ("stage-two-people.mp4", "acted-d3.mp4", "street-crowd-1080p.mp4")
COLUMNS = ("film", "tracker", "tracks", "frames a track", "people", "with several tracks", "id switches", "CPU s")


def main() -> None:
    """Analyse every film with every tracker, each time in a home of its own."""
    report = Report("trackers")
    with measured() as report.seconds:
        found = [_row(film, tracker) for film in FILMS for tracker in TRACKERS]
    report.tables.append(Table("Three trackers", COLUMNS, found))
    report.publish()


def _row(film: str, tracker: str) -> tuple[Any, ...]:
    with TemporaryDirectory() as folder:
        out, home = Path(folder) / "out", Path(folder) / "home"
        run_mien("people", "import", str(shared("data", "photos")), home=home)
        summary = analyze(shared("data", "videos", film), out, home, {"MIEN_TRACKING__METHOD": tracker})
        tracks, people = rows(out / "tracks.csv"), rows(out / "people.csv")
    again = [int(person["tracks"]) - 1 for person in people]
    frames = sum(int(track["frames"]) for track in tracks) / max(len(tracks), 1)
    split = sum(further > 0 for further in again)
    return film, tracker, len(tracks), frames, len(people), split, sum(again), summary["cpu_s"]


if __name__ == "__main__":
    main()
