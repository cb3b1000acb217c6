"""How the service listens: what clients send is bounded, and what is sent to them waits here and not on its way."""

import socket
from collections.abc import Mapping
from typing import Any

from mien.service.frame.connections import Connection
from mien.service.settings import ServiceSettings

SERVER_OPTIONS: Mapping[str, Any] = {
    "http": Connection,
    "proxy_headers": False,
    "ws_max_size": 2 << 20,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 3,
}
"""What uvicorn is told: the most bytes of a message, and that JPEGs are not to be compressed once more.

Nobody is believed to be somebody else: see `behind`.
"""

_UNSENT_BYTES = 128 * 1024


def behind(settings: ServiceSettings) -> Mapping[str, Any]:
    """What uvicorn is told of the proxies that are believed when they name whom they ask for, and how these ask."""
    proxies = [str(one) for one in settings.trusted_proxies]
    return {"proxy_headers": True, "forwarded_allow_ips": proxies} if proxies else {}


def keep_newest(opened: socket.socket) -> None:
    """Have the system buffer little of what clients are sent over the connections that a socket takes.

    One on a slow line hears what is newest, and not what was some megabytes ago.
    """
    lowest = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if lowest is not None:  # those that are accepted have it from this one
        opened.setsockopt(socket.IPPROTO_TCP, lowest, _UNSENT_BYTES)
