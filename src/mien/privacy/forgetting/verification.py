"""Whether anything of a person is left in a home: the raw bytes of all files, and what is sealed in them, opened."""

import os
import re
import zipfile
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import IO, BinaryIO, cast

from mien.privacy.forgetting.needles import CONTEXT_BYTES, Needle, Search, Trace, encoding_of, needles, not_searched
from mien.store.departures import Marks
from mien.store.home import Home
from mien.store.vault.passphrase import is_sealed

_CHUNK_BYTES = 4 << 20
_VALUES = 4096  # are searched at once
_DEEPEST = 3  # zips in zips
_OF_MODELS = ("embedding_models.", "label_sets.", "calibrations.", "pictures.judge")
"""Where plain texts of the database are what models, and what they tell apart, are called."""
_OWN_WORDS = re.compile(rb"set[_-]aside|too small|cut off|is_[a-z]+")
"""What mien itself writes into others, and has a word in it that is as short as a short name."""


@dataclass(frozen=True, slots=True)
class Found:
    """Traces of one kind in one file, whose path is relative to the home.

    *unread*: it cannot be read; *sealed archive*: it is sealed with a passphrase, so that nobody knows who is in it;
    *unnamed*: stored pictures that nothing names.
    """

    file: str
    trace: Trace | str
    count: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What a search of a home came to: files and bytes that were read, sealed values that were opened, what was found.

    ``on_record`` is how often the audit log has the ids; ``of_namesakes`` where names stand that others bear as well,
    and who knows whose they are there; ``not_searched`` tells in words where these names were not looked for.
    """

    files: int
    size: int
    opened: int
    found: tuple[Found, ...]
    on_record: int
    of_namesakes: tuple[Found, ...] = ()
    not_searched: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Nothing is left but ids in the audit log, which tells what was done to whom as long as there is a home."""
        return not self.found


class Verification:
    """Looks for a person in every file of a home, the names of files and what is packed in zip files included.

    ``own_texts`` are what stands in the database whoever is kept there; ``left_over`` are stored pictures that nothing
    names.
    """

    def __init__(self, home: Home, own_texts: tuple[str, ...] = (), left_over: frozenset[str] = frozenset()) -> None:
        self._home = home
        self._own_texts = own_texts
        self._left_over = left_over

    def look_for(
        self,
        marks: Marks,
        readable: Iterable[tuple[str, bytes, bool]] = (),
        texts: Iterable[tuple[str, bytes]] = (),
        borne: tuple[str, ...] = (),
    ) -> Verified:
        """Search for a person's marks, and for names of theirs that are ``borne`` by others too.

        ``readable`` is what is kept sealed, opened: where it is kept, the bytes, and whether they are a text; ``texts``
        what stands in the database in plain, in which names are looked for that are too short for raw bytes.
        """
        wanted = needles(marks, borne)
        self._search = Search(wanted)
        self._innocent = self._innocent_texts(wanted)
        files = size = 0
        found: Counter[tuple[str, str]] = Counter({(self._home.media.name, "unnamed"): len(self._left_over)})
        opened = self._look_inside(readable, found)
        self._look_through(texts, Search(tuple(needle for needle in wanted if needle.is_short)), found)
        for path in _files(self._home.folder):
            shown = path.relative_to(self._home.folder).as_posix()
            for _, needle in self._search.find(shown.encode(errors="surrogateescape"), "utf-8"):
                found["(the name of a file or folder)", needle.trace] += 1
            try:
                with path.open("rb") as file:
                    found.update((shown, needle.trace) for needle in self._in_file(file))
                    size += file.tell()
                    found.update((shown, trace) for trace in self._packed(file, _DEEPEST))
                files += 1
            except FileNotFoundError:
                continue  # another process has removed it meanwhile
            except OSError:
                found[shown, "unread"] += 1
        on_record = found.pop((self._home.audit.name, "id"), 0)
        told = [Found(*key, count) for key, count in sorted(found.items()) if count]
        return Verified(
            files,
            size,
            opened,
            tuple(one for one in told if one.trace != "namesake"),
            on_record,
            tuple(one for one in told if one.trace == "namesake"),
            not_searched((*marks.names, *borne)),
        )

    def _look_inside(self, readable: Iterable[tuple[str, bytes, bool]], found: Counter[tuple[str, str]]) -> int:
        """Search what is sealed, and count its values."""
        count = 0
        for is_text, values in groupby(readable, key=lambda one: one[2]):
            while piece := [*islice(values, _VALUES)]:
                count += len(piece)
                data = b"\n".join(value for _, value, _ in piece)
                begins = [0, *accumulate(len(value) + 1 for _, value, _ in piece[:-1])]
                for at, needle in self._search.find(data, "utf-8" if is_text else ""):
                    place = piece[bisect_right(begins, at) - 1][0]
                    found[f"{self._home.database.name}, {place}", needle.trace] += 1
        return count

    def _look_through(
        self, texts: Iterable[tuple[str, bytes]], search: Search, found: Counter[tuple[str, str]]
    ) -> None:
        """Search the plain texts of the database for short names, but for words that mien itself writes there."""
        if not search.longest:
            return
        kept = [*texts]
        own = {word for place, text in kept if place.startswith(_OF_MODELS) for word in (text, *text.splitlines())}
        for place, text in kept:
            if text not in own:
                said = _OWN_WORDS.sub(b"", text)
                found.update(
                    (f"{self._home.database.name}, {place}", needle.trace) for _, needle in search.find(said, "utf-8")
                )

    def _packed(self, file: IO[bytes], depth: int) -> Iterator[str]:
        """Traces in what is packed in a zip, in whatever file that is, zips in zips included."""
        file.seek(0)
        if is_sealed(cast("BinaryIO", file)):
            yield "sealed archive"
        if not zipfile.is_zipfile(file):
            return
        try:
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    with archive.open(member) as packed:
                        yield from (needle.trace for needle in self._in_file(packed))
                        yield from self._packed(packed, depth - 1) if depth else ()
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
            yield "unread"

    def _in_file(self, file: IO[bytes]) -> Iterator[Needle]:
        """Everything found in a file, read in pieces that overlap: a find is judged where all around it is there."""
        around = max((len(text) for found in self._innocent.values() for _, text in found), default=0) + CONTEXT_BYTES
        kept, begin, piece = b"", 0, file.read(_CHUNK_BYTES)
        encoding = encoding_of(piece)
        while piece:
            following = file.read(_CHUNK_BYTES)
            data = kept + piece
            end = len(data) - (self._search.longest + around if following else 0)
            for at, needle in self._search.find(data, encoding):
                if begin <= at < end and not self._is_innocent(data, at, needle):
                    yield needle
            kept = data[max(end - around, 0) :]
            begin, piece = min(end, around), following

    def _is_innocent(self, data: bytes, at: int, needle: Needle) -> bool:
        return any(
            at >= inside and data.startswith(text, at - inside) for inside, text in self._innocent.get(needle.text, ())
        )

    def _innocent_texts(self, wanted: tuple[Needle, ...]) -> dict[bytes, list[tuple[int, bytes]]]:
        """Of each name the texts it is innocently a part of, and at which byte."""
        texts = [text.encode() for text in self._own_texts]
        return {
            needle.text: [(one.start(), text) for text in texts for one in re.finditer(re.escape(needle.text), text)]
            for needle in wanted
            if needle.is_name and needle.encoding == "utf-8"
        }


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
