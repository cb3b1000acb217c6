"""Detectors as their authors run them: what mien finds with the same file at the same size has to be as good.

Each is written anew from the published program; nothing of mien's detection is used.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.plain import cascades, single_shot
from benchmarks.plain.finder import Finder

from mien.inference.installed import InstalledModel

PLAIN: Mapping[str, Callable[[Sequence[Path], int], Finder]] = {
    "yunet": single_shot.yunet,
    "scrfd": single_shot.scrfd,
    "retinaface": single_shot.retinaface,
    "yolov5-face": single_shot.yolov5_face,
    "blazeface": single_shot.blazeface,
    "centerface": single_shot.centerface,
    "ultraface": single_shot.ultraface,
    "mtcnn": cascades.mtcnn,
    "haar": cascades.haar,
}
"""By family."""

ANY_SIZE = {"yunet", "centerface", "mtcnn", "haar"}
"""Families whose files may state a size and are run at any."""


def plain_finder(model: InstalledModel, side: int) -> tuple[Finder, int]:
    """The plain program of a model, and the side in px it is run at: ``side``, where its file leaves that free."""
    files = [path.with_name(file.file) for path, file in zip(model.paths, model.card.files, strict=True)]
    if model.card.family not in ANY_SIZE:
        side = model.load().input_shape[-1] or side
    return PLAIN[model.card.family](files, side), side
