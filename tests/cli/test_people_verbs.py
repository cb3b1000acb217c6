"""Putting people in order and sorting out strangers, by the real command on real faces."""

import json

import cv2
import pytest


@pytest.fixture
def told(mien):
    """Runs a verb with --json and returns its one object."""

    def told(*arguments):
        ended = mien(*arguments, "--json")
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    return told


@pytest.fixture
def met(mien, told, portrait, carphone, tmp_path):
    """A home in which Eileen is enrolled, and the man in the car was met."""
    assert mien("people", "enrol", "Eileen", portrait, "--consent", "identify,keep", "--evidence", "form 17").code == 0
    assert mien("analyze", carphone, "--every", "4", "--out", tmp_path / "out").code == 0
    (waiting,) = told("review", "list")["strangers"]
    return waiting


def test_a_stranger_is_reviewed_named_and_parted_from_again(mien, told, met):
    assert met["person_id"] == "unknown-0001"
    assert met["visits"] == 1
    assert [one["name"] for one in met["people"]] == ["Eileen"]

    dry = told("review", "new", "unknown-0001", "Driver", "--dry-run")
    assert (dry["change"], dry["is_dry_run"]) == (None, True)
    lacking = "mien: there is no consent of 'Driver' to be identified, and nobody gets a name without it"
    for rest in ((), ("--dry-run",)):
        refused = mien("review", "new", "unknown-0001", "Driver", "--consent", "keep", *rest)
        assert (refused.code, refused.err) == (1, f"{lacking}: --consent must name identify\n")
    named = told("review", "new", "unknown-0001", "Driver", "--consent", "identify", "--evidence", "form 18")
    assert named["people"] == ["person-0002", "unknown-0001"]
    assert told("review", "list") == {"strangers": []}
    shown = told("people", "show", "driver")
    assert (shown["person_id"], shown["consent"]) == ("person-0002", ["identify"])
    assert not any(picture["is_kept"] for picture in shown["kept"]), "nobody agreed to keep them"
    told("people", "undo")
    assert [one["person_id"] for one in told("review", "list")["strangers"]] == ["unknown-0001"]


def test_who_is_ignored_and_who_is_discarded_waits_no_more(mien, told, met):
    told("review", "ignore", "unknown-0001")
    assert told("review", "list") == {"strangers": []}
    assert [one["standing"] for one in told("review", "list", "--ignored")["strangers"]] == ["ignored"]
    told("people", "unhide", "unknown-0001")
    told("review", "discard", "unknown-0001")
    assert [one["name"] for one in told("people", "list")["people"]] == ["Eileen"]
    told("people", "restore", "unknown-0001")
    refused = mien("review", "discard", "Eileen")
    assert (refused.code, refused.err) == (1, "mien: 'Eileen' (person-0001) is enrolled, and no stranger\n")


def test_people_are_put_in_order_and_it_is_taken_back(mien, told, met):
    told("people", "rename", "Eileen", "Eileen Collins")
    merged = mien("people", "merge", "Eileen Collins", "unknown-0001")
    assert "careful: unknown-0001 and 'Eileen Collins' (person-0001) hardly look alike" in merged.err
    pictures = told("people", "show", "eileen collins")["kept"]
    assert len(pictures) > 1
    foreign = [str(one["picture_id"]) for one in pictures if one["origin"] != pictures[0]["origin"]]
    split = told("people", "split", "Eileen Collins", *foreign)
    assert split["people"] == ["person-0001", "unknown-0002"]
    told("people", "move", foreign[0], "--to", "Eileen Collins")
    told("people", "hide", "Eileen Collins")
    assert [one["person_id"] for one in told("people", "list")["people"]] == ["unknown-0002"]
    kinds = [one["kind"] for one in told("people", "history")["changes"]]
    assert kinds == ["person.hidden", "picture.moved", "person.split", "stranger.assigned", "person.renamed"]
    for _ in kinds:
        told("people", "undo")
    assert [one["name"] for one in told("people", "list")["people"]] == ["Eileen", ""]
    assert mien("people", "undo").err == "mien: there is nothing to undo\n"
    assert mien("privacy", "audit", "verify").code == 0


def test_a_visit_is_enrolled_by_the_number_that_show_tells(mien, told, met, carphone, tmp_path):
    assert mien("analyze", carphone, "--every", "4", "--out", tmp_path / "out").code == 0
    second, first = told("people", "show", "unknown-0001")["sightings"]
    assert f"sighting {first['sighting_id']}: " in mien("people", "show", "unknown-0001").out
    track = f"{first['camera']}:{first['track_id']}"

    unclear = mien("people", "enrol", "Driver", "--track", track)
    assert (unclear.code, unclear.out) == (1, "")
    assert f"name one visit by its number ({second['sighting_id']}, {first['sighting_id']})" in unclear.err
    visit = ("people", "enrol", "Driver", "--track", str(second["sighting_id"]))
    dry = mien(*visit, "--dry-run")
    assert (dry.code, dry.out) == (
        0,
        f"would enrol the new person 'Driver' from {track}: 2 views accepted, 1 refused\n",
    )
    assert [one["name"] for one in told("people", "list")["people"]] == ["Eileen", ""]
    assert mien(*visit).out == f"done: enrolled{dry.out.removeprefix('would enrol')}"
    assert [one["name"] for one in told("people", "list")["people"]] == ["Driver", "Eileen", ""]


