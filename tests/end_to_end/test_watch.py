import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import Mien
from tests.support.encoding import EncodedVideo, encode, read_pictures
from tests.support.rtsp import RtspServer

PASSWORD = "hunter2-very-secret"


@pytest.fixture(scope="module")
def man(carphone: Path) -> EncodedVideo:
    """Two seconds of the man in the car, as a camera sends them."""
    return encode(read_pictures(carphone, 50), (352, 288), 25)


@pytest.fixture
def door(man: EncodedVideo) -> Iterator[RtspServer]:
    with RtspServer({"door": man}) as server:
        yield server


@pytest.fixture
def inside(man: EncodedVideo) -> Iterator[RtspServer]:
    with RtspServer({"hall": man, "vault": man}, login=("viewer", "right")) as server:
        yield server


def ask(home: Path, question: str) -> list[tuple[Any, ...]]:
    """What the database answers while mien writes to it; nothing before it is there."""
    path = home / "mien.sqlite3"
    if not path.exists():
        return []
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return database.execute(question).fetchall()
    except sqlite3.OperationalError:  # its tables are being made
        return []
    finally:
        database.close()


def wait_for(process: subprocess.Popen[str], is_true: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not is_true():
        assert process.poll() is None, f"it ended by itself: {process.communicate()[1]}"
        assert time.monotonic() < deadline_s, f"waited in vain for {what}"
        time.sleep(0.1)


def test_cameras_are_watched_and_one_that_dies_comes_back(
    mien: Mien, door: RtspServer, inside: RtspServer, tmp_path: Path
) -> None:
    doors, hall = door.url("door"), inside.url("hall", ("viewer", "right"))
    vault = inside.url("vault", ("viewer", PASSWORD))

    def events(kind: str) -> int:
        return len(ask(mien.home, f"SELECT camera FROM events WHERE kind = '{kind}' AND camera = '{doors}'"))

    def readings() -> int:
        question = f"SELECT 1 FROM readings JOIN runs USING (run_id) WHERE camera = '{doors}'"
        return len(ask(mien.home, question))

    command = mien.command("watch", doors, hall, vault, "--json", "--seconds", "120")
    with (
        (tmp_path / "err.txt").open("w+") as err,
        subprocess.Popen(
            command, env=mien.environment(), stdout=subprocess.PIPE, stderr=err, stdin=subprocess.DEVNULL, text=True
        ) as process,
    ):
        try:
            wait_for(process, lambda: readings() > 20, "readings")
            door.kill()
            wait_for(process, lambda: events("camera_lost") == 1, "the camera to be lost")
            door.start()
            wait_for(process, lambda: events("camera_recovered") == 1, "the camera to come back")
            seen = readings()
            wait_for(process, lambda: readings() > seen, "readings after the outage")
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        err.seek(0)
        said = err.read()
    assert process.returncode == 0, said
    told = json.loads(out)
    assert set(told) == {"cameras", "latency_p95_ms", "cpu_s", "wall_s", "peak_rss_mb"}
    cameras = {camera["name"]: camera for camera in told["cameras"]}
    assert list(cameras) == [doors, *(url.replace(login, "***") for url, login in _logins(hall, vault))]
    back, steady, locked = cameras.values()
    assert (back["state"], back["reconnects"]) == ("online", 1) and back["online_s"] < told["wall_s"] - 0.5
    assert (steady["state"], steady["reconnects"]) == ("online", 0)
    assert steady["online_s"] > back["online_s"]
    for camera in (back, steady):
        assert 8 < camera["decoded_fps"] < 35 and 1 < camera["analysed_fps"] <= camera["decoded_fps"]
    assert (locked["state"], locked["online_s"], locked["analysed_fps"]) == ("offline", 0, 0)
    lost, failed = said.splitlines()
    assert "WARNING" in lost and f"{doors} is offline: " in lost
    assert failed.startswith("mien: ") and "vault" in failed and "refused the user name or password" in failed
    assert PASSWORD not in out + said and "right" not in out
    check_history(mien.home, doors)


def _logins(*urls: str) -> list[tuple[str, str]]:
    return [(url, url.removeprefix("rtsp://").partition("@")[0]) for url in urls]


def check_history(home: Path, doors: str) -> None:
    """What a person would ask the database afterwards."""
    runs = ask(home, "SELECT camera, count(reading_id) FROM runs LEFT JOIN readings USING (run_id) GROUP BY run_id")
    counts = {camera.rsplit("/", 1)[-1]: count for camera, count in runs}
    assert counts["door"] > 20 and counts["hall"] > 20 and counts["vault"] == 0
    # one man on both cameras is one stranger, and told of once a visit and camera
    assert ask(home, "SELECT person_id, kind FROM people") == [("unknown-0001", "stranger")]
    seen = ask(home, "SELECT camera, person_id FROM events WHERE kind = 'stranger_seen'")
    assert sorted(camera.rsplit("/", 1)[-1] for camera, _ in seen) == ["door", "hall"]
    assert {person for _, person in seen} == {"unknown-0001"}
    lost = ask(home, "SELECT camera, reason FROM events WHERE kind = 'camera_lost' ORDER BY camera")
    assert {camera.rsplit("/", 1)[-1] for camera, _ in lost} == {"door", "vault"}
    assert all(reason for _, reason in lost)
    ((outage_s,),) = ask(home, "SELECT outage_s FROM events WHERE kind = 'camera_recovered'")
    assert 0 < outage_s < 30
    for path in home.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path


def test_a_watch_in_which_nothing_ever_came_is_a_failure(mien: Mien, inside: RtspServer) -> None:
    ended = mien("watch", inside.url("vault", ("viewer", PASSWORD)), "--seconds", "1", "--json")
    assert ended.code == 1 and ended.json["cameras"][0]["state"] == "offline"
    assert len(ended.lines) == 1 and PASSWORD not in ended.out + ended.err
