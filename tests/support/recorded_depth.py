"""Recordings with depth in TUM layout: rgb.txt, depth.txt, and PNG files of 8-bit colour and 16-bit depth."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

UNITS_PER_MM = 5
BEGAN_S = 1305031102.175304
Picture = NDArray[np.uint8]
Depth = NDArray[np.uint16]


def write_recording(
    folder: Path,
    shots: Iterable[tuple[Picture, Depth | None]],
    *,
    frame_rate: float = 30.0,
    depth_late_s: float = 0.008,
    began_s: float = BEGAN_S,
) -> Path:
    """Write pictures (h, w, 3) BGR and the depth (h, w) mm of each, up to 13107, or None; returns the folder.

    Depth is stamped ``depth_late_s`` behind its picture.
    """
    lists: dict[str, list[str]] = {
        "rgb": ["# color images", "# timestamp filename"],
        "depth": ["# depth maps", "# timestamp filename"],
    }
    for kind in lists:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number, (picture, depth) in enumerate(shots):
        at_s = began_s + number / frame_rate
        _add(folder, lists["rgb"], "rgb", at_s, picture)
        if depth is not None:
            _add(folder, lists["depth"], "depth", at_s + depth_late_s, (depth * UNITS_PER_MM).astype(np.uint16))
    for kind, lines in lists.items():
        (folder / f"{kind}.txt").write_text("\n".join(lines) + "\n")
    return folder


def _add(folder: Path, lines: list[str], kind: str, at_s: float, picture: NDArray[np.uint8] | Depth) -> None:
    name = f"{kind}/{at_s:.6f}.png"
    assert cv2.imwrite(str(folder / name), picture)
    lines.append(f"{at_s:.6f} {name}")
