"""Files sealed with a passphrase: written in one go, and read at any place without a plain copy anywhere."""

import io
import os
import struct
import unicodedata
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mien.domain.errors import StoreError
from mien.store.vault.vault import KEY_BYTES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MAGIC = b"mien sealed 1\n"
_HEADER = struct.Struct(">14sB16s7s")  # magic, the cost as a power of two, salt, the beginning of every nonce
_COST = 17  # 128 MiB and 0.4 s for each guess (OWASP, Password Storage Cheat Sheet)
_DEAREST = 20  # what a file may ask for: 1 GiB
_BLOCK_SIZE, _PARALLEL = 8, 1
_PIECE, _TAG = 1 << 20, 16
_MOST_PIECES = 1 << 32


def is_sealed(file: BinaryIO) -> bool:
    """Whether a file, at its beginning, was sealed with a passphrase; it is at its beginning again then."""
    begins = file.read(len(MAGIC))
    file.seek(0)
    return begins == MAGIC


class _Pieces:
    """The pieces of one file, each under a nonce of its own that tells its place and whether it is the last.

    The construction is STREAM (Hoang et al., "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
    CRYPTO 2015) over AES-256-GCM, the key by scrypt (RFC 7914): no piece can be changed, moved, repeated or cut off.
    """

    def __init__(self, header: bytes, passphrase: str) -> None:
        _, cost, salt, prefix = _HEADER.unpack(header)
        if not 1 <= cost <= _DEAREST:
            raise StoreError("the archive asks for more work than any passphrase is worth: it is damaged")
        normal = unicodedata.normalize("NFC", passphrase).encode()
        key: bytes = Scrypt(salt, KEY_BYTES, 1 << cost, _BLOCK_SIZE, _PARALLEL).derive(normal)
        self._header, self._cipher = header, AESGCM(key)
        self._prefix: bytes = prefix

    def _nonce(self, place: int, is_last: bool) -> bytes:
        if place >= _MOST_PIECES:
            raise StoreError("the file is too large to be sealed")
        return self._prefix + place.to_bytes(4, "big") + bytes([is_last])

    def seal(self, place: int, is_last: bool, data: bytes) -> bytes:
        sealed: bytes = self._cipher.encrypt(self._nonce(place, is_last), data, self._header)
        return sealed

    def open(self, place: int, is_last: bool, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(place, is_last), sealed, self._header)
        except InvalidTag as error:
            raise StoreError("the passphrase is wrong, or the file is damaged") from error


class SealingWriter(io.RawIOBase):
    """Seals what is written and passes it on; `finish` writes the end, without which nothing opens the file."""

    def __init__(self, target: BinaryIO, passphrase: str, cost: int = 0) -> None:
        header = _HEADER.pack(MAGIC, cost or _COST, os.urandom(16), os.urandom(7))
        self._pieces = _Pieces(header, passphrase)
        self._target, self._held, self._place = target, bytearray(), 0
        target.write(header)

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        written = memoryview(data).nbytes
        self._held += data
        while len(self._held) > _PIECE:
            self._pass_on(bytes(self._held[:_PIECE]), is_last=False)
            del self._held[:_PIECE]
        return written

    def finish(self) -> None:
        """Seal what is left as the last piece."""
        self._pass_on(bytes(self._held), is_last=True)
        self._held.clear()

    def _pass_on(self, piece: bytes, is_last: bool) -> None:
        self._target.write(self._pieces.seal(self._place, is_last, piece))
        self._place += 1


class OpeningReader(io.RawIOBase):
    """What was sealed, as a file that can be read at any place. Not for several threads."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        """Raises StoreError where the passphrase is wrong or the file is none that was sealed whole."""
        header = source.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(MAGIC):
            raise StoreError("the file is none that was sealed with a passphrase")
        self._pieces, self._source = _Pieces(header, passphrase), source
        sealed = source.seek(0, os.SEEK_END) - _HEADER.size
        self._count = max(1, -(-sealed // (_PIECE + _TAG)))
        self._size = sealed - self._count * _TAG
        self._at, self._opened, self._piece = 0, -1, b""
        self._open(self._count - 1)  # a file that was cut off has no last piece

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("a file has no place before its beginning")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(target):
            return 0
        self._open(self._at // _PIECE)
        begin = self._at % _PIECE
        part = self._piece[begin : begin + len(target)]
        target[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _open(self, place: int) -> None:
        if place != self._opened:
            self._source.seek(_HEADER.size + place * (_PIECE + _TAG))
            sealed = self._source.read(_PIECE + _TAG)
            self._piece = self._pieces.open(place, place == self._count - 1, sealed)
            self._opened = place
