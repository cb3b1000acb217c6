"""Frames of somebody who is not known yet: small, seldom, one at a time, and not for long."""

import time
from asyncio import sleep, timeout
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import WebSocket
from pydantic import BaseModel

from mien.engine.challenging import MOST_MEGAPIXELS
from mien.service.faces.schemas import CameraReady
from mien.service.live.sockets import CLOSED_FOR_POLICY, WRONG_KIND, Leave

MOST_BYTES = 400_000
_TOO_LARGE = 1009
_IDLE_S = 8.0


class Frames:
    """What comes over one socket; every frame is answered with `say` before the next is taken."""

    def __init__(self, socket: WebSocket, most_per_s: float, most_s: float) -> None:
        self._socket = socket
        self._most_per_s = most_per_s
        self._due_s = time.monotonic()
        self._most_s = most_s
        self._until_s = self._due_s + most_s

    def end_in(self, most_s: float) -> None:
        """Take frames for so long from now on."""
        self._until_s = time.monotonic() + most_s

    async def ready(self) -> None:
        """Say that frames may come; the time for them begins here, whatever models had to be loaded before."""
        self.end_in(self._most_s)
        limits = CameraReady(most_bytes=MOST_BYTES, most_megapixels=MOST_MEGAPIXELS, most_frames_per_s=self._most_per_s)
        await self._socket.send_text(limits.model_dump_json())

    async def text(self, most_chars: int = 1_000) -> str:
        """One message of text; raises Leave where another comes, or none; empty where the browser has left."""
        message = await self._message()
        if message["type"] == "websocket.disconnect":
            return ""
        told = message.get("text")
        if told is None or len(told) > most_chars:
            raise Leave(WRONG_KIND, "the first message is a short text")
        return str(told)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Frames until the browser leaves; raises Leave where what comes is none, or nothing comes."""
        while (message := await self._message())["type"] != "websocket.disconnect":
            jpeg = message.get("bytes")
            if jpeg is None:
                raise Leave(WRONG_KIND, "this socket takes frames as binary JPEG")
            if len(jpeg) > MOST_BYTES:
                raise Leave(_TOO_LARGE, f"a frame has at most {MOST_BYTES} bytes")
            yield bytes(jpeg)

    async def say(self, answer: BaseModel) -> None:
        """Answer a frame; whoever sends too fast is answered later."""
        await sleep(self._due_s - time.monotonic())
        self._due_s = max(self._due_s, time.monotonic()) + 1 / self._most_per_s
        await self._socket.send_text(answer.model_dump_json())

    async def _message(self) -> Mapping[str, Any]:
        left_s = min(_IDLE_S, self._until_s - time.monotonic())
        try:
            async with timeout(left_s):
                return await self._socket.receive()
        except TimeoutError:
            raise Leave(CLOSED_FOR_POLICY, "no frame came for too long") from None
