"""Where the key of a home lies: in the environment, in a file outside the home, or in the keyring of the system."""

import base64
import binascii
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

import platformdirs
from filelock import FileLock, Timeout

from mien.domain.errors import KeyUnusable, SettingsError, StoreError
from mien.store.home import PRIVATE, put_whole
from mien.store.vault.vault import KEY_BYTES

KEY_VARIABLE, FILE_VARIABLE, NEW_KEY_VARIABLE = "MIEN_KEY", "MIEN_KEY_FILE", "MIEN_NEW_KEY"
_SERVICE = "mien"
_PATIENCE_S = 10.0  # a key is written in milliseconds: a process that holds the lock for longer hangs


@dataclass(frozen=True, slots=True)
class EncryptionSettings:
    """Where the key to what is kept of people lies.

    In a *file* outside the home, in the *keyring* of the system, or in *memory* only: then a home is readable as long
    as the process that made it runs. ``MIEN_KEY`` (the key itself) and ``MIEN_KEY_FILE`` (the path of its file) go
    before.
    """

    key: Literal["file", "keyring", "memory"] = "file"


class KeyPlace(Protocol):
    """A place that holds the key of a home, and beside it others: a former one for a while, those of other homes."""

    @property
    def told(self) -> str:
        """The place in words."""
        ...

    @property
    def is_lasting(self) -> bool:
        """Whether the key is still there when this process is not."""
        ...

    @property
    def kind(self) -> Literal["environment", "file", "keyring", "memory"]:
        """What kind of place it is; mien can put another key into all of them but the environment."""
        ...

    def read(self) -> bytes | None:
        """The newest key, or none where the place is empty; raises StoreError where it holds none or cannot be read."""
        ...

    def all(self) -> tuple[bytes, ...]:
        """Every key that is there, the newest first. Raises StoreError."""
        ...

    def write(self, key: bytes) -> None:
        """Put a key above those that are there, to stay whatever happens; raises StoreError where that cannot be."""
        ...

    def end_others(self, key: bytes) -> None:
        """Remove all keys but one, unless other homes may need them; raises StoreError."""
        ...


def key_finder(
    settings: EncryptionSettings, home: Path, environment: Mapping[str, str] = os.environ
) -> Callable[[str], KeyPlace]:
    """What finds the place of the key of a home by its id.

    Raises SettingsError where the environment names two or a file in the home itself, StoreError where what it names
    is no key. What is returned raises SettingsError where the file of this home alone lies in the home.
    """
    key, file = environment.get(KEY_VARIABLE, ""), environment.get(FILE_VARIABLE, "")
    if key and file:
        raise SettingsError(f"{KEY_VARIABLE} and {FILE_VARIABLE} name a key each, keep one of them")
    if not (key or file) and settings.key == "file":
        return partial(_own_file, home)
    if not (key or file) and settings.key == "keyring":
        return KeyringKey
    shared = KeyFile(Path(os.path.expanduser(file)), is_shared=True)  # noqa: PTH111  Path fails on homes of nobody
    place: KeyPlace = EnvironmentKey(key) if key else _outside(home, shared) if file else MemoryKey()
    place.read()  # a home is not to be made for a key that is none
    return lambda _: place


def _own_file(home: Path, home_id: str) -> KeyPlace:
    """The file of one home alone: where it is, else in a folder that does not lie in the home.

    The folder of the user's configuration is that of their data on some systems, and the home by default lies there.
    """
    folder = partial(platformdirs.user_config_path, appauthor=False)
    files = [KeyFile(one / f"{home_id}.key") for one in (folder("mien") / "keys", folder("mien-keys"))]
    usable = [one for one in files if one.path.exists()] or [one for one in files if not _lies_in(one.path, home)]
    return _outside(home, next(iter(usable), files[0]))


def _outside(home: Path, place: "KeyFile") -> "KeyFile":
    """A file; raises SettingsError where it lies in the home, which says where it may be and how it comes there."""
    if not _lies_in(place.path, home):
        return place
    real = os.path.realpath(place.path)
    if not os.path.exists(real):  # noqa: PTH110
        raise SettingsError(
            f"the key {real} would lie in the home {home}, and whoever copies that could read it: "
            f"name a file outside of it by {FILE_VARIABLE}"
        )
    target = os.path.realpath(home) + ".key"
    moving = shlex.join(("mv", "-n", real, target))
    raise SettingsError(
        f"the key {real} lies in the home {home}, and whoever copies that can read it: "
        f"move the key out ({moving}), and set {FILE_VARIABLE}={shlex.quote(target)}"
    )


