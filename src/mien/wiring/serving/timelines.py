"""The area of timelines, put together."""

from mien.domain.clock import Clock
from mien.service.area import Area
from mien.service.timelines.routes import build
from mien.settings.tree import Settings
from mien.wiring.people import build_timeline_search
from mien.wiring.stores import Stores


def build_timelines(settings: Settings, stores: Stores, clock: Clock) -> Area:
    """The routes that tell of timelines, by the purpose that the settings declare."""
    return build(build_timeline_search(settings, stores, clock))
