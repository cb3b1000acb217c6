"""A webcam for a process of its own that shows a film, and can be unplugged."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
_STAND_IN = Path(__file__).with_name("stand_in")


@dataclass(frozen=True)
class Webcam:
    """Camera 0 of processes with this environment."""

    folder: Path

    def play(self, pictures: Iterable[Picture]) -> "Webcam":
        """Write the film, BGR pictures of one size."""
        writer: cv2.VideoWriter | None = None
        for one in pictures:
            if writer is None:
                size = one.shape[1], one.shape[0]
                writer = cv2.VideoWriter(str(self.film), cv2.VideoWriter.fourcc(*"MJPG"), 25, size)
                writer.set(cv2.VIDEOWRITER_PROP_QUALITY, 95)
            writer.write(one)
        assert writer is not None, "a film has pictures"
        writer.release()
        return self

    @property
    def film(self) -> Path:
        return self.folder / "webcam.avi"

    @property
    def _gone(self) -> Path:
        return self.folder / "unplugged"

    def unplug(self) -> None:
        self._gone.touch()

    def plug_in(self) -> None:
        self._gone.unlink()

    def environment(self) -> Mapping[str, str]:
        """What a process needs beside its own environment."""
        paths = os.pathsep.join(filter(None, (str(_STAND_IN), os.environ.get("PYTHONPATH", ""))))
        return {"PYTHONPATH": paths, "STAND_IN_FILM": str(self.film), "STAND_IN_GONE": str(self._gone)}
