"""What an analysis cost and used: the content of ``summary.json``."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mien.results.atomic import PendingFile, pending_text


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """A model that took part: its card's name, how it ran, and what its licence says."""

    task: str
    name: str
    runtime: str = ""
    precision: str = ""
    licence: str = ""
    allowed_use: str = ""


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """What became of one source; ``reason`` is the sentence of the error where it failed.

    A source may fail after part of it was read: what was read until then is in the tables.
    """

    source: str
    status: Literal["ok", "failed"]
    reason: str = ""
    frames_decoded: int = 0
    frames_analysed: int = 0
    readings: int = 0
    tracks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of one analysis.

    ``wall_s`` runs from opening the first source to the last reading, ``startup_s`` before it, ``report_s`` is the
    time to complete the tables, the videos and the report. ``cpu_s`` is the processor time of all threads during
    ``wall_s``, ``cpu_total_s`` that of the process from its start to the last reading. ``peak_rss_mb`` is the largest
    resident memory in 10⁶ bytes, ``stage_ms`` the mean milliseconds that each stage of the pipeline took per analysed
    frame. ``report_s`` and ``sources`` are filled in by the writer.
    """

    frames_decoded: int
    frames_analysed: int
    wall_s: float
    startup_s: float
    report_s: float = 0.0
    cpu_s: float
    peak_rss_mb: float
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    models: tuple[ModelUsed, ...] = ()
    sources: tuple[SourceOutcome, ...] = ()
    version: str = ""
    cpu_total_s: float = 0.0
    confirmed_within_frames: int = 0
    """A frame counts as analysed where a detector ran on it or had confirmed its tracks within so many frames."""
    expressions_refused: str = ""
    """Why expressions were not read, where they were not."""


def summary_fields(summary: Summary) -> dict[str, Any]:
    """What ``summary.json`` holds: the figures rounded, models keyed by their task."""
    fields = asdict(summary)
    fields["stage_ms"] = {stage: round(value, 4) for stage, value in summary.stage_ms.items()}
    fields["models"] = {
        model.task: {key: value for key, value in asdict(model).items() if key != "task"} for model in summary.models
    }
    for seconds in ("wall_s", "startup_s", "report_s", "cpu_s", "cpu_total_s"):
        fields[seconds] = round(fields[seconds], 4)
    fields["peak_rss_mb"] = round(summary.peak_rss_mb, 1)
    return fields


def write_summary(path: Path, summary: Summary) -> PendingFile:
    """Write ``summary.json``, models keyed by their task, to be committed; raises ResultError."""
    return pending_text(path, json.dumps(summary_fields(summary), ensure_ascii=False, indent=2) + "\n")
