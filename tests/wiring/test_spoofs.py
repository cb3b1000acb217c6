"""Spoofs from the picture to the event: what the networks say of prints, and what is told of it."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from mien.domain.clock import SystemClock
from mien.domain.events import Event, SpoofSuspected
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.wiring.assembly import assemble, build_rules, camera_settings


@pytest.mark.parametrize(
    ("name", "liveness", "reason"), [("T1", "live", ""), ("F1", "spoof", "turned away"), ("F2", "spoof", "")]
)
def test_a_print_that_faces_a_camera_is_told_of_and_nothing_else(
    name: str, liveness: str, reason: str, shared: Path, tmp_path: Path, take
) -> None:
    take("minifasnet")
    settings = Settings(home=tmp_path, liveness="minifasnet", models_mirror=shared / "models")
    (path,) = (shared / "data" / "antispoof").rglob(f"*{name}.*")
    pixels = ArrayPixels(read_picture(str(path), 100))
    with ExitStack() as stack:
        assembly = assemble(settings, stack, SystemClock())
        pipeline = assembly.pipelines.build("door", camera_settings(settings, "door"), is_still=False)
        readings = [pipeline.process(Frame("door", number, number / 5, 0.0, pixels)) for number in range(8)]
    said = {(face.liveness, face.liveness_reason) for reading in readings for face in reading.faces}
    assert said == {(liveness, reason)}
    suspects = [event for event in _told(settings, readings) if isinstance(event, SpoofSuspected)]
    assert len(suspects) == (liveness == "spoof" and not reason)
    assert not any(isinstance(event, SpoofSuspected) for event in _told(Settings(home=tmp_path), readings))


def _told(settings: Settings, readings: list[FrameReading]) -> list[Event]:
    now = SystemClock().now()
    return [event for rules in build_rules(settings) for reading in readings for event in rules.see(reading, now)]
