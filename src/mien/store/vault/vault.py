"""Sealing and opening bytes with the keys of one home."""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mien.domain.errors import StoreError

KEY_BYTES = 32
_NUMBER_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 12, 16
_OVERHEAD = _NUMBER_BYTES + _NONCE_BYTES + _TAG_BYTES


def new_key() -> bytes:
    """A random key of 32 bytes."""
    return os.urandom(KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """What a key may be recognised by; says nothing about it."""
    return _derived(key, b"mien fingerprint")[:8].hex()


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
        self._ciphers = {number: AESGCM(_derived(key, b"mien sealing")) for number, key in keys.items()}
        self._blinding = _derived(keys[newest], b"mien blinding")
        self.newest = newest

    def renew_by(self, renew: Callable[[], object]) -> None:
        """Call something that adopts newer keys where bytes were sealed with one that is not here."""
        self._renew = renew

    def adopt(self, other: "Vault") -> None:
        """Take over the keys of another vault of the same home."""
        self._ciphers, self._blinding, self.newest = other._ciphers, other._blinding, other.newest

    @classmethod
    def of(cls, key: bytes) -> Self:
        """A vault with a single key."""
        return cls({1: key}, 1)

    def seal(self, data: bytes, context: bytes) -> bytes:
        """The bytes, unreadable and unchangeable without the key; 32 longer."""
        nonce = os.urandom(_NONCE_BYTES)
        head = self.newest.to_bytes(_NUMBER_BYTES, "big") + nonce
        return head + self._ciphers[self.newest].encrypt(nonce, data, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed; raises StoreError where it is damaged, of another place, or of a key that is not here."""
        number = key_number(sealed)
        if number not in self._ciphers:
            self._renew()  # another process may have brought in a key a moment ago
        cipher = self._ciphers.get(number)
        if cipher is None or len(sealed) < _OVERHEAD:
            raise StoreError("what is stored was encrypted with another key, or is damaged")
        nonce = sealed[_NUMBER_BYTES : _NUMBER_BYTES + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_NUMBER_BYTES + _NONCE_BYTES :], context)
        except InvalidTag as error:
            raise StoreError("what is stored was encrypted with another key, or is damaged") from error

    def blind(self, data: bytes, context: bytes) -> str:
        """A text that is equal for equal bytes of one context, and tells nothing else (HMAC-SHA256, hexadecimal).

        It changes with the newest key.
        """
        return hmac.new(self._blinding, len(context).to_bytes(4, "big") + context + data, hashlib.sha256).hexdigest()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this."""
        return key_number(sealed) == self.newest


def key_number(sealed: bytes) -> int:
    """The number of the key that sealed some bytes."""
    return int.from_bytes(sealed[:_NUMBER_BYTES], "big")


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, None, purpose).derive(key)
