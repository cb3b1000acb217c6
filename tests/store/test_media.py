import os
import stat
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.store.media import FolderMedia
from mien.store.vault.vault import Vault, new_key

VAULT = Vault.of(new_key())
NOISE = np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)


# In a process of its own: the limit holds for everything a process writes, its output included.
SAVING_WITH_SMALL_FILES_ONLY = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from mien.domain.errors import StoreError
from mien.store.media import FolderMedia
from mien.store.vault.vault import Vault, new_key
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    noise = np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)
    FolderMedia(Path(sys.argv[1]), Vault.of(new_key())).save(noise)
except StoreError as error:
    print(error)
"""


def test_a_picture_that_does_not_fit_is_an_error_and_leaves_nothing(tmp_path):
    pytest.importorskip("resource", reason="limits of a process on its files are a matter of POSIX")
    folder = tmp_path / "media"
    command = [sys.executable, "-c", SAVING_WITH_SMALL_FILES_ONLY, str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert told.startswith(f"cannot write a picture to {folder}: ")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "media").write_text("in the way")

    with pytest.raises(StoreError, match="cannot write a picture"):
        FolderMedia(tmp_path / "media", VAULT).save(NOISE)


def test_the_folders_it_makes_are_private(tmp_path):
    before = os.umask(0o022)
    try:
        FolderMedia(tmp_path / "media", VAULT).save(NOISE)
    finally:
        os.umask(before)

    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(made) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_damaged_picture_is_an_error(tmp_path, content):
    media = FolderMedia(tmp_path, VAULT)
    name = media.save(NOISE)
    next(tmp_path.rglob("*.face")).write_bytes(content)

    with pytest.raises(StoreError, match="cannot be opened"):
        media.load(name)


def test_nothing_of_a_picture_is_readable_on_the_disk(tmp_path):
    flat = np.full((112, 112, 3), 7, np.uint8)
    name = FolderMedia(tmp_path, VAULT).save(flat)
    content = next(tmp_path.rglob(name)).read_bytes()

    assert b"PNG" not in content
    assert b"IHDR" not in content
    with pytest.raises(StoreError, match="encrypted with another key"):
        FolderMedia(tmp_path, Vault.of(new_key())).load(name)


def test_a_picture_does_not_open_under_the_name_of_another(tmp_path):
    media = FolderMedia(tmp_path, VAULT)
    first, second = media.save(NOISE), media.save(NOISE)
    next(tmp_path.rglob(first)).replace(next(tmp_path.rglob(second)))

    with pytest.raises(StoreError, match="cannot be opened"):
        media.load(second)


def test_pictures_of_an_earlier_version_are_sealed(tmp_path):
    (tmp_path / "ab").mkdir()
    old = tmp_path / "ab" / ("ab" * 16 + ".png")
    old.write_bytes(cv2.imencode(".png", NOISE)[1].tobytes())
    media = FolderMedia(tmp_path, VAULT)

    media.seal_plain()

    assert not old.exists()
    assert np.array_equal(media.load("ab" * 16 + ".face"), NOISE)


def test_a_picture_is_sealed_anew_with_a_newer_key(tmp_path):
    old, new = new_key(), new_key()
    name = FolderMedia(tmp_path, Vault.of(old)).save(NOISE)
    media = FolderMedia(tmp_path, Vault({1: old, 2: new}, 2))

    assert media.reseal() == 1
    assert media.reseal() == 0
    assert np.array_equal(FolderMedia(tmp_path, Vault({2: new}, 2)).load(name), NOISE)


@pytest.mark.parametrize("spoil", [lambda sealed: sealed[:-1] + b"?", lambda _: b"", lambda _: b"no picture at all"])
def test_what_no_key_opens_is_passed_over_where_the_others_are_sealed_anew(tmp_path, spoil):
    old, new = new_key(), new_key()
    before = FolderMedia(tmp_path, Vault.of(old))
    damaged, name = before.save(NOISE), before.save(NOISE)
    path = next(tmp_path.rglob(damaged))
    path.write_bytes(content := spoil(path.read_bytes()))
    media = FolderMedia(tmp_path, Vault({1: old, 2: new}, 2))

    assert media.reseal() == 1

    assert path.read_bytes() == content and [*media.outdated()] == [damaged]
    assert np.array_equal(FolderMedia(tmp_path, Vault({2: new}, 2)).load(name), NOISE)


def test_a_picture_that_cannot_be_written_anew_is_an_error_and_stays(tmp_path, monkeypatch):
    old, new = new_key(), new_key()
    name = FolderMedia(tmp_path, Vault.of(old)).save(NOISE)
    media = FolderMedia(tmp_path, Vault({1: old, 2: new}, 2))
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))

    with pytest.raises(StoreError, match="No space left"):
        media.reseal()

    assert np.array_equal(media.load(name), NOISE)


def test_a_picture_that_is_deleted_while_it_is_sealed_anew_stays_deleted(tmp_path):
    old, new = new_key(), new_key()
    vault = Vault({1: old, 2: new}, 2)
    media = FolderMedia(tmp_path, vault)
    reading, sealing = vault.open, vault.seal
    for moment in ("open", "seal"):
        name = FolderMedia(tmp_path, Vault.of(old)).save(NOISE)

        def deleting(do, name=name):
            return lambda *given: (FolderMedia(tmp_path, vault).delete(name), do(*given))[1]

        vault.open, vault.seal = (
            deleting(reading) if moment == "open" else reading,
            deleting(sealing) if moment == "seal" else sealing,
        )
        assert media.reseal() == 0
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_who_replaces_a_picture_first_is_deleted_with_it(tmp_path, monkeypatch):
    """The new file comes into the place of the old one right after that was removed."""
    old, new = new_key(), new_key()
    name = FolderMedia(tmp_path, Vault.of(old)).save(NOISE)
    media, path = FolderMedia(tmp_path, Vault({1: old, 2: new}, 2)), next(tmp_path.rglob(name))
    unlink, calls = type(path).unlink, []

    def late(self, missing_ok=False):
        unlink(self, missing_ok=missing_ok)
        calls.append(self)
        if len(calls) == 1:
            path.write_bytes(b"sealed anew")

    with monkeypatch.context() as patched:
        patched.setattr(type(path), "unlink", late)
        media.delete(name)
    assert not path.exists()


@pytest.mark.parametrize("again", [False, True])
def test_what_is_being_written_is_for_its_owner_only(tmp_path, again):
    old, new = new_key(), new_key()
    vault, seen = Vault({1: old, 2: new}, 2), []
    if again:
        FolderMedia(tmp_path / "media", Vault.of(old)).save(NOISE)
    sealing = vault.seal

    def looking(*given):
        seen.extend((stat.S_IMODE(path.stat().st_mode), path.suffix) for path in tmp_path.rglob("*.partial"))
        return sealing(*given)

    vault.seal = looking
    before = os.umask(0o000)
    try:
        media = FolderMedia(tmp_path / "media", vault)
        media.reseal() if again else media.save(NOISE)
    finally:
        os.umask(before)
    assert seen == [(0o600, ".partial")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.face")} == {0o600}


def test_a_picture_that_another_process_has_sealed_meanwhile_is_left(tmp_path):
    (tmp_path / "ab").mkdir()
    plain = tmp_path / "ab" / ("ab" * 16 + ".png")
    plain.write_bytes(cv2.imencode(".png", NOISE)[1].tobytes())
    vault = Vault.of(new_key())
    sealing = vault.seal
    vault.seal = lambda *given: (plain.unlink(missing_ok=True), sealing(*given))[1]
    media = FolderMedia(tmp_path, vault)
    media.seal_plain()
    assert np.array_equal(media.load("ab" * 16 + ".face"), NOISE)
