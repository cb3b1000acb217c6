"""The real command in a process of its own, with a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Ended:
    """How a call of mien ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What was said on stderr."""
        return self.err.splitlines()

    @property
    def json(self) -> Any:
        """The one object on stdout; anything beside it, or a number that is no JSON, fails."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


@dataclass(frozen=True)
class Mien:
    """Runs ``python -m mien`` with one home; of the environment only the cache of models and its mirror stay."""

    home: Path

    def environment(self, more: Mapping[str, str | Path] = {}) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith("MIEN_") or name in ("MIEN_CACHE", "MIEN_MODELS_MIRROR", "MIEN_KEY_FILE")
        }
        return {**kept, "MIEN_HOME": str(self.home), **{name: str(value) for name, value in more.items()}}

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "mien", *(str(argument) for argument in arguments)]

    def __call__(self, *arguments: str | Path, **more: str | Path) -> Ended:
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment(more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)


def at_a_terminal(answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs mien with a terminal for stdin and stderr, at which somebody has typed an answer; stdout is caught."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f"{answer}\n".encode())
        command = [sys.executable, "-m", "mien", *arguments]
        return subprocess.run(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
