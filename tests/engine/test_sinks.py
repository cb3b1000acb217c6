from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.scripted import at, flat, scene

from mien.domain.clock import SystemClock
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.events import StrangerSeen
from mien.engine.sinks import HistorySink, ResultSink
from mien.events.recorder import Recorder
from mien.events.rules import EventSettings, SightingRules
from mien.results.summary import Summary
from mien.results.writer import ResultWriter
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.readings import SqlReadings


@pytest.fixture
def rules() -> SightingRules:
    ids = count()
    return SightingRules(EventSettings(), lambda: f"event-{next(ids)}")


def test_results_carry_the_last_decision_about_a_track_in_all_its_rows(
    build_pipeline, tmp_path: Path, clock: SystemClock
) -> None:
    pipeline = build_pipeline()
    with ResultWriter(tmp_path / "out", EMOTION_LABELS, 1, clock) as writer:
        sink = ResultSink(writer, "clip", 25.0)
        said = []
        for number in range(20):
            frame = at(flat((320, 120), [100]), number, camera="clip")
            reading = pipeline.process(frame)
            said.append(reading.faces[0].identity)
            sink.add(frame, reading)
        sink.finish(40)
        writer.close(Summary(40, 20, 1.0, 0.0, 0.0, 1.0, 100.0))
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    assert said[0] == "undecided" and said[-1] == "unknown"
    assert [(row["identity"], row["person_id"]) for row in rows] == [("unknown", "unknown-0001")] * 20
    assert "data:image/" in (tmp_path / "out" / "report.html").read_text()


def test_history_takes_readings_and_each_visit_once(
    build_pipeline, database: Database, clock: SystemClock, rules: SightingRules
) -> None:
    readings, events, pipeline = SqlReadings(database), SqlEvents(database), build_pipeline()
    run = readings.start_run("door", datetime(2024, 5, 1, tzinfo=UTC))
    with Recorder(events, readings) as recorder:
        sink = HistorySink(recorder, run, rules, clock)
        for number in range(20):
            frame = at(flat((320, 120), [100]), number)
            sink.add(frame, pipeline.process(frame))
        empty = at(scene((320, 120)), 20)
        sink.add(empty, pipeline.process(empty))
    kept = list(readings.read(run))
    assert [reading.index for reading in kept] == list(range(20))
    assert kept[-1].faces[0].person_id == "unknown-0001" and kept[-1].faces[0].probabilities
    (event,) = events.latest(10)
    assert isinstance(event, StrangerSeen) and (event.person_id, event.camera) == ("unknown-0001", "door")
