"""How the service listens: what clients send is bounded, and what is sent to them waits here and not on its way."""

import socket
from collections.abc import Mapping
from typing import Any

SERVER_OPTIONS: Mapping[str, Any] = {
    "ws_max_size": 2 << 20,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 3,
}
"""What uvicorn is told: the most bytes of a message, and that JPEGs are not to be compressed once more."""

_UNSENT_BYTES = 128 * 1024


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free. Raises OSError.

    Of what clients are sent little is buffered by the system, so that one on a slow line hears what is newest, and not
    what was some megabytes ago.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=512)
    lowest = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if lowest is not None:  # those that are accepted have it from this one
        opened.setsockopt(socket.IPPROTO_TCP, lowest, _UNSENT_BYTES)
    return opened
