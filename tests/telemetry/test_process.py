"""What a process has used is its own."""

import subprocess
import sys

from mien.telemetry.process import peak_rss_mb


def test_the_peak_of_memory_is_not_that_of_who_started_it() -> None:
    before = peak_rss_mb()
    held = bytearray(600_000_000)
    assert peak_rss_mb() >= before + 300
    told = "from mien.telemetry.process import peak_rss_mb; print(peak_rss_mb())"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert 5 < float(ended.stdout) < 200 and len(held)
