"""Reads tables of the FlatBuffers format by the numbers of their fields, without generated code."""

import struct
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Table:
    """One table at a position of a buffer. Methods raise struct.error, ValueError or IndexError where it is broken."""

    buffer: bytes
    position: int

    @classmethod
    def root(cls, buffer: bytes) -> Self:
        """The table that a file starts from."""
        return cls(buffer, _number(buffer, 0, "<I"))

    def number(self, field: int, layout: str, default: int = 0) -> int:
        """A field of a number, laid out as ``struct`` names it; absent ones have the default of the schema."""
        place = self._place(field)
        return _number(self.buffer, place, layout) if place else default

    def table(self, field: int) -> Self | None:
        place = self._place(field)
        return type(self)(self.buffer, self._target(place)) if place else None

    def tables(self, field: int) -> tuple[Self, ...]:
        """A vector of tables; none where the field is absent."""
        place = self._place(field)
        if not place:
            return ()
        start = self._target(place)
        offsets = np.frombuffer(self.buffer, "<u4", _number(self.buffer, start, "<I"), start + 4)
        places = [start + 4 + 4 * index for index in range(len(offsets))]
        return tuple(type(self)(self.buffer, self._target(place)) for place in places)

    def numbers(self, field: int, dtype: str) -> NDArray[Any]:
        """A vector of numbers; none where the field is absent."""
        place = self._place(field)
        if not place:
            return np.zeros(0, dtype)
        start = self._target(place)
        return np.frombuffer(self.buffer, dtype, _number(self.buffer, start, "<I"), start + 4)

    def text(self, field: int) -> str:
        return self.numbers(field, "u1").tobytes().decode()

    def _place(self, field: int) -> int:
        """Where a field lies, 0 where the table leaves it out."""
        index = self.position - _number(self.buffer, self.position, "<i")
        entry = 4 + 2 * field
        if entry + 2 > _number(self.buffer, index, "<H"):
            return 0
        offset = _number(self.buffer, index + entry, "<H")
        return self.position + offset if offset else 0

    def _target(self, place: int) -> int:
        return place + _number(self.buffer, place, "<I")


def _number(buffer: bytes, position: int, layout: str) -> int:
    if position < 0:
        raise ValueError("an offset points before the file")
    value: int = struct.unpack_from(layout, buffer, position)[0]
    return value
