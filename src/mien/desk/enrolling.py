"""Enrolling whoever sits before the window's camera: frames in, from whatever thread; advice out, as a view."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Condition, Thread
from typing import Literal, Protocol

from mien.desk.asking import ConsentForm
from mien.domain.clock import Clock
from mien.domain.errors import MienError, SourceError, StoreBusy
from mien.domain.frame import Frame
from mien.engine.guiding import GuidedEnrolment, Kept
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.guidance import Advice, Look
from mien.telemetry.text import counted
from mien.telemetry.wording import spoken

_PAUSE_S = 0.1  # from one look to the next: a head moves by a few degrees meanwhile
_LEAST = 3  # snapshots by which somebody is known from more than one side
_log = logging.getLogger(__name__)

Phase = Literal["looking", "keeping", "kept", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """Where an enrolment is: of whom, how many snapshots are there of those wanted, and what to tell the person.

    ``objection`` says what is wrong with the last look, and what to do about it, or nothing; ``quality`` is 0 where it
    showed no face. ``message`` says in the end what was kept, or why nothing was.
    """

    name: str
    phase: Phase
    done: int
    wanted: int
    instruction: str = ""
    objection: str = ""
    quality: float = 0.0
    message: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it changes no more."""
        return self.phase in ("kept", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is done with the snapshots in the end: ``origin`` is what they are of, such as ``camera 0``.

    ``settle`` is called once they are kept, and returns remarks on what else became of it.
    """

    origin: str
    settle: Callable[[GuidedEnrolment, Kept], tuple[str, ...]] = lambda _guided, _kept: ()


class DeskEnrolment:
    """One person before the window's camera, from the first look to what is kept. Safe for several threads.

    Looks are made in a thread of its own, at most ten a second, always of the newest frame. It ends by itself: when
    there are all snapshots, or the time is up, be it that no frame comes any more. Nothing is kept before, and then all
    of it or nothing; of less than three snapshots, where more are wanted, nothing. What cameras keep of strangers stays
    as it is. Nothing is ever raised: what goes wrong is told by the view.
    """

    def __init__(self, guided: GuidedEnrolment, look: Callable[[Frame], Look], keeping: Keeping, clock: Clock) -> None:
        """Nothing happens before `start`."""
        self._guided = guided
        self._look = look
        self._keeping = keeping
        self._clock = clock
        self._nothing = "not enrolled" if guided.terms.for_newcomers else "no picture was added"
        self._news = Condition()
        self._frame: Frame | None = None
        wanted = guided.guidance.settings.snapshots
        self._view = EnrolmentView(guided.name, "looking", 0, wanted, guided.guidance.opening.instruction)
        self._thread = Thread(target=self._work, name="enrolment", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def offer(self, frame: Frame) -> None:
        """Show a frame, from any thread; never waits. One that nobody has looked at yet is dropped for it."""
        with self._news:
            self._frame = frame
            self._news.notify_all()

    @property
    def view(self) -> EnrolmentView:
        """Where it is now."""
        return self._view

    def cancel(self) -> None:
        """End it with no snapshot kept; too late once snapshots are being kept, which goes on."""
        with self._news:
            if self._view.phase == "looking":
                self._view = replace(self._view, phase="cancelled", message=self._nothing)
            self._news.notify_all()

    def close(self) -> None:
        """The same, and wait until nothing happens any more. Idempotent."""
        self.cancel()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            ending = self._guide()
            if self._turn("keeping", "looking", instruction="thank you", objection=""):
                self._keep(ending)
        except MienError as error:
            self._fail(spoken(str(error)))
        except Exception as error:  # a defect here must not end the window, and has to be seen there
            _log.warning("an enrolment failed: %r", error)
            _log.debug("what failed in it", exc_info=error)
            self._fail(f"{self._nothing}: something in mien failed ({type(error).__name__}), and the log tells where")

    def _guide(self) -> str:
        """Look until there is nothing more to see; why that is, where snapshots are missing."""
        guidance = self._guided.guidance
        due_s = self._clock.monotonic_s()
        end_s, ending = due_s + guidance.settings.timeout_s, "the camera showed no picture"
        while not guidance.is_over and self._view.phase == "looking" and self._clock.monotonic_s() < end_s:
            if (frame := self._next(due_s, end_s)) is None:
                continue
            due_s, ending = self._clock.monotonic_s() + _PAUSE_S, "the time is up"
            try:
                self._tell(self._guided.see(self._look(frame)))
            except (SourceError, StoreBusy) as error:  # the next frame is as good
                self._turn("looking", "looking", objection=spoken(str(error)), quality=0.0)
        return ending

    def _next(self, due_s: float, end_s: float) -> Frame | None:
        """The newest frame, once the next look is due; none where nothing came until something else is to be done."""
        with self._news:
            now_s = self._clock.monotonic_s()
            if now_s < due_s or self._frame is None:
                self._news.wait(max((due_s if now_s < due_s else end_s) - now_s, 0))
                return None
            frame, self._frame = self._frame, None
            return frame

    def _tell(self, advice: Advice) -> None:
        objection = spoken(": ".join(filter(None, (advice.reason, advice.remedy))))
        told = {"instruction": advice.instruction, "objection": objection}
        self._turn("looking", "looking", **told, done=advice.done, quality=advice.quality)

    def _keep(self, ending: str) -> None:
        guided, wanted = self._guided, self._view.wanted
        taken, refused = len(guided.guidance.portraits), guided.guidance.refused.most_common(1)
        if taken < min(_LEAST, wanted):
            why = f" ({spoken(refused[0][0])})" if refused else ""
            self._fail(f"{self._nothing}: {ending}, with {counted(taken, 'snapshot')} of {wanted}{why}")
            return
        kept = guided.keep(self._keeping.origin)
        if not kept.poses:
            self._fail(f"{self._nothing}: {'; '.join(map(spoken, dict.fromkeys(kept.refused)))}")
            return
        told = f"{guided.name}: {counted(len(kept.poses), 'snapshot')} kept"
        remarks = dict.fromkeys((*kept.remarks, *self._settled(kept)))
        self._turn("kept", "keeping", done=len(kept.poses), instruction="", message="; ".join((told, *remarks)))

    def _settled(self, kept: Kept) -> tuple[str, ...]:
        """What became of the rest; whatever fails there, the snapshots are kept."""
        try:
            return self._keeping.settle(self._guided, kept)
        except MienError as error:
            return (spoken(str(error)),)
        except Exception as error:
            _log.warning("after an enrolment something failed: %r", error)
            return (f"what else was to be done failed ({type(error).__name__}), and the log tells where",)

    def _fail(self, why: str) -> None:
        phase = self._view.phase
        if not self._view.is_over:
            self._turn("failed", phase, instruction="", objection="", message=why)

    def _turn(self, phase: Phase, before: Phase, **told: str | float) -> bool:
        """Go on to a phase, unless it is another one than before by now, as where somebody cancelled it."""
        with self._news:
            if self._view.phase != before:
                return False
            self._view = replace(self._view, phase=phase, **told)  # type: ignore[arg-type]  # names of its fields
            return True


class Enrolments(Protocol):
    """Begins enrolments before the window's camera."""

    @property
    def form(self) -> ConsentForm:
        """What whoever sits down is asked first."""
        ...

    def begin(self, name: str, terms: Terms) -> DeskEnrolment:
        """That of whoever has, or gets, a tidy name, at work already.

        Raises GalleryError where the name is none, EnrolmentRefused where the terms forbid it, StoreError, ModelError.
        """
        ...
