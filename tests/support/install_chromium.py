"""Installs Debian's Chromium for the tests in a real browser: `make browsers`. Needs nothing but Python."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
_ELSEWHERE = "install Chromium or Chrome, or run .venv/bin/playwright install chromium; without it these tests skip"


def main() -> int:
    """Install it where it is not there yet; says in a line what came of it."""
    found = next((place for name in NAMES if (place := shutil.which(name))), os.environ.get("MIEN_CHROMIUM"))
    if found:
        return _told(f"Chromium is here: {found}")
    if not shutil.which("apt-get"):
        return _told(f"there is no apt-get on this system: {_ELSEWHERE}", 1)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not is_root and not shutil.which("sudo"):
        return _told(f"apt-get asks for root, and there is no sudo: {_ELSEWHERE}", 1)
    install = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")
    for command in (("apt-get", "update"), install):
        done = subprocess.run([*(() if is_root else ("sudo",)), *command, "-qq"], check=False)
        if done.returncode:
            return _told(f"{' '.join(command)} failed: {_ELSEWHERE}", 1)
    return _told("Chromium is installed")


def _told(text: str, code: int = 0) -> int:
    print(text, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
