"""The audit log of a home: appended to by any process at any time, durably, and never rewritten."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from filelock import FileLock, Timeout

from mien.domain.clock import Clock
from mien.domain.errors import StoreError
from mien.gallery.witness import NOTHING
from mien.privacy.audit.chain import RESUMED, Verdict, digest, verified
from mien.privacy.audit.entry import BEGINNING, Entry
from mien.privacy.audit.head import AuditHead, Head
from mien.store.home import PRIVATE, sync_folder
from mien.store.journal import Fact

_PATIENCE_S = 10.0  # an append takes milliseconds: a process that holds the log for longer hangs
_FIRST_WINDOW = 8192  # bytes that hold the last entry as a rule


def local_actor() -> str:
    """The user of the operating system who is at work, by number."""
    return f"uid:{os.getuid()}" if hasattr(os, "getuid") else "local"


class AuditLog:
    """One JSON object a line, each with the hash of the line before; whoever has something to tell does it by a trail.

    A line that a process died over, or that somebody damaged, stays where it is: the next append puts an entry behind
    it that says what was found there (``log.resumed``), and goes on. So nobody is kept from withdrawing a consent by a
    log that is not in order, and nothing that was wrong with it becomes right.

    Only who has the ``key`` can compute the chain, and so change, insert or take out a line that it does not show;
    ``head``, kept in another place, shows what was cut off at its end.
    """

    def __init__(self, path: Path, key: bytes, clock: Clock, head: AuditHead, actor: str | None = None) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._head = head
        self._actor = actor or local_actor()

    def append(
        self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING, actor: str = ""
    ) -> Entry:
        """Write an entry, which is on the disk when this returns. It takes the same time however long the log is.

        Without ``actor`` it was done by whoever the log is of.

        Raises StoreError where it cannot be written, and nothing of it stays then; ValueError where the log has no word
        for something (see `words`).
        """
        entry = Entry.made(action, self._clock.now(), people, facts, actor or self._actor)
        with self._locked():
            try:
                entry = self._written(entry)
            except OSError as error:
                raise StoreError(f"the audit log {self._path} cannot be written: {error.strerror}") from error
            self._head.write(Head(entry.number, entry.hash))
        return entry

    def entries(self, last: int | None = None) -> Iterator[Entry]:
        """All entries, or the last ones, the oldest first; lines that are none are passed over. Raises StoreError."""
        return self._readable(self._lines() if last is None else deque(self._lines(), last))

    def latest(self, action: str) -> Entry | None:
        """The last entry of an action."""
        wanted = f'"{action}"'.encode()  # most lines need not be read
        entries = self._readable(line for line in self._lines() if wanted in line)
        return next(iter(deque((entry for entry in entries if entry.action == action), 1)), None)

    def verify(self, *noted: Head) -> Verdict:
        """Whether the log is what was written, and holds entries that were noted elsewhere.

        Raises StoreError where it cannot be read.
        """
        if not self._path.exists():
            return self._verified(noted)
        with self._locked():
            return self._verified(noted)

    def _verified(self, noted: tuple[Head, ...]) -> Verdict:
        head = self._known()
        verdict = verified(self._lines(), self._key, (*((head,) if head else ()), *noted))
        if verdict.is_whole and verdict.entries and head is None:
            return replace(
                verdict, line=verdict.entries, reason="may not be the last: what told how many there were is gone"
            )
        return verdict

    def _known(self) -> Head | None:
        """The last entry that was told of; none where nothing that can be believed tells of it."""
        try:
            return self._head.read()
        except ValueError:
            return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = FileLock(self._path.with_suffix(".lock"), timeout=_PATIENCE_S)
        try:
            self._path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise StoreError(f"another process holds the audit log {self._path}") from error
        except OSError as error:
            raise StoreError(f"the audit log {self._path} cannot be used: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def _readable(self, lines: Iterable[bytes]) -> Iterator[Entry]:
        for line in lines:
            with suppress(ValueError):
                yield Entry.read(line.removesuffix(b"\n"), self._key)

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"the audit log {self._path} cannot be read: {error.strerror}") from error

    def _written(self, entry: Entry) -> Entry:
        is_new = not self._path.exists()
        if is_new and self._known() is None:
            self._head.write(Head())  # so that a log with entries has one, whatever dies
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            last, remains, is_ended = _tail(file, self._key)
            text = b"" if is_ended else b"\n"
            if facts := _found(last, remains, self._known()):
                last = Entry.made(RESUMED, self._clock.now(), (), facts, self._actor).following(last, self._key)
                text += last.line()
            entry = entry.following(last, self._key)
            _append(file, text + entry.line())
        finally:
            os.close(file)
        if is_new:
            sync_folder(self._path.parent)
        return entry


def _tail(file: int, key: bytes) -> tuple[Entry | None, bytes, bool]:
    """The last entry of a log, what lies behind it and is none, and whether the last line has its end."""
    size = os.fstat(file).st_size
    window = _FIRST_WINDOW
    while True:
        start = max(size - window, 0)
        os.lseek(file, start, os.SEEK_SET)
        lines = BytesIO(_read(file, size - start)).readlines()  # a line ends in LF and in nothing else
        whole = lines if start == 0 else lines[1:]
        is_ended = not whole or whole[-1].endswith(b"\n")
        for place in range(len(whole) - 1, -1, -1):
            try:
                entry = Entry.read(whole[place].removesuffix(b"\n"), key)
            except ValueError:
                continue
            return entry, b"".join(whole[place + 1 :]), is_ended
        if start == 0:
            return None, b"".join(whole), is_ended
        window *= 2


def _read(file: int, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0 and (part := os.read(file, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _found(last: Entry | None, remains: bytes, known: Head | None) -> dict[str, Fact]:
    """The facts of an entry that accounts for the end of a log; none where it is as it was left."""
    number, last_hash = (last.number, last.hash) if last else (0, BEGINNING)
    is_cut = known is not None and (known.number > number or (known.number == number and known.hash != last_hash))
    is_headless = known is None
    if not (is_cut or is_headless or remains):
        return {}
    cause = "cut" if is_cut else "damaged" if b"\n" in remains else "headless" if is_headless else "torn"
    facts: dict[str, Fact] = {"cause": cause, "bytes": len(remains), "digest": digest(remains)}
    return {**facts, "missing": known.number - number} if is_cut and known else facts


def _append(file: int, text: bytes) -> None:
    """Write all of it, or nothing: what a full disk took of it is given back."""
    size = os.fstat(file).st_size
    try:
        written = 0
        while written < len(text):
            written += os.write(file, text[written:])
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise
