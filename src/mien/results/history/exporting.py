"""Writing out what a home has kept of a range of time, on record, to whoever asked or into a file."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import pyarrow as pa

from mien.domain.clock import Clock
from mien.domain.errors import UsageError
from mien.domain.people.timelines import Span
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.purpose import PrivacySettings, Purpose
from mien.results.atomic import PendingFile, writing
from mien.results.columns import emotion_schema
from mien.results.formats import csv_pieces, json_pieces, parquet_pieces
from mien.results.history.events import EventTable
from mien.results.history.readings import ReadingTable
from mien.results.history.report import HistoryReport
from mien.results.history.selection import Asked, Selection
from mien.results.tables import emotion_results
from mien.results.timelines.table import timeline_table
from mien.results.timelines.timelines import TimelineSearch
from mien.store.outputs import noted
from mien.store.records import Records

What = Literal["report", "readings", "emotion_results", "events"]
"""*emotion_results*: the readings that hold an expression, in the columns of ``emotion_results.csv``."""
Format = Literal["html", "csv", "jsonl", "parquet"]
WHATS: tuple[What, ...] = get_args(What)

_TABLE: tuple[Format, ...] = ("csv", "jsonl", "parquet")
FORMATS: Mapping[What, tuple[Format, ...]] = MappingProxyType(
    {"report": ("html",), "readings": _TABLE, "emotion_results": _TABLE, "events": _TABLE}
)
"""In which formats each is written, the usual one first."""
MEDIA_TYPES: Mapping[Format, str] = MappingProxyType(
    {
        "html": "text/html; charset=utf-8",
        "csv": "text/csv; charset=utf-8",
        "jsonl": "application/jsonl",
        "parquet": "application/vnd.apache.parquet",
    }
)
_PIECES: Mapping[Format, Callable[[pa.Schema, Iterable[pa.RecordBatch]], Iterator[bytes]]] = MappingProxyType(
    {"csv": csv_pieces, "jsonl": json_pieces, "parquet": parquet_pieces}
)


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file that is handed over: what it is called, its media type, and its bytes piece by piece."""

    name: str
    media_type: str
    pieces: Iterator[bytes]


class HistoryExport:
    """Writes out readings, events, and a report over them: copies outside of mien, which nothing done there reaches.

    Each is on record in the audit log. Those who are in the recycle bin, or ignored, are in none unless they are asked
    for by themselves, nor is what somebody did not agree to.
    """

    def __init__(
        self,
        records: Records,
        trail: AuditTrail,
        timelines: TimelineSearch,
        privacy: PrivacySettings,
        clock: Clock,
        version: str = "",
    ) -> None:
        self._records = records
        self._trail = trail
        self._timelines = timelines
        self._purpose = Purpose.of(privacy)
        self._hides_strangers = privacy.blur_strangers
        self._clock = clock
        self._version = version

    def hand_over(self, what: What, form: Format, asked: Asked) -> HistoryFile:
        """What was asked for, to whoever did, read as its pieces are; it is on record before the first one.

        Raises UsageError, PersonUnknown, GalleryError, StoreError; StoreError on the way, too.
        """
        selection = self._selection(what, form, asked)
        pieces = self._pieces(what, form, selection)
        first = next(pieces, b"")  # what cannot be begun is not on record
        self._trail.append("history.exported", *_told(what, form, selection))
        return HistoryFile(_name(what, form, selection), MEDIA_TYPES[form], filter(None, chain((first,), pieces)))

    def foresee(self, what: What, form: Format, asked: Asked) -> str:
        """What a file that is asked for would be called; nothing is read, and nothing on record. Raises as it would."""
        return _name(what, form, self._selection(what, form, asked))

    def hand_over_timelines(
        self, who: Sequence[str], span: Span, begin: datetime | None, end: datetime | None
    ) -> HistoryFile:
        """The timelines of people as a table, on record; raises as the search for them does, and StoreError."""
        found = self._timelines.find(who, span, begin, end)
        told = {
            "exported": "timelines",
            "format": "csv",
            "whom": "chosen",
            "cameras": "all",
            "begins": found.period.begins_at.isoformat(),
            "ends": found.period.ends_at.isoformat(),
        }
        table = timeline_table(found).encode()
        self._trail.append("history.exported", tuple(one.person.person_id for one in found.people), told)
        return HistoryFile("timelines.csv", MEDIA_TYPES["csv"], iter((table,)))

    def write(self, what: What, form: Format, asked: Asked, place: Path, *, overwrites: bool = False) -> None:
        """Write it into a file outside the home, whole or not at all, and remember where that is.

        Raises as `hand_over` does, UsageError where there is something already that is not to be overwritten, and
        ResultError.
        """
        self._records.home.check_outside(place)
        if place.is_dir() or (place.exists() and not overwrites):
            raise UsageError(f"{place} is {'a folder' if place.is_dir() else 'there already'}")
        selection = self._selection(what, form, asked)
        with noted(self._records.outputs, "report", self._clock, place), PendingFile(place) as pending, writing(place):
            pending.part.touch(0o600)
            with pending.part.open("wb") as file:
                file.writelines(self._pieces(what, form, selection))
            with self._trail.telling("history.exported", *_told(what, form, selection)):
                pending.commit()

    def _selection(self, what: What, form: Format, asked: Asked) -> Selection:
        if form not in FORMATS[what]:
            raise UsageError(f"{what} is written as {' or '.join(FORMATS[what])}, not as {form}")
        return Selection.of(asked, self._records, self._purpose, self._clock.now())

    def _pieces(self, what: What, form: Format, selection: Selection) -> Iterator[bytes]:
        if what == "report":
            return self._report(selection)
        return _PIECES[form](*self._table(what, selection))

    def _report(self, selection: Selection) -> Iterator[bytes]:
        report = HistoryReport(self._records, self._timelines, self._clock, hides_strangers=self._hides_strangers)
        yield report.page(selection, self._version).render().encode()

    def _table(self, what: What, selection: Selection) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        if what == "events":
            events = EventTable(self._records.events, selection)
            return events.schema, events.batches()
        readings = ReadingTable(self._records.readings, selection)
        if what == "readings":
            return readings.schema, readings.batches()
        found = (emotion_results(batch, readings.labels, began_at) for began_at, batch in readings.batches_of_runs())
        return emotion_schema(), found


def _name(what: What, form: Format, selection: Selection) -> str:
    return f"{what}-{selection.begin:%Y%m%d}-{selection.end:%Y%m%d}.{form}"


def _told(what: What, form: Format, selection: Selection) -> tuple[tuple[str, ...], dict[str, str]]:
    """What the audit log says: ids of those chosen, and what was written of whom, from when until when."""
    return tuple(one.person_id for one in selection.chosen), {
        "exported": what,
        "format": form,
        "whom": "chosen" if selection.chosen else "everybody",
        "cameras": "one" if selection.camera else "all",
        "begins": selection.begin.isoformat(),
        "ends": selection.end.isoformat(),
    }
