"""Connections: how many there are at once, in all and of one address, and how long one may take to ask."""

import asyncio
from collections.abc import Collection
from ipaddress import ip_address, ip_network
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 512
"""At once, sockets of the app among them: well below the files that a process may usually have open."""
MOST_OWN = 128
"""At once of one address, unless that is a proxy that is believed: behind it many may be."""
HEAD_S = 10.0
"""How long a request may be on its way until its head is there whole."""


class Connection(H11Protocol):
    """One that is closed where no request comes of it in time.

    Where there is no more room, in all or for its address, whoever of them has waited longest without asking for
    anything goes, or else who comes last.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._too_late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, where there is room."""
        super().connection_made(transport)
        if crowd := self._too_many():
            idle = [one for one in crowd if isinstance(one, Connection) and one._too_late is not None]
            (min(idle, key=Connection._ends_at) if idle else self).transport.abort()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and go on waiting where that is no whole head yet."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._watch()

    def _too_many(self) -> Collection[object]:
        """Of whom one has to go: those of this address, or everybody; none where there is room."""
        own = [one for one in self.connections if self._host and _host_of(one) == self._host]
        if len(own) > MOST_OWN and not self._is_proxy():
            return own
        return self.connections if len(self.connections) > MOST else ()

    @property
    def _host(self) -> str:
        return _host_of(self)

    def _is_proxy(self) -> bool:
        """Whether it comes from where whom it asks for is believed."""
        here = ip_address(self._host)
        return self.config.proxy_headers and any(here in ip_network(one) for one in self.config.forwarded_allow_ips)

    def _watch(self) -> None:
        is_asking = self.cycle is not None and not self.cycle.response_complete
        if is_asking or self.transport.is_closing() or self.transport.get_protocol() is not self:
            self._unwatch()
        elif self._too_late is None:
            self._too_late = self.loop.call_later(HEAD_S, self._give_up)

    def _unwatch(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None

    def _ends_at(self) -> float:
        assert self._too_late is not None, "only those that are waited for are compared"
        return self._too_late.when()

    def _give_up(self) -> None:
        self._too_late = None
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self.send_400_response("The request did not come in time.")
        else:
            self.transport.close()


def _host_of(connection: object) -> str:
    """From where a connection or a socket came; empty where that is not known."""
    client = getattr(connection, "client", None)
    return client[0] if client else ""
