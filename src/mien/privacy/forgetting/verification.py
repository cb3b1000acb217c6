"""Whether anything of a person is left in a home: the raw bytes of all files, and what is sealed in them, opened."""

import io
import lzma
import os
import struct
import zipfile
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import IO, BinaryIO, cast

from mien.privacy.forgetting.needles import Needle, Search, Trace, encoding_of, not_searched
from mien.privacy.forgetting.own_words import (
    IDS,
    SEALED,
    SETTINGS,
    STEPS,
    WORDS,
    Innocence,
    Own,
    asked_for,
    database_words,
    is_head,
    is_of_models,
    is_own_path,
)
from mien.privacy.forgetting.sought import needles
from mien.store.apart import read_apart
from mien.store.departures import Marks
from mien.store.home import Home
from mien.store.vault.passphrase import is_sealed

Opening = Callable[[], AbstractContextManager[BinaryIO]]

_CHUNK_BYTES = 4 << 20
_VALUES = 4096  # are searched at once
_DEEPEST = 3  # zips in zips
_IN_A_NAME = "(the name of a file or folder)"
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError, ValueError),
    *(OverflowError, MemoryError),
)
"""What opening a zip may raise that is sealed, packed in a way that is not known, or damaged wherever that may be."""


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
    """Looks for a person in every file of a home, the names of files and folders and what is packed in zips included.

    Where a name stands as one of mien's ``own`` words it is none; ``left_over`` are stored pictures that nothing names.
    """

    def __init__(self, home: Home, own: Own | None = None, left_over: frozenset[str] = frozenset()) -> None:
        self._home = home
        self._own = own or Own()
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
        self._search, self._innocence = Search(wanted), Innocence(wanted, self._schema)
        self._in_sealed = Innocence(wanted, SEALED)
        self._wanted, self._texts = wanted, _Texts(texts)
        files = size = 0
        found: Counter[tuple[str, str]] = Counter({(self._home.media.name, "unnamed"): len(self._left_over)})
        opened = self._look_inside(readable, found)
        self._look_through(Search(tuple(needle for needle in wanted if needle.is_short)), found)
        for path in self._places(found):
            shown = path.relative_to(self._home.folder).as_posix()
            try:
                found.update(self._called(path, shown))
                if path.is_file():
                    found.update((shown, trace) for trace in self._inside(path, shown))
                    size += path.stat().st_size
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

    @property
    def _schema(self) -> Iterator[bytes]:
        return (text.encode() for text in self._own.schema)

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
                    if needle.is_name and (place.startswith(STEPS) or self._in_sealed.covers(data, at, needle)):
                        continue
                    found[f"{self._home.database.name}, {place}", needle.trace] += 1
        return count

    def _look_through(self, search: Search, found: Counter[tuple[str, str]]) -> None:
        """Search the plain texts of the database for short names, but where only words of mien and of models stand."""
        if not search.longest:
            return
        for place, text in self._texts.open:
            if text not in self._texts.own:
                found.update(
                    (f"{self._home.database.name}, {place}", needle.trace) for _, needle in search.find(text, "utf-8")
                )

    def _places(self, found: Counter[tuple[str, str]]) -> Iterator[Path]:
        """All files, folders and links below the home, and behind links too, each once; unread folders are found."""

        def unread(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                found[Path(error.filename).relative_to(self._home.folder).as_posix(), "unread"] += 1

        seen: set[str] = set()
        for root, folders, names in os.walk(self._home.folder, onerror=unread, followlinks=True):
            place = os.path.realpath(root)
            if place in seen:
                folders.clear()
                continue
            seen.add(place)
            yield from (Path(root) / name for name in sorted((*folders, *names)))

    def _called(self, path: Path, shown: str) -> Iterator[tuple[str, str]]:
        """Traces in what a file or folder is called, and in where a link leads; raises OSError."""
        name, folder = shown.encode(errors="surrogateescape"), shown.rpartition("/")[0]
        of_folder = len(folder.encode(errors="surrogateescape"))  # what ends in there was found when it was looked at
        for at, needle in self._search.find(name, "utf-8"):
            if at + len(needle.text) > of_folder and not (needle.is_name and is_own_path(shown)):
                yield _IN_A_NAME, needle.trace
        if path.is_symlink():
            for _, needle in self._search.find(os.fsencode(path.readlink()), "utf-8"):
                yield f"{shown}, where it leads", needle.trace

    def _inside(self, path: Path, shown: str) -> Iterator[str]:
        """Traces in a file; raises OSError."""
        if any(one.exists() and path.samefile(one) for one in self._home.database_files):
            yield from self._in_place(partial(read_apart, path), shown)
            return
        yield from self._in_place(lambda: path.open("rb"), shown)
        with path.open("rb") as file:
            yield from self._packed(file, _DEEPEST)

    def _packed(self, file: IO[bytes], depth: int) -> Iterator[str]:
        """Traces in what is packed in a zip, in whatever file that is, zips in zips included but the deepest."""
        try:
            file.seek(0)
            if is_sealed(cast("BinaryIO", file)):
                yield "sealed archive"
            if not zipfile.is_zipfile(file):
                return
            if depth < 0:
                yield "unread"
                return
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    with archive.open(member) as packed:
                        yield from (needle.trace for needle in self._in_file(packed, self._innocence))
                        yield from self._packed(packed, depth - 1)
        except _UNREADABLE:
            yield "unread"

    def _in_place(self, opening: Opening, shown: str) -> Iterator[str]:
        """All traces in a file, but for names that are parts of what mien itself puts into this one.

        What that is is looked up, and the file read once more, only where there is such a find.
        """
        with opening() as file:
            finds = [*self._in_file(file, self._innocence)]
        yield from (needle.trace for needle in finds if not needle.is_name)
        if any(needle.is_name for needle in finds):
            with opening() as file:
                yield from (needle.trace for needle in self._of_others(file, shown) if needle.is_name)

    def _of_others(self, file: BinaryIO, shown: str) -> Iterator[Needle]:
        """Everything found in a file, but for what stands there whoever is kept in this home."""
        innocence, home = self._innocence, self._home
        if shown == home.audit.name:
            file = io.BytesIO(b"".join(line for line in file if not self._own.is_entry(line.removesuffix(b"\n"))))
        elif shown == home.audit_head.name:
            file = io.BytesIO(b"" if is_head(told := file.read()) else told)
        elif shown.startswith(home.database.name) and is_own_path(shown):
            innocence = Innocence(self._wanted, (*self._schema, *self._texts.own))
        elif shown == SETTINGS:
            innocence = Innocence(self._wanted, (text.encode() for text in self._own.settings))
            file = io.BytesIO(asked_for(file.read())[1])
        yield from self._in_file(file, innocence)

    def _in_file(self, file: IO[bytes], innocence: Innocence) -> Iterator[Needle]:
        """Everything found in a file, read in pieces that overlap: a find is judged where all around it is there."""
        around = innocence.around
        kept, begin, piece = b"", 0, file.read(_CHUNK_BYTES)
        encoding = encoding_of(piece)
        while piece:
            following = file.read(_CHUNK_BYTES)
            data = kept + piece
            end = len(data) - (self._search.longest + around if following else 0)
            for at, needle in self._search.find(data, encoding):
                if begin <= at < end and not (needle.is_name and innocence.covers(data, at, needle)):
                    yield needle
            kept = data[max(end - around, 0) :]
            begin, piece = min(end, around), following


class _Texts:
    """The plain texts of the database, read when they are first asked for: those that may hold names, and own words."""

    def __init__(self, texts: Iterable[tuple[str, bytes]]) -> None:
        self._texts = texts

    @cached_property
    def _kept(self) -> list[tuple[str, bytes]]:
        return [one for one in self._texts if one[0] not in IDS]

    @cached_property
    def own(self) -> set[bytes]:
        return database_words(self._kept)

    @property
    def open(self) -> Iterator[tuple[str, bytes]]:
        return (one for one in self._kept if one[0] not in WORDS and not is_of_models(one[0]))
