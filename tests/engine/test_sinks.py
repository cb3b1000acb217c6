from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.support.faces import axis, kept, like, seen
from tests.support.scripted import GreyRecogniser, at, flat, scene

from mien.domain.clock import SystemClock
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.events import StrangerSeen
from mien.domain.faces import FaceCrops, Recognition, TrackedFaces
from mien.domain.frame import Frame
from mien.engine.sinks import HistorySink, ResultSink
from mien.events.recorder import Recorder
from mien.events.rules import EventSettings, SightingRules
from mien.gallery.gallery import Gallery
from mien.pipeline.following import Followed
from mien.results.summary import Summary
from mien.results.writer import ResultWriter
from mien.sources.sampling import Sampler
from mien.store.sql.database import Database
from mien.store.sql.events import SqlEvents
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.readings import SqlReadings

COSTS = {"wall_s": 1.0, "startup_s": 0.0, "cpu_s": 1.0, "peak_rss_mb": 100.0}


class ShadeRecogniser(GreyRecogniser):
    """Embeds a face the more like the first axis the brighter it is."""

    def recognise(self, crops: FaceCrops) -> Recognition:
        return seen(*(like(axis(0), float(image.mean()) / 250) for image in crops.images))


class Foreseen:
    """Follows tracks 1, 2, … of all faces of a picture, of which it shows some, frame by frame."""

    def __init__(self, shown: list[tuple[int, ...]]) -> None:
        self._shown = shown

    def follow(self, frame: Frame) -> Followed:
        ids = np.array(self._shown[frame.index], np.int64)
        faces = frame.pixels.faces.select(ids - 1)
        return Followed(frame, TrackedFaces(faces, ids), np.ones(len(ids), np.bool_), ())


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
        sink.finish(pipeline.finish(), 40)
        writer.close(Summary(frames_decoded=40, frames_analysed=20, **COSTS))
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    assert said[0] == "undecided" and said[-1] == "unknown"
    assert [(row["identity"], row["person_id"]) for row in rows] == [("unknown", "unknown-0001")] * 20
    assert "data:image/" in (tmp_path / "out" / "report.html").read_text()


def test_no_person_is_twice_in_a_frame_though_one_of_two_lost_it_out_of_view(
    build_pipeline, gallery: Gallery, database: Database, tmp_path: Path, clock: SystemClock
) -> None:
    ada = SqlPeople(database).add_person("Ada", [kept(axis(0))], clock.now()).person_id
    gallery.refresh()
    shown: list[tuple[int, ...]] = [(1, 2)] * 4 + [(2,)] * 6  # the second face turns to the camera when it is alone
    pipeline = build_pipeline(following=Foreseen(shown), recogniser=ShadeRecogniser())
    said = []
    with ResultWriter(tmp_path / "out", EMOTION_LABELS, 1, clock) as writer:
        sink = ResultSink(writer, "clip", 0.4)
        for number, ids in enumerate(shown):
            frame = at(flat((320, 120), [150, 40 if 1 in ids else 240]), number, fps=0.4, camera="clip")
            reading = pipeline.process(frame)
            said.append({face.track_id: face.person_name for face in reading.faces})
            sink.add(frame, reading)
        sink.finish(pipeline.finish(), len(shown))
        writer.close(Summary(frames_decoded=10, frames_analysed=10, **COSTS))
    assert said[3] == {1: "Ada", 2: ""} and said[-1] == {2: "Ada"}
    rows = pq.read_table(tmp_path / "out" / "readings.parquet").to_pylist()
    assert {row["track_id"] for row in rows if row["person_id"] == ada} == {2}
    named = [(row["frame"], row["person_id"]) for row in rows if row["person_id"]]
    assert len(named) == len(set(named)) == len(shown)


def test_history_takes_some_readings_and_each_visit_once(
    build_pipeline, database: Database, clock: SystemClock, rules: SightingRules
) -> None:
    readings, events, pipeline = SqlReadings(database), SqlEvents(database), build_pipeline()
    run = readings.start_run("door", datetime(2024, 5, 1, tzinfo=UTC))
    with Recorder(events, readings) as recorder:
        sink = HistorySink(recorder, run, [rules], Sampler(fps=5), clock)
        for number in range(20):
            frame = at(flat((320, 120), [100]), number)
            sink.add(frame, pipeline.process(frame))
        empty = at(scene((320, 120)), 20)
        sink.add(empty, pipeline.process(empty))
    kept = list(readings.read(run))
    assert [reading.index for reading in kept] == [0, 5, 10, 15]
    assert kept[-1].faces[0].person_id == "unknown-0001" and kept[-1].faces[0].probabilities
    (event,) = events.latest(10)
    assert isinstance(event, StrangerSeen) and (event.person_id, event.camera) == ("unknown-0001", "door")
