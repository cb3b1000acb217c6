"""RAF-DB, basic expressions: a list of file names and numbers, with pictures beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.domain.errors import SourceUnreadable
from mien.lab.datasets.formats.lines import read_lines
from mien.lab.datasets.formats.sample import Sample, Split

WORDS = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
"""The classes 1..7 of RAF-DB (Li, Deng and Du, CVPR 2017)."""

_PLACES = ("", "aligned", "Image/aligned", "../Image/aligned", "original", "Image/original", "../Image/original")


@dataclass(frozen=True, slots=True)
class RafDbList:
    """``list_patition_label.txt``: lines such as ``train_00001.jpg 5``; aligned pictures are preferred.

    Pictures are samples whether they are there or not: who looks at them finds out.
    """

    path: Path
    images: Path | None = None

    def samples(self) -> Iterator[Sample]:
        for number, line in enumerate(read_lines(self.path), start=1):
            if not line.strip():
                continue
            where = f"{self.path.name}, line {number}"
            name, _, label = line.strip().rpartition(" ")
            if not label.isdigit() or not 1 <= int(label) <= len(WORDS):
                raise SourceUnreadable(f"{where}: expected a file name and a label from 1 to {len(WORDS)}")
            split: Split = "test" if name.startswith("test") else "train"
            yield Sample(self._found(Path(name.strip())), where, WORDS[int(label) - 1], split=split)

    def _found(self, name: Path) -> Path:
        folder = self.images or self.path.parent
        aligned = f"{name.stem}_aligned{name.suffix}"
        for place in _PLACES:
            for file in (aligned, name.name):
                if (path := folder / place / file).exists():
                    return path
        return folder / name
