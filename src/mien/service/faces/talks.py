"""What is said over the sockets of faces: frames up, each answered with what to do next, the last with a result."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from fastapi import WebSocketDisconnect
from pydantic import ValidationError

from mien.domain.errors import SourceError
from mien.gallery.challenge.challenge import Progress
from mien.gallery.enrolment.guidance import Advice
from mien.service.faces.frames import Frames
from mien.service.faces.login import REASONS, REFUSED, Challenging, FaceLogin
from mien.service.faces.schemas import Begin, ChallengeProgress, FaceResult, FrameRefused, SnapshotProgress
from mien.service.faces.signup import SNAPSHOTS, SigningUp, SignUpRefused, SignUps
from mien.service.frame.finishing import ENDING, Changes
from mien.service.live.sockets import CLOSED_FOR_POLICY, TRY_LATER, WRONG_KIND, Leave

SETTLE_S = 20.0
"""From opening a socket to the first move that is asked for: the place is then free for somebody else."""
_MOVES_S, _SIGN_UP_S = 30.0, 180.0  # from then on: two moves of six seconds, and for signing up snapshots behind them
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
            if one.is_given_up:
                await self._conclude(one)

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
            is_asked = _lengthened(self.frames, one, is_asked, _MOVES_S)
            await self.frames.say(ChallengeProgress.of_progress(progress))

    async def _conclude(self, one: Challenging) -> str:
        return await self.threads.in_thread(partial(self.login.conclude, one, self.address))


@dataclass(frozen=True, slots=True)
class SignUpTalk:
    """Somebody signs up, which at the end is one of the ``changes`` that the service waits for."""

    threads: Threads
    frames: Frames
    signups: SignUps
    address: str
    changes: Changes

    async def go_on(self) -> None:
        """Challenge whoever is there, take their snapshots, and take them in."""
        one = await self._begun()
        if one is None:
            return
        await self.frames.ready()
        try:
            with suppress(WebSocketDisconnect):  # an answer did not arrive
                await self._sit(one)
        finally:
            if one.challenging.is_given_up:
                await self.threads.in_thread(one.give_up)

    async def _sit(self, one: SigningUp) -> None:
        readable, is_asked = _Readable(), False
        async for jpeg in self.frames:
            try:
                seen = await self.threads.in_thread(partial(one.see, jpeg))
            except SourceError as error:
                await self.frames.say(readable.note(error))
                continue
            readable.refused = 0
            if isinstance(seen, Progress) and seen.failure:
                await self.threads.in_thread(one.give_up)
                await self.frames.say(FaceResult(passed=False, detail=REASONS[seen.failure]))
                return
            if one.is_over:
                await self.frames.say(await self._result(one))
                return
            is_asked = _lengthened(self.frames, one.challenging, is_asked, _SIGN_UP_S)
            await self.frames.say(_told(seen))

    async def _begun(self) -> SigningUp | None:
        text = await self.frames.text()
        if not text:
            return None
        try:
            ticket = Begin.model_validate_json(text).ticket
        except ValidationError as error:
            raise Leave(WRONG_KIND, "the first message begins with a ticket") from error
        one = await self.threads.in_thread(partial(self.signups.sitting, ticket, self.address))
        if one is None:
            raise Leave(CLOSED_FOR_POLICY, "this ticket does not hold (any more)")
        return one

    async def _result(self, one: SigningUp) -> FaceResult:
        if self.changes.is_ending:
            raise Leave(TRY_LATER, ENDING)
        try:
            with self.changes.one():
                return FaceResult(passed=True, ticket=await self.threads.in_thread(one.conclude))
        except SignUpRefused as error:
            return FaceResult(passed=False, detail=str(error))


def _lengthened(frames: Frames, one: Challenging, was_asked: bool, most_s: float) -> bool:
    """Whether a move was asked for by now, as it may have been before; from the first one on there is more time."""
    if was_asked or not one.challenge.is_asking:
        return was_asked
    frames.end_in(most_s)
    return True


def _told(seen: Progress | Advice) -> ChallengeProgress | SnapshotProgress:
    if isinstance(seen, Progress):
        return ChallengeProgress.of_progress(seen)
    return SnapshotProgress.of_advice(seen, SNAPSHOTS)
