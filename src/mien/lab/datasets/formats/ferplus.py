"""FER+ in one parquet file: encoded pictures, FER-2013's labels and ten annotators' votes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.evaluation.ferplus import VOTE_COLUMNS, read_encoded
from mien.lab.datasets.formats.sample import SPLIT_WORDS, Sample
from mien.lab.datasets.formats.voting import VOTE_WORDS, labelled_by_votes

Labels = Literal["majority", "fer2013"]
_FER2013 = "fer2013_label"


@dataclass(frozen=True, slots=True)
class FerPlusParquet:
    """The pictures of a file with the labels of one of the two sets, which agree on less than two thirds of them."""

    path: Path
    labels: Labels = "majority"

    @property
    def vote_words(self) -> tuple[str, ...]:
        return VOTE_WORDS if self.labels == "majority" else ()

    def samples(self) -> Iterator[Sample]:
        import pyarrow

        if not self.path.exists():
            raise SourceNotFound(f"{self.path} does not exist")
        try:
            table = read_encoded(self.path)
        except (pyarrow.ArrowInvalid, ValueError) as error:
            raise SourceUnreadable(f"{self.path} is no file of FER+: {error}") from error
        pictures, usages = table["png"].to_pylist(), table["usage"].to_pylist()
        if self.labels == "fer2013":
            if _FER2013 not in table.column_names:
                raise UsageError(f"{self.path} has no column {_FER2013}")
            told: list[tuple[str, tuple[float, ...]]] = [(word, ()) for word in table[_FER2013].to_pylist()]
        else:
            counts = np.stack([table[name].to_numpy() for name in VOTE_COLUMNS], axis=1).astype(np.int64)
            told = labelled_by_votes(counts)
        for row, (picture, usage, (word, votes)) in enumerate(zip(pictures, usages, told, strict=True)):
            yield Sample(picture, f"{self.path.name}, row {row}", word, votes, SPLIT_WORDS.get(usage.lower(), ""))
