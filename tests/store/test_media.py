import os
import signal
import stat

import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.store.media import FolderMedia

NOISE = np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)


@pytest.fixture
def small_files_only():
    """The kernel cuts every file at 2000 bytes, as a full disk would."""
    resource = pytest.importorskip("resource", reason="limits of a process on its files are a matter of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_picture_that_does_not_fit_is_an_error_and_leaves_nothing(tmp_path, small_files_only):
    media = FolderMedia(tmp_path / "media")

    with pytest.raises(StoreError, match="cannot write a picture"):
        media.save(NOISE)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "media").write_text("in the way")

    with pytest.raises(StoreError, match="cannot write a picture"):
        FolderMedia(tmp_path / "media").save(NOISE)


def test_the_folders_it_makes_are_private(tmp_path):
    before = os.umask(0o022)
    try:
        FolderMedia(tmp_path / "media").save(NOISE)
    finally:
        os.umask(before)

    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(made) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_damaged_picture_is_an_error(tmp_path, content):
    media = FolderMedia(tmp_path)
    name = media.save(NOISE)
    next(tmp_path.rglob("*.png")).write_bytes(content)

    with pytest.raises(StoreError, match="damaged"):
        media.load(name)
