"""What the commands of people say to whoever reads them, by the real command on real faces."""

import json
import re
import zipfile
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import typer
from tests.support.command import at_a_terminal
from typer.main import get_command

from mien.cli import terminal
from mien.cli.app import app
from mien.cli.people import looking, planned
from mien.gallery.curation.outliers import Doubt
from mien.gallery.enrolment.enroller import Enroller

PROMPTING = typer.confirm.__module__


@pytest.fixture
def enrolled(mien, portrait):
    assert mien("people", "enrol", "Eileen", portrait).code == 0
    assert mien("people", "rename", "Eileen", "Eileen Collins").code == 0
    return mien


def name(mien) -> str:
    (person,) = json.loads(mien("people", "list", "--json").out)["people"]
    return person["name"]


def test_undo_asks_at_a_terminal(enrolled):
    refused = at_a_terminal("n", "people", "undo")
    assert (refused.returncode, refused.stdout.strip(), name(enrolled)) == (1, "", "Eileen Collins")
    agreed = at_a_terminal("y", "people", "undo")
    assert (agreed.returncode, name(enrolled)) == (0, "Eileen")
    told, line = agreed.stdout.strip().splitlines()
    assert re.fullmatch(r"undone: change 1 of .{16} \(rename: 'Eileen Collins' \(person-0001\)\)", told)
    assert line == "  'Eileen Collins' (person-0001) is called 'Eileen' again"


def test_undo_does_not_ask_whoever_said_yes(enrolled):
    told = at_a_terminal("n", "people", "undo", "--yes", "--json")
    assert (told.returncode, json.loads(told.stdout)["undone"], name(enrolled)) == (0, 1, "Eileen")


def test_undo_says_beforehand_what_it_takes_back(enrolled):
    told = enrolled("people", "undo", "--dry-run").out
    assert told.startswith("would undo change 1 of ")
    assert told.endswith("\n  'Eileen Collins' (person-0001) is called 'Eileen' again\n")
    told = json.loads(enrolled("people", "undo", "--dry-run", "--json").out)
    assert told["taken_back"] == ["'Eileen Collins' (person-0001) is called 'Eileen' again"]
    assert (told["warnings"], told["is_dry_run"]) == ([], True)


def test_consent_that_was_taken_back_since_stays_so_and_undo_says_it(enrolled):
    assert enrolled("privacy", "consent", "withdraw", "Eileen Collins", "keep", "--yes").code == 0
    ended = enrolled("people", "undo")
    assert ended.code == 0 and ended.err.startswith(
        "careful: consent of 'Eileen Collins' (person-0001) to keep was withdrawn since: that is not taken back"
    )
    shown = enrolled("people", "show", "Eileen").out.splitlines()
    assert shown[1] == "1 picture, 2 templates; pictures not kept"
    (person,) = json.loads(enrolled("people", "list", "--json").out)["people"]
    assert (person["pictures"], person["templates"], person["stored"]) == (1, 2, 0)
    assert re.search(r"Eileen +person-0001 +1 +0 ", enrolled("people", "list").out)


def test_history_speaks_in_the_words_of_the_commands_and_in_names(enrolled):
    assert enrolled("people", "set-aside", "1").code == 0
    told = enrolled("people", "history").out
    assert "set pictures aside" in told and "rename" in told and "Eileen Collins" in told
    assert "person-0001" not in told and "picture." not in told and "person." not in told


def test_a_slip_of_the_pen_is_answered_with_who_is_there(enrolled):
    for slip in ("Eilen Collins", "collins"):
        told = enrolled("people", "show", slip).err
        assert told == f"mien: there is nobody named {slip!r}; did you mean 'Eileen Collins'?\n"


def test_a_picture_or_a_group_that_is_not_there_is_answered_with_those_that_are(enrolled):
    for arguments in (("split", "eileen collins", "9"), ("remove", "eileen collins", "--picture", "9")):
        assert enrolled("people", *arguments).err == (
            "mien: picture 9 is none of 'Eileen Collins' (person-0001), whose pictures are 1\n"
        )
    assert "--group 7: all pictures show one face" in enrolled("people", "split", "Eileen Collins", "--group", "7").err
    assert enrolled("people", "remove", "Eileen Collins", "--picture", "1").out.startswith("done: put 1 picture of")
    assert enrolled("people", "restore", "Eileen Collins", "--picture", "1").code == 0


