"""The area of pictures that somebody asks about, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.domain.clock import Clock
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.service.analyze.routes import build
from mien.service.area import Area
from mien.sources.images import SENT_FORMATS, SentPicture, decode_picture
from mien.sources.pixels import ArrayPixels
from mien.telemetry.process import usable_cpus
from mien.wiring.assembly import Assembly, camera_settings


def build_analyze(models: Callable[[], Assembly], clock: Clock) -> Area:
    """The route; ``models`` are those of the service, and raise ModelError as long as they are not there."""
    return build(QueryReader(models, clock), usable_cpus())


@dataclass(frozen=True, slots=True)
class QueryReader:
    """Reads each picture by a pipeline of its own, which asks the gallery and leaves it as it is."""

    models: Callable[[], Assembly]
    clock: Clock

    def read(self, picture: SentPicture) -> FrameReading:
        assembly, begun_s = self.models(), self.clock.monotonic_s()
        limit = assembly.settings.capture.max_megapixels
        image = decode_picture(picture.content, picture.name, limit, SENT_FORMATS, is_still=True)
        frame = Frame(picture.name, 0, 0.0, begun_s, ArrayPixels(image))
        return assembly.pipelines.build_query(camera_settings(assembly.settings, "")).process(frame)
