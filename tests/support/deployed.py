"""`mien serve` as people have it: a process of its own over a home of its own, with its address and its token."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_ADDRESS = re.compile(r"^mien is at (http://127\.0\.0\.1:\d+), until Ctrl-C$")
_TOKEN = re.compile(r"with the token ([\w-]+)$")
_KEPT = ("MIEN_CACHE", "MIEN_MODELS_MIRROR")


@dataclass(frozen=True)
class Deployed:
    """Where it answers, the token that makes the first admin, and its home."""

    address: str
    token: str
    home: Path
    environment: Mapping[str, str]

    def mien(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command over the same home."""
        command = [sys.executable, "-m", "mien", *arguments]
        return subprocess.run(command, env=dict(self.environment), capture_output=True, text=True, check=False)


@contextmanager
def deployed(folder: Path, *arguments: str, settings: Mapping[str, Any] | None = None) -> Iterator[Deployed]:
    """Serve at a free port, its home and key in a folder; what it says on stderr goes to ``mien.log`` there."""
    home, log = folder / "home", folder / "mien.log"
    home.mkdir(parents=True)
    (home / "mien.yaml").write_text(yaml.safe_dump(dict(settings or {})), encoding="utf-8")
    own = {"MIEN_HOME": str(home), "MIEN_KEY_FILE": str(folder / "key"), "PYTHONUNBUFFERED": "1"}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MIEN_") or name in _KEPT}
    environment = {**plain, **own}
    command = [sys.executable, "-m", "mien", "serve", "--port", "0", *arguments]
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            address, token = (_printed(process, pattern, log) for pattern in (_ADDRESS, _TOKEN))
            yield Deployed(address, token, home, environment)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _printed(process: subprocess.Popen[str], pattern: re.Pattern[str], log: Path) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().rstrip("\n")
    found = pattern.search(line)
    assert found, f"{line!r} {log.read_text(encoding='utf-8')}"
    return found[1]