def test_clean_up_says_what_it_leaves_alone_and_how_to_look_at_it(enrolled):
    told = enrolled("people", "cleanup").out.splitlines()
    assert told[0] == "no picture is doubtful"
    assert re.fullmatch(
        r"1 picture left alone as too young, until .{19}; --min-age 0 looks at them all the same", told[1]
    )
    for age, count in (("0", 0), ("inf", 1), ("1e300", 1)):
        found = json.loads(enrolled("people", "cleanup", "--min-age", age, "--json").out)
        assert (found["left_alone"], found["left_alone_until"] is None) == (count, count == 0)


def test_whoever_was_left_by_an_undone_naming_is_told_to_be_an_empty_shell(enrolled, carphone, tmp_path):
    assert enrolled("analyze", carphone, "--every", "4", "--out", tmp_path / "out").code == 0
    assert enrolled("review", "new", "unknown-0001", "The Driver").code == 0
    assert enrolled("privacy", "consent", "withdraw", "The Driver", "identify", "--yes").code == 0
    assert "consent of 'The Driver' (person-0002) to identify was withdrawn since" in enrolled("people", "undo").err
    told = enrolled("people", "list", "--all").out
    assert re.search(r"The Driver +person-0002 +binned, empty +0 +0 ", told)
    assert "empty: in the recycle bin, and nothing is kept of them but a name" in told
    assert enrolled("people", "history").out.count("unknown-0001 to The Driver") == 1
    told = enrolled("review", "list").out
    assert "– (no template left)" in told and "the templates went with consent that was taken back" in told
    (stranger,) = json.loads(enrolled("review", "list", "--json").out)["strangers"]
    assert (stranger["templates"], stranger["people"], stranger["apart"]) == (0, [], ["person-0002"])


def test_the_list_of_everybody_fits_80_columns(enrolled, monkeypatch):
    from rich.console import Console

    monkeypatch.setattr(terminal, "stdout_console", lambda: Console(highlight=False, width=80))
    assert enrolled("people", "rename", "Eileen Collins", "Gloria_Macapagal_Arroyo").code == 0
    for arguments in (("list", "--all"), ("list",)):
        header, _, row, *rest = enrolled("people", *arguments).out.splitlines()
        assert len(header) <= 80 and row.split()[:2] == ["Gloria_Macapagal_Arroyo", "person-0001"]
        assert all(line.startswith("too narrow") for line in rest)


def test_strangers_are_on_no_page_of_a_self_test_where_they_are_to_be_blurred(enrolled, carphone, home, tmp_path):
    assert enrolled("analyze", carphone, "--every", "4", "--out", tmp_path / "out").code == 0
    shown = []
    for place in ("clear", "blurred"):
        assert enrolled("people", "selftest", "--out", tmp_path / place).code == 0
        page = (tmp_path / place / "selftest.html").read_text(encoding="utf-8")
        shown.append(page.count("data:image/jpeg"))
        assert "unknown-0001" in page
        (home / "mien.yaml").write_text("privacy: {blur_strangers: true}\n")
    assert shown[1] == shown[0] - 1


@pytest.mark.parametrize("room", ["people", "review"])
def test_every_command_of_people_answers_in_json_and_every_change_can_be_tried(room):
    commands = get_command(app).commands[room].commands
    options = {name: {one for param in command.params for one in param.opts} for name, command in commands.items()}
    assert all("--json" in one for one in options.values())
    looks = {"list", "show", "sheet", "history", "export", "selftest", "models", "timeline"}
    assert {name for name, one in options.items() if "--dry-run" not in one} <= looks


def test_the_self_test_tells_in_plain_words_what_is_right_and_what_to_do(enrolled):
    told = enrolled("people", "selftest").out.splitlines()
    assert "1 person, 1 picture" in told[0] and told[-1] == "mien people selftest --out FOLDER shows the pictures"
    assert "  people with fewer than 3 pictures: 1; mien people enrol adds some" in told
    assert "  pictures that probably show somebody else: 0" in told
    assert any(line.startswith("  named wrongly: ") and "of 20,000 strangers drawn at random" in line for line in told)


def test_the_list_of_strangers_says_what_its_similarities_mean(enrolled, carphone, tmp_path):
    assert enrolled("analyze", carphone, "--every", "4", "--out", tmp_path / "out").code == 0
    (stranger,) = json.loads(enrolled("review", "list", "--json").out)["strangers"]
    told = enrolled("review", "list").out
    assert f"Eileen Collins {stranger['people'][0]['similarity']:.3f}" in told
    assert "a clear face gets one from 0." in told


