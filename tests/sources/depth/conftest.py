"""Cameras that measure depth, as their drivers show them."""

import sys
from types import ModuleType

import pytest
from tests.support.depth_drivers import depthai, freenect, pyrealsense2
from tests.support.depth_drivers.bench import Bench, bench

from mien.sources.source import SourceSettings


@pytest.fixture
def settings() -> SourceSettings:
    """As shipped, with everything that is waited for much shorter."""
    return SourceSettings(open_timeout_s=0.5, stall_timeout_s=0.3, backoff_min_s=0.05, backoff_max_s=0.4)


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Bench:
    """One camera, of the size of picture that those of its kind deliver."""
    callspec = getattr(request.node, "callspec", None)
    is_oak = callspec is not None and callspec.params.get("kind") == "oak"
    return bench(1280, 720) if is_oak else bench(640, 480)


def install(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def drivers(table: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """All drivers are installed; the cameras that they see."""
    for kind in (depthai, freenect, pyrealsense2):
        install(monkeypatch, kind.stand_in(table))
    return table
