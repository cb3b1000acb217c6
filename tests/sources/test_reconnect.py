import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from tests.support.encoding import EncodedVideo
from tests.support.rtsp import Fault, RtspServer
from tests.support.scenes import number_of, smooth_colours

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled, SourceUnreachable
from mien.domain.frame import Frame
from mien.sources.opening import live_camera, open_source
from mien.sources.pixels import ArrayPixels
from mien.sources.reconnect import LiveCamera
from mien.sources.sampling import Sampler
from mien.sources.source import SourceSettings


def wait_until(is_so: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline_s, f"not within {timeout_s} s"
        time.sleep(0.005)


def taken(camera: LiveCamera) -> Iterator[Frame]:
    """The newest frame each time, until the camera is closed."""
    camera.start()
    while (frame := camera.take()) is not None:
        yield frame


@pytest.fixture
def door(server: RtspServer, settings: SourceSettings, clock: Clock) -> Iterator[LiveCamera]:
    camera = live_camera("door", server.url("door"), settings, clock)
    yield camera
    camera.close()


def test_a_stream_shows_the_right_pictures(server: RtspServer, settings: SourceSettings, clock: Clock) -> None:
    source = open_source(server.url("door"), settings, clock)
    assert (source.is_live, source.frame_rate, source.frame_count) == (True, 25, 0)
    frames = []
    for frame in source.frames():
        frames.append(frame)
        if len(frames) == 55:
            source.close()
    assert [number_of(frame.pixels.bgr()) for frame in frames] == [number % 50 for number in range(55)]
    assert [frame.time_s for frame in frames] == pytest.approx([number / 25 for number in range(55)], abs=1e-3)


def test_others_can_read_the_test_server_too(server: RtspServer) -> None:
    with av.open(server.url("yard"), options={"rtsp_transport": "tcp"}, timeout=5) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 320, 180)


@pytest.mark.parametrize(
    ("fault", "reason"), [(Fault.REFUSE, "404"), (Fault.MUTE, r"within 0\.6 s"), (Fault.FREEZE, r"within 0\.6 s")]
)
def test_a_stream_that_does_not_open_is_given_up(server: RtspServer, clock: Clock, fault: Fault, reason: str) -> None:
    server.set_fault("door", fault)
    started_s = time.monotonic()
    with pytest.raises(SourceUnreachable, match=reason):
        open_source(server.url("door"), SourceSettings(open_timeout_s=0.6), clock)
    assert time.monotonic() - started_s < 1.5


def test_answers_that_come_late_do_not_stretch_the_deadline(server: RtspServer, clock: Clock) -> None:
    server.set_fault("door", Fault.SLOW)  # its four answers take 1.2 s, and the pictures never come
    started_s = time.monotonic()
    with pytest.raises(SourceUnreachable, match=r"no picture came within 1\.6 s"):
        open_source(server.url("door"), SourceSettings(open_timeout_s=1.6), clock)
    assert 1.5 < time.monotonic() - started_s < 2.4


def test_a_camera_that_states_a_length_is_live(encoded: EncodedVideo, settings: SourceSettings, clock: Clock) -> None:
    with RtspServer({"door": encoded}, length_s=30.0) as server:
        with av.open(server.url("door"), options={"rtsp_transport": "tcp"}, timeout=5) as container:
            assert container.duration == 30 * av.time_base
        source = open_source(server.url("door"), settings, clock)
        assert source.is_live and source.frame_count == 0
        source.close()


def test_a_password_is_needed_and_a_wrong_one_is_told(encoded: object, settings: SourceSettings, clock: Clock) -> None:
    with RtspServer({"door": encoded}, login=("me", "hunter2")) as server:
        open_source(server.url("door", ("me", "hunter2")), settings, clock).close()
        for login in (None, ("me", "wrong-word")):
            with pytest.raises(SourceUnreachable, match="the server refused the user name or password") as raised:
                open_source(server.url("door", login), settings, clock)
            assert "wrong-word" not in str(raised.value)


@pytest.mark.parametrize(("fault", "said"), [(Fault.FREEZE, "nothing"), (Fault.GARBAGE, "(nothing|no picture)")])
def test_a_silent_stream_is_noticed_in_time(
    server: RtspServer, settings: SourceSettings, clock: Clock, fault: Fault, said: str
) -> None:
    source = open_source(server.url("door"), settings, clock)
    last_s = 0.0
    with pytest.raises(SourceStalled, match=f"sent {said} for 0\\.5 s"):
        for frame in source.frames():
            last_s = frame.captured_s
            if frame.index == 10:
                server.set_fault("door", fault)
    assert settings.stall_timeout_s * 0.8 < clock.monotonic_s() - last_s < settings.stall_timeout_s * 3


