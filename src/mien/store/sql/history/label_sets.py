"""What models call the expressions they tell apart, kept once, and distributions over them, packed."""

import numpy as np
from numpy.typing import ArrayLike
from sqlalchemy import Connection, insert, select

from mien.store.sql.tables import label_sets

_PACKED = np.dtype("<f4")


def label_set(connection: Connection, labels: tuple[str, ...]) -> int | None:
    """The number of a set of labels, which is put there if it is new; none of no labels."""
    if not labels:
        return None
    joined = "\n".join(labels)
    found = connection.scalars(select(label_sets.c.label_set_id).where(label_sets.c.labels == joined)).first()
    if found is not None:
        return int(found)
    key = connection.execute(insert(label_sets).values(labels=joined)).inserted_primary_key
    assert key is not None
    return int(key[0])


def labels_of(joined: str | None) -> tuple[str, ...]:
    """The labels of a set as it is kept."""
    return tuple(joined.split("\n")) if joined else ()


def pack(values: ArrayLike) -> bytes:
    """Numbers as they are kept."""
    return np.asarray(values, _PACKED).tobytes()


def unpack(packed: bytes) -> list[float]:
    """Numbers that were kept."""
    values: list[float] = np.frombuffer(packed, _PACKED).tolist()
    return values
