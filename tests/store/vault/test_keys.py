"""Where the key of a home lies, and what is said where it is not there."""

import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from mien.domain.errors import SettingsError, StoreError
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.rotation import Rotation
from mien.store.vault.keys import EncryptionSettings, EnvironmentKey, KeyFile, MemoryKey, encoded, key_finder
from mien.store.vault.vault import fingerprint, new_key


def test_the_environment_goes_before_the_settings(tmp_path: Path) -> None:
    key, home, keyring = new_key(), tmp_path / "home", EncryptionSettings("keyring")
    by_key = key_finder(keyring, home, {"MIEN_KEY": encoded(key)})("1")
    by_file = key_finder(keyring, home, {"MIEN_KEY_FILE": str(tmp_path / "k")})("1")

    assert isinstance(by_key, EnvironmentKey)
    assert by_key.read() == key
    assert isinstance(by_file, KeyFile)
    assert by_file.path == tmp_path / "k"
    with pytest.raises(SettingsError, match="keep one of them"):
        key_finder(EncryptionSettings(), home, {"MIEN_KEY": "a", "MIEN_KEY_FILE": "b"})


def test_without_a_word_it_is_a_file_of_this_home_outside_of_it(tmp_path: Path) -> None:
    place = key_finder(EncryptionSettings(), tmp_path, {})("0123")
    assert isinstance(place, KeyFile)
    assert place.path.name == "0123.key" and not place.path.is_relative_to(tmp_path)
    assert isinstance(key_finder(EncryptionSettings("memory"), tmp_path, {})("0123"), MemoryKey)


def test_it_is_outside_where_configuration_and_data_share_a_folder(tmp_path: Path, monkeypatch) -> None:
    """As on macOS and Windows, where the home by default is that folder."""
    monkeypatch.setattr("platformdirs.user_config_path", lambda name, **_: tmp_path / name)
    home = tmp_path / "mien"
    find = key_finder(EncryptionSettings(), home, {})

    assert find("0123").told == str(tmp_path / "mien-keys" / "0123.key")
    KeyFile(home / "keys" / "0123.key").write(new_key())
    with pytest.raises(SettingsError, match=f"mv -n {home}/keys/0123.key {home}.key"):
        find("0123")
    with pytest.raises(SettingsError, match="name a file outside of it by MIEN_KEY_FILE"):
        key_finder(EncryptionSettings(), tmp_path, {})("4567")


def test_a_key_that_would_lie_in_a_new_home_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch) -> None:
    home = tmp_path / "home"
    (tmp_path / "way").symlink_to(home)
    (tmp_path / "key").symlink_to(home / "my key")
    for inside in (home / "key", tmp_path / "way" / "deep" / "key", tmp_path / "key", tmp_path / "x/../home/key"):
        monkeypatch.setenv("MIEN_KEY_FILE", str(inside))
        with pytest.raises(SettingsError, match=r"would lie in the home .* name a file outside of it by MIEN_KEY_FILE"):
            Database.open_file(home / "mien.sqlite3")
    assert not home.exists()


def test_whoever_has_the_key_in_the_home_is_told_how_to_move_it(tmp_path: Path, monkeypatch) -> None:
    home = tmp_path / "my home"
    monkeypatch.setenv("MIEN_KEY_FILE", str(tmp_path / "key"))
    with Database.open_file(home / "mien.sqlite3") as database:
        SqlPeople(database).add_person("Ada", [], _noon())
    (tmp_path / "key").rename(home / "key")
    (tmp_path / "way").symlink_to(home / "key")

    for named in (home / "key", tmp_path / "way"):
        monkeypatch.setenv("MIEN_KEY_FILE", str(named))
        with pytest.raises(SettingsError, match="lies in the home") as refused:
            Database.open_file(home / "mien.sqlite3")
        told = str(refused.value)
    command, variable = re.fullmatch(r".*\((mv .*)\), and set MIEN_KEY_FILE=(.*)", told).groups()
    subprocess.run(command, shell=True, check=True)
    monkeypatch.setenv("MIEN_KEY_FILE", *shlex.split(variable))

    with Database.open_file(home / "mien.sqlite3") as database:
        assert [one.name for one in SqlPeople(database).people()] == ["Ada"]


def test_a_home_is_not_made_for_a_key_that_is_none(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "key").write_text("no key")
    for variables in ({"MIEN_KEY": "no key"}, {"MIEN_KEY_FILE": str(tmp_path / "key")}):
        monkeypatch.delenv("MIEN_KEY_FILE", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(StoreError, match="holds no key"):
            Database.open_file(tmp_path / "home" / "mien.sqlite3")
        monkeypatch.delenv("MIEN_KEY", raising=False)
    assert not (tmp_path / "home").exists()


def test_a_link_to_a_key_stays_one_when_the_key_changes(tmp_path: Path) -> None:
    first, second = new_key(), new_key()
    KeyFile(tmp_path / "stick" / "key").write(first)
    (tmp_path / "key").symlink_to(tmp_path / "stick" / "key")
    KeyFile(tmp_path / "key").write(second)
    assert (tmp_path / "key").is_symlink() and KeyFile(tmp_path / "stick" / "key").all() == (second, first)


def test_a_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    place, key = KeyFile(tmp_path / "keys" / "home.key"), new_key()

    assert place.read() is None
    place.write(key)

    assert place.read() == key
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.path.parent.stat().st_mode) == 0o700
    assert {path.name for path in place.path.parent.iterdir()} == {"home.key", "home.key.lock"}


