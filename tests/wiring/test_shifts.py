"""Shifts of expression from a film to the history: of a real face, and only where they may be read and kept."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.faces import HandClock

from mien.domain.clock import SystemClock
from mien.domain.events import Event, ExpressionShifted
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.sinks import HistorySink
from mien.events.recorder import Recorder
from mien.settings import Settings, load_settings
from mien.sources.opening import open_source
from mien.sources.sampling import Sampler
from mien.wiring.assembly import Assembly, assemble, build_rules, camera_settings
from mien.wiring.rights import build_consents

FPS = 10.0


@pytest.fixture(scope="module")
def film(shared: Path) -> list[Frame]:
    """Somebody looks calm, frowns, looks calm and is surprised, each for more than a second, after grimaces."""
    path = shared / "data" / "videos" / "acted-d3.mp4"
    source, sampler = open_source(str(path), load_settings().capture, SystemClock()), Sampler(fps=FPS)
    return [frame for frame in source.frames() if sampler.wants(frame)]


@pytest.fixture
def assembly(tmp_path: Path, shared: Path) -> Iterator[Assembly]:
    with ExitStack() as stack:
        yield assemble(Settings(home=tmp_path, models_mirror=shared / "models"), stack, SystemClock())


def watched(assembly: Assembly, film: list[Frame]) -> list[FrameReading]:
    pipeline = assembly.pipelines.build("door", camera_settings(assembly.settings, "door"), is_still=False)
    return [pipeline.process(frame) for frame in film]


def shifts(settings: Settings, readings: list[FrameReading]) -> list[ExpressionShifted]:
    told: list[Event] = []
    for rules in build_rules(settings):
        told += [event for reading in readings for event in rules.see(reading, HandClock().now())]
    return [event for event in told if isinstance(event, ExpressionShifted)]


def test_shifts_of_a_real_face_are_kept_and_go_with_consent(assembly, film):
    told: list[Event] = []
    readings, clock, stores = watched(assembly, film), HandClock(), assembly.stores
    found = shifts(assembly.settings, readings)
    assert [(one.from_expression, one.to_expression) for one in found] == [
        ("neutral", "sadness"),
        ("sadness", "neutral"),
        ("neutral", "surprise"),
    ]
    assert len({one.person_id for one in found}) == 1 and all(one.held_s > 1 for one in found)

    with Recorder(stores.events, stores.readings, told.extend) as recorder:
        rules, run = build_rules(assembly.settings), stores.readings.start_run("door", clock.now())
        sink = HistorySink(recorder, run, rules, Sampler(fps=5.0), clock)
        for frame, reading in zip(film, readings, strict=True):
            sink.add(frame, reading)
    (stranger,) = {one.person_id for one in found}
    assert {one.event_id for one in told} == {one.event_id for one in stores.events.of_person({stranger})}
    assert len(told) == 1 + len(found)
    gone = build_consents(stores, clock).withdraw(stranger, {"expression"}, clock)
    assert gone.shifts == 3
    assert [type(one).__name__ for one in stores.events.latest(9)] == ["StrangerSeen"]

    told.clear()
    with Recorder(stores.events, stores.readings, told.extend) as recorder:
        recorder.tell(found)  # as of a camera that had read them just before
    assert told == []
    assert {face.person_id for reading in watched(assembly, film[:60]) for face in reading.faces} == {"", stranger}
    assert shifts(assembly.settings, watched(assembly, film)) == []


def test_where_the_purpose_allows_no_expressions_no_shift_is_told(assembly, film):
    readings = watched(assembly, film[:60])
    at_work = Settings(home=assembly.settings.home, privacy={"purpose": "workplace"})
    assert shifts(assembly.settings, readings) and not shifts(at_work, readings)
