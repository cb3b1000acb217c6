"""Which converter a card's ``conversion`` names."""

from pathlib import Path

from mien.domain.errors import ModelError

REVISION = 1
"""Counts up whenever a converter writes other files than before, so that cached ones are made anew."""


def convert(name: str, source: Path, target: Path) -> None:
    """Write ``target`` as ONNX from a foreign checkpoint; raises ModelCorrupt where it is not what it should be."""
    if name == "mobilefacenet":
        from mien.inference.conversion.mobilefacenet import convert_mobilefacenet  # onnx takes a while to import

        convert_mobilefacenet(source, target)
        return
    raise ModelError(f"no converter is called {name!r}")
