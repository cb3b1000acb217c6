"""Calls a function in a process of its own: of foreign files, code written in C may never come back, or crash."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from mien.domain.errors import MienError, ModelCorrupt

Result = TypeVar("Result")


def call_apart(function: Callable[..., Result], *arguments: object, what: str, deadline_s: float) -> Result:
    """What a function at the top of a module gives for arguments; they and the result can be pickled.

    What it raises of mien's errors and of OSError is raised here. Raises ModelCorrupt, which begins with ``what`` was
    tried, where the deadline passes or the process ends of anything else. It is gone afterwards, whatever happens here.
    """
    command = [sys.executable, "-P", "-m", __name__]
    task = pickle.dumps((function, arguments))
    try:
        done = subprocess.run(command, input=task, capture_output=True, timeout=deadline_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise ModelCorrupt(f"{what}: it takes more than {deadline_s:.0f} s, expected is one that ends") from error
    if done.returncode != 0:
        raise ModelCorrupt(f"{what}: the process that tried it ended with {_end(done)}")
    result, failure = pickle.loads(done.stdout)  # noqa: S301 - of the process that was started here
    if failure is not None:
        raise failure
    found: Result = result
    return found


def _end(done: subprocess.CompletedProcess[bytes]) -> str:
    """How a process ended, in words."""
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"code {done.returncode}"


def _answer() -> None:
    """The other process; what libraries print meanwhile goes to its standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started this one
        answer: tuple[Any, Exception | None]
        try:
            answer = function(*arguments), None
        except (MienError, OSError) as error:
            answer = None, error
        stream.write(pickle.dumps(answer))


if __name__ == "__main__":
    _answer()