def _lies_in(path: Path, home: Path) -> bool:
    """Whether a file is in a folder, links followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(home))


def encoded(key: bytes) -> str:
    """A key as text, in base64."""
    return base64.b64encode(key).decode("ascii")


def decoded(text: str, place: str, *, is_new: bool = False) -> bytes:
    """The key of a text; raises KeyUnusable where it is none, which says whence one comes, ``is_new`` or not."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        advice = (
            "mien privacy key new makes one"
            if is_new
            else "put your copy of the key back, for nothing else opens a home that is there (where there is none yet, "
            "mien privacy key new makes one)"
        )
        raise KeyUnusable(f"{place} holds no key, expected {KEY_BYTES} bytes in base64: {advice}", place)
    return key


class EnvironmentKey:
    """The key that a variable of the environment holds, which mien cannot change."""

    told = f"the variable {KEY_VARIABLE}"
    is_lasting = True
    kind: Literal["environment", "file", "keyring", "memory"] = "environment"

    def __init__(self, text: str) -> None:
        """Raises StoreError where the text is no key."""
        self._key = decoded(text, KEY_VARIABLE)

    def read(self) -> bytes | None:
        return self._key

    def all(self) -> tuple[bytes, ...]:
        return (self._key,)

    def write(self, key: bytes) -> None:  # noqa: ARG002  the protocol's
        raise StoreError(f"the key is given by {KEY_VARIABLE}, which mien cannot change")

    def end_others(self, key: bytes) -> None:
        """There is one alone."""


class KeyFile:
    """A key in a file that only its owner may read, one to a line.

    A file that ``is_shared`` may be that of several homes: no key is ever taken out of it. Where ``path`` is a link, it
    stays one. Safe for several processes: a lock lies beside the file.
    """

    is_lasting = True
    kind: Literal["environment", "file", "keyring", "memory"] = "file"

    def __init__(self, path: Path, *, is_shared: bool = False) -> None:
        self.path = path
        self.is_shared = is_shared

    @property
    def told(self) -> str:
        return str(self.path)

    def read(self) -> bytes | None:
        return next(iter(self.all()), None)

    def all(self) -> tuple[bytes, ...]:
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"the key {self.path} cannot be read: {error.strerror}") from error
        lines = [line for line in text.splitlines() if line.strip()]
        return tuple(decoded(line, str(self.path)) for line in lines or [""])

    def write(self, key: bytes) -> None:
        with self._locked():
            self._put((key, *(one for one in self.all() if one != key)))

    def end_others(self, key: bytes) -> None:
        if not self.is_shared:
            with self._locked():
                self._put((key,))

    @property
    def _real(self) -> Path:
        return Path(os.path.realpath(self.path))

    def _put(self, keys: Iterable[bytes]) -> None:
        put_whole(self._real, "".join(f"{encoded(one)}\n" for one in keys).encode("ascii"))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """What is read within this is still there when it is written; raises StoreError."""
        try:
            self._real.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
            with FileLock(f"{self._real}.lock", timeout=_PATIENCE_S, mode=0o600):
                yield
        except Timeout as error:
            raise StoreError(f"another process holds the key {self.path}") from error
        except OSError as error:
            raise StoreError(f"the key {self.path} cannot be written: {error.strerror}") from error


class MemoryKey:
    """A key that is gone with the process."""

    told = "kept in memory only"
    is_lasting = False
    kind: Literal["environment", "file", "keyring", "memory"] = "memory"

    def __init__(self) -> None:
        self._key: bytes | None = None

    def read(self) -> bytes | None:
        return self._key

    def all(self) -> tuple[bytes, ...]:
        return () if self._key is None else (self._key,)

    def write(self, key: bytes) -> None:
        self._key = key

    def end_others(self, key: bytes) -> None:
        """There is one alone."""


class KeyringKey:
    """A key in the keyring of the operating system, by the id of its home."""

    is_lasting = True
    kind: Literal["environment", "file", "keyring", "memory"] = "keyring"

    def __init__(self, home_id: str) -> None:
        self._home_id = home_id

    @property
    def told(self) -> str:
        return f"the keyring ({_SERVICE}, {self._home_id})"

    def read(self) -> bytes | None:
        return next(iter(self.all()), None)

    def all(self) -> tuple[bytes, ...]:
        import keyring
        from keyring.errors import KeyringError

        try:
            text = keyring.get_password(_SERVICE, self._home_id)
        except KeyringError as error:
            raise StoreError(f"the keyring of this system cannot be read: {error}") from error
        return () if text is None else tuple(decoded(line, self.told) for line in text.split())

    def write(self, key: bytes) -> None:
        self._put((key, *(one for one in self.all() if one != key)))

    def end_others(self, key: bytes) -> None:
        self._put((key,))

    def _put(self, keys: Iterable[bytes]) -> None:
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(_SERVICE, self._home_id, "\n".join(map(encoded, keys)))
        except KeyringError as error:
            raise StoreError(f"the key cannot be put into the keyring of this system: {error}") from error
