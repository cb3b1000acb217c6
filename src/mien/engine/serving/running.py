"""The thread that an engine runs in beside a service: begun while nothing is ready yet, and told of where it fails."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Protocol, Self

from mien.domain.errors import (
    KeyUnusable,
    MienError,
    ModelError,
    ModelNotAccepted,
    ModelUnavailable,
    ResultError,
    SettingsError,
    StoreBusy,
    StoreError,
    StoreTooNew,
)
from mien.engine.serving.news import EngineState, Phase

AGAIN_S = 60.0
"""Until what could not be done is tried again."""
_PASSES = (ModelUnavailable, StoreError, ResultError)
_LASTS = (StoreTooNew, KeyUnusable)
_WORDS: tuple[tuple[type[MienError], str], ...] = (
    (ModelUnavailable, "a model that is needed cannot be had now"),
    (ModelNotAccepted, "the terms of a model were not accepted yet"),
    (ModelError, "a model that is needed cannot be used"),
    (StoreBusy, "another process is at work in the database"),
    (StoreTooNew, "the database is of a newer version of mien"),
    (KeyUnusable, "the key of the database cannot be used"),
    (StoreError, "the database, or a file beside it, cannot be used"),
    (ResultError, "there is something that cannot be written"),
    (SettingsError, "with these settings it cannot run"),
    (MienError, "it cannot go on"),
)
"""What everybody may read of a failure, by the first that fits: its own sentence may name places on the machine."""

_log = logging.getLogger(__name__)


class Work(Protocol):
    """Prepares an engine and runs it until ``stop`` is set; what it does is told in words."""

    def __call__(self, stop: Event, tell: Callable[[Phase, str], None]) -> None:
        """Raises MienError where it cannot go on."""
        ...


class Running:
    """Runs an engine in a thread of its own while its context is open.

    What ends the engine ends nothing else: its state says what happened. What may pass (models that cannot be had
    now, a database that is in use, a full disk) is tried again later.
    """

    def __init__(self, work: Work, told: Callable[[EngineState], None], again_s: float = AGAIN_S) -> None:
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
            except MienError as error:
                if isinstance(error, _PASSES) and not isinstance(error, _LASTS):
                    self._wait_after(error)
                    continue
                _log.error("the engine has ended: %s", error)
                self._tell("failed", _in_words(error), str(error))
            except Exception as error:  # a defect: the service goes on, and says so
                _log.error("the engine has ended: %r", error)
                _log.debug("what ended it", exc_info=error)
                self._tell("failed", f"a defect ended it: {type(error).__name__}")
            else:
                self._tell("closed", "the engine was stopped")
            return

    def _wait_after(self, error: MienError) -> None:
        _log.warning("the engine cannot go on, and tries again in %g s: %s", self._again_s, error)
        again = f"it is tried again in {self._again_s:g} s"
        self._tell("failed", f"{_in_words(error)}; {again}", f"{error}; {again}")
        self._stop.wait(self._again_s)

    def _tell(self, phase: Phase, detail: str = "", cause: str = "") -> None:
        self._state = EngineState(phase, detail, cause)
        self._told(self._state)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _in_words(error: MienError) -> str:
    return next(words for kind, words in _WORDS if isinstance(error, kind))
