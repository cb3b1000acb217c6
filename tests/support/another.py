"""Another process, which wants to write where this one does."""

import subprocess
import sys
from pathlib import Path

_WRITER = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0).execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
"""


def told_to_another_writer(path: Path) -> str:
    """What another process is told that wants to write."""
    return subprocess.run([sys.executable, "-c", _WRITER, path], capture_output=True, text=True, check=True).stdout
