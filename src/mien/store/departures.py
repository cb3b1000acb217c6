"""Who is being forgotten: what to remove and to look for, kept sealed until that is done, whatever dies meanwhile."""

import json
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout

from mien.domain.errors import BeingForgotten, PeopleChanged, StoreBusy, StoreError
from mien.store.home import PRIVATE, put_whole
from mien.store.vault.vault import Vault

_CONTEXT = b"departure"
_PROGRESS = ("cameras", "exports", "is_compact", "is_told")
_PATIENCE_S = 10.0  # a departure is written in milliseconds: a process that holds the lock for longer hangs


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a person would be recognised in the bytes of a file.

    ``names`` are all they ever had that are still on record; ``person_ids`` all ids, the present one first; ``vectors``
    distinctive parts of templates as they would stand in plain (float32, little-endian); ``sealed`` beginnings of what
    is kept of them encrypted; ``crops`` the names of their stored pictures.
    """

    names: tuple[str, ...]
    person_ids: tuple[str, ...]
    uids: tuple[str, ...]
    vectors: tuple[bytes, ...] = ()
    sealed: tuple[bytes, ...] = ()
    crops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Departure:
    """A person who is being forgotten, and how much there was of them, by kind.

    ``cameras`` is from how many names of cameras and sources theirs was taken out; ``exports`` what those files are
    called that were made for handing over and are still to go: no others go with them. ``is_compact`` where nothing of
    what was removed is left in the file of the database, ``is_told`` where it is on record what was.
    """

    marks: Marks
    counts: dict[str, int]
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    cameras: int = 0
    exports: tuple[str, ...] = ()
    is_compact: bool = False
    is_told: bool = False

    def joined(self, marks: Marks) -> "Departure":
        """This one with marks that were made since."""
        own, new = (astuple(one) for one in (self.marks, marks))
        return replace(self, marks=Marks(*(tuple(dict.fromkeys((*b, *a))) for a, b in zip(own, new, strict=True))))


class Departures:
    """Departures as sealed files of a folder, which exist from before the first thing goes until nothing is left.

    Safe for several processes: a lock lies beside the folder. Who has it takes up the newest key before sealing with
    it, and who seals anew for a newer one waits for it: no departure is left under a key that is gone. Whoever is at
    work on a departure holds a lock of its own, which is free when that process ends, however it does; it is taken only
    by who has the other one, and goes with the departure.
    """

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def keep(self, departure: Departure, instead_of: Collection[Departure] = ()) -> None:
        """Note a departure, in place of what was noted under its key, and of others that it takes the place of.

        Raises StoreError, with nothing noted, where somebody in it is in yet another one.
        """
        with self._locked():
            self._note(departure, {one.key for one in instead_of})

    @contextmanager
    def begun(self, departure: Departure) -> Iterator[None]:
        """Note a new departure, and be alone at work on it within this; raises as `keep` does."""
        with self._locked():
            lock = self._taken(departure.key)
            assert lock is not None, "nobody else knows the key yet"
            try:
                self._note(departure, set())
            except BaseException:
                lock.release()
                self._tidy()
                raise
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def taken_up(self, departure: Departure) -> Iterator[Departure | None]:
        """Be alone at work on a departure within this, as it is noted by now.

        None where that is ended, or somebody else is at work on it. Raises StoreError.
        """
        with self._locked():
            lock = self._taken(departure.key) if self._path(departure.key).exists() else None
            current = self._read(self._path(departure.key)) if lock else None
        try:
            yield current
        finally:
            if lock is not None:
                lock.release()

    def _note(self, departure: Departure, ended: set[str]) -> None:
        for other in self.all():
            both = {*other.marks.person_ids} & {*departure.marks.person_ids}
            if both and other.key not in {departure.key, *ended}:
                raise being_forgotten(both)
        self._vault.renew()
        self._write(departure)
        for key in ended:
            self._remove(key)

    def _write(self, departure: Departure) -> None:
        told = {name: getattr(departure, name) for name in ("counts", *_PROGRESS)}
        told["marks"] = _texts(departure.marks)
        path = self._path(departure.key)
        try:
            put_whole(path, self._vault.seal(json.dumps(told).encode(), _CONTEXT))
        except OSError as error:
            raise StoreError(f"nothing was removed, for {path} cannot be written: {error.strerror}") from error

    def all(self) -> Iterator[Departure]:
        """Who is being forgotten; raises StoreError."""
        for path in sorted(self._folder.glob("*.departure")):
            if (departure := self._read(path)) is not None:
                yield departure

    def _read(self, path: Path) -> Departure | None:
        """What a file notes, or none where another process has ended it meanwhile."""
        try:
            told = json.loads(self._vault.open(path.read_bytes(), _CONTEXT))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from error
        except StoreError as error:
            raise StoreError(f"{path}, which tells who is being forgotten, cannot be opened: {error}") from error
        progress = {name: told[name] for name in _PROGRESS if name in told}
        progress["exports"] = tuple(progress.get("exports", ()))
        return Departure(_marks(told["marks"]), told["counts"], path.stem, **progress)

    def end(self, departure: Departure) -> None:
        """Nothing is left of a person: there is nothing to note any more. Raises StoreError."""
        with self._locked():
            self._remove(departure.key)
            self._tidy()

    def _remove(self, key: str) -> None:
        try:
            with suppress(PermissionError):
                self._lock(key).unlink(missing_ok=True)  # where it can be while it is held
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self._path(key)} cannot be removed: {error.strerror}") from error

    def _tidy(self) -> None:
        """Remove what processes left that died, and the folder, unless somebody else is being forgotten."""
        with suppress(OSError):
            for lock in self._folder.glob("*.lock"):
                if not self._path(lock.stem).exists():
                    lock.unlink(missing_ok=True)
            for partial in self._folder.glob("*.partial"):
                partial.unlink(missing_ok=True)
            self._folder.rmdir()

    def reseal(self) -> int:
        """Seal with the newest key what another one sealed; how many that were."""
        with self._locked():
            old = [departure for departure in map(self._outdated, self._folder.glob("*.departure")) if departure]
            for departure in old:
                self._write(departure)
        return len(old)

    def _outdated(self, path: Path) -> Departure | None:
        """What a file notes that another key than the newest one sealed."""
        try:
            return None if self._vault.is_current(path.read_bytes()) else self._read(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """What is there stays as it is within this; raises StoreError."""
        lock = FileLock(self._folder.with_suffix(".lock"), timeout=_PATIENCE_S, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise StoreBusy("another process notes who is being forgotten, and does not end") from error
        except OSError as error:
            raise StoreError(f"{lock.lock_file} cannot be written: {error.strerror}") from error
        try:
            yield
        finally:
            lock.release()

    def _taken(self, key: str) -> FileLock | None:
        """The lock of a departure, or none where somebody else has it; for who keeps others from what is there."""
        lock = FileLock(self._lock(key), timeout=0, mode=0o600)
        try:
            self._folder.mkdir(PRIVATE, parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            return None
        except OSError as error:
            raise StoreError(
                f"nothing was removed, for {lock.lock_file} cannot be written: {error.strerror}"
            ) from error
        return lock

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.departure"

    def _lock(self, key: str) -> Path:
        return self._folder / f"{key}.lock"


def being_forgotten(person_ids: Collection[str]) -> BeingForgotten:
    """What is to be said where somebody is at work on the departure of the same people."""
    who, are = " and ".join(sorted(person_ids)), "is" if len(person_ids) == 1 else "are"
    return BeingForgotten(f"{who} {are} being forgotten already: wait until that has ended, and look again")


def check_agreed(person_ids: Sequence[str], agreed: Collection[str]) -> None:
    """Raise PeopleChanged where the person of some ids, the present one first, is more than what was agreed to."""
    if new := [one for one in person_ids if one not in agreed]:
        who, are = " and ".join(new), "are" if len(new) > 1 else "is"
        raise PeopleChanged(
            f"{who} {are} the same person as {person_ids[0]} by now, which nobody agreed to: look again, and forget "
            f"{person_ids[0]} with all that it has taken in, or take that merge back first"
        )


def _texts(marks: Marks) -> dict[str, list[str]]:
    return {
        name: [one.hex() if isinstance(one, bytes) else one for one in values] for name, values in asdict(marks).items()
    }


def _marks(texts: dict[str, list[str]]) -> Marks:
    raw = {name: tuple(map(bytes.fromhex, texts.pop(name))) for name in ("vectors", "sealed")}
    plain = {name: tuple(values) for name, values in texts.items()}
    return Marks(plain["names"], plain["person_ids"], plain["uids"], raw["vectors"], raw["sealed"], plain["crops"])
