"""The thread that an engine runs in beside a service: begun while nothing is ready yet, and told of where it fails."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Protocol, Self

from mien.domain.errors import MienError, ModelUnavailable
from mien.engine.serving.news import EngineState, Phase

AGAIN_S = 60.0
"""Until models that could not be had are asked for again."""
_FOR_GOOD = "nothing is watched until mien is started again"

_log = logging.getLogger(__name__)


class Work(Protocol):
    """Prepares an engine and runs it until ``stop`` is set; what it does is told in words."""

    def __call__(self, stop: Event, tell: Callable[[Phase, str], None]) -> None:
        """Raises MienError where it cannot go on."""
        ...


class Running:
    """Runs an engine in a thread of its own while its context is open.

    What ends the engine ends nothing else: its state says what happened, and whether it goes on by itself. Models that
    cannot be had now are asked for again later.
    """

    def __init__(self, work: Work, told: Callable[[Phase, str], None], again_s: float = AGAIN_S) -> None:
        """``told`` hears of every state."""
        self._work = work
        self._told = told
        self._again_s = again_s
        self._state = EngineState("preparing", "models are being loaded")
        self._stop = Event()
        self._thread = Thread(target=self._run, name="engine", daemon=True)

    @property
    def state(self) -> EngineState:
        """Where it is."""
        return self._state

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop the engine and wait until it has."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._work(self._stop, self._tell)
            except ModelUnavailable as error:
                self._tell("failed", f"{error}; it is tried again in {self._again_s:g} s")
                self._stop.wait(self._again_s)
                continue
            except MienError as error:
                _log.error("the engine has ended: %s", error)
                self._tell("failed", f"{error}; {_FOR_GOOD}")
            except Exception as error:  # a defect: the service goes on, and says so
                _log.error("the engine has ended: %r", error)
                _log.debug("what ended it", exc_info=error)
                self._tell("failed", f"a defect ended it: {type(error).__name__}; {_FOR_GOOD}")
            else:
                self._tell("closed", "the engine was stopped")
            return

    def _tell(self, phase: Phase, detail: str = "") -> None:
        self._state = EngineState(phase, detail)
        self._told(phase, detail)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
