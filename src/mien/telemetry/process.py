"""What this process may use of the machine, and what it has used so far."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_LEAST_S = 1.0  # over less than that a share of the CPU says nothing


def usable_cpus() -> int:
    """How many CPUs this process may run on: a container may be given fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_s() -> float:
    """CPU seconds of this process, all threads and finished children included."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_rss_mb() -> float:
    """The most memory this process has ever held at once, in MB (10⁶ bytes)."""
    if sys.platform == "win32":
        import psutil  # installed there only, where the standard library has no answer

        return float(psutil.Process().memory_info().peak_wset) / 1e6
    if sys.platform == "linux":  # what getrusage tells there may be the peak of the process that started this one
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        (kib,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kib) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes, as macOS counts


def rss_bytes() -> int | None:
    """The memory that this process holds now; None where the system does not say."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().rss)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):  # macOS tells the peak alone
        return None


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """How much a disk holds, and how much of it is free for this user."""

    total_bytes: int
    free_bytes: int

    @property
    def is_low(self) -> bool:
        """Whether it may soon be full: less than 2 GB are free, and less than a tenth of it."""
        return self.free_bytes < min(2_000_000_000, self.total_bytes / 10)


def disk_space(folder: Path) -> DiskSpace | None:
    """Of the disk that a folder lies on; None where that cannot be told."""
    try:
        found = shutil.disk_usage(folder)
    except OSError:
        return None
    return DiskSpace(found.total, found.free)


class CpuMeter:
    """How busy this process has been since it was last looked at; safe for several threads."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic, used_s: Callable[[], float] = cpu_s) -> None:
        self._now_s = now_s
        self._used_s = used_s
        self._lock = Lock()
        self._last = now_s(), used_s()
        self._percent: float | None = None

    def percent(self) -> float | None:
        """Per cent of one CPU, of two that are busy 200; None in the first second.

        Whoever asks again within a second is told the same.
        """
        with self._lock:
            now = self._now_s(), self._used_s()
            took_s, used_s = now[0] - self._last[0], now[1] - self._last[1]
            if took_s >= _LEAST_S:
                self._percent, self._last = 100 * used_s / took_s, now
            return self._percent
