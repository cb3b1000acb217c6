"""What every store of outputs promises."""

from datetime import timedelta

import pytest

from mien.store.outputs import Output, OutputStore
from mien.store.sql.outputs import SqlOutputs


@pytest.fixture
def outputs(database) -> OutputStore:
    return SqlOutputs(database)


def test_what_was_written_is_remembered_once_and_as_long_as_it_is_there(outputs, tmp_path, noon):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        outputs.note("analysis", tmp_path / name, noon)
    outputs.note("report", tmp_path / "a", noon + timedelta(hours=1))
    (tmp_path / "b").rmdir()

    assert outputs.still_there() == (Output("report", tmp_path / "a", noon + timedelta(hours=1)),)
    (tmp_path / "b").mkdir()
    assert len(outputs.still_there()) == 1, "it is another one"


def test_a_path_is_absolute_and_no_name_in_it_is_readable(outputs, tmp_path, noon, database, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Ann Lee").mkdir()
    outputs.note("export", (tmp_path / "Ann Lee").relative_to(tmp_path), noon)

    (output,) = outputs.still_there()
    assert output.path == tmp_path / "Ann Lee"
    database.close()
    assert b"Ann Lee" not in b"".join(path.read_bytes() for path in tmp_path.glob("mien.sqlite3*"))
