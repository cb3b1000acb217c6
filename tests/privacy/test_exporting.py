"""What a person is handed: all of theirs, nothing of others, and tables that no spreadsheet runs."""

import csv
import io
import json
import os
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import MODEL

from mien.domain.errors import GalleryError, StoreError, UsageError
from mien.domain.events import ExpressionShifted
from mien.domain.people.consent import NewConsent
from mien.store.accounts import NewKey
from mien.store.journal import PersonStanding, PictureStates
from mien.wiring.privacy import build_audit
from mien.wiring.rights import build_personal_export


@pytest.fixture
def export(settings, stores, clock):
    return build_personal_export(stores, clock)


def opened(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_of_the_person_is_there_and_nothing_of_anybody_else(export, stores, live, clock, settings, tmp_path):
    ann, other, stranger = live("Ann Lee"), live("Somebody Else"), live()
    stores.journal.apply("person.merged", [PersonStanding(stranger.person_id, "merged", ann.person_id)], clock.now())

    exported = export.write("ann lee", tmp_path / "ann.zip")

    assert stat.S_IMODE(exported.path.stat().st_mode) == 0o600
    counts = {"consents": 3, "pictures": 6, "sightings": 2, "readings": 40, "rollups": 6, "events": 2, "journal": 1}
    assert exported.counts == counts
    files = opened(exported.path)
    told = json.loads(files["data.json"])
    assert {kind: len(told[kind]) for kind in counts} == counts
    assert (told["profile"]["name"], told["profile"]["earlier_ids"]) == ("Ann Lee", [stranger.person_id])
    assert told["readings"][3]["probabilities"] == {"fear": 0.75, "anger": 0.25}
    assert told["readings"][3]["at"] == "2024-05-01T00:00:00.300000+00:00"
    added_up = [one for one in told["rollups"] if one["person_id"] == ann.person_id]
    assert [(one["span"], one["looks"]) for one in added_up] == [("day", 20), ("hour", 20), ("minute", 20)]
    assert added_up[0]["winners"] == {"fear": 20, "anger": 0}
    assert added_up[0]["probabilities"] == {"fear": 15.0, "anger": 5.0}
    pictures = [name for name in files if name.startswith("pictures/")]
    assert {row["crop"] for row in told["pictures"]} == {name for name in pictures if "sighting" not in name}
    assert len(pictures) == 6 + 2
    crop = stores.people.pictures(ann.person_id)[0].crop
    image = cv2.imdecode(np.frombuffer(files[pictures[0]], np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(image, stores.media.load(crop))
    rows = list(csv.DictReader(io.StringIO(files["readings.csv"].decode())))
    assert len(rows) == 40 and rows[0]["emotion"] == "fear"
    together = b"".join(files.values())
    assert other.person_id.encode() not in together and b"Somebody" not in together and crop.encode() not in together
    assert (settings.home / "audit.jsonl").read_text().count('"person.exported"') == 1


def test_tables_have_their_columns_without_a_row_too(export, live, tmp_path):
    live("Ann", readings=0)

    files = opened(export.write("Ann", tmp_path / "ann.zip").path)

    (columns,) = files["readings.csv"].decode().splitlines()
    assert columns.startswith("at,camera,frame,track_id,") and columns.endswith(",liveness_reason,pose")
    assert [row["similarity"] for row in csv.DictReader(io.StringIO(files["events.csv"].decode()))] == ["0.5"]


def test_a_shift_of_expression_is_told_with_all_that_is_kept_of_it(export, stores, live, clock, tmp_path):
    ann, at = live("Ann"), clock.now() + timedelta(seconds=1)
    seen = {"neutral": 0.25, "fear": 0.75}
    stores.events.append(
        [ExpressionShifted("x", at, "door", 1, ann.person_id, "neutral", "fear", 2.5, 1.25, 9, 5, seen)]
    )

    files = opened(export.write("Ann", tmp_path / "ann.zip").path)

    sighting, shift = csv.DictReader(io.StringIO(files["events.csv"].decode()))
    assert (sighting["kind"], sighting["to_expression"]) == ("PersonSeen", "")
    assert (shift["kind"], shift["similarity"], shift["from_expression"]) == ("ExpressionShifted", "", "neutral")
    assert (shift["to_expression"], shift["held_s"], shift["looks"]) == ("fear", "2.5", "5")
    assert json.loads(shift["probabilities"]) == json.loads(files["data.json"])["events"][1]["probabilities"] == seen


def test_the_text_that_was_agreed_to_is_in_it(export, stores, live, clock, tmp_path):
    live("Ann")
    text = "You agree.\nTo all of it."
    stores.consents.give("person-0001", NewConsent(frozenset({"keep"}), "2", "signed", text=text), clock.now())

    files = opened(export.write("Ann", tmp_path / "ann.zip").path)

    *_, row = csv.DictReader(io.StringIO(files["consents.csv"].decode(), newline=""))
    assert row["text"] == json.loads(files["data.json"])["consents"][-1]["text"] == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(export, stores, live, clock, start, tmp_path):
    live("Ann")
    evidence = f'{start}HYPERLINK("http://evil")'
    stores.consents.give("person-0001", NewConsent(frozenset({"keep"}), "2", evidence), clock.now())

    files = opened(export.write("Ann", tmp_path / "ann.zip").path)

    *_, row = csv.DictReader(io.StringIO(files["consents.csv"].decode(), newline=""))
    assert row["evidence"] == f"'{evidence}" and b"apostrophe" in files["README.txt"]
    assert json.loads(files["data.json"])["consents"][-1]["evidence"] == evidence


def test_a_place_that_is_named_is_used_and_remembered_and_nothing_is_overwritten(export, stores, live, tmp_path):
    live("Ann")
    place = tmp_path / "ann.zip"
    assert export.write("Ann", place).path == place
    assert [(one.kind, one.path) for one in stores.outputs.still_there()] == [("export", place)]
    before = place.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        export.write("Ann", place)
    assert place.read_bytes() == before
    with pytest.raises(StoreError, match="cannot be written"):
        export.write("Ann", tmp_path / "nowhere" / "ann.zip")
    with pytest.raises(UsageError, match="choose a place outside of it"):
        export.write("Ann", tmp_path / "home" / "ann.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ann.zip", "home"]
    assert not [*(tmp_path / "home").rglob("*.zip")]


@pytest.mark.parametrize("is_moved", [False, True])
def test_an_export_that_dies_over_the_last_step_is_on_record(
    export, stores, live, clock, settings, tmp_path, monkeypatch, is_moved
):
    live("Ann")
    replace = Path.replace

    def die(path, place):
        if is_moved and path.suffix == ".partial" and place.suffix == ".zip":
            replace(path, place)
        if place.suffix == ".zip":
            raise KeyboardInterrupt
        return replace(path, place)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            export.write("Ann", tmp_path / "ann.zip")
    audit = build_audit(stores, clock)
    clock.passed_s = 61
    audit.catch_up()
    *_, entry = audit.entries()
    assert (entry.action, entry.facts["is_interrupted"]) == ("person.exported", True)
    assert [one.path for one in stores.outputs.still_there()] == [tmp_path / "ann.zip"] * is_moved


def test_an_export_that_finds_no_room_is_none(export, live, settings, tmp_path, monkeypatch):
    live("Ann")

    def refuse(path, place):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(StoreError, match="No space left"):
            export.write("Ann", tmp_path / "ann.zip")
    export.write("Ann", tmp_path / "ann.zip")
    assert (settings.home / "audit.jsonl").read_text().count('"person.exported"') == 1


def of_whom(exported):
    """Whose the file is, who else is told; fails where anything in it is of one of those."""
    files = opened(exported.path)
    others = [one.person.person_id for one in exported.namesakes]
    assert not [one for one in others if one.encode() in b"".join(files.values())]
    profile = json.loads(files["profile.json"])
    assert profile["person_id"] == exported.person.person_id
    assert len([name for name in files if name.startswith("pictures/")]) == 4
    return profile["person_id"], profile["standing"], others


def test_nobody_gets_what_is_kept_of_somebody_else_of_the_name(export, stores, live, clock, tmp_path):
    def throw_away(person):
        stores.journal.apply("person.binned", [PersonStanding(person.person_id, "binned")], clock.now())
        return person.person_id

    ann = live("Ann Lee")
    first = throw_away(ann)
    assert of_whom(export.write("ann lee", tmp_path / "alone.zip")) == (first, "binned", [])
    other = live("ann lee")

    assert of_whom(export.write("Ann Lee", tmp_path / "name.zip")) == (other.person_id, "active", [first])
    assert of_whom(export.write(first, tmp_path / "id.zip")) == (first, "binned", [other.person_id])

    second = throw_away(other)
    with pytest.raises(GalleryError, match=f"several .* bear the name 'Ann Lee': export one of {first}, {second}, by"):
        export.write("Ann  Lee", tmp_path / "several.zip")
    assert not (tmp_path / "several.zip").exists()
    assert of_whom(export.write(second, tmp_path / "second.zip")) == (second, "binned", [first])


def test_the_profile_tells_of_the_accounts_of_the_person_alone(export, stores, live, clock, tmp_path):
    ann, bob, now = live("Ann"), live("Bob"), clock.now()
    stores.journal.apply("person.merged", [PersonStanding(bob.person_id, "merged", ann.person_id)], now)
    hers = stores.accounts.add("lioness", "operator", now, "a hash", bob.person_id)
    stores.accounts.add("nobody's", "viewer", now, "a hash")
    stores.accounts.add_key(hers.account_id, NewKey("digest", "mien_a", "a script", frozenset({"read"})), now)

    files = opened(export.write("Ann", tmp_path / "ann.zip").path)

    told = {"name": "lioness", "role": "operator", "since": now.isoformat(), "keys": ["a script"]}
    assert json.loads(files["profile.json"])["accounts"] == [told]
    assert not [one for one in (b"a hash", b"digest", b"mien_a", b"nobody's") if one in b"".join(files.values())]


@pytest.mark.parametrize("kept", ["in the gallery", "set aside", "in the bin", "without consent"])
def test_the_profile_counts_the_templates_that_are_kept_of_whomever(export, stores, live, clock, tmp_path, kept):
    ann = live("Ann")
    pictures = tuple(one.picture_id for one in stores.people.pictures(ann.person_id))
    match kept:
        case "set aside":
            stores.journal.apply("picture.set-aside", [PictureStates(pictures[:2], "set_aside")], clock.now())
        case "in the bin":
            stores.journal.apply("person.binned", [PersonStanding(ann.person_id, "binned")], clock.now())
        case "without consent":
            stores.consents.withdraw(ann.person_id, ("identify",), clock.now())

    profile = json.loads(opened(export.write("Ann", tmp_path / "ann.zip").path)["profile.json"])

    there = {"count": 6, "of_sightings": 1, "models": [str(MODEL)]}
    assert profile["templates"] == ({"count": 0, "of_sightings": 0, "models": []} if "without" in kept else there)


def test_what_is_there_is_overwritten_where_that_is_asked_for(export, live, tmp_path):
    live("Ann")
    place = tmp_path / "ann.zip"
    place.write_text("notes")
    place.chmod(0o644)
    with pytest.raises(UsageError, match="is there already"):
        export.write("Ann", place)
    assert place.read_text() == "notes"
    export.write("Ann", place, overwrites=True)
    assert zipfile.is_zipfile(place) and stat.S_IMODE(place.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="is a folder"):
        export.write("Ann", tmp_path, overwrites=True)


def test_it_is_remembered_before_anything_is_written(export, stores, live, tmp_path, monkeypatch):
    live("Ann")
    place = tmp_path / "ann.zip"
    monkeypatch.setattr(export, "_files", lambda *_: os._exit(9))
    child = os.fork()
    if not child:
        export.write("Ann", place)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

    (left,) = (path for path in tmp_path.iterdir() if path.name != "home")
    assert [one.path for one in stores.outputs.still_there()] == [left]


def test_what_somebody_else_puts_there_meanwhile_stays(export, live, tmp_path, monkeypatch):
    live("Ann")
    place = tmp_path / "ann.zip"
    monkeypatch.setattr(export, "_files", lambda *_: [("notes", str(place.write_text("notes")))])
    with pytest.raises(UsageError, match="is there already"):
        export.write("Ann", place)
    assert place.read_text() == "notes" and [path.name for path in tmp_path.iterdir() if path != place] == ["home"]


def test_what_is_handed_over_piece_by_piece_is_what_a_file_has(export, live, tmp_path):
    live("Ann")
    live("Bob")
    export.write("Ann", tmp_path / "ann.zip")
    handed, pieces = export.hand_over("Ann")
    there = [*pieces]
    assert len(there) > 10 and handed.counts == export.foresee("Ann").counts
    with zipfile.ZipFile(io.BytesIO(b"".join(there))) as archive, zipfile.ZipFile(tmp_path / "ann.zip") as file:
        assert archive.testzip() is None and archive.namelist() == file.namelist()
        assert all(archive.read(name) == file.read(name) for name in archive.namelist())
