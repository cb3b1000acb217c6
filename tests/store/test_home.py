from pathlib import Path

from mien.store.home import Home


def test_the_environment_names_the_home():
    home = Home.from_environment({"MIEN_HOME": "/srv/faces"})

    assert home.folder == Path("/srv/faces")
    assert home.database == Path("/srv/faces/mien.sqlite3")
    assert home.media == Path("/srv/faces/media")


def test_without_it_the_home_is_the_platforms_and_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    for environment in ({}, {"MIEN_HOME": "  "}):
        home = Home.from_environment(environment)
        assert home.folder.name == "mien"
        assert not (tmp_path / "mien").exists()


def test_a_tilde_is_the_users_own_folder():
    assert Home.from_environment({"MIEN_HOME": "~/faces"}).folder == Path.home() / "faces"
