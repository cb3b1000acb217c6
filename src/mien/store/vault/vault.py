"""Sealing and opening bytes with the keys of one home."""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mien.domain.errors import StoreError

KEY_BYTES = 32
NUMBER_BYTES = 4
"""So many bytes at the beginning of what is sealed tell the number of its key."""
_NONCE_BYTES, _TAG_BYTES = 12, 16
_OVERHEAD = NUMBER_BYTES + _NONCE_BYTES + _TAG_BYTES


class Unopenable(StoreError):
    """What is stored opens by no key that is here: it was encrypted with another one, or is damaged."""

    def __init__(self) -> None:
        super().__init__("what is stored was encrypted with another key, or is damaged")


def new_key() -> bytes:
    """A random key of 32 bytes."""
    return os.urandom(KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """What a key may be recognised by; says nothing about it."""
    return _derived(key, b"mien fingerprint")[:8].hex()


class _Keys(NamedTuple):
    """Ciphers by the number of their key, what blinds, and the number of the key that seals, which go together."""

    ciphers: Mapping[int, AESGCM]
    blinding: bytes
    newest: int


class Vault:
    """Seals bytes with the newest of a home's keys, and opens what any of them has sealed. Safe for several threads.

    AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. What is sealed begins with the number of its key and
    the nonce. ``context`` says where the bytes belong (``b"people.name person-0003"``); what was sealed for one place
    opens at no other.

    Against whoever has the files and not the key, it keeps what is sealed from being read, changed, and moved: a name
    opens under its person's id alone, a template for the picture and the person it was sealed for, so neither can be
    given to somebody else. It does not keep such a person from deleting rows or files, from putting back an older copy
    of a value in its own place, or from changing what stands in plain: ids, moments, states, standings, similarities,
    and which stored picture a row names.
    """

    def __init__(self, keys: Mapping[int, bytes], newest: int) -> None:
        """``keys`` of 32 bytes by number; ``newest`` is the number of the one that seals."""
        self._renew: Callable[[], object] = lambda: None
        self._adopting = threading.Lock()
        ciphers = {number: AESGCM(_derived(key, b"mien sealing")) for number, key in keys.items()}
        self._keys = _Keys(ciphers, _derived(keys[newest], b"mien blinding"), newest)

    @property
    def newest(self) -> int:
        """The number of the key that seals."""
        return self._keys.newest

    def renew_by(self, renew: Callable[[], object]) -> None:
        """Be told how to adopt the keys that another process has brought in; raises StoreError where it cannot."""
        self._renew = renew

    def renew(self) -> None:
        """Take up the newest keys of the home; raises StoreError where the owner's key does not open them any more."""
        self._renew()

    def adopt(self, other: "Vault") -> None:
        """Take over the keys of another vault of the same home, unless they are older than those that are here.

        Former ones still open what was read a moment ago.
        """
        with self._adopting:
            if other.newest > self.newest:
                self._keys = other._keys._replace(ciphers={**self._keys.ciphers, **other._keys.ciphers})

    def until_current(self, write: Callable[[], object]) -> None:
        """Write a file that is sealed, again where the home was given a new key meanwhile.

        Whoever brings in a key seals anew what they find sealed with another one, and then removes that one. A file is
        in its place before this looks for a new key: either it was there to be found, or this writes it once more.
        Raises StoreError, also where the owner's key was changed; then the file cannot be opened by anybody.
        """
        self.renew()
        while True:
            sealing = self.newest
            write()
            self.renew()
            if self.newest == sealing:
                return

    @classmethod
    def of(cls, key: bytes) -> Self:
        """A vault with a single key."""
        return cls({1: key}, 1)

    def seal(self, data: bytes, context: bytes) -> bytes:
        """The bytes, unreadable and unchangeable without the key; 32 longer."""
        keys, nonce = self._keys, os.urandom(_NONCE_BYTES)
        head = keys.newest.to_bytes(NUMBER_BYTES, "big") + nonce
        return head + keys.ciphers[keys.newest].encrypt(nonce, data, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed; raises Unopenable where it is damaged, of another place, or of a key that is not here."""
        number = key_number(sealed)
        if number not in self._keys.ciphers:
            self.renew()  # another process may have brought in a key a moment ago
        cipher = self._keys.ciphers.get(number)
        if cipher is None or len(sealed) < _OVERHEAD:
            raise Unopenable
        nonce = sealed[NUMBER_BYTES : NUMBER_BYTES + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[NUMBER_BYTES + _NONCE_BYTES :], context)
        except InvalidTag as error:
            raise Unopenable from error

    def blind(self, data: bytes, context: bytes) -> str:
        """A text that is equal for equal bytes of one context, and tells nothing else (HMAC-SHA256, hexadecimal).

        It changes with the newest key.
        """
        return hmac.new(
            self._keys.blinding, len(context).to_bytes(4, "big") + context + data, hashlib.sha256
        ).hexdigest()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this."""
        return key_number(sealed) == self.newest


def key_number(sealed: bytes) -> int:
    """The number of the key that sealed some bytes."""
    return int.from_bytes(sealed[:NUMBER_BYTES], "big")


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, None, purpose).derive(key)
