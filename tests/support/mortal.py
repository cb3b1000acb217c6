"""Runs commands of mien, each in a forked process that ends itself by SIGKILL at a certain moment; started by sigkill.

Moments are before and after each statement and commit of the database, each fsync, replace and unlink of a file, and
before, half-way through and after each write to a descriptor. A process reads orders from its stdin, one JSON object a
line, and answers each with one line.
"""

import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

READING = ("SELECT", "PRAGMA", "BEGIN", "COMMIT")
"""How statements begin that change nothing, or nothing by themselves."""

WARM = (
    *(
        "mien.cli.app",
        "mien.wiring.assembly",
        "mien.wiring.curation",
        "mien.wiring.rights",
        "mien.inference.onnx_runtime",
    ),
    *("alembic.migration", "alembic.operations", "alembic.script", "scipy.optimize", "scipy.special", "onnx"),
)
"""What commands import; doing so once saves a second of each."""


@dataclass
class Moments:
    """Counts the moments that pass; the fatal one (from 1; 0 is never) is the last.

    ``first`` is that of the first change of anything, which was made after ``first_s``.
    """

    fatal: int
    passed: int = 0
    first: int = 0
    began_s: float = field(default_factory=time.monotonic)
    first_s: float = 0.0

    def pass_by(self, *, is_lasting: bool = True) -> None:
        if is_lasting and not self.first:
            self.first, self.first_s = self.passed + 1, time.monotonic() - self.began_s
        self.passed += 1
        if self.passed == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any], end: str = "") -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            statement = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], str) else end
            is_lasting = not statement.startswith(READING)
            self.pass_by(is_lasting=is_lasting)
            result = function(*arguments, **named)
            self.pass_by(is_lasting=is_lasting)
            return result

        return watched

    def within(self, write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
        def watched(descriptor: int, text: bytes) -> int:
            self.pass_by()
            half = write(descriptor, text[: len(text) // 2])
            self.pass_by()
            count = half + write(descriptor, text[len(text) // 2 :])
            self.pass_by()
            return count

        return watched

    def watch(self) -> None:
        """Let everything that lasts be counted, in this process from now on."""
        for name in ("fsync", "replace", "unlink"):
            setattr(os, name, self.around(getattr(os, name)))
        os.write = self.within(os.write)
        for name in ("do_commit", "do_execute", "do_executemany"):
            end = "COMMIT" if name == "do_commit" else ""
            setattr(DefaultDialect, name, staticmethod(self.around(getattr(DefaultDialect(), name), end)))


def be_mien(order: dict[str, Any], answer: int) -> None:
    """Become the command of an order, and say at its end how many moments passed."""
    from mien.cli.app import main

    told = os.open(order["told"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(told, 1)
    os.dup2(told, 2)
    os.environ.update(order["environment"])
    say, moments, code = os.write, Moments(order["moment"]), 70
    moments.watch()
    try:
        main(order["arguments"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        seconds = time.monotonic() - moments.began_s
        counted = {"moments": moments.passed, "first": moments.first, "first_s": moments.first_s, "seconds": seconds}
        say(answer, json.dumps(counted).encode())
        os._exit(code)


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """How the command of an order ended: its exit code (negative: by that signal), moments passed, seconds."""
    read, write = os.pipe()
    began_s = time.monotonic()
    child = os.fork()
    if child == 0:
        be_mien(order, write)
    os.close(write)
    if order["delay_s"]:
        time.sleep(order["delay_s"])
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        counted = json.loads(pipe.read() or b"{}")
    return {"code": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - began_s, **counted}


if __name__ == "__main__":
    for module in WARM:
        importlib.import_module(module)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(carry_out(json.loads(line))) + "\n")
        sys.stdout.flush()
