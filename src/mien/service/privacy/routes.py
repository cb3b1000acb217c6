"""Routes that tell what the deployment is for, what it keeps for how long, and what was done about people."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from mien.privacy.audit.entry import Entry
from mien.privacy.purpose import MEANINGS, Purpose
from mien.service.area import Area, area
from mien.service.paging import After, Limit, Page, number_after
from mien.service.people.changing import DryRun
from mien.service.privacy import consents, rights
from mien.service.privacy.desk import PrivacyDesk
from mien.service.privacy.schemas import AuditEntry, AuditVerdict, Purged, PurposeTold, RetentionTold
from mien.service.repeats import Repeats
from mien.telemetry.wording import spoken


def build(desk: PrivacyDesk) -> Area:
    """The routes over what answers for the people of a home."""
    router = area("privacy")
    _tell_settings(router, desk)
    _tell_record(router, desk)
    _purge(router, desk)
    repeats = Repeats(desk.clock)
    consents.add(router, desk, repeats)
    rights.add(router, desk, repeats)
    return router


def _tell_settings(router: Area, desk: PrivacyDesk) -> None:
    @router.get("/privacy/purpose")
    def purpose() -> PurposeTold:
        declared = Purpose.of(desk.settings)
        return PurposeTold(
            purpose=declared.name,
            meaning=MEANINGS[declared.name],
            basis=declared.basis,
            reference=declared.reference,
            expressions=declared.allows_expressions,
            why_not=declared.why_not,
            blur_strangers=desk.settings.blur_strangers,
            purposes=dict(MEANINGS),
        )

    @router.get("/privacy/retention")
    def retention() -> RetentionTold:
        return RetentionTold(kept=asdict(desk.settings.retention))


def _tell_record(router: Area, desk: PrivacyDesk) -> None:
    @router.get("/privacy/audit")
    def audit(limit: Limit = 50, after: After = None) -> Page[AuditEntry]:
        found = [*desk.trail.entries(limit + 1, number_after(after) or None)][::-1]
        following = str(found[limit - 1].number) if len(found) > limit else None
        names = {f"account:{one.account_id}": one.name for one in desk.accounts.accounts()}
        return Page(items=[_entry(one, names) for one in found[:limit]], next=following)

    @router.get("/privacy/audit/verify")
    def verify() -> AuditVerdict:
        verdict = desk.trail.verify()
        return AuditVerdict(
            is_whole=verdict.is_whole,
            entries=verdict.entries,
            torn=verdict.torn,
            line=verdict.line,
            reason=verdict.reason,
        )


def _purge(router: Area, desk: PrivacyDesk) -> None:
    @router.post("/privacy/purge")
    def purge(dry_run: DryRun = False) -> Purged:
        with desk.alone:
            purged = desk.purging.due() if dry_run else desk.purging.purge()
        unfinished = spoken(str(purged.unfinished)) if purged.unfinished else ""
        return Purged(counts=purged.counts, left=purged.left, unfinished=unfinished, is_dry_run=dry_run)


def _entry(one: Entry, names: Mapping[str, str]) -> AuditEntry:
    facts = {name: list(value) if isinstance(value, tuple) else value for name, value in one.facts.items()}
    return AuditEntry(
        number=one.number,
        at=datetime.fromisoformat(one.at),
        action=one.action,
        people=list(one.people),
        facts=facts,
        actor=one.actor,
        actor_name=names.get(one.actor, ""),
        hash=one.hash,
    )
