"""Videos and servers for the tests of sources, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.encoding import EncodedVideo, encode, write_video
from tests.support.rtsp import RtspServer
from tests.support.scenes import numbered

from mien.domain.clock import SystemClock
from mien.sources.source import SourceSettings


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def settings() -> SourceSettings:
    """As shipped, with everything that is waited for ten times shorter."""
    return SourceSettings(open_timeout_s=1.5, stall_timeout_s=0.5, backoff_min_s=0.05, backoff_max_s=0.4)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 numbered frames at 25 fps, H.264 with the index in front of the pictures."""
    path = tmp_path_factory.mktemp("videos") / "clip.mp4"
    return write_video(path, numbered(120), options={"movflags": "faststart"})


@pytest.fixture(scope="session")
def encoded() -> EncodedVideo:
    """Two seconds of numbered frames at 25 fps, ready to be sent."""
    return encode(numbered(50), (320, 180), 25)


@pytest.fixture
def server(encoded: EncodedVideo) -> Iterator[RtspServer]:
    """Two cameras, ``door`` and ``yard``."""
    with RtspServer({"door": encoded, "yard": encoded}) as running:
        yield running
