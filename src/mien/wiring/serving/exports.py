"""The area of exports, put together."""

from mien.domain.clock import Clock
from mien.service.area import Area
from mien.service.exports.routes import build
from mien.settings.tree import Settings
from mien.wiring.rights import build_history_export
from mien.wiring.stores import Stores


def build_exports(settings: Settings, stores: Stores, clock: Clock) -> Area:
    """The routes that hand out what is kept, by the purpose that the settings declare."""
    return build(build_history_export(settings, stores, clock))
