"""`mien serve` as a process: what it prints, what it answers, how it ends, and why it does not begin."""

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest
import yaml

Start = Callable[..., subprocess.Popen[str]]
MODELS = ("yunet", "mobilefacenet", "fer8-mobilefacenet")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts it at a port that is free."""
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MIEN_KEY_FILE", str(tmp_path / "key"))
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mien", "serve", "--port", "0", *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def printed(process: subprocess.Popen[str], pattern: str) -> str:
    """What stands where the pattern has its group, in the next line that is printed."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(pattern, line)
    assert found, f"{line!r} {process.stderr.read() if process.poll() is not None and process.stderr else ''}"
    return found[1]


def answered(address: str, path: str = "health", **more) -> httpx2.Response:
    for _ in range(100):
        try:
            return httpx2.get(f"{address}/api/v1/{path}", **more)
        except httpx2.ConnectError:
            time.sleep(0.05)
    raise AssertionError("it does not answer")


def test_it_prints_where_it_is_and_the_token_of_the_first_admin_and_ends_at_ctrl_c(start) -> None:
    process = start()
    address = printed(process, r"^mien is at (http://127\.0\.0\.1:\d+), until Ctrl-C$")
    token = printed(process, r"with the token ([\w-]{22})$")
    answer = answered(address)
    assert answer.json() == {"is_alive": True} and "server" not in answer.headers
    body = {"token": token, "name": "Ada", "password": "a long enough one"}
    made = httpx2.post(f"{address}/api/v1/setup", json=body)
    assert made.status_code == 201 and made.json()["role"] == "admin"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "") and "Traceback" not in err


def test_a_change_that_is_under_way_at_ctrl_c_is_waited_for(start) -> None:
    process = start()
    address = printed(process, r"^mien is at http://(127\.0\.0\.1:\d+), until Ctrl-C$")
    token = printed(process, r"with the token ([\w-]{22})$")
    answered(f"http://{address}")
    body = json.dumps({"token": token, "name": "Ada", "password": "a long enough one"}).encode()
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        head = f"POST /api/v1/setup HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n"
        line.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body[:9])
        answered(f"http://{address}")  # and by then that one has been heard
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert any("1 change under way: waiting up to 60 s" in told for told in process.stderr)
        assert answered(f"http://{address}").status_code == 200, "it answers meanwhile"
        line.sendall(body[9:])
        assert line.recv(100).startswith(b"HTTP/1.1 201 ")
    process.communicate(timeout=20)
    assert process.returncode == 0


@contextmanager
def written(tmp_path: Path, **service: object) -> Iterator[str]:
    path = tmp_path / "mien.yaml"
    path.write_text(yaml.safe_dump({"service": {name: str(value) for name, value in service.items()}}))
    yield str(path)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    places = tmp_path / "certificate.pem", tmp_path / "key.pem"
    places[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    places[1].write_bytes(key.private_bytes(*form))
    return places


def test_with_a_certificate_and_its_key_it_speaks_https(start, tmp_path, certificate) -> None:
    with written(tmp_path, tls_certificate=certificate[0], tls_key=certificate[1]) as config:
        process = start("--config", config)
        address = printed(process, r"^mien is at (https://127\.0\.0\.1:\d+),")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    answer = answered(address, verify=trusting)
    assert answer.status_code == 200 and "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    ("service", "arguments", "told"),
    [
        ({"tls_certificate": "a.pem"}, (), "service: tls_certificate and tls_key go together"),
        ({"tls_certificate": "a.pem", "tls_key": "b.pem"}, (), "service.tls: there is no file a.pem"),
        ({"tls_certificate": "mien.yaml", "tls_key": "mien.yaml"}, (), "are no certificate and its key (PEM)"),
        ({"port": 70000}, (), "service.port: 70000 is out of range, expected 0 to 65535"),
        ({}, ("--host", "192.0.2.1"), "192.0.2.1 is no address of this machine"),
        ({}, ("--host", "no.such.host.invalid"), "no.such.host.invalid is no address of this machine"),
    ],
)
def test_what_keeps_it_from_beginning_is_told_in_a_line(mien, tmp_path, monkeypatch, service, arguments, told) -> None:
    monkeypatch.chdir(tmp_path)
    with written(tmp_path, **service) as config:
        ended = mien("serve", "--port", "0", "--config", config, *arguments)
    assert ended.code == 2 and told in ended.err and ended.err.count("\n") == 1
    assert not (tmp_path / "home").exists(), "nothing was made"


def test_who_listens_to_the_network_without_tls_is_warned(start) -> None:
    process = start("--host", "0.0.0.0")
    printed(process, r"^mien is at (http://127\.0\.0\.1:\d+),")
    process.send_signal(signal.SIGTERM)
    assert "without tls everybody in the network can read along" in process.communicate(timeout=20)[1]
    assert process.returncode == 0


def test_a_port_that_somebody_listens_at_is_not_shared(mien) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        ended = mien("serve", "--port", other.getsockname()[1])
    told = r"mien: port \d+ of 127\.0\.0\.1 is taken: end what uses it, or choose another one with --port\n"
    assert ended.code == 2 and re.fullmatch(told, ended.err)


