"""Roll-ups in SQL: readings are added to what is there of their minute, hour and day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, tuple_, update

from mien.domain.people.timelines import SPANS, Rollup, Span, begin_of
from mien.store.sql import tables
from mien.store.sql.database import Database

_PACKED, _COUNTS, _SUMS = np.dtype("<f4"), np.dtype("<u4"), np.dtype("<f8")
_ASKED = 500  # rows in one question: SQLite takes a limited number of values
_rollups, _sets = tables.expression_rollups.c, tables.label_sets
_KEY = (_rollups.person_id, _rollups.span, _rollups.begins_at, _rollups.label_set_id)
_Key = tuple[str, Span, datetime, int]


class SqlRollups:
    """The store of roll-ups over a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(
        self,
        person_ids: Collection[str],
        span: Span | None = None,
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> tuple[Rollup, ...]:
        where: list[ColumnElement[bool]] = [_rollups.person_id.in_(person_ids)]
        where += [_rollups.span == span] if span else []
        where += [_rollups.begins_at >= begin] if begin else []
        where += [_rollups.begins_at < end] if end else []
        query = select(tables.expression_rollups, _sets.c.labels).join(
            _sets, _sets.c.label_set_id == _rollups.label_set_id
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.where(*where).order_by(_rollups.begins_at, *_KEY)).all()
        return tuple(map(_rollup, rows))

    def count(self, person_id: str = "") -> int:
        query = select(func.count()).select_from(tables.expression_rollups)
        if person_id:
            query = query.where(_rollups.person_id == person_id)
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What readings of k labels come to."""

    looks: int
    unsure: int
    winners: NDArray[np.uint32]
    probabilities: NDArray[np.float64]
    placed: int
    valence: float
    arousal: float

    @classmethod
    def of_readings(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """Those of rows of readings with one set of labels."""
        packed = np.frombuffer(b"".join(row["probabilities"] for row in rows), _PACKED).reshape(len(rows), -1)
        said = packed[np.array([bool(row["emotion"]) for row in rows], np.bool_)]
        placed = [(row["valence"], row["arousal"]) for row in rows if row["valence_arousal_source"]]
        return cls(
            len(rows),
            len(rows) - len(said),
            np.bincount(said.argmax(axis=1), minlength=packed.shape[1]).astype(np.uint32),
            packed.sum(axis=0, dtype=np.float64),
            len(placed),
            sum(valence for valence, _ in placed),
            sum(arousal for _, arousal in placed),
        )

    @classmethod
    def of_row(cls, row: Row[Any]) -> Self:
        """Those that are kept."""
        winners, sums = np.frombuffer(row.winners, _COUNTS), np.frombuffer(row.probabilities, _SUMS)
        return cls(row.looks, row.unsure, winners, sums, row.placed, row.valence, row.arousal)

    def plus(self, other: "_Sums") -> "_Sums":
        """Both together."""
        return _Sums(
            self.looks + other.looks,
            self.unsure + other.unsure,
            self.winners + other.winners,
            self.probabilities + other.probabilities,
            self.placed + other.placed,
            self.valence + other.valence,
            self.arousal + other.arousal,
        )

    def columns(self) -> dict[str, Any]:
        """As they are kept."""
        return {
            "looks": self.looks,
            "unsure": self.unsure,
            "winners": self.winners.astype(_COUNTS).tobytes(),
            "probabilities": self.probabilities.astype(_SUMS).tobytes(),
            "placed": self.placed,
            "valence": self.valence,
            "arousal": self.arousal,
        }


def add_up(connection: Connection, started_at: datetime, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows of readings of a run, as they are kept, to the roll-ups of those who are known in them."""
    new = _summed(started_at, rows)
    keys = list(new)
    there: dict[_Key, _Sums] = {}
    for start in range(0, len(keys), _ASKED):
        some = tuple_(*_KEY).in_(keys[start : start + _ASKED])
        for row in connection.execute(select(tables.expression_rollups).where(some)):
            there[row.person_id, row.span, row.begins_at, row.label_set_id] = _Sums.of_row(row)
    changed = [_named(key, "of_") | there[key].plus(new[key]).columns() for key in keys if key in there]
    if changed:
        where = [column == bindparam(f"of_{column.name}") for column in _KEY]
        connection.execute(update(tables.expression_rollups).where(*where), changed)
    if added := [_named(key) | new[key].columns() for key in keys if key not in there]:
        connection.execute(insert(tables.expression_rollups), added)


def _named(key: _Key, prefix: str = "") -> dict[str, Any]:
    return {f"{prefix}{column.name}": value for column, value in zip(_KEY, key, strict=True)}


def _summed(started_at: datetime, rows: Sequence[Mapping[str, Any]]) -> dict[_Key, _Sums]:
    """What readings come to by span, hours and days as sums of the minutes."""
    found: dict[_Key, _Sums] = {}
    for (person_id, begins_at, label_set_id), own in _by_minute(started_at, rows).items():
        sums = _Sums.of_readings(own)
        for span in SPANS:
            key = person_id, span, begin_of(span, begins_at), label_set_id
            found[key] = found[key].plus(sums) if key in found else sums
    return found


def _by_minute(
    started_at: datetime, rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, datetime, int], list[Mapping[str, Any]]]:
    """Readings that hold an expression of somebody, by whose it is, the minute and the set of labels."""
    groups: dict[tuple[str, datetime, int], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["person_id"] is not None and row["label_set_id"] is not None and row["probabilities"]:
            minute = begin_of("minute", started_at + timedelta(seconds=row["time_s"]))
            groups[row["person_id"], minute, row["label_set_id"]].append(row)
    return groups


def _rollup(row: Row[Any]) -> Rollup:
    sums = _Sums.of_row(row)
    return Rollup(
        row.person_id,
        row.span,
        row.begins_at,
        tuple(row.labels.split("\n")),
        sums.looks,
        sums.unsure,
        tuple(sums.winners.tolist()),
        tuple(sums.probabilities.tolist()),
        sums.placed,
        sums.valence,
        sums.arousal,
    )
