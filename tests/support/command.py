"""The real command with a home of its own: in a process of its own, or where that says nothing, in this one."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
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


@dataclass(frozen=True)
class Within(Mien):
    """Runs mien in this process: most of what a process of its own does is to load the same once more."""

    def __call__(self, *arguments: str | Path, **more: str | Path) -> Ended:
        wanted = self.environment(more)
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - wanted.keys():
                patch.delenv(name)
            for name, value in wanted.items():
                patch.setenv(name, value)
            ended = caught_here(*arguments)
        assert "Traceback" not in ended.err, ended.err
        return ended


def caught_here(*arguments: str | Path) -> Ended:
    """How a call of mien in this process ended."""
    out, err = StringIO(), StringIO()
    with as_before(), redirect_stdout(out), redirect_stderr(err):
        code = run_here(*arguments)
    return Ended(code, out.getvalue(), err.getvalue())


def completed_here(run: Callable[..., Any]) -> Callable[..., Any]:
    """``subprocess.run``, by which mien runs in this process."""

    def completed(command: list[str], **more: Any) -> Any:
        if command[1:3] != ["-m", "mien"]:
            return run(command, **more)
        ended = caught_here(*command[3:])
        return subprocess.CompletedProcess(command, ended.code, ended.out, ended.err)

    return completed


def run_here(*arguments: str | Path) -> int:
    """The exit code of a call of mien in this process."""
    from mien.cli.app import main

    heard = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
    finally:
        signal.signal(signal.SIGINT, heard)  # the process that mien thinks is at its end goes on
    assert isinstance(ended.value.code, int | None)
    return ended.value.code or 0


@contextmanager
def as_before() -> Iterator[None]:
    """Afterwards logs, signals and arithmetic of this process are as they were before mien set them up."""
    root, terminated = logging.getLogger(), signal.getsignal(signal.SIGTERM)
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        logging.captureWarnings(False)
        logging.getLogger("mien").setLevel(logging.NOTSET)
        signal.signal(signal.SIGTERM, terminated)
        if "torch" in sys.modules:
            sys.modules["torch"].set_flush_denormal(False)  # training sets it for the thread: numbers change


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
