"""What a deployment is for, answered for: on record, and told where it keeps something from being done."""

import logging
from contextlib import ExitStack
from hashlib import sha256

from mien.domain.clock import Clock
from mien.privacy.audit.chain import Verdict
from mien.privacy.audit.entry import Entry
from mien.privacy.purpose import Purpose
from mien.settings.tree import Settings
from mien.store.home import Home
from mien.store.journal import Fact
from mien.wiring.stores import Stores, build_audit, build_stores

_log = logging.getLogger(__name__)


def audit_entries(settings: Settings, clock: Clock, last: int | None = None) -> list[Entry]:
    """What is on record, the oldest first; a home that is not there stays so. Raises StoreError."""
    if not _is_there(settings):
        return []
    with ExitStack() as stack:
        return list(build_audit(build_stores(settings, stack), clock).entries(last))


def verify_audit(settings: Settings, clock: Clock) -> Verdict:
    """Whether the log is what was written, and holds what the database heard of; raises StoreError."""
    if not _is_there(settings):
        return Verdict(0)
    with ExitStack() as stack:
        return build_audit(build_stores(settings, stack), clock).verify()


def _is_there(settings: Settings) -> bool:
    home = Home(settings.home)
    return home.database.exists() or home.audit.exists()


def answer_for_purpose(settings: Settings, clock: Clock, stores: Stores | None = None) -> Purpose:
    """What the settings declare, once for each run that looks at people.

    The audit log is told where that differs from what it last said, and that expressions are refused, where they are;
    so is the user, in one line. Raises StoreError.
    """
    purpose = Purpose.of(settings.privacy)
    is_default = purpose == Purpose()
    if stores is None and is_default and not _is_there(settings):
        return purpose
    with ExitStack() as stack:
        audit = build_audit(stores or build_stores(settings, stack), clock)
        declared, before = _facts(purpose), audit.latest("purpose.declared")
        if declared != (before.facts if before else _facts(Purpose())):
            audit.append("purpose.declared", facts=declared)
        if not purpose.allows_expressions:
            audit.append("expression.refused", facts={"purpose": purpose.name, "basis": purpose.basis})
            _log.warning("%s", purpose.why_not)
    return purpose


def _facts(purpose: Purpose) -> dict[str, Fact]:
    """What the log says of a purpose: of the reference a digest, for it is a text that may hold a name."""
    facts: dict[str, Fact] = {"purpose": purpose.name, "basis": purpose.basis}
    return {**facts, "reference": sha256(purpose.reference.encode()).hexdigest()} if purpose.reference else facts
