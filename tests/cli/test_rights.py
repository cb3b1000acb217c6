"""The verbs by which people are answered for, with the real command on real faces."""

import base64
import csv
import json
import zipfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update
from tests.support.command import at_a_terminal
from tests.support.faces import axis, kept

from mien.domain.people.sightings import SightedView, Sighting
from mien.privacy.audit.log import local_actor
from mien.settings import Settings
from mien.store.sql import rotation, tables
from mien.wiring.stores import build_stores

NAME = "Eileen Collins"


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process has the home open that a rotation of keys would wait for."""
    monkeypatch.setattr(rotation, "_TAKEN_UP_S", 0.0)


@pytest.fixture
def enrolled(mien, portrait: Path):
    assert mien("people", "enrol", NAME, portrait, "--consent", "identify,keep").code == 0
    return mien


def told(ended):
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_somebody_is_forgotten_and_the_receipt_holds_no_name(enrolled, home: Path, portrait: Path, tmp_path: Path):
    mien, out, receipt = enrolled, tmp_path / "out", tmp_path / "receipt.json"
    assert mien("analyze", portrait, "--out", out).code == 0
    assert mien("people", "export", "--passphrase-file", portrait.with_name("none"), "--json").code == 2
    secret = tmp_path / "secret.txt"
    secret.write_text("correct horse\n")
    told(mien("people", "export", "--passphrase-file", secret, "--json"))
    would = told(mien("privacy", "forget", NAME, "--dry-run", "--json"))
    assert (would["is_dry_run"], would["exports"], would["receipt"]) == (True, 1, None)
    assert f"would forget {would['person_id']} with" in mien("privacy", "forget", NAME, "--dry-run").out
    assert [one["path"] for one in would["outside"]] == [str(out)]

    ended = mien("privacy", "forget", NAME, "--yes", "--receipt", receipt)

    assert ended.code == 0 and "verified: no trace in" in ended.out and f"not covered: {out} (analysis of" in ended.out
    text = receipt.read_text()
    assert json.loads(text)["verified"]["traces"] == 0 and json.loads(text)["written_outside"] == {"analysis": 1}
    assert NAME not in text and would["person_id"] not in text
    assert not list((home / "exports").iterdir()) and not list((home / "media").rglob("*.face"))
    raw = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "audit.jsonl")
    assert NAME.encode() not in raw and would["person_id"].encode() not in raw
    ended = mien("people", "forget", NAME)
    assert (ended.code, ended.err) == (1, f"mien: there is nobody named {NAME!r}\n")
    ended = mien("privacy", "forget", NAME, "--receipt", receipt)
    assert ended.code == 2 and "is there already" in ended.err


def test_a_receipt_that_cannot_be_written_is_refused_before_anybody_is_forgotten(enrolled, home: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "receipt.json")
    (tmp_path / "inside").symlink_to(home)
    for place, why in (
        (home / "receipt.json", "lies in the home"),
        (tmp_path / "inside" / "receipt.json", "lies in the home"),
        (tmp_path / "nowhere" / "receipt.json", "there is no folder"),
        (tmp_path / "link", "is there already"),
        (tmp_path / ("r" * 300), "cannot be written: File name too long"),
        (tmp_path, "is there already"),
    ):
        ended = enrolled("privacy", "forget", NAME, "--receipt", place)
        assert ended.code == 2 and why in ended.err and len(ended.err.splitlines()) == 1, ended.err
    assert enrolled("privacy", "forget", NAME, "--receipt", tmp_path / "r.json", "--dry-run").code == 0
    assert not (tmp_path / "r.json").exists() and NAME in enrolled("people", "list").out


def test_a_receipt_that_could_be_written_before_and_cannot_any_more_is_told_of(enrolled, tmp_path: Path, monkeypatch):
    from mien.privacy.forgetting.forgetting import Forgetting

    forgets, receipt = Forgetting.forget, tmp_path / "r.json"

    def meanwhile(*given):
        receipt.write_text("somebody else's")
        return forgets(*given)

    monkeypatch.setattr(Forgetting, "forget", meanwhile)
    ended = enrolled("privacy", "forget", NAME, "--receipt", receipt)
    assert ended.code == 1 and "forgotten: person-0001" in ended.out and "all is forgotten, entry" in ended.err
    assert receipt.read_text() == "somebody else's"


def test_what_was_agreed_to_is_what_goes_and_what_is_told(enrolled, portrait: Path, monkeypatch):
    def agree_late(_):
        assert enrolled("people", "remove", NAME).code == 0
        assert enrolled("people", "enrol", NAME, portrait).code == 0

    monkeypatch.setattr("mien.cli.people.forgetting.agree", agree_late)
    ended = enrolled("privacy", "forget", NAME, "--json")
    done = json.loads(ended.out)
    assert done["person_ids"] == ["person-0001"]
    assert [one["standing"] for one in done["records"]] == ["binned"], "as it was when it went"
    assert [one["person_id"] for one in done["namesakes"]] == ["person-0002"]
    (left,) = told(enrolled("people", "list", "--all", "--json"))["people"]
    assert left["person_id"] == "person-0002"


def test_whoever_bore_the_name_before_and_lies_in_the_bin_goes_too(
    enrolled, home: Path, portrait: Path, tmp_path: Path
):
    mien, secret = enrolled, tmp_path / "secret.txt"
    secret.write_text("correct horse\n")
    assert mien("people", "remove", NAME).code == 0
    told(mien("people", "enrol", NAME.upper(), portrait, "--json"))
    told(mien("people", "export", "--passphrase-file", secret, "--json"))

    would = mien("privacy", "forget", NAME, "--dry-run")
    assert "would forget 2 records of that name\n  person-0002 with 1 picture" in would.out
    assert "\n  person-0001, in the recycle bin, with 1 picture" in would.out
    assert "careful: all archives in" in would.out and "; to keep a backup, move it out of the home first" in would.out
    would = told(mien("privacy", "forget", "person-0001", "--dry-run", "--json"))
    assert [one["person_id"] for one in would["records"]] == ["person-0001"]
    assert would["namesakes"] == [{"person_id": "person-0002", "standing": "active", "merged": ""}]
    assert len(would["archives"]) == would["exports"] == 1

    ended = mien("people", "forget", NAME)
    assert "careful: all archives in" in ended.err and "forgotten: 2 records of that name" in ended.out
    assert "verified: no trace in" in ended.out and not list((home / "exports").iterdir())
    assert told(mien("people", "list", "--all", "--json"))["people"] == []
    ended = mien("people", "restore", NAME)
    assert ended.code == 1 and "nobody" in ended.err


def test_an_export_by_name_is_of_one_person_and_tells_of_the_other(enrolled, portrait: Path, tmp_path: Path):
    def export(who, file, *more):
        return enrolled("privacy", "export", who, "--out", tmp_path / file, *more)

    assert enrolled("people", "remove", NAME).code == 0
    told(enrolled("people", "enrol", NAME, portrait, "--json"))
    exported = told(export(NAME, "json.zip", "--json"))
    assert (exported["person_id"], exported["namesakes"]) == ("person-0002", ["person-0001"])
    first, second = export(NAME.lower(), "name.zip").out.splitlines()
    assert first.startswith(f"{tmp_path / 'name.zip'}: what is kept of {NAME!r} (person-0002): ")
    assert second == (
        f"not in it: {NAME!r} (person-0001) in the recycle bin, who bears the name too; "
        "mien privacy export person-0001 takes what is kept of them"
    )
    assert f"kept of {NAME!r} (person-0001): " in export("person-0001", "id.zip").out

    assert enrolled("people", "remove", NAME).code == 0
    ended = export(NAME, "several.zip")
    assert (ended.code, ended.out, (tmp_path / "several.zip").exists()) == (1, "", False)
    assert ended.err == (
        f"mien: several people in the recycle bin bear the name {NAME!r}: "
        "export one of person-0001, person-0002, by its id\n"
    )


def test_what_is_kept_of_visits_is_told_apart(enrolled, home: Path):
    now = datetime.now(UTC)
    with ExitStack() as stack:
        stores = build_stores(Settings(home=home), stack)
        (person,), (template, *_) = stores.people.people(), stores.people.templates()
        crops = [stores.media.save(np.zeros((112, 112, 3), np.uint8)) for _ in range(2)]
        views = [SightedView(template.vector, template.model, 0.5, crop) for crop in crops]
        stores.sightings.add(Sighting("door", 1, "person", person.person_id, 0.9, now, now), views)

    for uses in ("identify,keep", "identify"):
        told_of = enrolled("privacy", "consent", "withdraw", NAME, uses, "--dry-run").out
        stored = "1 stored picture and 2 of visits" if "keep" in uses else "0 stored pictures and 2 of visits"
        assert f"gone: 2 templates and 2 of visits, {stored}, expressions of" in told_of
    assert "with 0 templates, 1 stored picture, expressions" in told_of
    fields = told(enrolled("privacy", "consent", "withdraw", NAME, "identify,keep", "--dry-run", "--json"))
    counts = [fields[name] for name in ("templates", "visit_templates", "pictures", "visit_pictures")]
    assert counts == [4, 2, 3, 2] and fields["stays"]["visit_stored"] == 0
    assert ", 1 crop and 2 of visits, " in enrolled("privacy", "forget", NAME, "--dry-run").out


def test_entries_of_the_journal_are_counted_in_words(enrolled):
    for name in ("Ada", NAME):
        assert enrolled("people", "rename", "person-0001", name).code == 0
    assert ", 2 entries of the journal" in enrolled("privacy", "forget", NAME, "--dry-run").out


def test_an_id_takes_one_record_and_tells_of_the_other(enrolled, portrait: Path):
    assert enrolled("people", "remove", NAME).code == 0
    told(enrolled("people", "enrol", NAME, portrait, "--json"))
    ended = enrolled("privacy", "forget", "person-0001")
    assert f"careful: {NAME!r} (person-0002), in the gallery, stays: bears the name too" in ended.err
    assert "verified: no trace but the name, which others bear too, in" in ended.out
    assert "bear it: their records" in ended.out
    (left,) = told(enrolled("people", "list", "--all", "--json"))["people"]
    assert (left["person_id"], left["pictures"]) == ("person-0002", 1)


def test_what_lies_outside_under_the_name_of_who_was_forgotten_is_told_on(enrolled, portrait: Path, tmp_path: Path):
    archive = tmp_path / NAME / "gallery.mien"
    archive.parent.mkdir()
    assert enrolled("people", "enrol", "Ada", portrait, "--overrule").code == 0
    assert enrolled("people", "export", "--out", archive).code == 0
    assert f"not covered: {archive} (export of" in enrolled("privacy", "forget", NAME).out

    ended = enrolled("privacy", "forget", "Ada")

    why = "a place whose name is blotted out, for somebody who was forgotten is named in it"
    assert f"not covered: {tmp_path / '…' / 'gallery.mien'}, {why} (export of" in ended.out, ended.err
    assert NAME not in ended.out


def test_a_long_list_of_what_lies_outside_is_told_by_folder(enrolled, tmp_path: Path):
    for number in range(7):
        told(enrolled("privacy", "export", NAME, "--out", tmp_path / f"{number}.zip", "--json"))
    lines = enrolled("privacy", "forget", NAME, "--dry-run").out.splitlines()
    (line,) = (one for one in lines if "not covered" in one)
    assert line.startswith(f"not covered: 7 exports in {tmp_path} (") and line.endswith("; --json tells each)")
    assert len(told(enrolled("privacy", "forget", NAME, "--dry-run", "--json"))["outside"]) == 7


def test_a_name_in_the_settings_is_told_with_its_place(enrolled, home: Path):
    (home / "mien.yaml").write_text("# Eileen Collins's camera\ncapture: {}\n", encoding="utf-8")
    ended = enrolled("privacy", "forget", NAME)
    assert ended.code == 1 and ended.out == "" and "mien.yaml: the name, 1×" in ended.err
    assert len(ended.err.splitlines()) == 1
    (home / "mien.yaml").unlink()
    assert "verified: no trace" in enrolled("privacy", "forget", NAME).out
    assert '"is_verified":false' in (home / "audit.jsonl").read_text()


def test_what_is_kept_is_handed_over(enrolled, home: Path, tmp_path: Path):
    assert enrolled("privacy", "export", NAME).code == 2
    ended = enrolled("privacy", "export", NAME, "--out", home / "exports" / "e.zip")
    assert ended.code == 2 and "choose a place outside" in ended.err and not (home / "exports").exists()
    exported = told(enrolled("privacy", "export", NAME, "--out", tmp_path / "ada.zip", "--json"))
    assert Path(exported["path"]) == tmp_path / "ada.zip" and exported["pictures"] == 1
    with zipfile.ZipFile(exported["path"]) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("profile.json"))["name"] == NAME
    assert str(tmp_path / "e.zip") in enrolled("privacy", "export", NAME, "--out", tmp_path / "e.zip").out
    again = ("privacy", "export", NAME, "--out", tmp_path / "e.zip")
    assert (enrolled(*again).code, enrolled(*again, "--overwrite").code) == (2, 0)
    nobody = enrolled("privacy", "export", "Nobody", "--out", tmp_path / "n.zip")
    assert nobody.err == "mien: there is nobody named 'Nobody'\n"


def test_consent_is_shown_given_and_taken_back(enrolled, portrait: Path):
    mien = enrolled
    shown = told(mien("privacy", "consent", "show", NAME, "--json"))
    assert shown["valid"] == ["identify", "keep"] and len(shown["record"]) == 2
    (face,) = told(mien("identify", portrait, "--json"))["faces"]
    assert (face["person_name"], face["emotion"], face["confidence"]) == (NAME, "", None)
    give = ("privacy", "consent", "give", NAME, "expression", "--evidence", "form 17", "--text", "3")
    would = mien(*give, "--dry-run")
    assert would.out.splitlines() == [
        f"would put on record that '{NAME}' (person-0001) consents to expression from now on",
        "consented to before: identify, keep",
    ]
    assert told(mien(*give, "--dry-run", "--json"))["is_dry_run"]
    assert told(mien("privacy", "consent", "show", NAME.lower(), "--json")) == shown
    assert f"'{NAME}' (person-0001) consents to expression from now on" in mien(*give).out
    (face,) = told(mien("identify", portrait, "--json"))["faces"]
    assert (face["person_name"], face["emotion"]) == (NAME, "happiness")
    would = told(mien("privacy", "consent", "withdraw", NAME, "identify,keep", "--dry-run", "--json"))
    assert (would["templates"], would["pictures"]) == (2, 1)
    stays = {"scopes": ["expression"], "templates": 0, "stored": 0, "readings": 0, "pictures": 1}
    stays |= {"visit_templates": 0, "visit_stored": 0, "rollups": 0, "shifts": 0}
    assert (would["name"], would["stays"]) == (NAME, stays)
    would = told(mien("privacy", "consent", "withdraw", NAME, "keep", "--dry-run", "--json"))
    assert (would["stays"]["templates"], would["stays"]["stored"], would["stays"]["pictures"]) == (2, 0, 1)
    ended = mien("privacy", "consent", "withdraw", NAME, "identify,keep", "--yes")
    assert f"consent of '{NAME}' (person-0001) to identify, keep is withdrawn" in ended.out
    assert "gone: 2 templates, 1 stored picture, expressions of 0 readings" in ended.out
    assert "stays: consent to expression, with 0 templates, 0 stored pictures" in ended.out
    assert "origin of 1 picture: mien privacy forget removes these" in ended.out
    (face,) = told(mien("identify", portrait, "--json"))["faces"]
    assert face["identity"] == "unknown"
    assert "form 17" in mien("privacy", "consent", "show", NAME).out
    (listed,) = told(mien("people", "list", "--json"))["people"]
    assert (listed["pictures"], listed["templates"], listed["is_recognised"]) == (1, 0, False)
    again = mien("privacy", "consent", "give", NAME, "identify")
    assert f"'{NAME}' (person-0001): not recognised, for no picture has a template of the model in use" in again.out
    assert f"{NAME!r} (person-0001): not recognised" in mien("people", "list").out
    assert "\nnot recognised, for no picture has a template" in mien("people", "show", NAME).out
    assert mien("people", "enrol", NAME, portrait).code == 0
    assert told(mien("privacy", "consent", "give", NAME, "keep", "--json"))["is_recognised"]
    assert "not recognised" not in mien("people", "list").out
    assert "careful" not in mien("privacy", "consent", "withdraw", NAME, "identify", "--dry-run").err
    strange = mien("privacy", "consent", "withdraw", NAME, "identify,expression", "--dry-run").err
    assert strange == f"careful: '{NAME}' (person-0001) is a stranger then, and the expressions of strangers are read\n"
    ended = mien("privacy", "consent", "withdraw", NAME, "identity")
    assert ended.code == 2 and "got 'identity'" in ended.err


def test_a_driver_who_consents_to_being_known_alone_has_no_expression_in_any_table(
    mien, tmp_path: Path, carphone: Path
):
    import av
    import cv2

    with av.open(str(carphone)) as video:
        frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    picture = tmp_path / "driver.png"
    cv2.imwrite(str(picture), frames[0])
    assert mien("people", "enrol", "Driver", picture, "--consent", "identify").code == 0
    out = tmp_path / "out"
    assert mien("analyze", carphone, "--out", out, "--jsonl").code == 0

    def table(name):
        with (out / name).open(newline="", encoding="utf-8") as file:
            return [
                row for row in csv.DictReader(file) if "Driver" in row.values() or row["person_id"] == "person-0001"
            ]

    readings = table("readings.csv")
    assert len(readings) > 60
    assert not [row for row in readings if row["emotion"] or row["confidence"] or row["valence"] or row["quadrant"]]
    assert not [row for row in readings for name in row if name.endswith("_prob") and row[name]]
    assert table("emotion_results.csv") == []
    assert {row["dominant_emotion"] for row in (*table("tracks.csv"), *table("people.csv"))} == {""}


def test_a_purge_says_what_went(enrolled, portrait: Path, monkeypatch):
    assert told(enrolled("privacy", "purge", "--dry-run", "--json"))["left"] == 0
    monkeypatch.setenv("MIEN_PRIVACY__RETENTION__SIGHTINGS_DAYS", "0")
    purged = told(enrolled("privacy", "purge", "--json"))
    assert (purged["left"], purged["is_dry_run"]) == (0, False)
    assert "counted again: 0 left" in enrolled("privacy", "purge").out


@pytest.fixture
def expired(enrolled, home: Path):
    """Eileen's consent has expired, and nobody has opened the home since; what is kept by it, looked up as it is."""

    def kept():
        with ExitStack() as stack:
            stores = build_stores(Settings(home=home), stack, lapses=False)
            return stores.people.belongings("person-0001").templates, len([*stores.media.names()])

    with ExitStack() as stack, build_stores(Settings(home=home), stack).database.writing() as connection:
        connection.execute(update(tables.consents).values(expires_at=datetime.now(UTC) - timedelta(days=1)))
    assert kept() == (2, 1)
    return kept


