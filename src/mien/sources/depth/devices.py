"""Cameras that measure depth, by what a person types: ``kinect:0``, ``realsense:SERIAL``, ``oak:0``."""

import re

from mien.domain.clock import Clock
from mien.domain.errors import UsageError
from mien.sources.depth.camera import DepthCamera
from mien.sources.depth.kinect import open_kinect
from mien.sources.depth.oak import open_oak
from mien.sources.depth.realsense import open_realsense
from mien.sources.source import SourceSettings
from mien.telemetry.text import writable

_KNOWN = "kinect:0, realsense:0 or realsense:SERIAL, and oak:0"
_DEVICE = re.compile(r"(?:(kinect|oak):(\d{1,2})|(realsense):(\d{1,3}|[0-9a-z]{4,32}))", re.IGNORECASE)
_CLAIMED = re.compile(r"(?:kinect|realsense|oak):(?!//)", re.IGNORECASE)


def is_claimed(spec: str) -> bool:
    """Whether it begins as a camera of this room does, well written or not."""
    return _CLAIMED.match(spec) is not None


def device_name(spec: str) -> str:
    """What a camera is called: as it was typed, its kind in small letters and its number without zeros before it."""
    found = _DEVICE.fullmatch(spec)
    if found is None:
        return spec
    kind, which = (found[1], found[2]) if found[1] else (found[3], found[4])
    is_number = which.isdigit() and len(which) <= 3
    return f"{kind.lower()}:{int(which) if is_number else which}"


def check_device(spec: str) -> None:
    """Raise UsageError where no camera can be called so."""
    if _DEVICE.fullmatch(spec) is None:
        raise UsageError(f"{writable(spec)} is no camera; those that measure depth are called {_KNOWN}")


def open_device(spec: str, settings: SourceSettings, clock: Clock) -> DepthCamera:
    """Open a camera; raises SourceUnreachable where its driver or itself is not there, UsageError for no such name."""
    check_device(spec)
    kind, _, which = device_name(spec).partition(":")
    if kind == "kinect":
        return DepthCamera(open_kinect(int(which), clock), settings, clock, is_mirrored=settings.mirrored)
    source = open_oak(int(which)) if kind == "oak" else open_realsense(which)
    return DepthCamera(source, settings, clock, is_mirrored=settings.mirrored)
