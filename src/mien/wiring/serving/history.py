"""The areas that tell of what was kept over time, put together: timelines, and exports."""

from mien.domain.clock import Clock
from mien.service.area import Area
from mien.service.exports import routes as exports
from mien.service.timelines import routes as timelines
from mien.settings.tree import Settings
from mien.wiring.people import build_timeline_search
from mien.wiring.rights import build_history_export
from mien.wiring.stores import Stores


def build_timelines(settings: Settings, stores: Stores, clock: Clock) -> Area:
    """The routes that tell of timelines, by the purpose that the settings declare."""
    search = build_timeline_search(settings, stores, clock)
    return timelines.build(search, build_history_export(settings, stores, clock))


def build_exports(settings: Settings, stores: Stores, clock: Clock) -> Area:
    """The routes that hand out what is kept of a range of time, by that purpose."""
    return exports.build(build_history_export(settings, stores, clock))
