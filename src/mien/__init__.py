"""mien: the faces in pictures, videos and cameras: who, which apparent expression, how good a picture."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Analyzer", "FaceReading", "FrameReading", "MienError", "__version__", "analyze"]

if TYPE_CHECKING:
    from mien.api import Analyzer, analyze
    from mien.domain.errors import MienError
    from mien.domain.readings import FaceReading, FrameReading

_HOMES = {
    "Analyzer": "mien.api",
    "analyze": "mien.api",
    "FaceReading": "mien.domain.readings",
    "FrameReading": "mien.domain.readings",
    "MienError": "mien.domain.errors",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that ``mien --help`` does not load a runtime."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