class Inside:
    """An admin's browser at a service that was started as a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.address = printed(process, r"^mien is at (http://127\.0\.0\.1:\d+), until Ctrl-C$")
        token = printed(process, r"with the token ([\w-]{22})$")
        answered(self.address)
        self.client = httpx2.Client(base_url=f"{self.address}/api/v1/", timeout=60)
        body = {"token": token, "name": "Ada", "password": "a long enough one"}
        self.client.headers["x-csrf-token"] = self.client.post("setup", json=body).json()["csrf_token"]

    def settings(self) -> dict:
        return self.client.get("settings").raise_for_status().json()

    def setting(self, key: str) -> dict:
        return next(one for one in self.settings()["items"] if one["key"] == key)

    def change(self, **values: object) -> int:
        return self.client.patch("settings", json=values).status_code

    def import_folder(self, total: int) -> str:
        """Begin to import a folder, as soon as there are models; the id of that."""
        for _ in range(400):
            answer = self.client.post("imports", json={"total": total})
            if answer.status_code == 201:
                return answer.json()["import_id"]
            assert answer.status_code == 503, answer.text
            time.sleep(0.05)
        raise AssertionError(answer.text)

    def restart(self) -> dict:
        """Have it begin anew, and wait until it has."""
        answer = self.client.post("system/restart")
        assert answer.status_code == 202, answer.text
        for _ in range(200):
            with suppress(httpx2.TransportError):  # what is asked as it ends is not answered
                told = self.settings()
                if told["begun"] != answer.json()["begun"]:
                    return told
            time.sleep(0.05)
        raise AssertionError("it is the same as before")


def test_it_begins_anew_with_settings_that_it_can_begin_with_and_everybody_stays_logged_in(
    start, tmp_path, take
) -> None:
    for name in MODELS:
        take(name)
    process = start()
    inside = Inside(process)
    sent = {"smoothing.window": 30, "service.face_login": False, "detection.model": "scrfd-2.5g"}
    assert inside.change(**sent) == 200
    told = inside.restart()
    assert told["refused"].startswith("scrfd-2.5g is for research only") and "mien models" not in told["refused"]
    assert inside.setting("detection.model")["in_force"] == "yunet" and inside.setting("smoothing.window")["is_pending"]
    assert inside.change(**{"detection.model": None}) == 200
    import_id = inside.import_folder(9)
    told = inside.restart()
    job = inside.client.get(f"imports/{import_id}").raise_for_status().json()
    assert (job["state"], job["total"]) == ("failed", 9) and job["problem"].startswith("the service was stopped")
    assert (told["begun"], told["refused"]) == (2, "") and not any(one["is_pending"] for one in told["items"])
    window = inside.setting("smoothing.window")
    assert (window["in_force"], window["source"]) == (30, "mien.yaml:2")
    assert inside.client.get("signup").json()["face_login"] is False, "what was changed is in force"
    (tmp_path / "home" / "mien.yaml").write_text("smoothing: {window: none}")
    refused = inside.client.post("system/restart")
    assert refused.status_code == 422 and refused.json()["faults"][0]["where"] == "smoothing.window"
    assert inside.settings()["begun"] == 2 and inside.client.get("session").json()["name"] == "Ada", "it goes on"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "") and "Traceback" not in err
    assert "the new settings cannot be begun with, those before stay in force: scrfd-2.5g" in err


def test_a_model_that_is_missing_keeps_nobody_from_beginning_anew(start, tmp_path, monkeypatch, take) -> None:
    cache, mirror = tmp_path / "cache", tmp_path / "mirror"
    for folder in (cache / "models", mirror):
        folder.mkdir(parents=True)
    for one in (one for name in MODELS for path in take(name).paths for one in path.parent.glob(f"{path.name}*")):
        (cache / "models" / one.name).symlink_to(one)  # what was verified and converted stands beside
    for variable, value in (
        ("MIEN_CACHE", cache),
        ("MIEN_MODELS_MIRROR", mirror),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ):
        monkeypatch.setenv(variable, str(value))
    process = start()
    inside = Inside(process)
    assert inside.change(**{"detection.model": "retinaface-mobilenet-320"}) == 200
    told = inside.restart()
    assert (told["begun"], told["refused"]) == (1, "")
    assert inside.setting("detection.model")["in_force"] == "retinaface-mobilenet-320"


def test_the_demo_begins_anew_in_its_own_home_and_leaves_the_settings_alone(start, tmp_path, monkeypatch, take) -> None:
    for name in (*MODELS, "carphone", "astronaut"):
        take(name)
    monkeypatch.delenv("MIEN_KEY_FILE")  # its key is in memory alone
    mine = tmp_path / "mine.yaml"
    mine.write_text("smoothing: {window: 25}\ncameras: {door: {source: 0}}\n")
    process = start("--demo", "--config", str(mine))
    inside = Inside(process)
    home = inside.setting("home")
    assert home["source"] == "--demo" and Path(home["value"]).is_dir() and home["fixed"]
    assert inside.setting("smoothing.window")["value"] == 25
    assert inside.setting("cameras.carphone.source")["fixed"] and inside.change(**{"cameras.a.source": "0"}) == 409
    assert inside.change(**{"smoothing.window": 30}) == 200
    inside.restart()
    assert inside.setting("smoothing.window")["in_force"] == 30 and inside.setting("home") == home
    assert inside.client.get("session").json()["name"] == "Ada"
    assert mine.read_text() == "smoothing: {window: 25}\ncameras: {door: {source: 0}}\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0 and not Path(home["value"]).exists()
