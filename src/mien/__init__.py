"""mien: the faces in pictures, videos and cameras: who, which apparent expression, how good a picture."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Analyzer",
    "Comparison",
    "EmbeddedFace",
    "Enrolment",
    "FaceReading",
    "FrameReading",
    "MienError",
    "Settings",
    "__version__",
    "analyze",
    "compare",
    "load_settings",
    "samples",
    "table",
]

if TYPE_CHECKING:
    from mien.api import Analyzer, Comparison, EmbeddedFace, analyze, compare, table
    from mien.demo import samples
    from mien.domain.errors import MienError
    from mien.domain.readings import FaceReading, FrameReading
    from mien.gallery.enrolment.enroller import Enrolment
    from mien.settings import Settings, load_settings

_HOMES = {
    **dict.fromkeys(("Analyzer", "Comparison", "EmbeddedFace", "analyze", "compare", "table"), "mien.api"),
    **dict.fromkeys(("FaceReading", "FrameReading"), "mien.domain.readings"),
    **dict.fromkeys(("Settings", "load_settings"), "mien.settings"),
    "Enrolment": "mien.gallery.enrolment.enroller",
    "MienError": "mien.domain.errors",
    "samples": "mien.demo",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that ``mien --help`` does not load a runtime."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Also what is imported on first use, for whoever looks around."""
    return sorted({*globals(), *__all__})
