import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.encoding import write_video
from tests.support.scenes import numbered

from mien.domain.clock import SystemClock
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import ResultError
from mien.engine.batch import Batch, BatchSettings, BatchTools
from mien.engine.files import FileProgress
from mien.pipeline.timings import StageTimings
from mien.results.writer import ResultWriter
from mien.sources.opening import open_source
from mien.sources.source import Source, SourceSettings


@pytest.fixture
def tools(build_pipeline, clock: SystemClock) -> BatchTools:
    return BatchTools(
        lambda source: build_pipeline(source.name, is_still=source.is_still),
        (),
        StageTimings(),
        lambda spec: open_source(spec, SourceSettings(), clock),
        4,
        clock,
    )


def picture(path: Path) -> str:
    assert cv2.imwrite(str(path), np.full((60, 80, 3), 90, np.uint8))
    return str(path)


def test_an_input_that_fails_is_told_and_the_others_are_done(tools: BatchTools, tmp_path: Path, clock) -> None:
    clip = write_video(tmp_path / "clip.mp4", numbered(12, (160, 90)))
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:200])
    (tmp_path / "empty.jpg").write_bytes(b"")
    specs = [
        str(tmp_path / "absent.mp4"),
        picture(tmp_path / "a.png"),
        "gopher://me:hunter2@host/x",
        str(tmp_path / "empty.jpg"),
        str(clip),
        str(tmp_path / "cut.mp4"),
    ]
    told: list[tuple[str, int]] = []

    def on_progress(source: Source, progress: FileProgress) -> None:
        told.append((Path(source.name).name, progress.analysed))

    with ResultWriter(tmp_path / "out", EMOTION_LABELS, len(specs), clock) as writer:
        batch = Batch(tools, writer, BatchSettings(every_n=2), on_progress)
        result = batch.run(specs, started_s=clock.monotonic_s() - 3)
    assert [failure.split(" ")[0].rsplit("/", 1)[-1] for failure in result.failures] == [
        *("absent.mp4", "x", "empty.jpg", "cut.mp4"),
    ]
    assert "hunter2" not in str(result)
    assert told == [("a.png", 1)] + [("clip.mp4", number) for number in range(1, 7)]
    assert (result.summary.frames_decoded, result.summary.frames_analysed) == (13, 7)
    assert result.summary.startup_s >= 3 and 0 < result.summary.wall_s < 30
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [one["status"] for one in written["sources"]] == ["failed", "ok", "failed", "failed", "ok", "failed"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in result.files}


def test_a_video_that_breaks_off_keeps_what_was_read(tools: BatchTools, tmp_path: Path, clock) -> None:
    clip = write_video(tmp_path / "clip.mp4", numbered(100, (320, 180)), options={"movflags": "faststart"})
    half = tmp_path / "half.mp4"
    half.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with ResultWriter(tmp_path / "out", EMOTION_LABELS, 1, clock) as writer:
        result = Batch(tools, writer, BatchSettings(), lambda *_: None).run([str(half)], clock.monotonic_s())
    assert len(result.failures) == 1 and "before its end" in result.failures[0]
    assert 10 < result.summary.frames_analysed < 100
    (source,) = json.loads((tmp_path / "out" / "summary.json").read_text())["sources"]
    assert source["status"] == "failed" and source["frames_analysed"] == result.summary.frames_analysed


def test_results_that_cannot_be_written_end_everything(tools: BatchTools, tmp_path: Path, clock) -> None:
    folder = tmp_path / "out"

    def full(*_: object) -> None:
        raise ResultError("the disk is full")

    with pytest.raises(ResultError, match="full"), ResultWriter(folder, EMOTION_LABELS, 1, clock) as writer:
        Batch(tools, writer, BatchSettings(), full).run([picture(tmp_path / "a.png")], 0.0)
    assert not folder.exists()
