import sys
import time
from dataclasses import replace
from importlib import import_module
from itertools import islice

import numpy as np
import pytest
from tests.support.depth_drivers import depthai, freenect, pyrealsense2
from tests.support.depth_drivers.bench import Bench, bench, public_names

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled, SourceUnreachable, UsageError
from mien.sources.depth.camera import DepthCamera
from mien.sources.opening import (
    check_address,
    expand,
    is_mirrored,
    live_camera,
    names_file,
    open_picture,
    open_source,
    source_name,
)
from mien.sources.source import SourceSettings

KINDS = {"kinect": "a Kinect", "realsense": "a RealSense camera", "oak": "an OAK camera"}
ALL = pytest.mark.parametrize("kind", KINDS)
STAND_INS = {"freenect": freenect, "pyrealsense2": pyrealsense2, "depthai": depthai}


@ALL
@pytest.mark.parametrize("mirrored", [False, True])
def test_frames_hold_the_picture_and_its_registered_depth(
    kind: str, mirrored: bool, drivers: Bench, settings: SourceSettings, clock: Clock
) -> None:
    source = open_source(f"{kind}:0", replace(settings, mirrored=mirrored), clock)
    assert isinstance(source, DepthCamera)
    assert (source.name, source.is_live, source.is_still, source.frame_rate) == (f"{kind}:0", True, False, 30)
    frames = list(islice(source.frames(), 5))
    source.close()
    picture = drivers.picture
    depth = drivers.depth_mm
    for frame in frames:
        assert frame.depth_mm is not None and frame.depth_mm.dtype == np.uint16
        assert not frame.depth_mm.flags.writeable and not frame.pixels.bgr().flags.writeable
        # The driver filled its buffers anew since: what is here is a copy.
        assert np.array_equal(frame.pixels.bgr(), picture[:, ::-1] if mirrored else picture)
        assert np.array_equal(frame.depth_mm, depth[:, ::-1] if mirrored else depth)
    assert source.without_depth == 0
    assert [frame.index for frame in frames] == list(range(5))
    times = [frame.time_s for frame in frames]
    assert times[0] == 0 and times == sorted(times) and 0.008 < times[-1] < 2


