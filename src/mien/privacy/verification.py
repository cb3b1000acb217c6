"""Whether anything of a person is left in the files of a home: their raw bytes are read, whatever wrote them."""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mien.privacy.needles import CONTEXT_BYTES, Needle, Search, Trace, needles
from mien.store.departures import Marks
from mien.store.home import Home

_CHUNK_BYTES = 4 << 20
_TEXT_BYTES = 8192  # a file without a zero byte among so many is a text


@dataclass(frozen=True, slots=True)
class Found:
    """Traces of one kind in one file, whose path is relative to the home; *unread*: it cannot be read."""

    file: str
    trace: Trace | str
    count: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What a search of a home came to: files and bytes that were read, what was found, ids in the audit log."""

    files: int
    size: int
    found: tuple[Found, ...]
    on_record: int

    @property
    def is_clean(self) -> bool:
        """Nothing is left but ids in the audit log, which tells what was done to whom as long as there is a home."""
        return not self.found


class Verification:
    """Looks for a person in every file of a home, the names of files and what is packed in zip files included.

    ``own_texts`` are what stands in the database whoever is kept there; ``cameras`` are names of cameras, which may
    hold a person's name as a part of another word.
    """

    def __init__(self, home: Home, own_texts: tuple[str, ...] = (), cameras: frozenset[str] = frozenset()) -> None:
        self._home = home
        self._own_texts = own_texts
        self._cameras = cameras

    def look_for(self, marks: Marks) -> Verified:
        """Search for a person's marks."""
        wanted = needles(marks)
        self._search = Search(wanted)
        self._innocent = self._innocent_texts(wanted)
        files = size = 0
        found: Counter[tuple[str, str]] = Counter()
        for path in _files(self._home.folder):
            shown = path.relative_to(self._home.folder).as_posix()
            for _, needle in self._search.find(shown.encode(errors="surrogateescape"), is_text=True):
                found["(the name of a file or folder)", needle.trace] += 1
            try:
                with path.open("rb") as file:
                    found.update((shown, needle.trace) for needle in self._in_file(file))
                    size += file.tell()
                found.update((shown, needle.trace) for needle in self._in_archive(path))
                files += 1
            except FileNotFoundError:
                continue  # another process has removed it meanwhile
            except OSError:
                found[shown, "unread"] += 1
        on_record = found.pop((self._home.audit.name, "id"), 0)
        return Verified(files, size, tuple(Found(*key, count) for key, count in sorted(found.items())), on_record)

    def _in_archive(self, path: Path) -> Iterator[Needle]:
        if path.suffix != ".zip" or not zipfile.is_zipfile(path):
            return
        with suppress(zipfile.BadZipFile, RuntimeError, NotImplementedError), zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    yield from self._in_file(file)

    def _in_file(self, file: IO[bytes]) -> Iterator[Needle]:
        """Everything found in a file, read in pieces that overlap: a find is judged where all around it is there."""
        around = max((len(text) for found in self._innocent.values() for _, text in found), default=0) + CONTEXT_BYTES
        kept, begin, piece = b"", 0, file.read(_CHUNK_BYTES)
        is_text = b"\0" not in piece[:_TEXT_BYTES]
        while piece:
            following = file.read(_CHUNK_BYTES)
            data = kept + piece
            end = len(data) - (self._search.longest + around if following else 0)
            for at, needle in self._search.find(data, is_text):
                if begin <= at < end and not self._is_innocent(data, at, needle):
                    yield needle
            kept = data[max(end - around, 0) :]
            begin, piece = min(end, around), following

    def _is_innocent(self, data: bytes, at: int, needle: Needle) -> bool:
        return any(
            at >= inside and data.startswith(text, at - inside) for inside, text in self._innocent.get(needle.text, ())
        )

    def _innocent_texts(self, wanted: tuple[Needle, ...]) -> dict[bytes, list[tuple[int, bytes]]]:
        """Of each name the texts it is innocently a part of, and at which byte: the schema, and words of cameras."""
        innocent: dict[bytes, list[tuple[int, bytes]]] = {}
        for needle in wanted:
            if needle.trace != "name" or needle.encoding != "utf-8":
                continue
            texts = {text.encode(): True for text in self._cameras} | {text.encode(): False for text in self._own_texts}
            innocent[needle.text] = [
                (match.start(), text)
                for text, is_camera in texts.items()
                for match in re.finditer(re.escape(needle.text), text)
                if not (is_camera and needle.counts(text[: match.start()], text[match.end() :], is_text=True))
            ]
        return innocent


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder, behind links too, each once."""
    seen: set[str] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        place = os.path.realpath(root)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        yield from (path for name in sorted(names) if (path := Path(root) / name).is_file())
