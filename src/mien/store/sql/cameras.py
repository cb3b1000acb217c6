"""The names of cameras and sources in SQL: sealed, for people's names may be in them; other rows have an id."""

from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, insert, or_, select, update

from mien.store.sql import tables
from mien.store.sql.sealed import CAMERA
from mien.store.vault.vault import Vault

_cameras = tables.cameras.c
_FROM_CAMERAS = (tables.runs, tables.events, tables.sightings)
NAME_OF_CAMERA = _cameras.name.label("camera")
"""What a query for rows that have a ``camera_id`` selects besides, for ``camera_of``."""


def camera_key(name: str, vault: Vault) -> str:
    """By what a camera is found: its name, blinded."""
    return vault.blind(_encoded(name), b"camera")


def camera_id(connection: Connection, vault: Vault, name: str) -> int:
    """The id of the camera of a name, in a transaction that writes: a new one is noted."""
    key = camera_key(name, vault)
    found = connection.scalar(select(_cameras.camera_id).where(_cameras.name_key == key))
    if found is not None:
        return int(found)
    made = connection.execute(insert(tables.cameras).values(name_key=key, name=b"")).inserted_primary_key
    assert made is not None
    sealed = CAMERA.seal(vault, _encoded(name), made[0])  # bound to the id
    connection.execute(update(tables.cameras).where(_cameras.camera_id == made[0]).values(name=sealed))
    return int(made[0])


def camera_of(row: Row[Any], vault: Vault) -> str:
    """The name of the camera of a row."""
    return CAMERA.open(vault, row.camera, row.camera_id).decode(errors="surrogateescape")


def camera_names(connection: Connection, vault: Vault) -> frozenset[str]:
    """What the cameras are called of which something is kept."""
    kept = [exists().where(table.c.camera_id == _cameras.camera_id) for table in _FROM_CAMERAS]
    query: Select[Any] = select(_cameras.camera_id, NAME_OF_CAMERA).where(or_(*kept))
    return frozenset(camera_of(row, vault) for row in connection.execute(query))


def rename(connection: Connection, vault: Vault, before: int, name: str) -> None:
    """Give all that is kept of a camera to that of another name, which may be there already."""
    now = camera_id(connection, vault, name)
    for table in _FROM_CAMERAS:
        connection.execute(update(table).where(table.c.camera_id == before).values(camera_id=now))


def remove_unused(connection: Connection) -> int:
    """Delete the cameras of which nothing is kept; how many went."""
    kept = [exists().where(table.c.camera_id == _cameras.camera_id) for table in _FROM_CAMERAS]
    return connection.execute(delete(tables.cameras).where(*(~one for one in kept))).rowcount


def _encoded(name: str) -> bytes:
    return name.encode(errors="surrogateescape")
