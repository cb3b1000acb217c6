"""What this process has used of the machine so far."""

import os
import sys


def cpu_s() -> float:
    """CPU seconds of this process, all threads and finished children included."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_rss_mb() -> float:
    """The most memory this process has ever held at once, in MB (10⁶ bytes)."""
    if sys.platform == "win32":
        import psutil  # installed there only, where the standard library has no answer

        return float(psutil.Process().memory_info().peak_wset) / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return peak * unit / 1e6
