"""Where the key of a home lies: in the environment, in a file outside the home, or in the keyring of the system."""

import base64
import binascii
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import platformdirs
from filelock import FileLock, Timeout

from mien.domain.errors import SettingsError, StoreError
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


def key_place(settings: EncryptionSettings, home_id: str, environment: Mapping[str, str] = os.environ) -> KeyPlace:
    """The place of the key of a home; raises SettingsError where the environment names two."""
    key, file = environment.get(KEY_VARIABLE, ""), environment.get(FILE_VARIABLE, "")
    if key and file:
        raise SettingsError(f"{KEY_VARIABLE} and {FILE_VARIABLE} name a key each, keep one of them")
    if key:
        return EnvironmentKey(key)
    if file:
        return KeyFile(Path(file).expanduser(), is_shared=True)
    if settings.key == "keyring":
        return KeyringKey(home_id)
    if settings.key == "memory":
        return MemoryKey()
    return KeyFile(platformdirs.user_config_path("mien", appauthor=False) / "keys" / f"{home_id}.key")


def encoded(key: bytes) -> str:
    """A key as text, in base64."""
    return base64.b64encode(key).decode("ascii")


def decoded(text: str, place: str) -> bytes:
    """The key of a text; raises StoreError where it is none."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(f"{place} holds no key: expected {KEY_BYTES} bytes in base64 (mien privacy key new makes one)")
    return key


class EnvironmentKey:
    """The key that a variable of the environment holds, which mien cannot change."""

    told = f"the variable {KEY_VARIABLE}"
    is_lasting = True
    kind: Literal["environment", "file", "keyring", "memory"] = "environment"

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> bytes | None:
        return decoded(self._text, KEY_VARIABLE)

    def all(self) -> tuple[bytes, ...]:
        return (decoded(self._text, KEY_VARIABLE),)

    def write(self, key: bytes) -> None:  # noqa: ARG002  the protocol's
        raise StoreError(f"the key is given by {KEY_VARIABLE}, which mien cannot change")

    def end_others(self, key: bytes) -> None:
        """There is one alone."""


class KeyFile:
    """A key in a file that only its owner may read, one to a line.

    A file that ``is_shared`` may be that of several homes: no key is ever taken out of it. Safe for several processes:
    a lock lies beside it.
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
        return tuple(decoded(line, str(self.path)) for line in text.splitlines() or [""])

    def write(self, key: bytes) -> None:
        with self._locked():
            self._put((key, *(one for one in self.all() if one != key)))

    def end_others(self, key: bytes) -> None:
        if not self.is_shared:
            with self._locked():
                self._put((key,))

    def _put(self, keys: Iterable[bytes]) -> None:
        put_whole(self.path, "".join(f"{encoded(one)}\n" for one in keys).encode("ascii"))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """What is read within this is still there when it is written; raises StoreError."""
        try:
            self.path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", timeout=_PATIENCE_S, mode=0o600):
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
