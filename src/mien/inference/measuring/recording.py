"""A runtime that keeps what flows into its networks, to calibrate them on."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from mien.inference.batches import Floats
from mien.inference.session import Precision, Runtime, Session

_MOST_PICTURES = 256
_MOST_BYTES = 256 << 20
_PER_RUN = 8
"""Pictures kept of one batch: a stage that looks at hundreds of windows of one picture shall see other pictures too."""


class RecordingRuntime:
    """Runs networks on another runtime and keeps some of their inputs, by file, in the order in which they came."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._kept: dict[Path, list[Floats]] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._runtime.name

    @property
    def precisions(self) -> tuple[Precision, ...]:
        return self._runtime.precisions

    @property
    def recorded(self) -> Mapping[Path, Sequence[Floats]]:
        """What each file was run on: inputs (1, …), at most 256 of them and 256 MB."""
        return self._kept

    def load(
        self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32"
    ) -> "RecordingSession":
        return RecordingSession(self._runtime.load(path, input_shape, precision), self, path)

    def keep(self, path: Path, batch: Floats) -> None:
        """Keep some rows of a batch (n, …), evenly spread, where there is still room."""
        with self._lock:
            kept = self._kept.setdefault(path, [])
            rows = np.unique(np.linspace(0, len(batch) - 1, min(len(batch), _PER_RUN)).astype(np.intp))
            for row in rows:
                if len(kept) < _MOST_PICTURES and sum(one.nbytes for one in kept) + batch[row].nbytes <= _MOST_BYTES:
                    kept.append(np.array(batch[row : row + 1], np.float32))


class RecordingSession:
    """One network of a `RecordingRuntime`."""

    def __init__(self, session: Session, recorder: RecordingRuntime, path: Path) -> None:
        self._session = session
        self._recorder = recorder
        self._path = path

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return self._session.input_shape

    @property
    def outputs(self) -> tuple[str, ...]:
        return self._session.outputs

    def run(self, batch: Floats) -> dict[str, Floats]:
        self._recorder.keep(self._path, batch)
        return self._session.run(batch)
