"""Connections over a real port: those that say nothing, those that are too many, and those that say whose they are."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.service.live.test_browser import until

from mien.domain.errors import UsageError
from mien.service.frame import connections
from mien.service.frame.server import check_tls, exposed, listening, serve
from mien.service.settings import ServiceSettings

ASK = b"GET / HTTP/1.1\r\nhost: mien.test\r\n"


class Echo:
    """Answers with whose request it is and how it came; below /slow once ``may_go_on`` is set.

    Below /blocks nothing else is done for half a second.
    """

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
        if scope["path"] == "/blocks":
            time.sleep(0.5)
        while scope["path"] == "/slow" and not self.may_go_on.is_set():
            await asyncio.sleep(0.01)
        body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})


class Connecting:
    """Opens connections to a port, and sends something over them."""

    def __init__(self, port: int, stack: ExitStack) -> None:
        self._port = port
        self._stack = stack

    def __call__(self, sent: bytes = b"", of: str = "127.0.0.1") -> socket.socket:
        made = self._stack.enter_context(socket.create_connection(("127.0.0.1", self._port), 10, (of, 0)))
        made.sendall(sent)
        return made

    def shaken(self, opened: socket.socket, sent: bytes = b"") -> ssl.SSLSocket:
        """One over which TLS is spoken, with whomever."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        made = self._stack.enter_context(context.wrap_socket(opened))
        made.sendall(sent)
        return made


@contextmanager
def served(app, settings: ServiceSettings) -> Iterator[Connecting]:
    """Serves as `mien serve` does, until the connections to it are closed."""
    over = Event()
    with ExitStack() as stack:
        opened = stack.enter_context(listening(settings))
        thread = Thread(target=serve, args=(app, settings, opened, over.is_set), daemon=True)
        thread.start()
        stack.callback(thread.join, 20)
        stack.callback(over.set)
        yield Connecting(opened.getsockname()[1], stack)


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


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory) -> ServiceSettings:
    """Settings with which TLS is spoken."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    key.write_bytes(made.private_bytes(*form, serialization.NoEncryption()))
    certificate.write_bytes(_certificate(made))
    return ServiceSettings(port=0, tls_certificate=certificate, tls_key=key)


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


@pytest.mark.parametrize("bound", ["MOST", "MOST_OWN"])
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_of_those_who_come_together_no_more_stay_than_may(echo, encrypted, monkeypatch, bound, is_encrypted):
    monkeypatch.setattr(connections, bound, 3)
    with served(echo, encrypted if is_encrypted else ServiceSettings(port=0)) as connect:
        first = connect.shaken(connect()) if is_encrypted else connect()
        first.sendall(ASK.replace(b"/ ", b"/blocks ", 1) + b"\r\n")
        until(lambda: echo.asked == 1)
        crowd = [connect() for _ in range(20)]
        assert b"200 OK" in answer(first)
        assert all(answer(one) == b"" for one in crowd[:18])
        for one in crowd[18:]:  # and the first, which was answered
            one.settimeout(0.1)
            with pytest.raises(TimeoutError):
                one.recv(1)


def test_whoever_shakes_no_hands_makes_room(echo, encrypted, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 3)
    with served(echo, encrypted) as connect:
        idle = [connect(), connect(b"\x16\x03\x01"), connect()]
        assert b'["127.0.0.1", "https"]' in answer(connect.shaken(connect(), ASK + b"\r\n"))
        assert answer(idle[0]) == b"", "whoever has waited longest"
        assert b"200 OK" in answer(connect.shaken(idle[2], ASK + b"\r\n"))


def test_of_one_address_too_whoever_shakes_no_hands_makes_room(echo, encrypted, monkeypatch):
    monkeypatch.setattr(connections, "MOST_OWN", 2)
    with served(echo, encrypted) as connect:
        other, idle = connect(of="127.0.0.2"), [connect(), connect()]
        assert b"200 OK" in answer(connect.shaken(connect(), ASK + b"\r\n"))
        assert answer(idle[0]) == b"" and b"200 OK" in answer(connect.shaken(other, ASK + b"\r\n"))


def test_handshake_and_head_have_the_time_of_a_head_together(echo, encrypted, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 1.0)
    with served(echo, encrypted) as connect:
        silent = [connect(), connect(b"\x16\x03\x01"), connect.shaken(connect())]
        slow = connect.shaken(connect(), ASK)
        assert [answer(one) for one in silent] == [b""] * 3 and b"400" in answer(slow)


def test_what_speaks_no_tls_is_sent_away_and_leaves_room(echo, encrypted, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 2)
    with served(echo, encrypted) as connect:
        for _ in range(4):
            assert b"200" not in answer(connect(ASK + b"\r\n"))
            connect().close()
        asking = [connect.shaken(connect(), ASK.replace(b"/ ", b"/slow ", 1) + b"\r\n") for _ in range(2)]
        until(lambda: echo.asked == 2)
        echo.may_go_on.set()
        assert all(b"200 OK" in answer(one) for one in asking)


def test_a_socket_over_tls_is_opened_and_outlives_the_time_of_a_head(echo, encrypted, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with served(echo, encrypted) as connect:
        opened = connect.shaken(connect(), SOCKET)
        assert b"101" in opened.recv(4096)
        opened.settimeout(1)
        with pytest.raises(TimeoutError):
            opened.recv(1)


def test_as_many_files_may_be_open_as_connections_take(echo):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 2 * connections.MOST:
        pytest.skip("this system allows no more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (connections.MOST, before[1]))
    try:
        with served(echo, ServiceSettings(port=0)) as connect:
            assert b"200 OK" in answer(connect(ASK + b"\r\n"))
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 2 * connections.MOST
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


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


@pytest.mark.parametrize(
    ("host", "proxies", "told"),
    [
        ("127.0.0.1", (), ""),
        ("127.0.0.1", ("127.0.0.1",), ""),
        ("0.0.0.0", (), "everybody in the network can read along, and other browsers lend no camera"),
        ("0.0.0.0", ("10.0.0.1",), "let nobody but the proxy reach this port"),
    ],
)
def test_what_comes_of_listening_to_the_network_is_told_as_it_is(host, proxies, told):
    risk = exposed(ServiceSettings(host=host, trusted_proxies=proxies))
    assert risk.endswith(told) and bool(risk) == bool(told)
    encrypted = ServiceSettings(host=host, trusted_proxies=proxies, tls_certificate=Path("a"), tls_key=Path("b"))
    assert exposed(encrypted) == ""


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
