"""What every live socket has: its place among others, who opened it, and a word on why it is closed."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from anyio import CancelScope
from fastapi import WebSocket, WebSocketDisconnect

from mien.domain.errors import StoreBusy
from mien.service.access.gate import Credentials, caller_by, caller_of

CLOSED_FOR_POLICY, WRONG_KIND, TRY_LATER, LOGGED_OUT = 1008, 1003, 1013, 4401
_LOOK_S = 15.0  # until it is noticed that somebody has logged out
_LONGEST_REASON = 120  # bytes, of the 123 that a closing frame has


class Leave(Exception):
    """A socket is to be closed, with a code (RFC 6455, or 4000 and a status of HTTP) and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


class Sockets:
    """Lets in ``most`` at once, ``most_own`` of one account, each as long as whoever opened it is logged in."""

    def __init__(self, credentials: Credentials, most: int, most_own: int) -> None:
        self._credentials = credentials
        self._most = most
        self._most_own = most_own
        self._open: dict[int, set[int]] = {}

    async def serve(self, socket: WebSocket, talk: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Accept a socket and talk until one side has enough; it is closed with a word where that is this one.

        ``talk`` is told which of the sockets of its account this one is, from 1 on.
        """
        await socket.accept()
        try:
            with self._place(caller_of(socket).account.account_id) as place:
                await first_of(talk(place), self._look_after(socket))
        except Leave as leave:
            await closed(socket, leave)

    @contextmanager
    def _place(self, account_id: int) -> Iterator[int]:
        own = self._open.get(account_id, set())
        if sum(map(len, self._open.values())) >= self._most:
            raise Leave(TRY_LATER, f"{self._most} such sockets are open already")
        if len(own) >= self._most_own:
            raise Leave(TRY_LATER, f"{self._most_own} such sockets of this account are open already: close one")
        place = min({*range(1, self._most_own + 1)} - own)
        self._open[account_id] = own
        own.add(place)
        try:
            yield place
        finally:
            own.remove(place)
            if not own:
                del self._open[account_id]

    async def _look_after(self, socket: WebSocket) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                who = await caller_by(self._credentials, socket.headers)
            except StoreBusy:
                continue  # it is asked again soon
            if who is None:
                raise Leave(LOGGED_OUT, "log in again")


async def first_of(*sides: Coroutine[Any, Any, None]) -> None:
    """Run some at once until the first ends, and end the others; raises what that one does, unless a client left."""
    tasks = [asyncio.ensure_future(side) for side in sides]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        with CancelScope(shield=True):  # whoever is cancelled still waits for what the sides have to put away
            await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if (error := task.exception()) is not None and not isinstance(error, WebSocketDisconnect):
            raise error


async def closed(socket: WebSocket, leave: Leave) -> None:
    """Close a socket with a word, if the other side has not yet."""
    try:
        await socket.close(leave.code, leave.reason)
    except (RuntimeError, WebSocketDisconnect, OSError):
        return  # the other side was faster
