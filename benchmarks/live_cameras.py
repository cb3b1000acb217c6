"""Four live 720p25 RTSP cameras on one machine: frames analysed a second, and how old a reading is.

A real RTSP server in a process of its own serves the same street with eight faces to all four.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.parts.analysing import run_mien
from benchmarks.parts.report import ROOT, Report, Table, measured, shared

SECONDS = 30
CLIPS = {"a street, eight faces": "street-crowd-1080p.mp4", "one face": "acted-d6.mp4"}


def watched(clip: Path, home: Path) -> dict[str, object]:
    """What `mien watch --json` says of four cameras that show a clip."""
    command = [sys.executable, "-m", "tests.support.rtsp", "--video", str(clip), "--size", "1280x720", "--streams", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            urls = [server.stdout.readline().strip() for _ in range(4)]
            return json.loads(run_mien("watch", *urls, "--seconds", str(SECONDS), "--json", home=home))
        finally:
            server.terminate()


def main() -> None:
    found = []
    with measured() as seconds:
        for name, clip in CLIPS.items():
            with TemporaryDirectory() as home:
                summary = watched(shared("data", "videos", clip), Path(home))
            cameras = summary["cameras"]
            found.append(
                (
                    name,
                    min(camera["analysed_fps"] for camera in cameras),
                    min(camera["decoded_fps"] for camera in cameras),
                    sum(camera["dropped"] for camera in cameras),
                    summary["latency_p95_ms"],
                    summary["cpu_s"] / summary["wall_s"],
                    summary["peak_rss_mb"],
                )
            )
    columns = ("", "slowest, analysed/s", "slowest, decoded/s", "dropped", "p95 latency ms", "CPUs used", "peak MB")
    Report("live_cameras", [Table(f"four 720p25 RTSP cameras, {SECONDS} s", columns, found)], {}, seconds).publish()


if __name__ == "__main__":
    main()
