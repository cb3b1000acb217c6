"""What a process has used is its own."""

import subprocess
import sys

# Each peak is taken in a process of its own: that of this one has been raised by the tests before.
STARTER = """
import subprocess, sys
from mien.telemetry.process import peak_rss_mb
held = bytearray(600_000_000)
held[::4096] = b"x" * len(held[::4096])
started = "from mien.telemetry.process import peak_rss_mb; print(peak_rss_mb())"
print(peak_rss_mb(), subprocess.check_output([sys.executable, "-c", started], text=True))
"""


def test_the_peak_of_memory_is_not_that_of_who_started_it() -> None:
    told = subprocess.run([sys.executable, "-c", STARTER], capture_output=True, text=True, check=True)
    own, of_started = (float(peak) for peak in told.stdout.split())
    assert own > 600
    assert 5 < of_started < 200
