"""A browser's own camera: frames in, one at a time, each acknowledged with what is read of it."""

import time
from asyncio import CancelledError, Future, get_running_loop, shield, sleep, timeout, wait
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import Protocol, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import WebSocket

from mien.domain.errors import MienError, SourceError
from mien.domain.readings import FrameReading
from mien.engine.serving.passing import MOST_MEGAPIXELS
from mien.service.live.schemas import AckMessage, BrowserReady, Reading
from mien.service.live.sockets import CLOSED_FOR_POLICY, TRY_LATER, WRONG_KIND, Leave

MOST_BYTES = 1 << 20
"""Of one frame: some 1920×1080 px of a good quality."""
MOST_FRAMES_PER_S = 15.0
_IDLE_S = 120.0
_MOST_REFUSED = 30  # frames in a row: this is no camera
_TOO_LARGE = 1009
_T = TypeVar("_T")


class LookingCamera(Protocol):
    """Reads frames of one browser."""

    def look(self, jpeg: bytes) -> FrameReading:
        """What is read of the next frame, whose bytes may be anything; raises SourceError."""
        ...


class BrowserCameras(Protocol):
    """Opens cameras of browsers."""

    def open(self, name: str, *, is_kept: bool) -> AbstractContextManager[LookingCamera]:
        """A camera that nothing is kept of, or as much as of any other; raises MienError while nothing is ready."""
        ...


class BrowserTalk:
    """One browser that shows what its camera sees."""

    def __init__(self, socket: WebSocket, cameras: BrowserCameras, limiter: CapacityLimiter) -> None:
        self._socket = socket
        self._cameras = cameras
        self._limiter = limiter
        self._refused = 0

    async def go_on(self, name: str, *, is_kept: bool) -> None:
        """Read frames until the browser leaves; raises Leave where what it sends is no frame, time after time."""
        opening = self._cameras.open(name, is_kept=is_kept)
        entering = _begun(opening.__enter__)
        try:
            camera = await shield(entering)
            await self._begin(name)
            await self._read(camera)
        except MienError as error:
            raise Leave(TRY_LATER, str(error)) from error
        finally:
            await _put_away(opening, entering)

    async def _begin(self, name: str) -> None:
        ready = BrowserReady(
            camera=name,
            most_bytes=MOST_BYTES,
            most_megapixels=MOST_MEGAPIXELS,
            most_frames_per_s=MOST_FRAMES_PER_S,
        )
        await self._socket.send_text(ready.model_dump_json())

    async def _read(self, camera: LookingCamera) -> None:
        frame, due_s = 0, time.monotonic()
        while (jpeg := await self._frame()) is not None:
            ack = await self._looked(camera, jpeg, frame)
            await sleep(due_s - time.monotonic())  # who sends too fast is acknowledged later
            due_s = max(due_s, time.monotonic()) + 1 / MOST_FRAMES_PER_S
            await self._socket.send_text(ack.model_dump_json())
            frame += 1

    async def _frame(self) -> bytes | None:
        """The next frame; none where the browser has left."""
        try:
            async with timeout(_IDLE_S):
                message = await self._socket.receive()
        except TimeoutError:
            raise Leave(CLOSED_FOR_POLICY, f"no frame came for {_IDLE_S:g} s") from None
        if message["type"] == "websocket.disconnect":
            return None
        jpeg = message.get("bytes")
        if jpeg is None:
            raise Leave(WRONG_KIND, "this socket takes frames as binary JPEG")
        if len(jpeg) > MOST_BYTES:
            raise Leave(_TOO_LARGE, f"a frame has at most {MOST_BYTES} bytes")
        return bytes(jpeg)

    async def _looked(self, camera: LookingCamera, jpeg: bytes, frame: int) -> AckMessage:
        try:
            reading = await run_sync(camera.look, jpeg, limiter=self._limiter)
        except SourceError as error:
            self._refused += 1
            if self._refused >= _MOST_REFUSED:
                raise Leave(CLOSED_FOR_POLICY, f"{self._refused} frames in a row could not be read") from error
            return AckMessage(frame=frame, refused=str(error))
        self._refused = 0
        return AckMessage(frame=frame, reading=Reading.of(reading))


async def _put_away(opening: AbstractContextManager[LookingCamera], entering: Future[LookingCamera]) -> None:
    """Close what was opened, if it was; whoever is cancelled meanwhile waits for it all the same."""
    cancelled = await _outlast(entering)
    if entering.exception() is None:
        closing = _begun(lambda: opening.__exit__(None, None, None))
        cancelled = await _outlast(closing) or cancelled
        closing.result()
    if cancelled is not None:
        raise cancelled


def _begun(work: Callable[[], _T]) -> "Future[_T]":
    """Work that is begun in another thread: nothing takes it back, as the end of the loop would with a task."""
    return get_running_loop().run_in_executor(None, copy_context().run, work)


async def _outlast(work: "Future[_T]") -> CancelledError | None:
    """Wait until work is done, and say what cancelled this meanwhile."""
    cancelled = None
    while not work.done():
        try:
            await wait([work])
        except CancelledError as error:
            cancelled = error
    return cancelled
