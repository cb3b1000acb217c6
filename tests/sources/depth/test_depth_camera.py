from collections.abc import Iterable

import numpy as np
import pytest
from tests.support.scenes import smooth_colours

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled
from mien.sources.depth.camera import DepthCamera
from mien.sources.depth.depth_source import DepthShot
from mien.sources.source import SourceSettings

PICTURE, DEPTH = smooth_colours(32, 24), np.full((24, 32), 900, np.uint16)


class Scripted:
    """A device that delivers what it is told, and then nothing any more."""

    name, is_live, frame_rate, frame_count = "scripted", True, 30.0, 0

    def __init__(self, shots: Iterable[DepthShot | None]) -> None:
        self._shots = iter(shots)
        self.closed = 0

    def read(self, timeout_s: float) -> DepthShot | None:
        return next(self._shots, None)

    def close(self) -> None:
        self.closed += 1


def shot(apart_s: float | None) -> DepthShot:
    """A picture with its depth so much later, or without."""
    return DepthShot(PICTURE, 7.0) if apart_s is None else DepthShot(PICTURE, 7.0, DEPTH, 7.0 + apart_s)


def read(camera: DepthCamera) -> list[bool]:
    """Reads a camera until it is silent; which of its frames have depth."""
    had = []
    with pytest.raises(SourceStalled, match="scripted sent no picture for"):
        for frame in camera.frames():
            had.append(frame.depth_mm is not None)
    return had


def test_depth_of_another_moment_is_none(settings: SourceSettings, clock: Clock) -> None:
    camera = DepthCamera(Scripted(shot(apart) for apart in (0.0, 0.033, -0.033, 0.05, -0.05, None)), settings, clock)
    assert read(camera) == [True, True, True, False, False, False]
    assert camera.without_depth == 3


@pytest.mark.parametrize(("with_depth", "is_told"), [(0, True), (19, True), (20, False)])
def test_a_live_camera_out_of_step_is_told_once(
    with_depth: int, is_told: bool, settings: SourceSettings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    shots = [shot(0.0)] * with_depth + [shot(0.2)] * (300 - with_depth)
    camera = DepthCamera(Scripted(shots), settings, clock)
    frames = camera.frames()
    told_at = [index for index, _ in zip(range(300), frames, strict=False) if caplog.records and index < 101]
    assert told_at == ([100] if is_told else [])
    assert [record.levelname for record in caplog.records] == ["WARNING"] * is_told
    if is_told:
        assert f"scripted: only {with_depth} of 100 pictures" in caplog.text


def test_silence_is_borne_as_long_as_the_settings_say(settings: SourceSettings, clock: Clock) -> None:
    for shots, patience_s in (([], settings.open_timeout_s), ([shot(0.0)], settings.stall_timeout_s)):
        camera = DepthCamera(Scripted(shots), settings, clock)
        began_s = clock.monotonic_s()
        with pytest.raises(SourceStalled, match=f"scripted sent no picture for {patience_s:g} s"):
            list(camera.frames())
        assert patience_s <= clock.monotonic_s() - began_s < patience_s + 1


def test_closing_is_idempotent_and_waits_for_the_reader(settings: SourceSettings, clock: Clock) -> None:
    device = Scripted([shot(0.0)] * 3)
    camera = DepthCamera(device, settings, clock)
    frames = camera.frames()
    next(frames)
    camera.close()
    assert device.closed == 0  # a frame is being read
    assert list(frames) == [] and device.closed == 1
    camera.close()
    assert device.closed == 1
