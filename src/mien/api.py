"""mien as a library: one call for a picture, an Analyzer for videos and for many pictures."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import SystemClock
from mien.domain.frame import Frame
from mien.domain.readings import FaceReading, FrameReading
from mien.engine.staging import staged
from mien.pipeline.masking import masked_frame
from mien.settings import Settings, load_settings
from mien.sources.opening import open_picture
from mien.sources.pixels import ArrayPixels
from mien.sources.sampling import Sampler
from mien.wiring.assembly import assemble, camera_settings, open_whole

Picture = str | Path | NDArray[np.uint8]


class Analyzer:
    """Reads the faces of pictures and videos with models that are loaded once.

    Use it as a context manager, or close it. Faces are looked for among the people of the home (``MIEN_HOME``); in
    videos strangers are given ids that stay, a single picture leaves no trace. Without settings those of the home's
    ``mien.yaml`` and of the environment hold; models are fetched at first use. Raises MienError.

        with mien.Analyzer() as analyzer:
            for reading in analyzer.video("meeting.mp4"):
                print(reading.time_s, [face.person_name or face.person_id for face in reading.faces])
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self._clock = SystemClock()
        with ExitStack() as stack:
            self._pipelines = assemble(self.settings, stack, self._clock).pipelines
            self._stack = stack.pop_all()

    def picture(self, picture: Picture) -> tuple[FaceReading, ...]:
        """The faces of one picture: a path, or an array (h, w, 3) BGR or (h, w) grey, uint8.

        Raises SourceError where a file cannot be read, UsageError where it is a video (a GIF is one) or an address that
        of a camera, ValueError where an array is no picture.
        """
        if isinstance(picture, np.ndarray):
            frame = Frame("array", 0, 0.0, self._clock.monotonic_s(), ArrayPixels(picture))
        else:
            with closing(open_picture(str(picture), self.settings.capture, self._clock)) as source:
                frame = next(source.frames())
        pipeline = self._pipelines.build_query(camera_settings(self.settings, frame.camera))
        return pipeline.process(masked_frame(frame, self.settings.depth)).faces

    def video(self, source: str | Path, every_n: int = 0, fps: float = 0.0) -> Iterator[FrameReading]:
        """The readings of a video file, a stream or a webcam, frame by frame, while it is being read.

        ``every_n`` takes each n-th frame, ``fps`` so many frames a second; a file is otherwise read whole. Identities
        are those known at each moment: a track's first rows may be undecided. Raises SourceError.
        """
        sampler = Sampler(every_n, fps)
        with closing(open_whole(str(source), self.settings, self._clock)) as opened:
            own = camera_settings(self.settings, opened.name)
            pipeline = self._pipelines.build(opened.name, own, opened.is_still)
            with staged(frame for frame in opened.frames() if sampler.wants(frame)) as frames:
                for frame in frames:
                    yield pipeline.process(frame)

    def close(self) -> None:
        """Give back the models and the database; idempotent."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def analyze(picture: Picture, settings: Settings | None = None) -> tuple[FaceReading, ...]:
    """The faces of one picture: who each is, its apparent expression, and how good the picture of it is.

    ``picture`` is a path or an array (h, w, 3) BGR or (h, w) grey, uint8. Loads the models for this one call: use an
    Analyzer for many pictures. Raises as Analyzer does.
    """
    with Analyzer(settings) as analyzer:
        return analyzer.picture(picture)
