"""Which converter a card's ``conversion`` names."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

from mien.domain.errors import ModelCorrupt, ModelError

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
"""The module of each converter, whose ``convert(source, target)`` does it; imported at need, for onnx takes a while."""


def convert(name: str, source: Path, target: Path) -> None:
    """Write ``target`` as ONNX from a foreign checkpoint; raises ModelCorrupt where it is not what it should be."""
    module = CONVERTERS.get(name)
    if module is None:
        raise ModelError(f"no converter is called {name!r}, there is {', '.join(CONVERTERS)}")
    with np.errstate(all="ignore"):  # numbers that overflow or are none are told when the network is tried
        import_module(f"mien.inference.conversion.{module}").convert(source, target)


def convert_apart(name: str, source: Path, target: Path, deadline_s: float = 600.0) -> None:
    """As `convert`, in a process of its own: for files from anywhere, on which a reader written in C may never end.

    Raises ModelCorrupt also where the deadline passes or the process dies.
    """
    command = [sys.executable, "-P", "-m", __name__, name, str(source), str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=deadline_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise ModelCorrupt(
            f"{source.name} was not read within {deadline_s:.0f} s; it is damaged or too large"
        ) from error
    if done.returncode == _REFUSED:
        raise ModelCorrupt(done.stdout.strip())
    if done.returncode != 0 or not target.is_file():
        last = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        raise ModelCorrupt(f"{source.name} cannot be read: reading it ended with {last}")


_REFUSED = 3

if __name__ == "__main__":
    try:
        convert(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    except ModelError as error:
        sys.stdout.write(str(error))
        sys.exit(_REFUSED)
