"""Walks the wire format of protocol buffers: numbered fields, without the schema that names them."""

import struct
from collections.abc import Iterator

from mien.domain.errors import ModelCorrupt

_FIXED = {1: ("<d", 8), 5: ("<f", 4)}
_VARINT, _LENGTH_DELIMITED = 0, 2
_MOST_VARINT_BYTES = 10

Field = int | float | memoryview


def fields(message: memoryview) -> Iterator[tuple[int, Field]]:
    """Number and value of every field in the order of the message: an int, a float, or the bytes of what has a length.

    Integers are signed, 64 bits wide. Raises ModelCorrupt where the message is cut off or is no protocol buffer.
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, position = _varint(message, position)
            yield number, value
        elif wire_type == _LENGTH_DELIMITED:
            size, position = _varint(message, position)
            if not 0 <= size <= len(message) - position:
                raise ModelCorrupt("it is cut off, or no protocol buffer")
            yield number, message[position : position + size]
            position += size
        elif wire_type in _FIXED and position + _FIXED[wire_type][1] <= len(message):
            layout, size = _FIXED[wire_type]
            yield number, struct.unpack_from(layout, message, position)[0]
            position += size
        else:
            raise ModelCorrupt("it is cut off, or no protocol buffer")


def packed_integers(message: memoryview) -> list[int]:
    """The varints of a packed field."""
    position, found = 0, []
    while position < len(message):
        value, position = _varint(message, position)
        found.append(value)
    return found


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """A number of seven bits a byte, least significant first, and the position behind it."""
    value = 0
    for index, byte in enumerate(message[position : position + _MOST_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            value &= (1 << 64) - 1
            return value - (value >> 63 << 64), position + index + 1
    raise ModelCorrupt("it is cut off, or no protocol buffer")
