"""Installs Debian's packages that tests need: `make browsers`, `make display`. Needs nothing but Python."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import invalidate_caches
from importlib.util import find_spec

NAMES = ("chromium", "chromium-browser", "google-chrome")
DISPLAY = ("Xvfb", "xdotool")


@dataclass(frozen=True)
class Wanted:
    """What is installed, how missing packages are found, and what else helps where Debian's cannot be had."""

    what: str
    missing: Callable[[], tuple[str, ...]]
    elsewhere: str


def _chromium() -> tuple[str, ...]:
    is_here = os.environ.get("MIEN_CHROMIUM") or any(map(shutil.which, NAMES))
    return () if is_here else ("chromium",)


def _display() -> tuple[str, ...]:
    programs = tuple(name.lower() for name in DISPLAY if not shutil.which(name))
    return programs if find_spec("_tkinter") else (*programs, "python3-tk")


WANTED = {
    "browsers": Wanted(
        "a browser",
        _chromium,
        "install Chromium or Chrome, or run .venv/bin/playwright install chromium; without it tests in a browser skip",
    ),
    "display": Wanted(
        "a display",
        _display,
        "install Xvfb and xdotool, and a Python with tkinter; without them tests of the window skip",
    ),
}


def main(name: str) -> int:
    """Install what is missing of one of these; says in a line what came of it."""
    wanted = WANTED[name]
    packages = wanted.missing()
    if not packages:
        return _told(f"{wanted.what} is here")
    if not shutil.which("apt-get"):
        return _told(f"there is no apt-get on this system: {wanted.elsewhere}", 1)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root and not shutil.which("sudo"):
        return _told(f"apt-get asks for root, and there is no sudo: {wanted.elsewhere}", 1)
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *packages)
    for command in (("apt-get", "update"), install):
        done = subprocess.run([*(() if is_root else ("sudo",)), *command, "-qq"], check=False)
        if done.returncode:
            return _told(f"{' '.join(command)} failed: {wanted.elsewhere}", 1)
    invalidate_caches()
    if left := wanted.missing():
        return _told(f"{' and '.join(left)} installed, of which {sys.executable} sees nothing: {wanted.elsewhere}", 1)
    return _told(f"{' and '.join(packages)} installed")


def _told(text: str, code: int = 0) -> int:
    print(text, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
