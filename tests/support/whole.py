"""The whole web service over a home, beside an engine that is not started."""

from mien.domain.clock import Clock
from mien.settings.tree import Settings
from mien.wiring.serving.live import Watched, prepare_live
from mien.wiring.serving.serving import Service, build_service
from mien.wiring.serving.settings import Beginning
from mien.wiring.stores import Stores


def whole_service(settings: Settings, stores: Stores, clock: Clock, beginning: Beginning | None = None) -> Service:
    """Everything by HTTP; what needs models answers that it has to wait for them."""
    return build_service(settings, stores, prepare_live(settings, stores, clock, Watched({})), clock, beginning)
