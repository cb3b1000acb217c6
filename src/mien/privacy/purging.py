"""Letting go of everything that has been kept long enough, with the proof that afterwards none of it is there."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from mien.domain.clock import Clock
from mien.domain.errors import StoreError
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.exports import exports_in, is_older, remove_export
from mien.privacy.lapsing import Lapsing
from mien.privacy.retention import RetentionSettings
from mien.privacy.sweeping import Sweep
from mien.store.records import Records
from mien.store.retention import Follower, Kind

_KINDS: tuple[str, ...] = (
    "stranger_crops",
    "stranger_templates",
    "sightings",
    "readings",
    "rollup_minutes",
    "rollups",
    "events",
    "bin",
    "runs",
    "cameras",
    "exports",
    "consent",
    "leftovers",
)
"""*runs*: records that a camera ran; *cameras*: their names; *exports*: files made for handing over; *consent*: people
whose consent has expired; *leftovers*: pictures on the disk that nothing names, from processes that died."""
_INDEXED: tuple[Kind, ...] = ("bin", "stranger_templates")
"""What faces are searched by goes with these."""


@dataclass(frozen=True, slots=True)
class Purged:
    """Rows and files by kind that went, or would go; how many are due after it, none where all went well.

    ``unfinished`` is why somebody who was to be forgotten before could not be forgotten now either.
    """

    counts: dict[str, int]
    left: int = 0
    unfinished: StoreError | None = None


class Purging:
    """What lets go. Safe for several processes at once."""

    def __init__(
        self,
        settings: RetentionSettings,
        records: Records,
        trail: AuditTrail,
        clock: Clock,
        complete: Callable[[], int] = lambda: 0,
    ) -> None:
        """``complete`` completes what is to be forgotten and was interrupted; raises StoreError where it cannot."""
        self._settings = settings
        self._records = records
        self._sweep = Sweep(records, clock)
        self._trail = trail
        self._lapsing = Lapsing(records.consents, records.media, records.snapshots, trail.catch_up)
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
        return self._lapsing.lapse(self._clock.now())

    def purge(self) -> Purged:
        """Remove it, note what went in the audit log, and count again; raises StoreError.

        What is to be forgotten and was interrupted is completed even where something cannot be removed, and why it
        cannot be is told with what went.
        """
        now = self._clock.now()
        try:
            lapsed, rows = self.lapse(), self._purge_rows(now)
            files = {kind: self._remove(kind, there) for kind, there in self._old_files(now).items()}
        finally:
            unfinished = self._unfinished()
        counts = Counter[str](rows) + Counter(files) + Counter(consent=lapsed)
        return Purged({kind: counts[kind] for kind in _KINDS}, sum(self._due(now).values()), unfinished)

    def _unfinished(self) -> StoreError | None:
        """Complete what was interrupted, or say why that cannot be."""
        try:
            self._complete()
        except StoreError as error:
            return error
        return None

    def _purge_rows(self, now: datetime) -> Mapping[Kind | Follower, int]:
        """Remove rows and their pictures; what they say of a face is out of the index before and after."""
        records, before = self._records, self._before(now)
        counts = records.retention.due(before).counts
        is_indexed = any(counts.get(kind) for kind in _INDEXED)
        if is_indexed:
            records.snapshots.discard()
        due = records.retention.purge(before)
        if is_indexed or any(due.counts.get(kind) for kind in _INDEXED):
            records.snapshots.discard()
        for crop in due.crops:
            records.media.delete(crop)
        self._trail.catch_up()
        return due.counts

    def _old_files(self, now: datetime) -> dict[str, Collection[Callable[[], object]]]:
        """How to remove each file that no row tells of, by kind."""
        delete = self._records.media.delete
        return {
            "exports": [partial(remove_export, path) for path in self._old_exports(now)],
            "leftovers": [partial(delete, name) for name in self._sweep.left_over()],
        }

    def _remove(self, kind: str, removals: Collection[Callable[[], object]]) -> int:
        if removals:
            with self._trail.telling("retention.purged", (), {"kind": kind, "records": len(removals)}):
                for remove in removals:
                    remove()
        return len(removals)

    def _before(self, now: datetime) -> dict[Kind, datetime]:
        kept = self._settings
        ages: dict[Kind, timedelta] = {
            "stranger_crops": timedelta(hours=kept.stranger_crops_h),
            "stranger_templates": timedelta(hours=kept.stranger_templates_h),
            "sightings": timedelta(days=kept.sightings_days),
            "readings": timedelta(days=kept.readings_days),
            "rollup_minutes": timedelta(days=kept.rollup_minutes_days),
            "rollups": timedelta(days=kept.rollups_days),
            "events": timedelta(days=kept.events_days),
            "bin": timedelta(days=kept.bin_days),
        }
        return {kind: now - age for kind, age in ages.items()}

    def _old_exports(self, now: datetime) -> list[Path]:
        limit = now - timedelta(days=self._settings.exports_days)
        return [path for path in exports_in(self._records.home.exports) if is_older(path, limit)]
