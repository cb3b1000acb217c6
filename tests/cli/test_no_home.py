"""Looking at a home that nobody is kept in: nothing is found there, and nothing is made by looking."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.encoding import write_video


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the first key would be put."""
    path = tmp_path / "key"
    monkeypatch.setenv("MIEN_KEY_FILE", str(path))
    return path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("people list", {"people": []}),
        ("people history", {"changes": []}),
        ("people models", {"recognizer": "mobilefacenet", "models": []}),
        ("review list", {"strangers": []}),
        ("privacy audit show", {"entries": []}),
    ],
)
def test_lists_are_empty(mien, home: Path, key_file: Path, words: str, told: dict):
    ended = mien(*words.split(), "--json")
    assert (ended.code, json.loads(ended.out)) == (0, told)
    assert not home.exists() and not key_file.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("people show Ada", "nobody named 'Ada'"),
        ("people rename Ada Eve", "nobody named 'Ada'"),
        ("people undo", "nothing to undo"),
        ("people selftest", "there are no templates"),
        ("people cleanup --yes", "there are no templates"),
        ("people calibrate", "there are no templates"),
        ("people export", "nothing to export"),
        ("review ignore unknown-0001", "nobody named 'unknown-0001'"),
        ("privacy consent show Ada", "nobody named 'Ada'"),
        ("privacy forget Ada", "nobody named 'Ada'"),
        ("privacy key show", "there is no key"),
        ("privacy key rotate", "there is no key"),
    ],
)
def test_nobody_is_found(mien, home: Path, key_file: Path, words: str, told: str):
    ended = mien(*words.split())
    assert (ended.code, ended.out) == (1, "") and told in ended.err
    assert f"nobody is kept in {home} yet" in ended.err
    assert not home.exists() and not key_file.exists()


def test_a_purge_finds_nothing_to_remove(mien, home: Path, key_file: Path):
    assert "counted again: 0 left" in mien("privacy", "purge").out
    assert not home.exists() and not key_file.exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.mien", "", "there is no file"),
        ("a.mien", "nothing", "nothing of it was: it is damaged, or nothing that mien people export wrote"),
        ("a.mien", "PK nothing", "nothing of it was: it is damaged"),
        ("a.csv", "name,model\nAda,a/b/c/d\n", "expected columns v0"),
        ("a.csv", "name,model,v0,v1\nperson-0001,a/b/c/d,1,0\n", "row 1: "),
        ("a.npz", "nothing", "it is damaged"),
    ],
)
def test_a_file_that_cannot_be_taken_in_makes_no_home(
    mien, home: Path, key_file: Path, tmp_path: Path, name: str, content: str, told: str
):
    if content:
        (tmp_path / name).write_text(content)
    ended = mien("people", "import", tmp_path / name)
    assert (ended.code, ended.out) == (1, "") and told in ended.err and ended.err.count("\n") == 1
    assert not home.exists() and not key_file.exists()


def test_a_rehearsed_import_keeps_nothing(mien, home: Path, key_file: Path, portrait: Path):
    ended = mien("people", "enrol", "Eileen", portrait, "--dry-run")
    assert ended.code == 0 and "'Eileen' (new), 1 picture: 1 accepted" in ended.out
    assert not home.exists() and not key_file.exists()


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A folder of people with a picture of nobody in it."""
    path = tmp_path / "people" / "Ann" / "grey.png"
    path.parent.mkdir(parents=True)
    assert cv2.imwrite(str(path), np.full((144, 176, 3), 90, np.uint8))
    return path


def test_nobody_taken_in_makes_no_home(mien, home: Path, key_file: Path, grey: Path, portrait: Path, tmp_path: Path):
    (tmp_path / "none").mkdir()
    film = write_video(tmp_path / "empty.mp4", [np.full((144, 176, 3), 90, np.uint8)] * 5)
    for words, told in (
        (("import", "nowhere"), "is not a folder of people"),
        (("import", tmp_path / "none"), "expected one folder of pictures for each person"),
        (("import", grey.parents[1]), f"nobody was enrolled: no picture in {grey.parents[1]} was good enough"),
        (("enrol", "Ann", grey), f"{grey}: refused: no face was found"),
        (("enrol", "Ann", tmp_path / "gone.png"), "gone.png: refused: does not exist"),
        (("enrol", "Ann", portrait, "--consent", "keep"), "there is no consent of 'Ann' to be identified"),
        (("enrol", "unknown-0007", portrait), "form of an id"),
        (("enrol", "Ann", "--camera", film), "none of 10 snapshots"),
        (("enrol", "Ann", "--camera", tmp_path / "gone.mp4"), "does not exist"),
        (("enrol", "Ann", "--cluster", "unknown-0001"), "there is no person unknown-0001"),
    ):
        ended = mien("people", *words)
        assert ended.code == 1 and ended.err.count(told) == 1, ended.err
        assert not home.exists() and not key_file.exists(), words


def test_a_home_is_made_for_the_first_who_gets_in(mien, home: Path, key_file: Path, grey: Path, portrait: Path):
    shutil.copy(portrait, grey.parent / "portrait.png")
    ended = mien("people", "import", grey.parents[1])
    assert ended.code == 0 and ended.out == "'Ann' (new), 2 pictures: 1 accepted, 0 skipped, 1 refused\n"
    assert ended.err.count("no face was found") == ended.err.count("declared by you") == 1
    assert home.exists() and key_file.exists()


@pytest.mark.parametrize("words", ["people enrol Ada a.png", "people import folder", "review new unknown-0001 Ada"])
@pytest.mark.parametrize("option", ["--consent", "--expires"])
def test_a_script_that_left_out_what_was_agreed_to_declares_nothing(mien, home, key_file, tmp_path, words, option):
    (tmp_path / "folder").mkdir()
    told = [str(tmp_path / one) if one in ("a.png", "folder") else one for one in words.split()]
    more = ["--consent", "identify"] if option == "--expires" else []

    ended = mien(*told, *more, option, "")

    assert ended.code == 2 and "expected" in ended.err
    assert not home.exists() and not key_file.exists()
