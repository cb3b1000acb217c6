"""Running `mien analyze` as its users do, in a process and a home of its own, and reading what it wrote."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_mien(*arguments: str, home: Path, environment: dict[str, str] | None = None, may_fail: bool = False) -> str:
    """Run one command and return its stdout; raises CalledProcessError where it fails and must not."""
    command = [sys.executable, "-m", "mien", "--quiet", *arguments]
    variables = {**os.environ, "MIEN_HOME": str(home), **(environment or {})}
    return subprocess.run(command, check=not may_fail, capture_output=True, text=True, env=variables).stdout


def analyze(video: Path, out: Path, home: Path, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Analyse one video whole; the content of its summary.json."""
    run_mien("analyze", str(video), "--out", str(out), home=home, environment=environment)
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return summary


def rows(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV table."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