def test_a_frozen_camera_is_stalled_and_comes_back(server: RtspServer, door: LiveCamera) -> None:
    assert door.statistics().state == "connecting"
    door.start()
    assert door.take(5) is not None
    assert door.statistics().state == "online"
    server.set_fault("door", Fault.FREEZE)
    wait_until(lambda: door.statistics().state == "stalled", 1.5)
    assert "nothing for 0.5 s" in door.statistics().reason
    decoded = door.statistics().decoded
    server.set_fault("door", Fault.NONE)
    wait_until(lambda: door.statistics().state == "online")
    statistics = door.statistics()
    assert statistics.reconnects == 1 and statistics.reason == ""
    wait_until(lambda: door.statistics().decoded > decoded + 10)


def test_a_killed_camera_is_offline_and_comes_back(server: RtspServer, door: LiveCamera, clock: Clock) -> None:
    seen: list[Frame] = []
    reader = threading.Thread(target=lambda: seen.extend(taken(door)))
    reader.start()
    for _ in range(2):
        reconnects = door.statistics().reconnects
        wait_until(lambda: door.statistics().state == "online")
        server.kill()
        wait_until(lambda: door.statistics().state == "offline", 2)
        wait_until(lambda: "connection refused" in door.statistics().reason, 3)
        before = door.statistics()
        time.sleep(0.2)
        assert door.statistics().online_s == before.online_s  # being away does not count
        server.start()
        wait_until(lambda times=reconnects + 1: door.statistics().reconnects == times)
    door.close()
    reader.join(5)
    assert not reader.is_alive()
    assert [frame.index for frame in seen] == sorted({frame.index for frame in seen})
    assert [frame.time_s for frame in seen] == sorted(frame.time_s for frame in seen)
    assert seen[-1].index < door.statistics().decoded
    assert all(frame.camera == "door" for frame in seen)


