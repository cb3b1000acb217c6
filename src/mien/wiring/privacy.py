"""What a deployment is for, answered for: on record, and told where it keeps something from being done."""

import logging
from hashlib import sha256

from mien.domain.clock import Clock
from mien.privacy.audit.head import FileHead
from mien.privacy.audit.log import AuditLog
from mien.privacy.purpose import Purpose
from mien.settings.tree import Settings
from mien.store.home import Home
from mien.store.journal import Fact

_log = logging.getLogger(__name__)


def build_audit(settings: Settings, clock: Clock, actor: str | None = None) -> AuditLog:
    """The log of what was done about the people of the home; nothing is made by asking for it."""
    home = Home(settings.home)
    return AuditLog(home.audit, clock, FileHead(home.audit_head), actor)


def answer_for_purpose(settings: Settings, clock: Clock) -> Purpose:
    """What the settings declare, once for each run that looks at people.

    The audit log is told where that differs from what it last said, and that expressions are refused, where they are;
    so is the user, in one line. Raises StoreError.
    """
    purpose, audit = Purpose.of(settings.privacy), build_audit(settings, clock)
    declared = _facts(purpose)
    before = audit.latest("purpose.declared")
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
