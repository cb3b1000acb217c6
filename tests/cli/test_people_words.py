"""What the commands of people say to whoever reads them, by the real command on real faces."""

import json
import re

import pytest
from tests.support.command import at_a_terminal


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
    assert re.fullmatch(r"undone: change 1 of .{16} \(rename: Eileen Collins\)", agreed.stdout.strip())


def test_undo_does_not_ask_whoever_said_yes(enrolled):
    told = at_a_terminal("n", "people", "undo", "--yes", "--json")
    assert (told.returncode, json.loads(told.stdout)["undone"], name(enrolled)) == (0, 1, "Eileen")


def test_undo_says_beforehand_what_it_takes_back(enrolled):
    told = enrolled("people", "undo", "--dry-run").out
    assert told.startswith("would undo change 1 of ") and told.endswith(" (rename: Eileen Collins)\n")


def test_history_speaks_in_the_words_of_the_commands_and_in_names(enrolled):
    assert enrolled("people", "set-aside", "1").code == 0
    told = enrolled("people", "history").out
    assert "set pictures aside" in told and "rename" in told and "Eileen Collins" in told
    assert "person-0001" not in told and "picture." not in told and "person." not in told


def test_a_slip_of_the_pen_is_answered_with_who_is_there(enrolled):
    for slip in ("Eilen Collins", "collins"):
        told = enrolled("people", "show", slip).err
        assert told == f"mien: there is nobody named {slip!r}; did you mean 'Eileen Collins'?\n"


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
    assert f"Eileen Collins {stranger['people'][0]['similarity']:.2f}" in told
    assert "a clear face gets one from 0." in told
