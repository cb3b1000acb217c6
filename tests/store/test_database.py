import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text
from tests.support.quick import make_homes_at_once, make_homes_step_by_step

from mien.domain.errors import StoreError, StoreTooNew
from mien.store.sql import sqlite, tables
from mien.store.sql.database import NEWEST_SCHEMA, Database, _script

TRY_TO_OPEN = """
import sys
from pathlib import Path
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople
from datetime import UTC, datetime
with Database.open_file(Path(sys.argv[1])) as database:
    people = SqlPeople(database)
    print(*[people.add_stranger([], datetime.now(UTC)).person_id for _ in range(20)])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "mien.sqlite3"


def test_opening_knows_the_schema_that_the_migrations_lead_to():
    assert _script().get_current_head() == NEWEST_SCHEMA


def test_a_home_that_is_there_is_opened_without_what_would_bring_it_on(path):
    Database.open_file(path).close()
    opened = "import sys; from pathlib import Path; from mien.store.sql.database import Database; "
    opened += "Database.open_file(Path(sys.argv[1])).close(); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", opened, path], check=False).returncode == 0


def test_the_migrations_lead_from_an_empty_file_to_the_tables_the_code_uses(path, monkeypatch):
    make_homes_step_by_step(monkeypatch)
    with Database.open_file(path) as database, database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_home_that_a_test_is_given_is_as_one_that_came_all_the_way(path, tmp_path, monkeypatch):
    def whole(home):
        with Database.open_file(home) as database, database.reading() as connection:
            schema = sorted(connection.execute(text("SELECT type, name, coalesce(sql, '') FROM sqlite_master")).all())
            tables = [name for kind, name, _ in schema if kind == "table" and name != "keys"]
            rows = {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in tables}
            (home_id,) = (value for name, value in rows.pop("facts") if name == "home_id")
            return schema, rows, len(home_id), database.vault.newest

    make_homes_at_once(monkeypatch)
    quick = whole(path)
    make_homes_step_by_step(monkeypatch)
    assert quick == whole(tmp_path / "other" / path.name)


def test_what_was_written_is_there_when_it_is_opened_again(path):
    with Database.open_file(path) as database, database.writing() as connection:
        connection.execute(insert(tables.label_sets).values(labels="one"))

    with Database.open_file(path) as database, database.reading() as connection:
        assert connection.scalars(select(tables.label_sets.c.labels)).all() == ["one"]


def test_the_folder_it_makes_is_private(path):
    before = os.umask(0o022)
    try:
        Database.open_file(path).close()
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_deleted_is_scrubbed_from_the_log_or_it_is_said_so(path, monkeypatch, caplog):
    monkeypatch.setattr(sqlite, "SCRUB_TIMEOUT_S", 0.2)
    log = path.with_name(f"{path.name}-wal")
    with Database.open_file(path) as database, Database.open_file(path) as other:
        with database.writing() as connection:
            connection.execute(insert(tables.label_sets).values(labels="secret"))
        with other.reading() as reader:
            assert reader.scalars(select(tables.label_sets.c.labels)).all() == ["secret"]
            with database.writing() as connection:
                connection.execute(tables.label_sets.delete())
            database.scrub()
            assert b"secret" in log.read_bytes()
            assert [record.levelname for record in caplog.records] == ["WARNING"]
            assert "stays readable in the log" in caplog.text

        with database.reading() as connection:  # elsewhere it is as patient as before
            assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 15_000
        caplog.clear()
        database.scrub()
        assert log.read_bytes() == b"" and b"secret" not in path.read_bytes()
        assert caplog.messages == []


def test_a_newer_database_is_refused_and_not_touched(path):
    with Database.open_file(path) as database, database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    with pytest.raises(StoreTooNew, match=r"newer version of mien \(schema 9999"):
        Database.open_file(path)

    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_transaction_that_fails_leaves_nothing(path):
    with Database.open_file(path) as database:
        with pytest.raises(RuntimeError), database.writing() as connection:
            connection.execute(insert(tables.label_sets).values(labels="one"))
            raise RuntimeError
        with database.reading() as connection:
            assert connection.scalars(select(tables.label_sets.c.labels)).all() == []


@pytest.mark.parametrize("content", [b"this is a letter, not a database\n" * 200, b"\x00" * 5000])
def test_a_file_that_is_no_database_is_refused_and_not_touched(path, content):
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(StoreError, match="the file is not a database"):
        Database.open_file(path)

    assert path.read_bytes() == content


def test_a_damaged_database_is_a_store_error(path):
    with Database.open_file(path) as database, database.writing() as connection:
        connection.execute(insert(tables.label_sets), [{"labels": f"{row:0500}"} for row in range(200)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(StoreError, match="damaged"):
        Database.open_file(path)


def test_a_place_where_no_folder_can_be_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be made"):
        Database.open_file(tmp_path / "file" / "home" / "mien.sqlite3")


def test_a_folder_in_the_place_of_the_file_is_a_store_error(path):
    path.mkdir(parents=True)

    with pytest.raises(StoreError, match="cannot be read or written"):
        Database.open_file(path)


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half_written(path):
    with Database.open_file(path) as database:
        with database.writing() as connection:
            connection.execute(insert(tables.label_sets).values(labels="before"))
        with pytest.raises(StoreError, match="the disk is full"), database.writing() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            connection.execute(text(f"PRAGMA max_page_count={pages + 4}"))
            connection.execute(insert(tables.label_sets), [{"labels": f"{row:04000}"} for row in range(100)])
        with database.reading() as connection:
            assert connection.scalars(select(tables.label_sets.c.labels)).all() == ["before"]


def test_processes_that_open_an_empty_home_at_once_share_one_database(path):
    openers = [
        subprocess.Popen([sys.executable, "-c", TRY_TO_OPEN, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ids = [person_id for opener in openers for person_id in opener.communicate(timeout=60)[0].split()]

    assert [opener.returncode for opener in openers] == [0, 0, 0]
    assert sorted(ids) == [f"unknown-{number:04d}" for number in range(1, 61)]


def test_threads_that_open_an_empty_home_at_once_do_not_hinder_each_other(path):
    def open_and_close(_: int) -> None:
        Database.open_file(path).close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_and_close, range(24)))


def test_a_reader_sees_one_moment_while_others_write(path):
    with Database.open_file(path) as database:
        with database.reading() as reader:
            assert reader.scalars(select(tables.label_sets.c.labels)).all() == []
            with database.writing() as writer:
                writer.execute(insert(tables.label_sets).values(labels="one"))
            assert reader.scalars(select(tables.label_sets.c.labels)).all() == []
        with database.reading() as reader:
            assert reader.scalars(select(tables.label_sets.c.labels)).all() == ["one"]
