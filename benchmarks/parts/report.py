"""What every benchmark hands in: tables on the terminal and one JSON file, with the machine and the seconds it took."""

import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
OUTPUT = ROOT / "benchmark-output"


class MaterialMissing(Exception):
    """A benchmark needs material that is not beside the checkout."""


@dataclass
class Seconds:
    """Wall and CPU seconds of a span, CPU over all threads of this process and the children it waited for."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(frozen=True)
class Table:
    """One table: a title, the names of its columns, and rows of as many values."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def as_json(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Report:
    """What a benchmark found: tables to print, facts to keep, and how long it took."""

    name: str
    tables: list[Table] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: Seconds = field(default_factory=Seconds)

    def publish(self) -> Path:
        """Print the tables and write ``benchmark-output/NAME.json``."""
        console = Console(width=None if os.isatty(1) else 140)
        for table in self.tables:
            console.print(_drawn(table))
        console.print(f"{self.seconds.wall_s:.1f} s, {self.seconds.cpu_s:.1f} s of CPU time\n")
        OUTPUT.mkdir(exist_ok=True)
        path = OUTPUT / f"{self.name}.json"
        content = {
            "benchmark": self.name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "wall_s": round(self.seconds.wall_s, 3),
            "cpu_s": round(self.seconds.cpu_s, 3),
            **self.facts,
            "tables": {table.title: table.as_json() for table in self.tables},
        }
        path.write_text(json.dumps(content, indent=2, default=float) + "\n", encoding="utf-8")
        return path


@contextmanager
def measured() -> Iterator[Seconds]:
    """Seconds that are filled in when the block ends."""
    seconds = Seconds()
    wall, cpu = time.perf_counter(), _cpu_s()
    try:
        yield seconds
    finally:
        seconds.wall_s, seconds.cpu_s = time.perf_counter() - wall, _cpu_s() - cpu


def shared(*parts: str) -> Path:
    """A path of the material beside the checkout; raises MaterialMissing where it is not there."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        raise MaterialMissing(f"needs {'/'.join(('shared', *parts))} beside the checkout")
    return path


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _drawn(table: Table) -> RichTable:
    drawn = RichTable(title=table.title, title_justify="left")
    for number, column in enumerate(table.columns):
        drawn.add_column(column, justify="left" if number == 0 else "right")
    for row in table.rows:
        drawn.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row))
    return drawn
