"""What SQLite leaves of deleted rows, though told to overwrite them, and that writing the file anew removes it."""

import random

import pytest

from mien.store.sql.database import Database


@pytest.fixture
def churned(tmp_path):
    """A database after many insertions, changes and deletions, and the ids that were deleted."""
    chance, alive, gone = random.Random(3), set(), set()
    with Database.open_file(tmp_path / "mien.sqlite3") as database:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE seen (number INTEGER PRIMARY KEY, who TEXT, what BLOB)")
            connection.exec_driver_sql("CREATE INDEX seen_by_who ON seen (who, number)")
        for turn in range(25):
            with database.writing() as connection:
                new = [f"somebody-{turn:03d}-{number:02d}" for number in range(40)]
                alive |= set(new)
                rows = [(who, chance.randbytes(chance.randint(10, 300))) for who in new for _ in range(12)]
                chance.shuffle(rows)
                connection.exec_driver_sql("INSERT INTO seen (who, what) VALUES (?, ?)", rows)
                for who in chance.sample(sorted(alive), 20):
                    what = chance.randbytes(chance.randint(1, 400))
                    connection.exec_driver_sql("UPDATE seen SET what = ? WHERE who = ?", (what, who))
                leaving = chance.sample(sorted(alive), 20)
                connection.exec_driver_sql("DELETE FROM seen WHERE who = ?", [(who,) for who in leaving])
                alive -= set(leaving)
                gone |= set(leaving)
        database.scrub()
        yield database, gone


def test_copies_stay_where_rows_were_moved_until_the_file_is_written_anew(churned, tmp_path):
    database, gone = churned

    def left():
        raw = (tmp_path / "mien.sqlite3").read_bytes()
        return {who for who in gone if who.encode() in raw}

    assert left(), "overwriting what is deleted would be enough"
    database.compact()
    assert not left()
    assert (tmp_path / "mien.sqlite3-wal").stat().st_size == 0
