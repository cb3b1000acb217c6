"""Work in a process of its own that is killed at some moment, as by a power cut."""

import os
import signal
import time
from collections.abc import Callable

import pytest


def killed(work: Callable[[], object], after_s: float) -> bool:
    """Do some work in a copy of this process, and kill that after a while; whether it was still at it."""
    if not hasattr(os, "fork"):
        pytest.skip("needs an operating system that copies processes")
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