def test_whose_pictures_are_all_set_aside_is_told_before_and_after_and_how_they_come_back(enrolled):
    put = ("people", "set-aside", "1")
    careful = "careful: no picture of 'Eileen Collins' (person-0001) is left to be looked at"
    assert careful in enrolled(*put, "--dry-run").err and careful in enrolled(*put).err
    for verb in (("list",), ("show", "Eileen Collins")):
        told = enrolled("people", *verb).out
        assert "not recognised, for no picture is looked at: mien people restore --picture N" in told
        assert "reembed" not in told
    assert enrolled("people", "restore", "--picture", "1").code == 0
    assert "not recognised" not in enrolled("people", "list").out


def test_strangers_who_faded_are_explained_in_the_list_of_all(enrolled, carphone, home, tmp_path):
    assert enrolled("analyze", carphone, "--every", "4", "--out", tmp_path / "out").code == 0
    (home / "mien.yaml").write_text("privacy: {retention: {stranger_crops_h: 1e-9, stranger_templates_h: 1e-9}}\n")
    assert enrolled("privacy", "purge").code == 0
    told = enrolled("people", "list", "--all").out
    assert "faded: a stranger whose time was over, of whom nothing is kept but visits and readings" in told
    for verb in (("people", "show"), ("review", "discard"), ("people", "remove")):
        assert enrolled(*verb, "unknown-0001").err.startswith(
            "mien: nothing is kept of unknown-0001 any more but visits"
        )


def test_several_people_and_pictures_are_removed_at_once(enrolled, portrait):
    slip = enrolled("people", "remove", "--picture", "1", "41")
    assert (slip.code, slip.err) == (2, "mien: of several pictures each has its own --picture: --picture 41\n")
    assert enrolled("people", "enrol", "Ada", portrait, "--overrule").code == 0
    both = ("people", "remove", "Ada", "Eileen Collins")
    assert "name one person whose pictures they are" in enrolled(*both, "--picture", "1").err
    assert enrolled(*both).out.startswith("done: put 'Ada' (person-0002), 1 picture, 'Eileen Collins' (person-0001), 1")
    assert "one person comes out of the recycle bin at a time" in enrolled("people", "restore", *both[2:]).err
    assert "did you mean 'Eileen Collins'" in enrolled("people", "restore", "Eilen Colins").err


def test_what_is_no_picture_and_no_archive_is_told_with_what_is_expected(enrolled, portrait, tmp_path):
    folder = enrolled("people", "enrol", "Ada", tmp_path)
    assert (folder.code, folder.err.count("\n")) == (2, 1) and "is a folder: name its pictures" in folder.err
    assert (
        "nothing that mien people export wrote: mien people enrol NAME takes single pictures"
        in enrolled("people", "import", portrait).err
    )
    with zipfile.ZipFile(tmp_path / "holiday.zip", "w") as packed:
        packed.writestr("a.txt", "a")
    assert "it is a zip, and no archive of people" in enrolled("people", "import", tmp_path / "holiday.zip").err


def test_a_clean_up_that_is_tried_says_so(monkeypatch, capsys):
    doubt = Doubt(7, "person-0001", "another face", None, "", 0.0)
    for is_tried in (False, True):
        looking._show((doubt,), {}, is_done=False, is_tried=is_tried)
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith("dry run, nothing was changed: ") == is_tried and last.endswith("recycle bin")


def test_ctrl_c_at_a_question_is_no_answer(monkeypatch):
    there = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(planned, "sys", SimpleNamespace(stdin=there, stderr=there))
    for raised, ends in ((KeyboardInterrupt, KeyboardInterrupt), (EOFError, typer.Abort)):
        monkeypatch.setattr(f"{PROMPTING}.visible_prompt_func", Mock(side_effect=raised))
        with pytest.raises(ends):
            planned.agree("go")


def test_an_import_that_is_interrupted_says_what_stays(enrolled, portrait, tmp_path, monkeypatch):
    (tmp_path / "people" / "Ada").mkdir(parents=True)
    (tmp_path / "people" / "Ada" / "1.png").write_bytes(portrait.read_bytes())

    def ended(given, folder):
        yield from whole(given, folder)
        raise KeyboardInterrupt

    whole = Enroller.import_folder
    monkeypatch.setattr(Enroller, "import_folder", ended)
    told = enrolled("people", "import", tmp_path / "people", "--overrule")
    assert told.code == 130
    assert "interrupted; kept so far: 1 picture of 1 person; the same call goes on from there" in told.err
    assert "interrupted; nothing was kept" in enrolled("people", "import", tmp_path / "people", "--dry-run").err