def test_a_stranger_is_enrolled_whole_and_parted_from_again(mien, told, met):
    stranger = ("people", "enrol", "Driver", "--cluster", "unknown-0001")
    before = told("people", "show", "unknown-0001")

    dry = mien(*stranger, "--dry-run")
    assert dry.code == 0 and dry.out.startswith("would make unknown-0001, ") and "new person 'Driver'" in dry.out
    rehearsed = told(*stranger, "--dry-run")
    assert (rehearsed["is_dry_run"], rehearsed["is_new"], rehearsed["person_id"]) == (True, True, "")
    assert told("people", "show", "unknown-0001") == before

    done = mien(*stranger)
    assert done.out == f"done: made{dry.out[len('would make') : -1]} (mien people undo takes it back)\n"
    assert "recorded as declared by you" in done.err and "declared" not in dry.err
    assert told("people", "show", "Driver")["person_id"] == "person-0002"
    told("people", "undo")
    assert told("people", "show", "unknown-0001") == before
    assert "is enrolled, and no stranger" in mien("people", "enrol", "Ann", "--cluster", "person-0001").err


def test_what_is_done_automatically_is_told_apart_and_not_taken_back_by_chance(mien, told, portrait, home, tmp_path):
    home.mkdir()
    (home / "mien.yaml").write_text("enrolment: {cap: 1}\n")
    mirrored = tmp_path / "2.png"
    cv2.imwrite(str(mirrored), cv2.flip(cv2.imread(str(portrait)), 1))
    assert mien("people", "enrol", "Eileen", portrait, mirrored, "--overrule").code == 0
    told("people", "rename", "Eileen", "Other")
    told("people", "undo")

    changes = told("people", "history")["changes"]
    assert [(one["kind"], one["is_automatic"]) for one in changes] == [
        ("person.renamed", False),
        ("picture.set-aside", True),
    ]
    assert mien("people", "undo").err == "mien: there is nothing to undo\n"
    assert "mien" in mien("people", "history").out
    assert told("people", "undo", str(changes[1]["change"]))["kind"] == "picture.set-aside"


def test_the_recycle_bin_frees_the_name(mien, told, portrait, tmp_path):
    assert mien("people", "enrol", "Eileen", portrait).code == 0
    told("people", "remove", "eileen")
    gone = "nobody named 'Eileen' any more: 'Eileen' (person-0001) is in the recycle bin"
    assert gone in mien("people", "show", "Eileen").err
    mirrored = tmp_path / "2.png"
    cv2.imwrite(str(mirrored), cv2.flip(cv2.imread(str(portrait)), 1))
    assert mien("people", "enrol", "Eileen", mirrored).code == 0
    assert mien("people", "restore", "eileen").err == (
        "mien: a person named 'Eileen' is enrolled already (person-0002): "
        "mien people rename person-0002 NEW_NAME makes the name free\n"
    )
    assert "'Eileen' is enrolled already (person-0002)" in mien("people", "undo", "1").err
    told("people", "rename", "Eileen", "Other")
    told("people", "restore", "eileen")
    assert [one["name"] for one in told("people", "list")["people"]] == ["Eileen", "Other"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("rename", "Nobody", "Somebody"), 1, "nobody named 'Nobody'"),
        (("merge", "Nobody", "unknown-0001"), 1, "nobody named 'Nobody'"),
        (("move", "7", "--to", "unknown-0001"), 1, "nobody named"),
        (("remove",), 2, "name a person, or pictures with --picture"),
        (("remove", "x", "--picture", "1"), 1, "nobody named 'x'"),
        (
            ("remove", "--picture", "one"),
            2,
            "--picture: expected a number as mien people show NAME tells it, got 'one'",
        ),
        (("set-aside", "9" * 5000), 2, "PICTURE: expected a number as mien people show NAME tells it, got '999"),
        (("split", "x", "--group", "two"), 2, "--group: expected a number as --suggest tells it, got 'two'"),
        (("restore", "--picture", "9"), 1, "there is no picture 9"),
        (("undo", "9"), 1, "there is no change 9"),
        (("undo", "0"), 2, "mien: CHANGE: expected a number as mien people history tells it, got '0'"),
        (("undo", "abc"), 2, "mien: CHANGE: expected a number as mien people history tells it, got 'abc'"),
        (("enrol", "x"), 2, "name pictures, or one of --camera"),
        (("enrol", "x", "a.jpg", "--consent", "all"), 2, "expected uses that were consented to"),
        (("enrol", "x", "a.jpg", "--expires", "2027-01-01"), 2, "say which with --consent"),
        (("enrol", "x", "a.jpg", "--consent", "keep", "--expires", "soon"), 2, "a date such as 2027-06-30"),
        (("enrol", "x", "a.jpg", "--consent", "keep", "--expires", "2020-01-01"), 2, "2020-01-01 is over"),
    ],
)
def test_a_wrong_call_is_one_clear_line_and_changes_nothing(mien, arguments, code, said):
    ended = mien("people", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err and ended.err.count("mien: ") == 1 and "Usage" not in ended.err
    assert json.loads(mien("people", "list", "--all", "--json").out) == {"people": []}
