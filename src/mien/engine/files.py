"""Analysing a source whole: every frame is decoded in order, nothing is dropped, and stages run side by side."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mien.domain.errors import SourceError
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.sinks import ReadingSink
from mien.engine.staging import staged
from mien.pipeline.camera import CameraPipeline
from mien.sources.sampling import Sampler
from mien.sources.source import Source

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class FileProgress:
    """How far the analysis of one source is.

    ``faces`` are the readings, ``expressions`` those of which an expression was measured, ``unsure`` those of them that
    say none; ``depths`` are the analysed frames that came with depth. ``failure`` is why the source broke off, or
    ``""``; what was read until then stands.
    """

    decoded: int = 0
    analysed: int = 0
    failure: str = ""
    faces: int = 0
    expressions: int = 0
    unsure: int = 0
    depths: int = 0

    def add(self, frame: Frame, reading: FrameReading) -> None:
        """Count one analysed frame, its depth, its faces and their expressions."""
        self.analysed += 1
        self.depths += frame.depth_mm is not None
        self.faces += len(reading.faces)
        self.expressions += sum(bool(face.probabilities) for face in reading.faces)
        self.unsure += sum(face.is_unsure for face in reading.faces)


def analyse(
    source: Source,
    pipeline: CameraPipeline,
    sampler: Sampler,
    sink: ReadingSink,
    on_progress: Callable[[FileProgress], None],
) -> FileProgress:
    """Read a source to its end; decoding, following and reading each have a thread of their own.

    The sink and ``on_progress`` are called in the caller's thread. A source that breaks off ends the analysis and is
    told in the result; errors of the sink are raised.
    """
    progress = FileProgress()
    _log.debug("%s: begun", source.name)  # a path may hold a name, which no line at info level does
    with (
        staged(_sampled(source, sampler, progress)) as frames,
        staged(pipeline.follow(frame) for frame in frames) as followed,
    ):
        try:
            for one in followed:
                reading = pipeline.read(one)
                sink.add(one.frame, reading)
                progress.add(one.frame, reading)
                on_progress(progress)
        except SourceError as error:
            progress.failure = str(error)
    _log.info("a source has ended: %d of %d frames analysed", progress.analysed, progress.decoded)
    return progress


def _sampled(source: Source, sampler: Sampler, progress: FileProgress) -> Iterator[Frame]:
    for frame in source.frames():
        progress.decoded += 1
        if sampler.wants(frame):
            yield frame
