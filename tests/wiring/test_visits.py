"""Visits of a real face to a live camera, kept beside it: what hangs or fails there is no camera's matter."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mien.domain.clock import SystemClock
from mien.domain.errors import StoreError
from mien.domain.frame import Frame
from mien.pipeline.camera import CameraPipeline
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.wiring.assembly import Assembly, assemble, camera_settings


@pytest.fixture
def assembly(tmp_path: Path) -> Iterator[Assembly]:
    with ExitStack() as stack:
        yield assemble(Settings(home=tmp_path / "home"), stack, SystemClock())


@pytest.fixture
def portrait(weights, catalog) -> ArrayPixels:
    return ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))


def watch(pipeline: CameraPipeline, portrait: ArrayPixels, frames: int = 12) -> set[str]:
    """Whom a camera sees that shows a picture for some seconds, until it ends."""
    seen = set()
    for index in range(frames):
        reading = pipeline.process(Frame("door", index, index / 4, index / 4, portrait))
        seen |= {face.person_id for face in reading.faces}
    pipeline.finish()
    return seen - {""}


def test_a_live_camera_does_not_wait_for_the_disk_and_every_visit_is_kept(assembly, portrait, monkeypatch) -> None:
    threads, add, may_go_on = set(), assembly.stores.sightings.add, threading.Event()

    def slowly(*told):
        threads.add(threading.current_thread().name)
        may_go_on.wait(10)
        return add(*told)

    monkeypatch.setattr(assembly.stores.sightings, "add", slowly)
    settings = camera_settings(assembly.settings, "door")
    with ExitStack() as stack:
        (person_id,) = watch(assembly.pipelines.build_live("door", settings, stack), portrait)
        assert assembly.stores.sightings.latest(9) == ()
        may_go_on.set()
    (sighting,) = assembly.stores.sightings.latest(9)
    assert (sighting.person_id, sighting.identity) == (person_id, "unknown")
    assert threads == {"mien-visits"}
    assert len(assembly.stores.sightings.views(sighting.sighting_id)) == 3


def test_a_store_that_fails_ends_no_camera_and_says_why(assembly, portrait, monkeypatch, caplog) -> None:
    def fail(*_: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(assembly.stores.sightings, "add", fail)
    settings = camera_settings(assembly.settings, "door")
    with caplog.at_level(logging.WARNING, "mien"), ExitStack() as stack:
        pipeline = assembly.pipelines.build_live("door", settings, stack)
        assert watch(pipeline, portrait) == watch(pipeline, portrait) == {"unknown-0001"}
    assert caplog.messages == [
        "a visit could not be kept: the disk is full",
        "2 visits could not be kept: the disk is full",
    ]


def test_what_is_analysed_whole_waits_and_raises(assembly, portrait, monkeypatch) -> None:
    def fail(*_: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(assembly.stores.sightings, "add", fail)
    pipeline = assembly.pipelines.build("film", camera_settings(assembly.settings, "film"), is_still=False)
    with pytest.raises(StoreError, match="the disk is full"):
        watch(pipeline, portrait)
