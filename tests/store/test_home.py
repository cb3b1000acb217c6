from pathlib import Path

from mien.store.home import Home


def test_naming_a_home_makes_nothing(tmp_path):
    home = Home(tmp_path / "faces")

    assert home.database == tmp_path / "faces" / "mien.sqlite3"
    assert home.media == tmp_path / "faces" / "media"
    assert list(Path(tmp_path).iterdir()) == []