@ALL
def test_what_was_opened_is_given_back_once(kind: str, drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    source = open_source(f"{kind}:0", settings, clock)
    next(frames := source.frames())
    source.close()  # as from another thread: the reader lets go
    assert list(frames) == []
    source.close()
    given_back = {"kinect": ["sync_stop"], "realsense": ["stop"], "oak": ["pipeline.stop", "close"]}[kind]
    assert [call for call in drivers.calls if call in {*given_back}] == given_back
    again = open_source(f"{kind}:0", settings, clock)
    again.close()


@ALL
@pytest.mark.parametrize("is_at_once", [False, True])
def test_a_camera_that_is_taken_away(
    kind: str, is_at_once: bool, drivers: Bench, settings: SourceSettings, clock: Clock
) -> None:
    source = open_source(f"{kind}:0", settings, clock)
    frames = source.frames()
    if not is_at_once:
        next(frames)
    drivers.is_unplugged = True
    with pytest.raises(SourceStalled, match=f"{kind}:0 (delivers no picture any more|sent no picture for 0.[35] s)"):
        list(frames)
    source.close()


def test_a_kinect_that_never_answers_again(drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    source = open_source("kinect:0", settings, clock)
    frames = source.frames()
    next(frames)
    driver = sys.modules["freenect"]
    driver.sync_get_video = lambda index, format: time.sleep(5)  # type: ignore[attr-defined]
    began_s = time.monotonic()
    with pytest.raises(SourceStalled, match=r"kinect:0 sent no picture for 0\.3 s"):
        list(frames)
    source.close()
    assert time.monotonic() - began_s < 2


def test_two_kinects_share_one_loop(drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    drivers.serials.append("B00")
    first, second = (open_source(f"kinect:{number}", settings, clock) for number in (0, 1))
    first.close()
    assert "sync_stop" not in drivers.calls
    assert next(second.frames()).depth_mm is not None
    second.close()
    assert drivers.calls.count("sync_stop") == 1


def test_kinects_say_nothing_on_stdout(
    drivers: Bench, settings: SourceSettings, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    drivers.is_taken = True
    with pytest.raises(SourceUnreachable, match="kinect:0 cannot be opened: another program uses it"):
        open_source("kinect:0", settings, clock)
    assert capsys.readouterr() == ("", "")
    assert drivers.calls.count("init") == drivers.calls.count("shutdown") == 1


@ALL
def test_a_driver_that_is_not_installed(
    kind: str, settings: SourceSettings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, told = {
        "kinect": (
            "freenect",
            r"install libfreenect with its Python wrapper \(built with .*\): docs/reference/sources.md tells how",
        ),
        "realsense": ("pyrealsense2", r"`pip install 'mien\[realsense\]'` installs it"),
        "oak": ("depthai", r"`pip install 'mien\[oak\]'` installs it"),
    }[kind]
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(SourceUnreachable) as raised:
        open_source(f"{kind}:0", settings, clock)
    assert raised.match(f"^{KINDS[kind]} cannot be read: its driver {module} is not installed; {told}$")


def test_a_driver_that_does_not_load(
    settings: SourceSettings, clock: Clock, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pyrealsense2", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    for code, reason in (
        ("raise ImportError('libusb-1.0.so.0: cannot open shared object file')", "libusb-1.0.so.0: cannot open shared"),
        ("import absent_part", "No module named 'absent_part'"),
    ):
        (tmp_path / "pyrealsense2.py").write_text(code)
        with pytest.raises(SourceUnreachable, match=f"its driver pyrealsense2 cannot be loaded: {reason}"):
            open_source("realsense:0", settings, clock)


def test_drivers_that_are_too_old(drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    del sys.modules["freenect"].DEPTH_REGISTERED  # type: ignore[attr-defined]
    with pytest.raises(SourceUnreachable, match="its driver freenect is too old to register depth; install libfree"):
        open_source("kinect:0", settings, clock)
    del sys.modules["depthai"].MessageQueue  # type: ignore[attr-defined]
    with pytest.raises(SourceUnreachable, match="its driver depthai is older than version 3"):
        open_source("oak:0", settings, clock)


@ALL
def test_a_camera_that_is_not_there(kind: str, drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    what = KINDS[kind].partition(" ")[2]
    with pytest.raises(SourceUnreachable, match=f"there is no {what} 1: 1 can be seen here"):
        open_source(f"{kind}:1", settings, clock)
    drivers.serials.clear()
    with pytest.raises(SourceUnreachable, match=f"there is no {what} 0: none can be seen here"):
        open_source(f"{kind}:0", settings, clock)


@ALL
def test_a_camera_that_another_program_has(kind: str, drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    drivers.is_taken = True
    with pytest.raises(SourceUnreachable, match=f"{kind}:0 cannot be opened: .*(busy|another pro)") as raised:
        open_source(f"{kind}:0", settings, clock)
    assert "\n" not in str(raised.value)


def test_a_realsense_by_its_serial_number(drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    drivers.serials.append("f0090144")
    for spec, serial in (
        ("realsense:1", "f0090144"),
        ("realsense:f0090144", "f0090144"),
        ("RealSense:00", "827112071234"),
    ):
        open_source(spec, settings, clock).close()
        assert next(call for call in reversed(drivers.calls) if "start" in call) == f"start {serial}"
    with pytest.raises(SourceUnreachable, match="no RealSense camera with the serial number 999999 here"):
        open_source("realsense:999999", settings, clock)


def test_a_realsense_without_depth_for_a_moment(drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    rs = sys.modules["pyrealsense2"]
    source = open_source("realsense:0", settings, clock)
    frames = source.frames()
    assert next(frames).depth_mm is not None
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(rs.composite_frame, "get_depth_frame", lambda self: rs.video_frame(None, 0.0))
        assert next(frames).depth_mm is None
    late = rs.video_frame.get_timestamp
    with pytest.MonkeyPatch.context() as changed:
        # 11 ms apart as delivered, 110 ms now: two moments, but where the two are timed by different clocks.
        changed.setattr(rs.video_frame, "get_timestamp", lambda self: 10 * (late(self) - 1_700_000_000_000))
        assert next(frames).depth_mm is None
        clocks = iter(["hardware", "system"])
        changed.setattr(rs.video_frame, "get_frame_timestamp_domain", lambda self: next(clocks))
        assert next(frames).depth_mm is not None
    source.close()


@pytest.mark.parametrize("kind", ["oak"])
@pytest.mark.parametrize("is_rvc4", [False, True])
def test_an_oak_of_either_platform_registers_its_depth(
    kind: str, is_rvc4: bool, table: Bench, settings: SourceSettings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "depthai", depthai.stand_in(table, is_rvc4=is_rvc4))
    source = open_source("oak:0", settings, clock)
    depth = next(source.frames()).depth_mm
    assert depth is not None and np.array_equal(depth, table.depth_mm)
    source.close()


def test_an_oak_without_stereo(
    table: Bench, settings: SourceSettings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "depthai", depthai.stand_in(table, sockets=1))
    with pytest.raises(SourceUnreachable, match="oak:0 cannot be used: it has no three cameras, and measures no depth"):
        open_source("oak:0", settings, clock)
    assert table.calls[-1] == "close"


@pytest.mark.parametrize("spec", ["kinect:", "kinect:x", "oak:1234", "realsense:", "realsense:a/b", "kinect:0 "])
def test_what_no_camera_is_called(spec: str, settings: SourceSettings, clock: Clock) -> None:
    for use in (check_address, lambda spec: open_source(spec, settings, clock)):
        with pytest.raises(UsageError, match=f"{spec} is no camera; those that measure depth are called kinect:0, rea"):
            use(spec)
    assert source_name(spec) == spec and not names_file(spec)


@ALL
def test_what_is_known_of_a_camera_before_it_is_opened(
    kind: str, settings: SourceSettings, clock: Clock, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = f"{kind}:0"
    check_address(spec)
    assert expand(spec) == (spec,) and source_name(f"{kind.upper()}:00") == spec and not names_file(spec)
    assert is_mirrored(spec, SourceSettings(mirrored=True)) and not is_mirrored(spec, settings)
    with pytest.raises(UsageError, match="is a camera or an address, and a single picture was expected"):
        open_picture(spec, settings, clock)
    (tmp_path / spec).write_text("a file of that name comes first")
    assert names_file(spec)


def test_a_camera_reconnects_with_its_depth(drivers: Bench, settings: SourceSettings, clock: Clock) -> None:
    drivers.is_unplugged = True
    camera = live_camera("desk", "kinect:0", settings, clock)
    camera.start()
    assert camera.take(0.3) is None
    drivers.is_unplugged = False
    frame = camera.take(5)
    assert frame is not None and frame.camera == "desk"
    assert frame.depth_mm is not None and np.array_equal(frame.depth_mm, drivers.depth_mm)
    camera.close()


@pytest.mark.parametrize("module", STAND_INS)
def test_stand_ins_have_nothing_that_the_driver_has_not(module: str) -> None:
    real = pytest.importorskip(module, reason=f"the driver {module} is not installed: see make drivers")
    for path in public_names(STAND_INS[module].stand_in(bench(64, 48))):
        thing = real
        for name in path:
            thing = getattr(thing, name)


def test_the_stand_in_is_what_is_imported(drivers: Bench) -> None:
    assert all(import_module(module) is sys.modules[module] for module in STAND_INS)
