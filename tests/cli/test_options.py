"""The options that choose models: which words after --liveness are names, and what a command gets."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mien.cli.options import Chosen, model_options, with_liveness_named

BARE = "--liveness=minifasnet"


@pytest.fixture
def here(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a picture whose name tells nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "portrait").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    "following",
    [
        *([], ["--json"], ["portrait"], ["absent.jpg"], ["holiday.mp4"], ["folder/absent"], ["*.png"], ["0"]),
        *(["rtsp://cam/live"], ["https://cam/x"], ["--", "name"]),
    ],
    ids=" ".join,
)
def test_what_can_be_no_name_is_none(here: Path, following: list[str]) -> None:
    assert with_liveness_named(["identify", "--liveness", *following]) == ["identify", BARE, *following]


@pytest.mark.parametrize("name", ["minifasnet", "none", "minifasnett", "mini-2.5g"])
def test_a_name_is_left_to_the_parser_even_a_misspelt_one(here: Path, name: str) -> None:
    assert with_liveness_named(["identify", "a.jpg", "--liveness", name]) == ["identify", "a.jpg", "--liveness", name]


def test_arguments_that_do_not_ask_stay(here: Path) -> None:
    for arguments in (
        ["identify", "a.jpg"],
        ["identify", "--liveness=x", "a"],
        ["people", "enrol", "--", "--liveness"],
    ):
        assert with_liveness_named(arguments) == arguments


@pytest.mark.parametrize("how", ["environment", "--config FILE", "--config=FILE"])
def test_a_judge_that_was_imported_into_the_home_is_known(
    here: Path, home: Path, imported, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    (here / "own").write_bytes(b"")  # a file of its name does not hide it
    options: list[str] = []
    if how == "environment":
        imported(home, "minifasnet", "own")
    else:
        monkeypatch.delenv("MIEN_HOME")
        imported(here / "elsewhere", "minifasnet", "own")
        (here / "other.yaml").write_text(f"home: {here / 'elsewhere'}\nliveness: own\n")
        options = how.replace("FILE", str(here / "other.yaml")).split()
    arguments = ["identify", *options, "--liveness", "own", "portrait"]
    assert with_liveness_named(arguments) == arguments


def test_the_name_of_a_camera_is_no_models(here: Path, home: Path) -> None:
    home.mkdir()
    (home / "mien.yaml").write_text("cameras: {hall: {source: 0}}")
    assert with_liveness_named(["watch", "--liveness", "hall"]) == ["watch", BARE, "hall"]


def test_settings_that_are_wrong_are_told_by_the_command(mien, here: Path, home: Path) -> None:
    home.mkdir()
    (home / "mien.yaml").write_text("nonsense: 1")
    ended = mien("identify", "--liveness", "portrait")
    assert ended.code == 2 and ended.err.startswith("mien: mien.yaml:1: nonsense: no such key")


def test_a_misspelt_judge_is_told_as_such(mien, here: Path) -> None:
    ended = mien("identify", "portrait", "--liveness", "minifasnett")
    assert ended.code == 2
    assert ended.err == "mien: --liveness: no liveness model is called 'minifasnett'; did you mean minifasnet?\n"


def test_a_command_gets_the_models_that_were_named() -> None:
    app = typer.Typer()

    @app.command()
    @model_options("detector", "liveness", idle=("liveness",))
    def look(picture: str, *, chosen: Chosen, large: bool = False) -> None:
        """Look."""
        print(json.dumps([picture, dict(chosen), large]))

    ended = CliRunner().invoke(app, ["--detector", "mtcnn", "a.jpg", "--large"])
    assert json.loads(ended.output) == ["a.jpg", {"detector": "mtcnn"}, True]
    told = CliRunner().invoke(app, ["--help"]).output
    assert "What finds faces" in told and "no effect here" in told and "--quality" not in told
    assert CliRunner().invoke(app, ["a.jpg", "--quality", "measured"]).exit_code == 2


@pytest.mark.parametrize("verb", ["analyze", "watch", "identify", "compare", "evaluate detection", "people import"])
def test_models_are_chosen_by_the_same_options_everywhere(mien, verb: str) -> None:
    told = mien(*verb.split(), "--help").out
    names = [
        "detector",
        "recognizer",
        "quality",
        *([] if verb.startswith("people") else ["emotion", "liveness", "pose"]),
    ]
    assert all(f"--{name} " in told for name in names)
    assert ("Has no effect here" in told) is verb.startswith("evaluate")


def test_options_without_effect_are_told(mien, home: Path, tmp_path: Path) -> None:
    command = ("evaluate", "detection", "--images", tmp_path, "--truth", tmp_path / "absent.json")
    ended = mien(*command, "--emotion", "mini-xception", "--detector", "mtcnn", "--pose=none")
    assert ended.err.splitlines()[0] == "without effect on mien evaluate detection: --emotion, --pose"
    assert "without effect" not in mien(*command, "--detector", "mtcnn").err
