"""What is said over the sockets of faces: frames up, each answered with what to do next, the last with a result."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from anyio import CancelScope
from fastapi import WebSocketDisconnect
from pydantic import BaseModel, ValidationError

from mien.domain.errors import SourceError
from mien.domain.people.sittings import SNAPSHOTS
from mien.gallery.challenge.challenge import Progress
from mien.gallery.enrolment.guidance import Advice
from mien.service.faces.frames import Frames
from mien.service.faces.login import REASONS, REFUSED, Challenging, FaceLogin
from mien.service.faces.schemas import Begin, ChallengeProgress, FaceResult, FrameRefused, SnapshotProgress
from mien.service.faces.signup import SigningUp, SignUps
from mien.service.frame.finishing import ENDING, Changes
from mien.service.live.sockets import CLOSED_FOR_POLICY, TRY_LATER, WRONG_KIND, Leave

SETTLE_S = 20.0
"""From opening a socket to the first move that is asked for: the place is then free for somebody else."""
_MOVES_S, _SITTING_S = 30.0, 180.0  # from then on: two moves of six seconds, and snapshots behind them
_MOST_REFUSED = 20  # frames in a row: this is no camera
_T = TypeVar("_T")


class Threads(Protocol):
    """Does beside the loop what takes time."""

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """What ``work`` gives or raises."""
        ...


@dataclass(slots=True)
class _Readable:
    """Counts frames that cannot be read."""

    refused: int = 0

    def note(self, error: SourceError) -> FrameRefused:
        self.refused += 1
        if self.refused >= _MOST_REFUSED:
            raise Leave(CLOSED_FOR_POLICY, f"{self.refused} frames in a row could not be read") from error
        return FrameRefused(detail=str(error))


@dataclass(frozen=True, slots=True)
class LoginTalk:
    """Somebody comes in by their face."""

    threads: Threads
    frames: Frames
    login: FaceLogin
    address: str

    async def go_on(self) -> None:
        """Challenge whoever is there; whoever leaves once moves were asked for has failed."""
        one = await self.threads.in_thread(partial(self.login.begin, self.address))
        await self.frames.ready()
        try:
            with suppress(WebSocketDisconnect):  # an answer did not arrive
                await self._challenge(one)
        finally:
            with CancelScope(shield=True):  # whoever ends it, the audit log hears of it
                await self.threads.in_thread(partial(self.login.leave, one, self.address))

    async def _challenge(self, one: Challenging) -> None:
        readable, is_asked = _Readable(), False
        async for jpeg in self.frames:
            try:
                progress = await self.threads.in_thread(partial(one.see, jpeg))
            except SourceError as error:
                await self.frames.say(readable.note(error))
                continue
            readable.refused = 0
            if one.challenge.is_over:
                ticket = await self._conclude(one)
                detail = REASONS[progress.failure] if progress.failure else REFUSED
                await self.frames.say(FaceResult(passed=bool(ticket), ticket=ticket, detail="" if ticket else detail))
                return
            is_asked = _lengthened(self.frames, one.challenge.is_asking, is_asked, _MOVES_S)
            await self.frames.say(ChallengeProgress.of_progress(progress))

    async def _conclude(self, one: Challenging) -> str:
        return await self.threads.in_thread(partial(self.login.conclude, one, self.address))


class Sitter(Protocol):
    """Somebody who is challenged and has snapshots taken; not for several threads at once."""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to see."""
        ...

    @property
    def is_asking(self) -> bool:
        """Whether something was asked for, for which there is more time."""
        ...

    def see(self, jpeg: bytes) -> Progress | Advice:
        """Judge a frame; raises SourceUnreadable, MienError where it cannot be judged."""
        ...

    def leave(self) -> None:
        """Note what it means that nothing more is seen of them, whatever has come of it."""
        ...

    def end(self) -> BaseModel:
        """What came of it, which is the last word; raises MienError."""
        ...

    def fail(self, reason: str) -> BaseModel:
        """The last word where a challenge failed, which is noted."""
        ...


@dataclass(frozen=True, slots=True)
class SittingTalk:
    """Somebody sits before a camera, whom ``begin`` knows by the first message; it raises Leave, MienError.

    Taking them in at the end is one of the ``changes`` that the service waits for.
    """

    threads: Threads
    frames: Frames
    begin: Callable[[str], Sitter]
    changes: Changes
    most_chars: int = 1_000

    async def go_on(self) -> None:
        """Challenge whoever is there, take their snapshots, and take them in."""
        text = await self.frames.text(self.most_chars)
        if not text:
            return
        one = await self.threads.in_thread(partial(self.begin, text))
        await self.frames.ready()
        try:
            with suppress(WebSocketDisconnect):  # an answer did not arrive
                await self._sit(one)
        finally:
            with CancelScope(shield=True):  # whoever ends it, the audit log hears of it
                await self.threads.in_thread(one.leave)

    async def _sit(self, one: Sitter) -> None:
        readable, is_asked = _Readable(), False
        async for jpeg in self.frames:
            try:
                seen = await self.threads.in_thread(partial(one.see, jpeg))
            except SourceError as error:
                await self.frames.say(readable.note(error))
                continue
            readable.refused = 0
            if isinstance(seen, Progress) and seen.failure:
                await self.frames.say(await self.threads.in_thread(partial(one.fail, REASONS[seen.failure])))
                return
            if one.is_over:
                await self.frames.say(await self._end(one))
                return
            is_asked = _lengthened(self.frames, one.is_asking, is_asked, _SITTING_S)
            await self.frames.say(_told(seen))

    async def _end(self, one: Sitter) -> BaseModel:
        if self.changes.is_ending:
            raise Leave(TRY_LATER, ENDING)
        with self.changes.one():
            return await self.threads.in_thread(one.end)


def signing_up(signups: SignUps, address: str, text: str) -> SigningUp:
    """Who signs up with the ticket of a first message; raises Leave where it is none, or does not hold."""
    try:
        ticket = Begin.model_validate_json(text).ticket
    except ValidationError as error:
        raise Leave(WRONG_KIND, "the first message begins with a ticket") from error
    one = signups.sitting(ticket, address)
    if one is None:
        raise Leave(CLOSED_FOR_POLICY, "this ticket does not hold (any more)")
    return one


def _lengthened(frames: Frames, is_asking: bool, was_asked: bool, most_s: float) -> bool:
    """Whether something was asked for by now, as it may have been before; from then on there is more time."""
    if was_asked or not is_asking:
        return was_asked
    frames.end_in(most_s)
    return True


def _told(seen: Progress | Advice) -> ChallengeProgress | SnapshotProgress:
    if isinstance(seen, Progress):
        return ChallengeProgress.of_progress(seen)
    return SnapshotProgress.of_advice(seen, SNAPSHOTS)
