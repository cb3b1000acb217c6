import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.store.media import FolderMedia

NOISE = np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)


# In a process of its own: the limit holds for everything a process writes, its output included.
SAVING_WITH_SMALL_FILES_ONLY = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from mien.domain.errors import StoreError
from mien.store.media import FolderMedia
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    FolderMedia(Path(sys.argv[1])).save(np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8))
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
