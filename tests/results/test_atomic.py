import os
from pathlib import Path

import pytest

from mien.domain.errors import ResultError
from mien.results.atomic import check_folder


@pytest.mark.parametrize(
    ("folder", "cause"),
    [
        ("file", "a file of that name is in the way"),
        ("nowhere", "a file of that name is in the way"),
        ("file/shots", "a part of the path is a file, not a folder"),
    ],
)
def test_a_folder_that_something_stands_in_the_way_of_is_told_before_it_is_needed(
    tmp_path: Path, folder: str, cause: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(ResultError) as told:
        check_folder(tmp_path / folder)
    assert str(told.value) == f"{tmp_path / folder} could not be written: {cause}."


def test_a_folder_without_permission_is_told_and_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_folder(tmp_path / "new" / "folder")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(ResultError, match="there is no permission to write there"):
        check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
