"""The live sockets."""

from dataclasses import dataclass

from anyio import CapacityLimiter
from fastapi import WebSocket

from mien.engine.serving.hub import Hub
from mien.engine.serving.previews import Previews
from mien.service.access.gate import Credentials, caller_of
from mien.service.area import Area, area
from mien.service.live.browser import BrowserCameras, BrowserTalk
from mien.service.live.schemas import MESSAGES
from mien.service.live.sockets import Sockets, first_of
from mien.service.live.watching import Wordings, hear, tell

MOST_CLIENTS, MOST_BROWSERS = 256, 8
MOST_OWN_CLIENTS, MOST_OWN_BROWSERS = 32, 2
"""Of one account, so that nobody takes the places of all others."""


@dataclass(frozen=True, slots=True)
class LiveTools:
    """What the sockets show, and what they ask; of ``cores`` half at most read frames of browsers."""

    hub: Hub
    previews: Previews
    browsers: BrowserCameras
    credentials: Credentials
    cores: int = 2


def build(tools: LiveTools) -> Area:
    """The sockets over what the engine tells."""
    router = area("live", *MESSAGES)
    clients = Sockets(tools.credentials, MOST_CLIENTS, MOST_OWN_CLIENTS)
    browsers = Sockets(tools.credentials, MOST_BROWSERS, MOST_OWN_BROWSERS)
    wordings = Wordings()
    limiters: list[CapacityLimiter] = []

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        async def talk(_: int) -> None:
            with tools.hub.listen() as listener:
                try:
                    await first_of(hear(socket, listener, tools.previews), tell(socket, listener, wordings))
                finally:
                    tools.previews.leave(listener)

        await clients.serve(socket, talk)

    async def show(socket: WebSocket, *, is_kept: bool) -> None:
        if not limiters:
            limiters.append(CapacityLimiter(max(1, tools.cores // 2)))  # needs the loop that runs
        account_id, talk = caller_of(socket).account.account_id, BrowserTalk(socket, tools.browsers, limiters[0])

        def named(place: int) -> str:  # what is kept of two at once is not mixed up
            return f"browser{f' {place}' if place > 1 else ''} of account {account_id}"

        await browsers.serve(socket, lambda place: talk.go_on(named(place), is_kept=is_kept))

    @router.websocket("/browser")
    async def browser(socket: WebSocket) -> None:
        """Frames of a browser's camera, of which nothing is kept."""
        await show(socket, is_kept=False)

    @router.websocket("/browser/kept")
    async def browser_kept(socket: WebSocket) -> None:
        """Frames of a browser's camera, of which as much is kept as of any other camera."""
        await show(socket, is_kept=True)

    return router
