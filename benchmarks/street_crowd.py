"""Many faces in full HD on two cores: mien against a plain loop over the same networks, side by side in one run."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from benchmarks.parts.analysing import analyze, rows
from benchmarks.parts.report import Report, Table, measured, shared

from mien.domain.geometry import iou

ROUNDS = 3
PLAIN = {
    "1 thread": ("--threads", "1"),
    "2 threads": ("--threads", "2"),
    "2, no spinning": ("--threads", "2", "--no-spin"),
}
VARIANTS = {"mien, f32": {}, "mien, bf16": {"MIEN_RUNTIME__PRECISION": "bf16"}}

Boxes = list[list[list[float]]]


def mien_run(video: Path, folder: Path, environment: dict[str, str]) -> tuple[dict[str, Any], Boxes]:
    """One `mien analyze` with a home of its own; its figures, and the boxes of every frame."""
    out = folder / "out"
    with TemporaryDirectory(dir=folder) as home:
        summary = analyze(video, out, Path(home), environment)
    by_frame: dict[int, list[list[float]]] = defaultdict(list)
    for row in rows(out / "readings.csv"):
        by_frame[int(row["frame"])].append([float(row[side]) for side in ("x1", "y1", "x2", "y2")])
    boxes = [by_frame[frame] for frame in range(summary["frames_analysed"])]
    return {**summary, "frames": summary["frames_analysed"]}, boxes


def plain_run(video: Path, folder: Path, options: tuple[str, ...]) -> tuple[dict[str, Any], Boxes]:
    """One plain loop in a process of its own."""
    boxes = folder / "boxes.json"
    command = [sys.executable, "-m", "benchmarks.plain.loop", str(video), *options, "--boxes", str(boxes)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1]), json.loads(boxes.read_text(encoding="utf-8"))


def share_found(wanted: Boxes, found: Boxes) -> float:
    """The share of wanted boxes that a found box of the same frame overlaps by at least half."""
    hits = total = 0
    for frame, boxes in enumerate(wanted):
        total += len(boxes)
        if boxes and found[frame]:
            overlaps = iou(np.array(boxes, np.float32), np.array(found[frame], np.float32))
            hits += int((overlaps.max(axis=1) >= 0.5).sum())
    return hits / max(total, 1)


def main() -> None:
    video = shared("data", "videos", "street-crowd-1080p.mp4")
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    boxes: dict[str, Boxes] = {}
    with measured() as seconds, TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            for name, environment in VARIANTS.items():
                figures, boxes[name] = mien_run(video, Path(folder), environment)
                runs[name].append(figures)
            for name, options in PLAIN.items():
                figures, boxes[f"plain loop, {name}"] = plain_run(video, Path(folder), options)
                runs[f"plain loop, {name}"].append(figures)
    per_cpu = {name: median(run["frames"] / run["cpu_s"] for run in of) for name, of in runs.items()}
    best_plain = max((name for name in runs if name.startswith("plain")), key=lambda name: per_cpu[name])
    measurements = [
        (
            name,
            median(run["frames"] / run["wall_s"] for run in of),
            per_cpu[name],
            per_cpu[name] / per_cpu[best_plain],
            max(run["peak_rss_mb"] for run in of),
            sum(map(len, boxes[name])) / len(boxes[name]),
            share_found(boxes[best_plain], boxes[name]),
            share_found(boxes[name], boxes[best_plain]),
        )
        for name, of in runs.items()
    ]
    columns = (
        "",
        "frames/s",
        "frames/CPU s",
        "× best plain",
        "peak MB",
        "faces/frame",
        "of its faces found",
        "of ours",
    )
    table = Table("street-crowd-1080p, every frame, medians of three runs in turn", columns, measurements)
    stages = {name: of[-1]["stage_ms"] for name, of in runs.items() if "stage_ms" in of[-1]}
    Report("street_crowd", [table], {"stage_ms": stages, "best_plain": best_plain}, seconds).publish()


if __name__ == "__main__":
    main()
