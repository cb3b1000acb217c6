"""What SQLite has locked in this process stays locked while the raw bytes of its files are read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.another import told_to_another_writer

from mien.store.apart import read_apart


def test_who_reads_raw_bytes_lets_nobody_else_write(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE told (it TEXT)")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO told VALUES ('something')")
        read = []
        for ending in ("", "-wal", "-shm"):
            with read_apart(path.with_name(path.name + ending)) as file:
                read.append(file.read())
        assert told_to_another_writer(path) == "database is locked\n"
        assert read[0].startswith(b"SQLite format 3") and b"CREATE TABLE told" in read[1] and read[2]
        connection.execute("COMMIT")
    assert told_to_another_writer(path) == ""


def test_what_is_not_there_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), read_apart(tmp_path / "absent") as file:
        assert file.read() == b""
    with pytest.raises(OSError, match="was not read to its end"), read_apart(tmp_path) as file:
        assert file.read() == b""


def test_who_stops_in_the_middle_waits_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(8 << 20))
    with pytest.raises(KeyError), read_apart(tmp_path / "large") as file:
        raise KeyError(len(file.read(10)))
