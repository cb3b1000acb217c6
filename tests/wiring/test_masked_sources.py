"""Whoever looks at a source whose background is masked gets masked frames: whole analyses and cameras alike."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.support.encoding import write_video
from tests.support.scenes import numbered

from mien.desk.feed import Feed, Told
from mien.domain.clock import SystemClock
from mien.domain.frame import Frame
from mien.settings import Settings
from mien.vision.depth.masking import GREY
from mien.wiring.assembly import camera_settings
from mien.wiring.sources import open_camera, open_whole


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film without depth."""
    return write_video(tmp_path_factory.mktemp("film") / "clip.mp4", numbered(12, (160, 90)))


def is_grey(frame: Frame | None) -> bool:
    assert frame is not None
    return bool((frame.pixels.bgr() == GREY).all())


@pytest.mark.parametrize("is_masked", [False, True])
def test_a_source_is_masked_wherever_it_is_opened(clip: Path, is_masked: bool) -> None:
    clock, settings = SystemClock(), Settings.model_validate({"depth": {"mask_background": is_masked}})
    with closing(open_whole(str(clip), settings, clock)) as source:
        assert [is_grey(frame) for frame in source.frames()] == [is_masked] * 12
    own = camera_settings(settings, str(clip))
    with closing(open_camera("door", own, clock)) as camera:
        camera.start()
        assert is_grey(camera.take(timeout_s=20)) is is_masked and camera.frame_rate == 25


def test_whoever_is_told_of_a_cameras_frames_is_told_of_masked_ones(clip: Path) -> None:
    clock, feed = SystemClock(), Feed(reach=0)
    own = camera_settings(Settings.model_validate({"depth": {"mask_background": True}}), str(clip))
    with closing(open_camera("door", own, clock, lambda source: Told(source, feed))) as camera:
        camera.start()
        assert is_grey(camera.take(timeout_s=20))
    seen = feed.newest()
    assert seen is not None and is_grey(seen.frame)
