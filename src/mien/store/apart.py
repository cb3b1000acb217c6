"""Raw bytes of files that SQLite has open in this process, read without taking its locks from it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_GONE = 3
_COPY = f"""
import shutil, sys
try:
    file = open(sys.argv[1], "rb")
except FileNotFoundError:
    sys.exit({_GONE})
shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
"""


@contextmanager
def read_apart(path: Path) -> Iterator[BinaryIO]:
    """A file's bytes, as another process reads them: to be read to their end, without going back.

    POSIX gives up all locks that a process holds on a file as soon as it closes the file anywhere (fcntl(2)): had this
    process opened a database itself, others would write into what SQLite believes to be locked, and would remove a
    write-ahead log that is in use. Raises FileNotFoundError where there is no such file, OSError where it was not read
    to its end.
    """
    command = (sys.executable, "-I", "-S", "-c", _COPY, str(path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            yield cast("BinaryIO", process.stdout)
        except BaseException:
            process.kill()
            raise
    if process.returncode == _GONE:
        raise FileNotFoundError(path)
    if process.returncode:
        raise OSError(f"{path} was not read to its end")