def test_the_server_runs_as_a_program(clip: Path, settings: SourceSettings, clock: Clock) -> None:
    command = [sys.executable, "-m", "tests.support.rtsp", "--video", str(clip), "--size", "160x90", "--streams", "2"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as program:
        assert program.stdout is not None
        try:
            urls = [program.stdout.readline().strip() for _ in range(2)]
            for url in urls:
                source = open_source(url, settings, clock)
                frame = next(iter(source.frames()))
                assert (frame.pixels.width, frame.pixels.height) == (160, 90)
                source.close()
        finally:
            program.terminate()


def test_drops_are_counted(server: RtspServer, door: LiveCamera) -> None:
    offered = []
    door.start(on_frame=lambda: offered.append(1))
    wait_until(lambda: door.statistics().decoded >= 20)
    taken = door.take(0)
    door.close()
    statistics = door.statistics()
    assert taken is not None and taken.index >= 19
    # what was neither taken nor dropped is at most the one in the box
    assert statistics.decoded - statistics.dropped in (1, 2)
    assert len(offered) == statistics.decoded


def test_frames_that_sampling_leaves_out_are_not_dropped(
    server: RtspServer, settings: SourceSettings, clock: Clock
) -> None:
    camera = live_camera("door", server.url("door"), settings, clock, Sampler(every_n=5))
    indices = []
    for frame in taken(camera):
        indices.append(frame.index)
        if len(indices) == 8:
            break
    camera.close()
    assert all(index % 5 == 0 for index in indices)
    assert camera.statistics().dropped <= indices[-1] // 5 + 2 - len(indices)


@pytest.mark.parametrize("fault", [Fault.MUTE, Fault.FREEZE, Fault.GARBAGE])
def test_a_sick_camera_does_not_slow_a_healthy_one(
    server: RtspServer, settings: SourceSettings, clock: Clock, fault: Fault
) -> None:
    server.set_fault("door", fault)
    sick = live_camera("door", server.url("door"), settings, clock)
    healthy = live_camera("yard", server.url("yard"), settings, clock)
    for camera in (sick, healthy):
        camera.start()
    wait_until(lambda: healthy.statistics().decoded > 10)
    before, started_s = healthy.statistics().decoded, time.monotonic()
    time.sleep(1.0)
    fps = (healthy.statistics().decoded - before) / (time.monotonic() - started_s)
    assert fps == pytest.approx(25, abs=2.5)
    assert sick.statistics().state in ("connecting", "offline", "stalled")
    for camera in (sick, healthy):
        camera.close()


class Scripted:
    """A source that does what a test says, to reach states that a network reaches only by chance."""

    name, is_live, is_still, frame_rate, frame_count = "scripted", True, False, 25.0, 0

    def __init__(self, clock: Clock, count: int, error: Exception | None = None) -> None:
        self.closed = 0
        self._clock, self._count, self._error = clock, count, error

    def frames(self) -> Iterator[Frame]:
        for number in range(self._count):
            yield Frame("scripted", number, number / 25, self._clock.monotonic_s(), ArrayPixels(smooth_colours(4, 4)))
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.closed += 1


def test_the_pause_doubles_up_to_its_limit_and_starts_anew_after_success(clock: Clock) -> None:
    attempts_s: list[float] = []

    def reopen() -> Scripted:
        attempts_s.append(time.monotonic())
        if len(attempts_s) == 6:
            return Scripted(clock, 3)
        raise SourceUnreachable("away")

    camera = LiveCamera("a", reopen, SourceSettings(backoff_min_s=0.05, backoff_max_s=0.2), clock)
    camera.start()
    wait_until(lambda: len(attempts_s) >= 8)
    camera.close()
    pauses, expected = np.diff(attempts_s)[:7], np.array([0.05, 0.1, 0.2, 0.2, 0.2, 0.05, 0.1])
    assert np.all(pauses > expected - 0.01) and np.all(pauses < expected + 0.14), pauses


def test_every_connection_is_closed(clock: Clock, settings: SourceSettings) -> None:
    opened: list[Scripted] = []

    def reopen() -> Scripted:
        opened.append(Scripted(clock, 2, SourceStalled("silence") if len(opened) % 2 else None))
        return opened[-1]

    camera = LiveCamera("a", reopen, settings, clock)
    camera.start()
    wait_until(lambda: len(opened) >= 4)
    camera.close()
    assert all(source.closed for source in opened[:-1])
    assert camera.statistics().reconnects >= 2


def test_a_reader_that_hangs_shows_as_stalled(clock: Clock, settings: SourceSettings) -> None:
    hanging = threading.Event()

    class Hanging(Scripted):
        def frames(self) -> Iterator[Frame]:
            yield from super().frames()
            hanging.wait(10)

    camera = LiveCamera("a", lambda: Hanging(clock, 2), settings, clock)
    camera.start()
    wait_until(lambda: camera.statistics().state == "stalled", 2)
    started_s = time.monotonic()
    camera.close()
    assert time.monotonic() - started_s < 1.5
    hanging.set()


def test_a_defect_is_a_state_of_its_camera_which_is_tried_again(
    clock: Clock, settings: SourceSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mien")
    opened: list[Scripted] = []

    def reopen() -> Scripted:
        is_broken = len(opened) < 2
        opened.append(
            Scripted(clock, 3 - 2 * is_broken, ZeroDivisionError("rtsp://me:hunter2@h") if is_broken else None)
        )
        if len(opened) == 4:
            raise KeyError("gone")
        return opened[-1]

    camera = LiveCamera("a", reopen, settings, clock)
    camera.start()
    wait_until(lambda: camera.statistics().reason == "a failed unexpectedly (ZeroDivisionError)")
    assert camera.statistics().state == "offline"
    wait_until(lambda: camera.statistics().reason == "a failed unexpectedly (KeyError)")
    wait_until(lambda: camera.statistics().decoded >= 8)
    camera.close()
    assert opened[0].closed and opened[1].closed
    assert any(record.exc_info and record.levelno == logging.DEBUG for record in caplog.records)


def test_what_cannot_be_opened_at_all_is_told_in_plain_words(settings: SourceSettings, clock: Clock) -> None:
    camera = live_camera("door", "gopher://me:hunter2@host/x", settings, clock)
    camera.start()
    wait_until(lambda: camera.statistics().state == "offline")
    assert camera.statistics().reason.startswith("gopher://***@host/x is an address of an unknown kind; known are")
    camera.close()


def test_what_is_lost_is_logged_once_for_each_reason(
    clock: Clock, settings: SourceSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mien")
    opened = 0

    def reopen() -> Scripted:
        nonlocal opened
        opened += 1
        if opened == 3:
            return Scripted(clock, 2, SourceStalled("door sent nothing"))
        raise SourceUnreachable("away")

    camera = LiveCamera("door", reopen, settings, clock)
    camera.start()
    wait_until(lambda: opened >= 6)
    camera.close()
    assert camera.statistics().outage == "door: away"
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        ("INFO", "door is offline: away"),
        ("INFO", "door is online"),
        ("WARNING", "door is stalled: sent nothing"),
        ("INFO", "door is offline: away"),
    ]


def test_closing_is_prompt_in_every_state(server: RtspServer, settings: SourceSettings, clock: Clock) -> None:
    never = live_camera("a", server.url("door"), settings, clock)
    never.close()
    never.start()
    assert list(taken(never)) == []
    patient = SourceSettings(open_timeout_s=5, stall_timeout_s=5)
    for fault in (Fault.NONE, Fault.FREEZE, Fault.MUTE):
        server.set_fault("door", Fault.NONE)
        camera = live_camera("door", server.url("door"), patient, clock)
        camera.start()
        if fault is not Fault.MUTE:
            assert camera.take(5) is not None
        server.set_fault("door", fault)
        started_s = time.monotonic()
        camera.close()
        camera.close()
        assert time.monotonic() - started_s < 1.5
        assert camera.take() is None


def test_of_a_camera_that_runs_only_whom_it_calls_changes(clock: Clock) -> None:
    called: list[str] = []
    camera = LiveCamera("door", lambda: Scripted(clock, 1), SourceSettings(backoff_min_s=0.01), clock)
    for who in ("first", "second"):
        camera.start(lambda who=who: called.append(who))
        wait_until(lambda who=who: who in called)
    camera.close()
    assert "first" not in called[called.index("second") :]
