"""Ctrl-C: what is kept, what is left out, and how soon it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.encoding import EncodedVideo, encode, read_pictures
from tests.support.rtsp import RtspServer


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Processes that hear Ctrl-C, also where these tests run in the background of a shell that shut it out."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def started(command: list[str], folder: Path | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


def ended(process: subprocess.Popen[str], within_s: float = 60) -> tuple[str, str]:
    """What the process said; one that does not end is ended."""
    try:
        return process.communicate(timeout=within_s)
    finally:
        process.kill()


@pytest.fixture
def camera(carphone: Path) -> Iterator[RtspServer]:
    man: EncodedVideo = encode(read_pictures(carphone, 50), (176, 144), 25)
    with RtspServer({"door": man}) as server:
        yield server


@pytest.mark.parametrize("is_last", [True, False])
def test_ctrl_c_ends_a_live_source_keeps_its_results_and_leaves_out_what_follows(
    home: Path, camera: RtspServer, carphone: Path, tmp_path: Path, is_last: bool
) -> None:
    out = tmp_path / "out"
    behind = [] if is_last else [str(carphone), "rtsp://me:hunter2@127.0.0.1:9/x"]
    command = [sys.executable, "-m", "mien", "analyze", camera.url("door"), *behind, "--out", str(out), "--json"]
    with started(command) as process:
        assert process.stderr is not None and process.stderr.readline() == f"analysing {camera.url('door')}\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        stdout, stderr = ended(process)
    told = json.loads(stdout)
    first, *others = told["sources"]
    assert first["status"] == "ok" and first["frames_analysed"] > 3 and (out / "readings.csv").exists()
    if is_last:
        assert process.returncode == 0 and stderr == "" and others == []
        return
    assert process.returncode == 130 and "hunter2" not in stdout + stderr
    assert [one["status"] for one in others] == ["failed", "failed"]
    assert stderr.splitlines() == [
        f"mien: {name} was not analysed: the analysis was ended before"
        for name in (str(carphone), "rtsp://***@127.0.0.1:9/x")
    ]


def test_ctrl_c_over_and_over_ends_a_watch_without_a_traceback(home: Path, camera: RtspServer) -> None:
    with started([sys.executable, "-m", "mien", "watch", camera.url("door"), "--json"]) as process:
        time.sleep(4)
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        _, stderr = ended(process)
    assert (
        process.returncode in (0, 1, 130, -signal.SIGINT)
        and "Traceback" not in stderr
        and "Exception ignored" not in stderr
    ), stderr


@pytest.mark.parametrize("verb", [["analyze", "--out", "out"], ["watch"]])
def test_ctrl_c_during_a_download_ends_it_at_once(
    home: Path, carphone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: list[str]
) -> None:
    for name, value in {"MIEN_CACHE": str(tmp_path / "cache"), "PIP_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MIEN_MODELS_MIRROR", raising=False)
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that takes connections and never answers
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/simple")
        command = [sys.executable, "-m", "mien", *verb, str(carphone)]
        with started(command, tmp_path) as process:
            assert process.stderr is not None and process.stderr.readline().startswith("fetching ")
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            began_s = time.monotonic()
            stdout, stderr = ended(process)
    assert process.returncode == 130 and stdout == "" and "Traceback" not in stderr
    assert time.monotonic() - began_s < 3