def test_a_file_of_several_homes_keeps_the_keys_of_the_others(tmp_path: Path) -> None:
    place = KeyFile(tmp_path / "shared", is_shared=True)
    paths = [tmp_path / name / "mien.sqlite3" for name in ("one", "two")]
    for path in paths:
        with Database.open_file(path, lambda _: place) as database:
            SqlPeople(database).add_person("Ada", [], _noon())
    former = place.read()

    with Database.open_file(paths[0], lambda _: place) as database:
        record = Rotation(database, lambda: None).rotate(wait=lambda _: None)

    assert place.read() != former
    assert place.all() == (place.read(), former)
    assert record.owner == fingerprint(place.read())
    for path in paths:
        with Database.open_file(path, lambda _: place) as database:
            assert [one.name for one in SqlPeople(database).people()] == ["Ada"]
    with pytest.raises(StoreError, match="not with the key that is there"):
        Database.open_file(paths[0], lambda _: EnvironmentKey(encoded(former)))


def test_several_homes_that_begin_at_once_leave_no_key_out(tmp_path: Path) -> None:
    names = [str(number) for number in range(6)]
    program = (
        "import sys; from pathlib import Path; from mien.store.sql.database import Database\n"
        "from mien.store.vault.keys import KeyFile\n"
        "place = KeyFile(Path(sys.argv[1]), is_shared=True); sys.stdin.readline()\n"
        "Database.open_file(Path(sys.argv[2]), lambda _: place).close()"
    )
    shared = tmp_path / "shared"
    at_work = [
        subprocess.Popen([sys.executable, "-c", program, shared, tmp_path / name / "db"], stdin=subprocess.PIPE)
        for name in names
    ]
    for one in at_work:
        assert one.stdin
        one.stdin.write(b"go\n")
        one.stdin.close()
    assert [one.wait() for one in at_work] == [0] * len(names)

    place = KeyFile(shared, is_shared=True)
    for name in names:
        Database.open_file(tmp_path / name / "db", lambda _: place).close()


def test_a_key_is_put_above_the_others_until_they_are_ended(tmp_path: Path) -> None:
    first, second = new_key(), new_key()
    for is_shared in (False, True):
        place = KeyFile(tmp_path / f"key-{is_shared}", is_shared=is_shared)
        for key in (first, second, second):
            place.write(key)
        assert place.all() == (second, first) and place.read() == second
        place.end_others(second)
        assert place.all() == ((second, first) if is_shared else (second,))


def test_a_key_that_another_process_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.store.vault.keys._PATIENCE_S", 0.05)
    with FileLock(tmp_path / "key.lock"), pytest.raises(StoreError, match="another process holds the key"):
        KeyFile(tmp_path / "key").write(new_key())


@pytest.mark.parametrize("text", ["", "no key", encoded(b"short"), encoded(bytes(33))])
def test_what_is_no_key_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(StoreError, match="holds no key"):
        KeyFile(tmp_path / "key").read()


def test_a_keyring_holds_a_key_for_each_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Remembering(KeyringBackend):
        priority = 1

        def __init__(self) -> None:
            super().__init__()
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

    before = keyring.get_keyring()
    keyring.set_keyring(Remembering())
    try:
        first, second = map(key_finder(EncryptionSettings("keyring"), tmp_path, {}), ("one", "two"))
        key = new_key()
        first.write(key)
        assert (first.read(), second.read()) == (key, None)
        other = new_key()
        first.write(other)
        assert first.all() == (other, key)
        first.end_others(other)
        assert first.all() == (other,)
    finally:
        keyring.set_keyring(before)


def test_a_keyring_that_is_not_there_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        place = key_finder(EncryptionSettings("keyring"), tmp_path, {})("one")
        with pytest.raises(StoreError, match="keyring of this system"):
            place.read()
        with pytest.raises(StoreError, match="keyring of this system"):
            place.write(new_key())
    finally:
        keyring.set_keyring(before)


def test_a_home_opens_with_its_key_only(tmp_path: Path) -> None:
    path, place = tmp_path / "home" / "mien.sqlite3", KeyFile(tmp_path / "key")
    with Database.open_file(path, lambda _: place) as database:
        SqlPeople(database).add_person("Ada", [], _noon())
    with Database.open_file(path, lambda _: place) as database:
        assert [one.name for one in SqlPeople(database).people()] == ["Ada"]

    other = KeyFile(tmp_path / "other")
    with pytest.raises(StoreError, match="the key to them is not there"):
        Database.open_file(path, lambda _: other)
    assert not other.path.exists()
    other.write(new_key())
    with pytest.raises(StoreError, match="not with the key that is there"):
        Database.open_file(path, lambda _: other)


def test_a_new_home_says_where_its_key_lies_unless_it_is_gone_with_the_process(tmp_path, caplog) -> None:
    Database.open_file(tmp_path / "1.sqlite3", lambda _: MemoryKey()).close()
    assert caplog.messages == []
    Database.open_file(tmp_path / "2.sqlite3", lambda _: KeyFile(tmp_path / "key")).close()
    (said,) = caplog.messages
    assert str(tmp_path / "key") in said
    Database.open_file(tmp_path / "3.sqlite3", lambda _: KeyFile(tmp_path / "key")).close()
    assert len(caplog.messages) == 1


def _noon():
    from datetime import UTC, datetime

    return datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def test_blank_lines_in_a_key_file_are_none(tmp_path: Path) -> None:
    keys = new_key(), new_key()
    (tmp_path / "key").write_text(f"\n{encoded(keys[0])}\n  \n{encoded(keys[1])}\n\n")
    assert KeyFile(tmp_path / "key").all() == keys
    (tmp_path / "key").write_text("\n\n")
    with pytest.raises(StoreError, match="holds no key"):
        KeyFile(tmp_path / "key").read()
