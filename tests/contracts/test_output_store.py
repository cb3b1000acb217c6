"""What every store of outputs promises."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.faces import HandClock

from mien.store.outputs import Output, OutputStore, noted
from mien.store.sql.outputs import SqlOutputs


@pytest.fixture
def outputs(database) -> OutputStore:
    return SqlOutputs(database)


def wrote(folder: Path) -> Path:
    folder.mkdir()
    (folder / "page.html").write_text("")
    return folder


def test_what_was_written_is_remembered_once_and_as_long_as_it_is_there(outputs, tmp_path, noon):
    for name in ("a", "b"):
        wrote(tmp_path / name)
        outputs.note("analysis", tmp_path / name, noon)
    outputs.note("report", tmp_path / "a", noon + timedelta(hours=1))
    (tmp_path / "b" / "page.html").unlink()

    assert outputs.still_there() == (Output("report", tmp_path / "a", noon + timedelta(hours=1)),)
    (tmp_path / "b" / "page.html").write_text("")
    assert len(outputs.still_there()) == 1, "it is another one"


def test_what_is_about_to_be_written_is_known_before_it_is_there(outputs, tmp_path, noon):
    clock, file = HandClock(), tmp_path / "file"
    with noted(outputs, "export", clock, file, tmp_path / "part"):
        file.write_text("")
        assert [one.path for one in outputs.still_there()] == [file]
        file.unlink()
        assert outputs.still_there() == ()
        clock.passed_s += 60
        file.write_text("")
    assert outputs.still_there() == (Output("export", file, clock.now()),)
    with pytest.raises(InterruptedError), noted(outputs, "report", clock, tmp_path / "part"):
        wrote(tmp_path / "part")
        raise InterruptedError
    assert len(outputs.still_there()) == 2


def test_a_path_is_absolute_and_no_name_in_it_is_readable(outputs, tmp_path, noon, database, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrote(tmp_path / "Ann Lee")
    outputs.note("export", (tmp_path / "Ann Lee").relative_to(tmp_path), noon)

    (output,) = outputs.still_there()
    assert output.path == tmp_path / "Ann Lee"
    database.close()
    assert b"Ann Lee" not in b"".join(path.read_bytes() for path in tmp_path.glob("mien.sqlite3*"))


def test_what_lies_on_a_disk_that_is_away_is_hidden_and_comes_back_with_it(outputs, tmp_path, noon):
    disk, elsewhere = tmp_path / "disk", tmp_path / "elsewhere"
    wrote(disk)
    wrote(disk / "results")
    (disk / "results" / "ada.zip").write_text("")
    for path in (disk / "results" / "ada.zip", disk / "results"):
        outputs.note("export", path, noon)

    disk.rename(elsewhere)
    assert outputs.still_there() == ()
    disk.mkdir()  # where the disk belongs, without it
    assert outputs.still_there() == ()
    disk.rmdir()
    elsewhere.rename(disk)
    assert len(outputs.still_there()) == 2
    (disk / "results" / "ada.zip").unlink()
    assert len(outputs.still_there()) == 1
    (disk / "results" / "ada.zip").write_text("")
    assert len(outputs.still_there()) == 1, "it is another one"
