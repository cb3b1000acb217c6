"""The web service on a real port, and clients of its sockets."""

import socket as sockets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect

from mien.domain.accounts import Role
from mien.service.access.gate import COOKIE
from mien.service.listening import SERVER_OPTIONS, listen


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port of this machine; gives host and port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", **SERVER_OPTIONS))
    with listen("127.0.0.1", 0) as listening:
        thread = Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            deadline_s = monotonic() + 20
            while not server.started:
                assert monotonic() < deadline_s
                sleep(0.01)
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def client(host: str, path: str, role: Role = "operator", received_bytes: int = 0, **options):
    """A client of a socket, whose browser is logged in; a context manager.

    With ``received_bytes`` its machine takes no more than that before the client does.
    """
    if received_bytes:
        own = sockets.socket()
        own.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, received_bytes)
        own.connect((host.partition(":")[0], int(host.partition(":")[2])))
        options["sock"] = own
    headers = {"cookie": f"{COOKIE}={role}"}
    return connect(f"ws://{host}/api/v1{path}", additional_headers=headers, origin=f"http://{host}", **options)