def test_a_purge_says_what_went_with_expired_consent_and_its_dry_run_lets_nothing_go(enrolled, home: Path, expired):
    assert told(enrolled("privacy", "purge", "--dry-run", "--json"))["consent"] == 1
    assert told(enrolled("privacy", "purge", "--dry-run", "--json"))["consent"] == 1
    assert expired() == (2, 1), "it is there as before"
    purged = told(enrolled("privacy", "purge", "--json"))
    assert (purged["consent"], purged["left"], expired()) == (1, 0, (0, 0))
    *_, line = (home / "audit.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["action"], entry["facts"]["kind"], entry["facts"]["templates"]) == ("consent.withdrawn", "consent", 2)
    assert entry["actor"] == local_actor()


def test_whatever_else_opens_a_home_has_no_use_for_what_expired(enrolled, expired):
    assert enrolled("privacy", "forget", NAME, "--dry-run").code == 0
    assert expired() == (0, 0)


def test_a_purge_tells_what_went_before_it_tells_of_whom_something_is_left(enrolled, home: Path):
    (home / "mien.yaml").write_text("# Eileen Collins's camera\ncapture: {}\n", encoding="utf-8")
    assert enrolled("privacy", "forget", NAME).code == 1
    ended = enrolled("privacy", "purge", "--json")
    assert ended.code == 1 and json.loads(ended.out)["left"] == 0
    assert ended.err.startswith("mien: person-0001 is removed, and traces are left in the home: mien.yaml: the name")
    ended = enrolled("privacy", "purge")
    assert ended.code == 1 and "counted again: 0 left" in ended.out and len(ended.err.splitlines()) == 1
    (home / "mien.yaml").unlink()
    assert enrolled("privacy", "purge").code == 0


def test_keys_are_shown_made_and_rotated(enrolled, home: Path, key_file: Path, portrait: Path, monkeypatch):
    mien, before = enrolled, key_file.read_text()
    shown = told(mien("privacy", "key", "show", "--json"))
    assert (shown["place"], shown["number"]) == (str(key_file), 1) and len(shown["fingerprint"]) == 16
    assert before.strip() not in mien("privacy", "key", "show").out
    new = mien("privacy", "key", "new").out
    assert len(base64.b64decode(new)) == 32 and new.count("\n") == 1
    try:
        foreseen = told(mien("privacy", "key", "rotate", "--dry-run", "--json"))
        assert foreseen["is_dry_run"] and foreseen["fingerprint"] == shown["fingerprint"]
        assert foreseen["pictures"] == 1 and foreseen["values"] > 4
        what = (
            f"replace key 1 of the home and your key in {key_file} (fingerprint {shown['fingerprint']}), "
            f"and encrypt {foreseen['values']} values of the database and 1 picture anew"
        )
        assert mien("privacy", "key", "rotate", "--dry-run").out == f"would {what}\n"
        refused = at_a_terminal("n", "privacy", "key", "rotate")
        assert (refused.returncode, refused.stdout.strip(), key_file.read_text()) == (1, "", before)
        rotated = told(mien("privacy", "key", "rotate", "--json"))
        assert rotated["number"] == 2 and rotated["fingerprint"] != shown["fingerprint"]
        assert key_file.read_text() != before and '"key.rotated"' in (home / "audit.jsonl").read_text()
        (face,) = told(mien("identify", portrait, "--json"))["faces"]
        assert face["person_name"] == NAME
        monkeypatch.delenv("MIEN_KEY_FILE")
        monkeypatch.setenv("MIEN_KEY", key_file.read_text().split()[0])
        for ended in (mien("privacy", "key", "rotate", "--dry-run"), mien("privacy", "key", "rotate")):
            assert ended.code == 1 and "the new one has to come by MIEN_NEW_KEY" in ended.err
        monkeypatch.setenv("MIEN_NEW_KEY", new.strip())
        assert "MIEN_KEY has to be what MIEN_NEW_KEY is" in mien("privacy", "key", "rotate").out
        assert "not with the key that is there" in mien("people", "list").err
        monkeypatch.setenv("MIEN_KEY", new.strip())
        assert NAME in mien("people", "list").out
    finally:
        key_file.write_text(before)


@pytest.mark.parametrize("text", ["", "cut short"], ids=["other", "short"])
def test_where_a_key_lies_that_opens_nothing_is_shown(enrolled, key_file: Path, text: str):
    mien, before = enrolled, key_file.read_text()
    try:
        key_file.write_text(text or mien("privacy", "key", "new").out)
        shown = mien("privacy", "key", "show")
        assert (shown.code, shown.out) == (1, f"{key_file}: holds no key that opens the home\n")
        assert "put your copy of the key back" in shown.err if text else "not with the key that is there" in shown.err
        asked = mien("privacy", "key", "show", "--json")
        assert asked.code == 1 and json.loads(asked.out)["place"] == str(key_file)
    finally:
        key_file.write_text(before)


def test_a_damaged_picture_stands_in_the_way_of_no_new_key_and_of_no_export(
    enrolled, home: Path, key_file: Path, tmp_path: Path
):
    (face,) = (home / "media").rglob("*.face")
    face.write_bytes(damaged := face.read_bytes()[:-1] + b"?")
    before = key_file.read_text()
    try:
        ended = enrolled("privacy", "key", "rotate")
        assert ended.code == 0 and "passed over: 1 damaged picture, which no key opens" in ended.out, ended.err
        assert face.read_bytes() == damaged and key_file.read_text() != before
        assert told(enrolled("privacy", "key", "rotate", "--json"))["damaged"] == 1
        assert NAME in enrolled("people", "list").out

        ended = enrolled("privacy", "export", NAME, "--out", tmp_path / "all.zip", "--json")

        assert ended.code == 1 and ended.err.startswith("mien: 1 stored picture is missing or damaged"), ended.err
        assert f"1 of {NAME!r} (person-0001)" in ended.err and len(json.loads(ended.out)["lost"]) == 1
        with zipfile.ZipFile(tmp_path / "all.zip") as archive:
            assert [one["crop"] for one in json.loads(archive.read("data.json"))["pictures"]] == [""]
            assert not [name for name in archive.namelist() if name.startswith("pictures/")]
    finally:
        key_file.write_text(before)


@pytest.mark.parametrize(("answer", "more"), [("y", ()), ("n", ("--yes",))])
def test_who_agrees_to_new_keys_gets_them(enrolled, key_file: Path, answer: str, more: tuple[str, ...]):
    before = key_file.read_text()
    try:
        agreed = at_a_terminal(answer, "privacy", "key", "rotate", *more, "--json")
        assert (agreed.returncode, json.loads(agreed.stdout)["number"]) == (0, 2)
        assert NAME in enrolled("people", "list").out
    finally:
        key_file.write_text(before)


def test_a_key_in_the_home_is_refused(mien, home: Path, portrait: Path, monkeypatch):
    monkeypatch.setenv("MIEN_KEY_FILE", str(home / "key"))
    ended = mien("people", "enrol", NAME, portrait)
    assert ended.code == 2 and len(ended.err.splitlines()) == 1 and not home.exists()
    assert "name a file outside of it by MIEN_KEY_FILE" in ended.err


def test_a_stranger_says_no_by_the_same_command(mien, home: Path):
    settings = Settings(home=home)
    with ExitStack() as stack:
        people = build_stores(settings, stack).people
        people.add_stranger([kept(axis(0))], datetime.now(UTC))
    refused = mien("privacy", "consent", "withdraw", "unknown-0001", "identify,expression", "--yes")
    assert refused.code == 1 and "mien review ignore unknown-0001" in refused.err
    assert "consented to nothing" in mien("privacy", "consent", "show", "unknown-0001").out
    ended = mien("privacy", "consent", "withdraw", "unknown-0001", "expression", "--yes")
    assert ended.code == 0 and "stays: of a stranger, whom nobody asked, 1 template" in ended.out
    assert "unknown-0001 is a stranger: whoever comes back after" in ended.out
    (record,) = told(mien("privacy", "consent", "show", "unknown-0001", "--json"))["record"]
    assert (record["scope"], record["evidence"]) == ("expression", "nothing was given") and record["withdrawn_at"]
    assert told(mien("people", "show", "unknown-0001", "--json"))["consent"] == []
