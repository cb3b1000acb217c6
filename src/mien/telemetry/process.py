"""What this process may use of the machine, and what it has used so far."""

import os
import sys
from pathlib import Path


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
