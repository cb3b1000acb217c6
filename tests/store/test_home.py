import stat
from pathlib import Path

import pytest

from mien.domain.errors import UsageError
from mien.store.home import Home, put_whole


def test_naming_a_home_makes_nothing(tmp_path):
    home = Home(tmp_path / "faces")

    assert home.database == tmp_path / "faces" / "mien.sqlite3"
    assert home.media == tmp_path / "faces" / "media"
    assert list(Path(tmp_path).iterdir()) == []


def test_a_home_holds_what_lies_in_it_by_whichever_way(tmp_path):
    home = Home(tmp_path / "faces")
    home.folder.mkdir()
    (tmp_path / "way").symlink_to(home.folder)
    for inside in (home.folder / "a.zip", tmp_path / "way" / "deep" / "a.zip", tmp_path / "x" / ".." / "faces" / "a"):
        assert home.holds(inside)
        with pytest.raises(UsageError, match="choose a place outside of it"):
            home.check_outside(inside)
    assert not home.holds(tmp_path / "faces.zip")
    home.check_outside(tmp_path / "faces.zip")


def test_a_file_is_put_whole_and_for_its_owner_alone(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file"
    put_whole(path, b"one")
    put_whole(path, b"two")
    assert path.read_bytes() == b"two" and stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        put_whole(path, b"three")
    assert path.read_bytes() == b"two" and [one.name for one in path.parent.iterdir()] == ["file"]


def test_nobody_reads_along_by_a_file_that_waits_where_one_is_written(tmp_path):
    (tmp_path / "theirs").write_bytes(b"")
    (tmp_path / "file.partial").symlink_to(tmp_path / "theirs")
    put_whole(tmp_path / "file", b"one")
    assert (tmp_path / "theirs").read_bytes() == b"" and not (tmp_path / "file").is_symlink()
