"""Pictures of the window, written one by one beside it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count
from pathlib import Path
from queue import SimpleQueue

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import MienError
from mien.results.atomic import ensure_folder, writing

Note = Callable[[Path], None]


class Screenshots:
    """Saves PNG files into a folder in a thread of its own; nothing is ever written over.

    ``note`` is told of each file before it is there, and may wait until it can be told; where it raises MienError,
    nothing is written.
    """

    def __init__(self, folder: Path, note: Note) -> None:
        self._folder = folder
        self._note = note
        self._worker = ThreadPoolExecutor(1, "screenshots")
        self._told: SimpleQueue[Path | MienError] = SimpleQueue()
        self.saved: list[Path] = []

    def take(self, picture: NDArray[np.uint8], at: datetime) -> None:
        """Save a BGR picture under a moment of local time; returns at once, see `news`."""
        self._worker.submit(self._save, picture, at)

    def news(self) -> Path | MienError | None:
        """A file that was saved since one last asked, or why one was not; none where nothing happened."""
        return None if self._told.empty() else self._told.get()

    def close(self) -> tuple[MienError, ...]:
        """Wait for what is being written; why files were not saved that nobody heard of by `news`."""
        self._worker.shutdown()
        return tuple(one for one in iter(self.news, None) if isinstance(one, MienError))

    def _save(self, picture: NDArray[np.uint8], at: datetime) -> None:
        try:
            path = self._write(picture, at)
        except MienError as error:
            self._told.put(error)
        else:
            self.saved.append(path)
            self._told.put(path)

    def _write(self, picture: NDArray[np.uint8], at: datetime) -> Path:
        is_encoded, content = cv2.imencode(".png", picture)
        assert is_encoded, "a BGR picture can be a PNG"
        path = self._reserved(at)
        try:
            self._note(path)
            with writing(path):
                path.write_bytes(content.tobytes())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _reserved(self, at: datetime) -> Path:
        """A file of a new name, empty as yet: what cannot be written is noted nowhere."""
        ensure_folder(self._folder)
        path = self._folder / f"mien-{at:%Y-%m-%d-%H%M%S}.png"
        for number in count(2):
            with writing(path):
                try:
                    path.touch(exist_ok=False)
                except FileExistsError:
                    path = self._folder / f"mien-{at:%Y-%m-%d-%H%M%S}-{number}.png"
                    continue
            break
        return path
