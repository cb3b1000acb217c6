"""The server: a socket that is taken before anything is loaded, and one process that answers on it until it is told."""

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from mien.domain.errors import UsageError
from mien.service.frame.connections import Connection
from mien.service.frame.listening import SERVER_OPTIONS, behind, keep_newest
from mien.service.settings import ServiceSettings

_HERE = ("127.0.0.1", "localhost", "::1")
_WAITING = 512  # connections that nobody has taken yet
_FILES = 4096


@contextmanager
def listening(settings: ServiceSettings) -> Iterator[socket.socket]:
    """A socket at host and port, 0 for any that is free; raises UsageError where that cannot be."""
    host, port = settings.host, settings.port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{host} is no address of this machine: 127.0.0.1 is this machine alone") from error
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "AF_UNIX"):  # elsewhere it would let two programs have one port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind(address)
            opened.listen(_WAITING)
            keep_newest(opened)
        except OSError as error:
            raise UsageError(_why_not(error, host, port)) from error
        yield opened
    finally:
        opened.close()


def check_tls(settings: ServiceSettings) -> ssl.SSLContext | None:
    """What TLS is spoken with, if it is; raises UsageError where certificate and key cannot be used together."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    certificate, key = settings.tls_certificate.expanduser(), settings.tls_key.expanduser()

    def _unasked() -> str:  # the library would ask at the terminal, at which nobody may be
        raise UsageError(f"service.tls: {key} asks for a passphrase: openssl pkey -in KEY -out NEW writes it without")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_unasked)
    except FileNotFoundError as error:
        missing = next(path for path in (certificate, key) if not path.exists())
        raise UsageError(f"service.tls: there is no file {missing}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"service.tls: {certificate} and {key} are no certificate and its key (PEM)") from error
    return context


def exposed(settings: ServiceSettings) -> str:
    """What comes of listening to the network without encryption, or empty where that is not so."""
    if settings.tls_certificate or settings.host in _HERE:
        return ""
    if settings.trusted_proxies:
        return "what comes from the proxy is not encrypted on its last way: let nobody but the proxy reach this port"
    return "without tls everybody in the network can read along, and other browsers lend no camera"


def address(settings: ServiceSettings, opened: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = opened.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{'https' if settings.tls_certificate else 'http'}://{shown}:{port}"


def serve(app: ASGIApp, settings: ServiceSettings, opened: socket.socket, is_over: Callable[[], bool]) -> bool:
    """Answer until it is over, which is looked for ten times a second; whether it came to answering at all.

    Raises UsageError where TLS is to be spoken and cannot.
    """
    _make_room_for_files()
    options = {**SERVER_OPTIONS, **behind(settings)}
    if tls := check_tls(settings):
        options["http"] = partial(Connection, tls=tls)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,  # addresses of pages name people by their ids
            server_header=False,
            lifespan="on",
            **options,
        ),
        is_over,
    )
    server.run([opened])
    return server.started


def _make_room_for_files() -> None:
    """Let the process have as many files open as its connections and cameras take, as far as the system allows."""
    try:
        import resource
    except ImportError:  # where there is no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class _Server(uvicorn.Server):
    """One that leaves signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, is_over: Callable[[], bool]) -> None:
        super().__init__(config)
        self._is_over = is_over

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        return self._is_over() or await super().on_tick(counter)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken: end what uses it, or choose another one with --port"
    if error.errno == errno.EACCES:
        return f"port {port} is for the administrator of this machine: choose one above 1023 with --port"
    return f"{host} is no address of this machine: 127.0.0.1 is this machine alone"
