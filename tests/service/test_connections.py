"""Connections over a real port: those that say nothing, those that are too many, and those that say whose they are."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import pytest
from tests.service.live.test_browser import until

from mien.domain.errors import UsageError
from mien.service.frame import connections
from mien.service.frame.server import check_tls, listening, serve
from mien.service.settings import ServiceSettings

ASK = b"GET / HTTP/1.1\r\nhost: mien.test\r\n"


class Echo:
    """Answers with whose request it is and how it came; below /slow once ``may_go_on`` is set."""

    def __init__(self) -> None:
        self.may_go_on = Event()
        self.asked = 0

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            for what in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{what}.complete"})
            return
        self.asked += 1
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
            return
        while scope["path"] == "/slow" and not self.may_go_on.is_set():
            await asyncio.sleep(0.01)
        body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def served(app, settings: ServiceSettings) -> Iterator[Callable[..., socket.socket]]:
    """Serves as `mien serve` does; opens a connection and sends something over it."""
    over = Event()
    with ExitStack() as stack:
        opened = stack.enter_context(listening(settings))
        port = opened.getsockname()[1]
        thread = Thread(target=serve, args=(app, settings, opened, over.is_set), daemon=True)
        thread.start()
        stack.callback(thread.join, 20)
        stack.callback(over.set)

        def connect(sent: bytes = b"", of: str = "127.0.0.1") -> socket.socket:
            made = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, (of, 0)))
            made.sendall(sent)
            return made

        yield connect


def answer(opened: socket.socket) -> bytes:
    """What comes until there is an end, of the body or of the connection."""
    found = b""
    while b"]" not in found:
        try:
            more = opened.recv(4096)
        except ConnectionResetError:
            return found
        if not more:
            return found
        found += more
    return found


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.may_go_on.set()


def test_a_request_that_does_not_come_whole_ends(echo, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    with served(echo, ServiceSettings(port=0)) as connect:
        assert b"400" in answer(connect(b"GET / HT"))
        assert answer(connect()) == b""
        again = connect(ASK + b"\r\n")
        assert b"200 OK" in answer(again)
        again.sendall(ASK)
        assert b"400" in answer(again), "the second of a connection, too"
        pipelined = connect(ASK + b"\r\n" + ASK)
        assert b"200 OK" in answer(pipelined) and b"400" in answer(pipelined)


def test_an_answer_may_take_longer_than_a_request(echo, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    with served(echo, ServiceSettings(port=0)) as connect:
        slow = connect(ASK.replace(b"/ ", b"/slow ", 1) + b"\r\n")
        slow.settimeout(0.5)
        with pytest.raises(TimeoutError):
            slow.recv(1)
        slow.settimeout(10)
        echo.may_go_on.set()
        assert b"200 OK" in answer(slow)


def test_whoever_asks_for_nothing_makes_room(echo, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 3)
    with served(echo, ServiceSettings(port=0)) as connect:
        idle = [connect(), connect(), connect()]
        assert b"200 OK" in answer(connect(ASK + b"\r\n"))
        assert answer(idle[0]) == b"", "whoever has waited longest"
        idle[2].sendall(ASK + b"\r\n")
        assert b"200 OK" in answer(idle[2])


def test_whoever_is_answered_keeps_their_place(echo, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 2)
    with served(echo, ServiceSettings(port=0)) as connect:
        asking = [connect(ASK.replace(b"/ ", b"/slow ", 1) + b"\r\n") for _ in range(2)]
        until(lambda: echo.asked == 2)
        assert answer(connect()) == b""
        echo.may_go_on.set()
        assert all(b"200 OK" in answer(one) for one in asking)


SOCKET = (
    b"GET / HTTP/1.1\r\nhost: mien.test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_one_address_does_not_take_the_place_of_all(echo, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OWN", 2)
    with served(echo, ServiceSettings(port=0)) as connect:
        asking = [connect(ASK.replace(b"/ ", b"/slow ", 1) + b"\r\n") for _ in range(2)]
        until(lambda: echo.asked == 2)
        assert answer(connect()) == b""
        assert b"200 OK" in answer(connect(ASK + b"\r\n", "127.0.0.2")), "another one"
        echo.may_go_on.set()
        assert all(b"200 OK" in answer(one) for one in asking)


def test_of_one_address_too_whoever_asks_for_nothing_makes_room(echo, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OWN", 2)
    with served(echo, ServiceSettings(port=0)) as connect:
        other = connect(of="127.0.0.2")
        idle = [connect(), connect()]
        assert b"200 OK" in answer(connect(ASK + b"\r\n"))
        assert answer(idle[0]) == b"", "whoever of them has waited longest"
        other.sendall(ASK + b"\r\n")
        assert b"200 OK" in answer(other)


def test_sockets_of_an_address_count(echo, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OWN", 2)
    with served(echo, ServiceSettings(port=0)) as connect:
        opened = [connect(SOCKET) for _ in range(2)]
        assert all(b"101" in one.recv(4096) for one in opened)
        assert answer(connect(ASK + b"\r\n")) == b""


def test_of_a_proxy_that_is_trusted_come_as_many_as_there_is_room_for(echo, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OWN", 2)
    with served(echo, ServiceSettings(port=0, trusted_proxies=("127.0.0.0/30", "::1"))) as connect:
        opened = [connect() for _ in range(4)]
        for one in opened:
            one.sendall(ASK + b"\r\n")
        assert all(b"200 OK" in answer(one) for one in opened)


FORWARDED = ASK + b"x-forwarded-for: 198.51.100.7\r\nx-forwarded-proto: https\r\n\r\n"


@pytest.mark.parametrize(
    ("proxies", "told"),
    [
        ((), ["127.0.0.1", "http"]),
        (("10.0.0.0/8",), ["127.0.0.1", "http"]),
        (("127.0.0.1",), ["198.51.100.7", "https"]),
        (("10.0.0.1", "127.0.0.0/8"), ["198.51.100.7", "https"]),
    ],
)
def test_nobody_but_a_proxy_that_is_trusted_speaks_for_others(echo, proxies, told, monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with served(echo, ServiceSettings(port=0, trusted_proxies=proxies)) as connect:
        assert json.loads(answer(connect(FORWARDED)).partition(b"\r\n\r\n")[2]) == told


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path, monkeypatch):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    locked = serialization.BestAvailableEncryption(b"a secret")
    made = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    key.write_bytes(made.private_bytes(*form, locked))
    certificate.write_bytes(_certificate(made))
    load = ssl.SSLContext.load_cert_chain

    def never_asking(context, certfile, keyfile, password=None):
        assert password is not None, "the terminal would be asked"
        return load(context, certfile, keyfile, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", never_asking)
    settings = ServiceSettings(tls_certificate=certificate, tls_key=key)
    with pytest.raises(UsageError, match=r"key\.pem asks for a passphrase"):
        check_tls(settings)
    key.write_bytes(made.private_bytes(*form, serialization.NoEncryption()))
    check_tls(settings)


def _certificate(key) -> bytes:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
