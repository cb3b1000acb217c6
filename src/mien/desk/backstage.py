"""What works behind the window: models are loaded and frames analysed in a thread of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from mien.domain.errors import ResultError

if TYPE_CHECKING:
    from mien.desk.asking import ConsentForm
    from mien.desk.enrolling import Enrolments


@dataclass(frozen=True, slots=True)
class Stage:
    """What the window may ask for once the home is open and the models are there.

    ``who`` knows under which id, and by which name or none, a person of an id is kept by now; raises StoreError.
    ``expressions_refused`` says why none are read, or is empty. ``note`` remembers a file that is written outside the
    home. ``form`` is what somebody is asked before ``enrolments`` begins to enrol them.
    """

    who: Callable[[str], tuple[str, str]]
    expressions_refused: str
    note: Callable[[Path], None]
    form: "ConsentForm"
    enrolments: "Enrolments"


_SHORT_S = 1.0

Work = Callable[[Event, Callable[[Stage], None]], None]
"""Works until the event is set, and tells of the stage once it is set up."""


class Backstage:
    """Runs some work in a thread of its own from `start` to `close`."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._stop = Event()
        self._turned = Event()
        self._stage: Stage | None = None
        self._thread = Thread(target=self._run, name="backstage", daemon=True)
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    @property
    def stage(self) -> Stage | None:
        """What is set up, or none yet."""
        return self._stage

    def note(self, path: Path) -> None:
        """Remember a file that is about to be written, as soon as the home is open; raises MienError."""
        self._turned.wait()
        if self._stage is None:
            raise ResultError(f"{path} is not written: it could not be noted in the home")
        self._stage.note(path)

    def close(self, on_wait: Callable[[], None] = lambda: None) -> None:
        """Have it end, and wait for that; raises what broke it. ``on_wait`` is called where it takes a while."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_SHORT_S)
            if self._thread.is_alive():
                on_wait()
            self._thread.join()
        self._turned.set()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            self._work(self._stop, self._set)
        except Exception as error:  # told by whoever closes it
            self.failure = error
        finally:
            self._turned.set()

    def _set(self, stage: Stage) -> None:
        self._stage = stage
        self._turned.set()
