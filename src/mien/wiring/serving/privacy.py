"""What the routes about privacy need, over the home that is served."""

from collections.abc import Callable, Collection

from mien.domain.clock import Clock
from mien.service.privacy.desk import PrivacyDesk
from mien.settings.tree import Settings
from mien.wiring.curation import unrecognised
from mien.wiring.rights import build_consents, build_forgetting, build_personal_export, build_purging
from mien.wiring.serving.people import build_consenting
from mien.wiring.stores import Stores, build_audit


def build_privacy_desk(
    settings: Settings, stores: Stores, clock: Clock, heed: Callable[[Collection[str]], None] = lambda _: None
) -> PrivacyDesk:
    """It, beside cameras whose threads keep people meanwhile, and ``heed`` who was forgotten."""
    return PrivacyDesk(
        settings.privacy,
        stores.people,
        build_consents(stores, clock),
        build_consenting(settings, clock),
        lambda: unrecognised(settings, stores),
        build_forgetting(stores, clock, is_beside_others=True),
        build_personal_export(stores, clock),
        build_purging(settings, stores, clock),
        build_audit(stores, clock),
        stores.accounts,
        clock,
        heed,
    )
