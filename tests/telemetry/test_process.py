"""What a process has used is its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from mien.telemetry import process
from mien.telemetry.process import CpuMeter, DiskSpace, disk_space, rss_bytes

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


HOLDER = """
from mien.telemetry.process import peak_rss_mb, rss_bytes
before = rss_bytes()
held = bytearray(100_000_000)
held[::4096] = b"x" * len(held[::4096])
print(before, rss_bytes(), peak_rss_mb() * 1e6)
"""


def test_what_is_held_now_is_told() -> None:
    told = subprocess.run([sys.executable, "-c", HOLDER], capture_output=True, text=True, check=True)
    before, after, peak = map(float, told.stdout.split())
    assert before and 90_000_000 < after - before < 200_000_000
    assert after <= peak * 1.05


def test_where_the_system_does_not_say_how_much_is_held_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_, **__) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(process.Path, "read_text", absent)
    assert rss_bytes() is None


def test_a_disk_is_low_where_little_of_it_is_free(tmp_path: Path) -> None:
    gb = 1_000_000_000
    assert DiskSpace(100 * gb, 1 * gb).is_low and not DiskSpace(100 * gb, 3 * gb).is_low
    assert not DiskSpace(4 * gb, 1 * gb).is_low, "a small disk is not low all of its life"
    found = disk_space(tmp_path)
    assert found and 0 < found.free_bytes <= found.total_bytes
    assert disk_space(tmp_path / "absent") is None


def test_how_busy_a_process_is_is_that_since_the_last_look() -> None:
    at = {"now": 100.0, "used": 7.0}
    meter = CpuMeter(lambda: at["now"], lambda: at["used"])
    at.update(now=100.5, used=7.2)
    assert meter.percent() is None
    at.update(now=104.0, used=13.0)
    assert meter.percent() == pytest.approx(150)
    at.update(now=104.9, used=13.0)
    assert meter.percent() == pytest.approx(150), "over less than a second nothing can be told"
    at.update(now=106.0, used=13.0)
    assert meter.percent() == 0
