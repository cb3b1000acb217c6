import logging

import pytest
from tests.support.cameras import ListSource
from tests.support.scripted import KnowingDetector, at, scene

from mien.domain.errors import ResultError, SourceUnreadable
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.files import FileProgress, analyse
from mien.sources.sampling import Sampler


class Kept:
    """Keeps what it is told, and fails at a frame where it is asked to."""

    def __init__(self, fails_at: int = -1) -> None:
        self.readings: list[FrameReading] = []
        self._fails_at = fails_at

    def add(self, frame: Frame, reading: FrameReading) -> None:
        if frame.index == self._fails_at:
            raise ResultError("the disk is full")
        assert frame.index == reading.index
        self.readings.append(reading)


def clip(count: int) -> list[Frame]:
    return [at(scene((160, 90), (40 + number % 50, 20), side=40), number, camera="clip") for number in range(count)]


def test_every_frame_is_analysed_in_order(build_pipeline) -> None:
    sink, told = Kept(), []
    progress = analyse(
        ListSource(clip(30)),
        build_pipeline(),
        Sampler(),
        sink,
        lambda now: told.append((now.analysed, now.decoded)),
    )
    assert (progress.decoded, progress.analysed, progress.failure) == (30, 30, "")
    assert progress.expressions == sum(len(reading.faces) for reading in sink.readings) > 0 == progress.unsure
    assert [reading.index for reading in sink.readings] == list(range(30))
    assert {face.track_id for reading in sink.readings for face in reading.faces} == {1}
    assert [analysed for analysed, _ in told] == list(range(1, 31))
    assert all(decoded >= analysed for analysed, decoded in told)


def test_frames_that_the_sampler_leaves_out_are_decoded_and_not_analysed(build_pipeline) -> None:
    sink = Kept()
    progress = analyse(ListSource(clip(10)), build_pipeline(), Sampler(every_n=3), sink, lambda _: None)
    assert (progress.decoded, progress.analysed) == (10, 4)
    assert [reading.index for reading in sink.readings] == [0, 3, 6, 9]


def test_what_was_read_before_a_source_broke_off_stands(build_pipeline) -> None:
    sink = Kept()
    source = ListSource(clip(12), SourceUnreadable("clip breaks off before its end"))
    progress = analyse(source, build_pipeline(), Sampler(), sink, lambda _: None)
    assert (progress.decoded, progress.analysed, progress.failure) == (12, 12, "clip breaks off before its end")
    assert len(sink.readings) == 12


def test_a_picture_that_cannot_be_converted_breaks_its_source_off(build_pipeline) -> None:
    count = 0

    def fail_at_last() -> None:
        nonlocal count
        count += 1
        if count == 7:
            raise SourceUnreadable("clip holds a picture that cannot be converted")

    sink, pipeline = Kept(), build_pipeline(detector=KnowingDetector(fail_at_last), is_still=True)
    progress = analyse(ListSource(clip(12)), pipeline, Sampler(), sink, lambda _: None)
    assert (progress.analysed, progress.failure) == (6, "clip holds a picture that cannot be converted")
    assert len(sink.readings) == 6


def test_a_log_tells_which_source_is_read_only_where_everything_is_told(
    build_pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mien")
    analyse(ListSource(clip(10)), build_pipeline(), Sampler(every_n=3), Kept(), lambda _: None)
    told = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "mien.engine.files"]
    assert told == [("DEBUG", "clip: begun"), ("INFO", "a source has ended: 4 of 10 frames analysed")]


def test_a_source_without_a_frame(build_pipeline) -> None:
    sink = Kept()
    assert analyse(ListSource([]), build_pipeline(), Sampler(), sink, lambda _: None) == FileProgress()
    assert sink.readings == []


def test_a_sink_that_fails_ends_it_at_once(build_pipeline) -> None:
    source = ListSource(clip(200))
    with pytest.raises(ResultError, match="full"):
        analyse(source, build_pipeline(), Sampler(), Kept(fails_at=5), lambda _: None)
    assert source.taken < 30


def test_a_defect_in_a_stage_is_not_taken_for_a_bad_source(build_pipeline) -> None:
    def fail() -> None:
        raise ZeroDivisionError("defect")

    with pytest.raises(ZeroDivisionError, match="defect"):
        analyse(ListSource(clip(5)), build_pipeline(detector=KnowingDetector(fail)), Sampler(), Kept(), lambda _: None)
