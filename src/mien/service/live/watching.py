"""One client of the live socket: what it asks for, and what it is told."""

import struct
import time

from fastapi import WebSocket
from pydantic import ValidationError

from mien.domain.readings import FrameReading
from mien.engine.serving.listener import Listener
from mien.engine.serving.news import EngineState, Interest, Missed, NamedEvent, NamedStatus, Told
from mien.engine.serving.previews import Preview, Previews
from mien.service.live.schemas import (
    EngineMessage,
    EventMessage,
    MissedMessage,
    PreviewHeader,
    ReadingMessage,
    StatusMessage,
    Watch,
)
from mien.service.live.sockets import CLOSED_FOR_POLICY, WRONG_KIND, Leave

_LONGEST_MESSAGE = 64 * 1024
_MESSAGES_PER_S, _MESSAGES_AT_ONCE = 5.0, 20


class Wordings:
    """How news are sent: worded once for all clients. Of one thread."""

    def __init__(self) -> None:
        self._worded: dict[tuple[type, str], tuple[int, str | bytes]] = {}

    def of(self, told: Told) -> str | bytes:
        """A message."""
        if isinstance(told, NamedEvent):
            return EventMessage.of(told).model_dump_json()
        if isinstance(told, Missed):
            return MissedMessage(events=told.events).model_dump_json()
        value = told.value
        if isinstance(value, EngineState):
            return EngineMessage(phase=value.phase, detail=value.detail).model_dump_json()
        camera = value.status.name if isinstance(value, NamedStatus) else value.camera
        place = type(value), camera
        number, message = self._worded.get(place, (-1, ""))
        if number != told.number:
            message = _worded(value)
            self._worded[place] = told.number, message
        return message


def _worded(value: FrameReading | NamedStatus | Preview) -> str | bytes:
    if isinstance(value, FrameReading):
        return ReadingMessage.of(value).model_dump_json()
    if isinstance(value, NamedStatus):
        return StatusMessage.of(value).model_dump_json()
    header = PreviewHeader(
        camera=value.camera, index=value.index, time_s=value.time_s, width=value.width, height=value.height
    )
    head = header.model_dump_json().encode()
    return struct.pack(">I", len(head)) + head + value.jpeg


async def hear(socket: WebSocket, listener: Listener, previews: Previews) -> None:
    """Do as a client asks, until it leaves; raises Leave where what it sends is none of what is foreseen."""
    allowance = _Allowance()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None:
            raise Leave(WRONG_KIND, "this socket takes messages in text")
        if not allowance.is_enough() or len(text) > _LONGEST_MESSAGE:
            raise Leave(CLOSED_FOR_POLICY, f"messages are too long, or more than {_MESSAGES_PER_S:g} a second")
        try:
            asked = Watch.model_validate_json(text)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, fault["loc"]))
            raise Leave(CLOSED_FOR_POLICY, f"no message of a kind that is known: {where} {fault['msg']}") from None
        cameras = None if asked.cameras is None else frozenset(asked.cameras)
        previews.want(listener, cameras, asked.previews_per_s)
        listener.listen_to(Interest(cameras, asked.previews_per_s, asked.events, asked.readings))


async def tell(socket: WebSocket, listener: Listener, wordings: Wordings) -> None:
    """Tell a client what is new, as fast as it takes it."""
    while True:
        await listener.wait()
        for told in listener.take(time.monotonic):
            message = wordings.of(told)
            if isinstance(message, str):
                await socket.send_text(message)
            else:
                await socket.send_bytes(message)


class _Allowance:
    """So many messages a second, and some at once."""

    def __init__(self) -> None:
        self._left = float(_MESSAGES_AT_ONCE)
        self._at_s = time.monotonic()

    def is_enough(self) -> bool:
        """Whether one more is allowed, which is then spent."""
        now_s = time.monotonic()
        self._left = min(self._left + (now_s - self._at_s) * _MESSAGES_PER_S, _MESSAGES_AT_ONCE) - 1
        self._at_s = now_s
        return self._left >= 0
