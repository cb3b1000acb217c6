"""FER+ in one parquet file: encoded pictures, FER-2013's labels and ten annotators' votes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.evaluation.ferplus import VOTE_COLUMNS, read_encoded
from mien.lab.datasets.formats.sample import SPLIT_WORDS, Sample
from mien.lab.datasets.formats.voting import Voted, voted

if TYPE_CHECKING:
    import pyarrow

Labels = Literal["majority", "fer2013"]
_FER2013 = "fer2013_label"

_KINDS = {
    "bytes": ("is_binary", "is_large_binary"),
    "words": ("is_string", "is_large_string"),
    "whole numbers": ("is_integer",),
}
"""What a column may be asked to hold, and the types of Arrow that do, by the names of their tests."""


@dataclass(frozen=True, slots=True)
class FerPlusParquet:
    """The pictures of a file with the labels of one of the two sets, which agree on less than two thirds of them."""

    path: Path
    labels: Labels = "majority"

    def samples(self) -> Iterator[Sample]:
        import pyarrow

        if not self.path.exists():
            raise SourceNotFound(f"{self.path} does not exist")
        try:
            table = read_encoded(self.path)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise SourceUnreadable(f"{self.path} is no file of FER+: {' '.join(str(error).split())}") from error
        pictures, usages = self._column(table, "png", "bytes"), self._column(table, "usage", "words")
        for row, (picture, usage, told) in enumerate(zip(pictures, usages, self._told(table), strict=True)):
            word, votes, undecided = told
            split = SPLIT_WORDS.get(usage.lower(), "")
            yield Sample(picture, f"{self.path.name}, row {row}", word, votes, undecided, split)

    def _told(self, table: "pyarrow.Table") -> list[Voted]:
        """What is said of every picture, in the one set of labels or the other."""
        if self.labels == "majority":
            counts = [self._column(table, name, "whole numbers") for name in VOTE_COLUMNS]
            return voted(np.array(counts, np.int64).T)
        if _FER2013 not in table.column_names:
            raise UsageError(f"{self.path} has no column {_FER2013}")
        return [(word, {}, 0) for word in self._column(table, _FER2013, "words")]

    def _column(self, table: "pyarrow.Table", name: str, kind: str) -> list[Any]:
        """The values of a column; raises SourceUnreadable where it holds something else, or a row has none."""
        from pyarrow import types

        column = table[name]
        held = column.type.value_type if types.is_dictionary(column.type) else column.type
        if not any(getattr(types, test)(held) for test in _KINDS[kind]):
            raise SourceUnreadable(f"{self.path.name}: expected {kind} as {name}, got {column.type}")
        values: list[Any] = column.to_pylist()
        if None in values:
            raise SourceUnreadable(f"{self.path.name}, row {values.index(None)}: there is no {name}")
        return values
