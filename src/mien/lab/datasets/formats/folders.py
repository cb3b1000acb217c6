"""Folders named after labels, below folders named after parts of the dataset or not: ImageFolder, FER-2013."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.lab.datasets.formats.sample import SPLIT_WORDS, Sample, Split
from mien.sources.opening import PICTURE_SUFFIXES


@dataclass(frozen=True, slots=True)
class LabelFolders:
    """``label/picture`` or ``part/label/picture``."""

    path: Path

    def samples(self) -> Iterator[Sample]:
        found = False
        for folder, split in self._parts():
            for named in _folders(folder):
                for picture in sorted(named.rglob("*")):
                    if picture.suffix.lower() in PICTURE_SUFFIXES and picture.is_file():
                        found = True
                        yield Sample(picture, str(picture.relative_to(self.path)), named.name, split=split)
        if not found:
            raise SourceNotFound(f"{self.path} holds no folders of pictures named after labels")

    def _parts(self) -> list[tuple[Path, Split]]:
        parts: list[tuple[Path, Split]] = [
            (folder, SPLIT_WORDS[folder.name.lower()])
            for folder in _folders(self.path)
            if folder.name.lower() in SPLIT_WORDS and _folders(folder)
        ]
        strange = sorted({folder.name for folder in _folders(self.path)} - {folder.name for folder, _ in parts})
        if parts and strange:
            raise SourceUnreadable(
                f"{self.path} holds folders of parts, such as {parts[0][0].name}, beside {', '.join(strange)}, "
                "which is none: call it train, val or test, or move it elsewhere"
            )
        return parts or [(self.path, "")]


def _folders(path: Path) -> list[Path]:
    return [folder for folder in sorted(path.iterdir()) if folder.is_dir() and not folder.name.startswith(".")]
