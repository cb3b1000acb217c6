"""Where the key of a home lies: in the environment, in a file outside the home, or in the keyring of the system."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import platformdirs

from mien.domain.errors import SettingsError, StoreError
from mien.store.home import PRIVATE
from mien.store.vault.vault import KEY_BYTES

KEY_VARIABLE, FILE_VARIABLE, NEW_KEY_VARIABLE = "MIEN_KEY", "MIEN_KEY_FILE", "MIEN_NEW_KEY"
_SERVICE = "mien"


@dataclass(frozen=True, slots=True)
class EncryptionSettings:
    """Where the key to what is kept of people lies.

    In a *file* outside the home, in the *keyring* of the system, or in *memory* only: then a home is readable as long
    as the process that made it runs. ``MIEN_KEY`` (the key itself) and ``MIEN_KEY_FILE`` (the path of its file) go
    before.
    """

    key: Literal["file", "keyring", "memory"] = "file"


class KeyPlace(Protocol):
    """A place that holds one key, which may be replaced."""

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
        """The key, or none where the place is empty; raises StoreError where it holds no key or cannot be read."""
        ...

    def all(self) -> tuple[bytes, ...]:
        """Every key that is there, the newest first: several homes may share a place. Raises StoreError."""
        ...

    def write(self, key: bytes) -> None:
        """Put a key there, in the place of the one before; raises StoreError where that cannot be."""
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


class KeyFile:
    """A key in a file that only its owner may read.

    A file that ``is_shared`` may be that of several homes: a new key is put above those that are there.
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
        """Written beside its place and moved there: a key is never half a key."""
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}.partial")
        keys = (key, *(self.all() if self.is_shared else ()))
        try:
            self.path.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.writelines(f"{encoded(one)}\n" for one in keys)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path)
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
        import keyring
        from keyring.errors import KeyringError

        try:
            text = keyring.get_password(_SERVICE, self._home_id)
        except KeyringError as error:
            raise StoreError(f"the keyring of this system cannot be read: {error}") from error
        return None if text is None else decoded(text, self.told)

    def all(self) -> tuple[bytes, ...]:
        key = self.read()
        return () if key is None else (key,)

    def write(self, key: bytes) -> None:
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(_SERVICE, self._home_id, encoded(key))
        except KeyringError as error:
            raise StoreError(f"the key cannot be put into the keyring of this system: {error}") from error
