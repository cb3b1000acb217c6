"""Sources as settings describe them: here alone they are opened, without their background where that is masked."""

from collections.abc import Callable
from typing import Protocol

from mien.domain.clock import Clock
from mien.pipeline.masking import masked
from mien.settings.tree import CameraSettings, Settings, camera_settings
from mien.sources.opening import open_live, open_source
from mien.sources.reconnect import LiveCamera
from mien.sources.sampling import Sampler
from mien.sources.source import Source


class OpenCamera(Protocol):
    """Makes the camera of a name, not started yet."""

    def __call__(self, name: str, own: CameraSettings, clock: Clock) -> LiveCamera:
        """Opens nothing, so that it never fails."""
        ...


def open_camera(
    name: str, own: CameraSettings, clock: Clock, wrap: Callable[[Source], Source] = lambda source: source
) -> LiveCamera:
    """The camera that settings describe; ``wrap`` puts around its source what is to see each frame as it comes."""
    return LiveCamera(
        name,
        lambda: wrap(masked(open_live(own.source, own.capture, clock), own.depth)),
        own.capture,
        clock,
        Sampler(own.every, own.fps),
    )


def open_whole(spec: str, settings: Settings, clock: Clock) -> Source:
    """A source that is read whole, without its background where that is masked; raises as `open_source` does."""
    return open_as_camera(camera_settings(settings, spec), clock)


def open_as_camera(own: CameraSettings, clock: Clock) -> Source:
    """The same by settings of its own."""
    return masked(open_source(own.source, own.capture, clock), own.depth)
