import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.command import Mien
from tests.support.encoding import EncodedVideo, encode, read_pictures
from tests.support.rtsp import RtspServer

from mien.domain.events import CameraLost, CameraRecovered, Event, StrangerSeen
from mien.domain.readings import FrameReading
from mien.settings import Settings
from mien.wiring.stores import build_stores

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

    def events(kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in stores.events.latest(1000, doors))

    def readings() -> int:
        return sum(len([*stores.readings.read(run)]) for run in stores.readings.runs()[:1])

    command = mien.command("watch", doors, hall, vault, "--json", "--seconds", "120")
    with (
        (tmp_path / "err.txt").open("w+") as err,
        subprocess.Popen(
            command, env=mien.environment(), stdout=subprocess.PIPE, stderr=err, stdin=subprocess.DEVNULL, text=True
        ) as process,
        ExitStack() as stack,
    ):
        try:
            wait_for(process, (mien.home / "mien.sqlite3").exists, "the database")
            stores = build_stores(Settings(home=mien.home), stack)
            wait_for(process, lambda: readings() > 20, "readings")
            door.kill()
            wait_for(process, lambda: events(CameraLost) == 1, "the camera to be lost")
            door.start()
            wait_for(process, lambda: events(CameraRecovered) == 1, "the camera to come back")
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
    check_history(mien.home)


def _logins(*urls: str) -> list[tuple[str, str]]:
    return [(url, url.removeprefix("rtsp://").partition("@")[0]) for url in urls]


def check_history(home: Path) -> None:
    """What a person would ask the home afterwards, and what its files do not tell."""
    with ExitStack() as stack:
        stores = build_stores(Settings(home=home), stack)
        runs = [[*stores.readings.read(run)] for run in stores.readings.runs()]
        people, events = stores.people.people(), stores.events.latest(1000)
    assert len(runs[0]) > 20 and len(runs[1]) > 20
    assert [{place(frame) for frame in frames} for frames in runs] == [{"door"}, {"hall"}, set()]
    # one man on both cameras is one stranger, and told of once a visit and camera
    assert [(person.person_id, person.kind) for person in people] == [("unknown-0001", "stranger")]
    seen = [event for event in events if isinstance(event, StrangerSeen)]
    assert sorted(map(place, seen)) == ["door", "hall"]
    assert {event.person_id for event in seen} == {"unknown-0001"}
    lost = [event for event in events if isinstance(event, CameraLost)]
    assert {*map(place, lost)} == {"door", "vault"}
    assert all(event.reason for event in lost)
    (back,) = (event for event in events if isinstance(event, CameraRecovered))
    assert 0 < back.outage_s < 30
    for path in home.rglob("*"):
        raw = path.read_bytes() if path.is_file() else b""
        assert not [trace for trace in (PASSWORD.encode(), b"rtsp:", b"127.0.0.1") if trace in raw], path


def place(one: Event | FrameReading) -> str:
    """What the address of a camera ends in."""
    return one.camera.rsplit("/", 1)[-1]


def test_a_watch_in_which_nothing_ever_came_is_a_failure(mien: Mien, inside: RtspServer) -> None:
    ended = mien("watch", inside.url("vault", ("viewer", PASSWORD)), "--seconds", "1", "--json")
    assert ended.code == 1 and ended.json["cameras"][0]["state"] == "offline"
    assert len(ended.lines) == 1 and PASSWORD not in ended.out + ended.err
