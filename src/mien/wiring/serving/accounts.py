"""What keeps accounts, beside a service that may be running over the same home."""

import secrets

from mien.domain.clock import Clock
from mien.service.access.entrance import Entrance
from mien.service.accounts.accounts import AccountKeeping
from mien.wiring.stores import Stores, build_audit

_NOBODYS_BYTES = 32


def build_accounts(stores: Stores, clock: Clock) -> AccountKeeping:
    """It, for whoever is at the terminal; nobody is let in by it."""
    trail = build_audit(stores, clock)
    entrance = Entrance(stores.accounts, trail, clock, secrets.token_urlsafe(_NOBODYS_BYTES))
    return AccountKeeping(stores.accounts, entrance, trail, clock)
