"""Letting go of everything that has been kept long enough, with the proof that afterwards none of it is there."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mien.domain.clock import Clock
from mien.gallery.witness import Witness
from mien.privacy.exports import exports_in, remove_export
from mien.privacy.retention import RetentionSettings
from mien.privacy.sweeping import Sweep
from mien.store.records import Records
from mien.store.retention import Kind

_KINDS: tuple[str, ...] = (
    "stranger_crops",
    "stranger_templates",
    "sightings",
    "readings",
    "events",
    "bin",
    "exports",
    "consent",
    "leftovers",
)
"""*exports*: files made for handing over; *consent*: people whose consent has expired; *leftovers*: pictures on the
disk that nothing names, from processes that died."""


@dataclass(frozen=True, slots=True)
class Purged:
    """Rows and files by kind that went, or would go; how many are due after it, none where all went well."""

    counts: dict[str, int]
    left: int = 0


class Purging:
    """What lets go. Safe for several processes at once."""

    def __init__(
        self,
        settings: RetentionSettings,
        records: Records,
        witness: Witness,
        clock: Clock,
        complete: Callable[[], int] = lambda: 0,
    ) -> None:
        """``complete`` completes what is to be forgotten and was interrupted."""
        self._settings = settings
        self._records = records
        self._sweep = Sweep(records, clock)
        self._witness = witness
        self._clock = clock
        self._complete = complete

    def due(self) -> Purged:
        """What a purge would remove; raises StoreError."""
        return Purged(self._due(self._clock.now()))

    def _due(self, now: datetime) -> dict[str, int]:
        counts = Counter[str](self._records.retention.due(self._before(now)).counts)
        counts["exports"], counts["leftovers"] = len(self._old_exports(now)), len(self._sweep.left_over())
        counts["consent"] = len(self._records.consents.lapsing(now))
        return {kind: counts[kind] for kind in _KINDS}

    def lapse(self) -> int:
        """Let go of what rests on consent that has expired; of how many people that was. Raises StoreError."""
        lapsed = self._records.consents.lapse(self._clock.now())
        for crop in (crop for gone in lapsed for crop in gone.crops):
            self._records.media.delete(crop)
        if lapsed:
            self._records.snapshots.discard()
            self._records.outbox.deliver(self._witness.append)
        return len(lapsed)

    def purge(self) -> Purged:
        """Remove it, note what went in the audit log, and count again; raises StoreError."""
        records, now = self._records, self._clock.now()
        lapsed = records.consents.lapse(now)
        due = records.retention.purge(self._before(now))
        for crop in (*due.crops, *(crop for gone in lapsed for crop in gone.crops)):
            records.media.delete(crop)
        exports, leftovers = self._old_exports(now), self._sweep.remove_left_over()
        for path in exports:
            remove_export(path)
        if lapsed or due.counts.get("bin") or due.counts.get("stranger_templates"):
            records.snapshots.discard()
        counts = Counter[str](due.counts) + Counter(exports=len(exports), leftovers=leftovers, consent=len(lapsed))
        self._note(counts)
        self._complete()
        return Purged({kind: counts[kind] for kind in _KINDS}, left=sum(self._due(now).values()))

    def _note(self, counts: Counter[str]) -> None:
        """Let the audit log hear of rows, as they put it down themselves, and of files."""
        self._records.outbox.deliver(self._witness.append)
        for kind in ("exports", "leftovers"):
            if counts[kind]:
                self._witness.append("retention.purged", (), {"kind": kind, "records": counts[kind]})

    def _before(self, now: datetime) -> dict[Kind, datetime]:
        kept = self._settings
        ages: dict[Kind, timedelta] = {
            "stranger_crops": timedelta(hours=kept.stranger_crops_h),
            "stranger_templates": timedelta(hours=kept.stranger_templates_h),
            "sightings": timedelta(days=kept.sightings_days),
            "readings": timedelta(days=kept.readings_days),
            "events": timedelta(days=kept.events_days),
            "bin": timedelta(days=kept.bin_days),
        }
        return {kind: now - age for kind, age in ages.items()}

    def _old_exports(self, now: datetime) -> list[Path]:
        limit_s = (now - timedelta(days=self._settings.exports_days)).timestamp()
        return [path for path in exports_in(self._records.home.exports) if path.stat().st_mtime < limit_s]
