"""Which converter a card's ``conversion`` names."""

from importlib import import_module
from pathlib import Path

from mien.domain.errors import ModelError

REVISION = 2
"""Counts up whenever a converter writes other files than before, so that cached ones are made anew."""

CONVERTERS = {
    "keras": "graphs.keras",
    "tflite": "graphs.tflite",
    "tensorflow": "graphs.tensorflow",
    "mobilefacenet": "networks.mobilefacenet",
    "edgeface": "networks.edgeface",
    "minifasnet": "networks.minifasnet",
    "arcface": "networks.arcface",
    "cr-fiqa": "networks.cr_fiqa",
    "adaface": "networks.adaface",
    "resemotenet": "networks.resemotenet",
    "facenet": "networks.facenet",
    "vgg-face": "networks.vgg_face",
    "multitask": "networks.multitask",
    "qualityface": "networks.mobilenet_v2",
}
"""The module of each converter, whose ``convert(source, target)`` does it; imported at need: onnx takes a while."""


def convert(name: str, source: Path, target: Path) -> None:
    """Write ``target`` as ONNX from a foreign checkpoint; raises ModelCorrupt where it is not what it should be."""
    module = CONVERTERS.get(name)
    if module is None:
        raise ModelError(f"no converter is called {name!r}, there is {', '.join(CONVERTERS)}")
    import numpy as np

    with np.errstate(all="ignore"):  # numbers that overflow or are none are told when the network is tried
        import_module(f"mien.inference.conversion.{module}").convert(source, target)
