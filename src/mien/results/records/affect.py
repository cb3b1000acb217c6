"""Where the readings of a track or a person lie on the plane of valence and arousal, added up."""

from collections import Counter
from dataclasses import dataclass, field

from mien.domain.circumplex import quadrant
from mien.domain.readings import FaceReading, ValenceArousalSource

PLANE_CELLS = 24
"""Cells of the plane a side: each is a twelfth of a unit wide and high."""


@dataclass(slots=True)
class Affect:
    """Valence and arousal of many readings: their sums, and how many lie in each cell (column, row) of the plane.

    Columns count from valence -1, rows from arousal -1. ``source`` is that of the latest reading.
    """

    valence_sum: float = 0.0
    arousal_sum: float = 0.0
    source: ValenceArousalSource = ""
    cells: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, face: FaceReading) -> None:
        """Add a reading, where it has a place on the plane."""
        if not face.valence_arousal_source:
            return
        self.valence_sum += face.valence
        self.arousal_sum += face.arousal
        self.source = face.valence_arousal_source
        self.cells[_cell(face.valence), _cell(face.arousal)] += 1

    def add_mean(self, valence: float, arousal: float, count: int) -> None:
        """Add so many readings of which the mean alone is known."""
        self.valence_sum += valence * count
        self.arousal_sum += arousal * count
        self.cells[_cell(valence), _cell(arousal)] += count

    def merge(self, other: "Affect") -> None:
        """Add the readings of another."""
        self.valence_sum += other.valence_sum
        self.arousal_sum += other.arousal_sum
        self.source = other.source or self.source
        self.cells.update(other.cells)

    @property
    def mean(self) -> tuple[float, float]:
        """Mean valence and arousal; the origin without any reading."""
        count = max(self.cells.total(), 1)
        return self.valence_sum / count, self.arousal_sum / count

    def columns(self) -> dict[str, object]:
        """What the tables say of it; nothing where no reading has a place."""
        valence, arousal = self.mean
        return {
            "mean_valence": valence if self.source else None,
            "mean_arousal": arousal if self.source else None,
            "quadrant": quadrant(valence, arousal) if self.source else "",
            "valence_arousal_source": self.source,
        }


def _cell(value: float) -> int:
    return min(max(int((value + 1) / 2 * PLANE_CELLS), 0), PLANE_CELLS - 1)
