"""Somebody is forgotten: nothing of them is in any file, everybody else is as before, and what died is completed."""

import json
import os
import sqlite3
import time
import zipfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from tests.support.another import told_to_another_writer
from tests.support.faces import MODEL, axis, kept
from tests.support.killing import killed

from mien.domain.errors import GalleryError, PeopleChanged, PersonUnknown, StoreError
from mien.domain.events import CameraLost
from mien.domain.people.consent import DECLARATION, DECLARED, SCOPES, SIGN_UP_TEXT, NewConsent
from mien.domain.people.sightings import SightedView, Sighting
from mien.privacy.forgetting.leaving import left_to_others
from mien.privacy.forgetting.own_words import IDS, WORDS, is_own_path
from mien.privacy.forgetting.traces import TracesLeft
from mien.privacy.forgetting.verification import Found, Verification, Verified
from mien.store.accounts import NewKey
from mien.store.departures import Marks
from mien.store.journal import PersonName, PersonStanding
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.people import departing
from mien.store.vault.passphrase import SealingWriter
from mien.store.vectors.sieved import SievedIndex
from mien.wiring.rights import build_forgetting, build_purging, rotate_keys
from mien.wiring.stores import build_audit, build_stores

FACE = np.full((112, 112, 3), 77, np.uint8)

SHARES = (0.02, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)


@pytest.fixture
def forgetting(settings, stores, clock):
    return build_forgetting(stores, clock)


def everything(home):
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "audit.jsonl")


@pytest.mark.parametrize("name", ["Ann ../Lee 🙂", ""])
def test_nothing_is_left_and_the_others_are_as_before(forgetting, stores, settings, live, name):
    other, person = live("Somebody Else"), live(name)
    marks = stores.people.marks(person.person_id)
    assert len(marks.sealed) == 7 + 2 * 3 + (3 + 1 if name else 0) and len(marks.vectors) == 7
    assert len(list(stores.media.names())) == 8

    forgot = forgetting.forget(name or person.person_id)

    removed = {kind: forgot.receipt.removed[kind] for kind in ("pictures", "templates", "crops", "readings")}
    assert removed == {"pictures": 3, "templates": 6, "crops": 4, "readings": 20}
    assert forgot.receipt.removed["visit_crops"] == 1
    assert len(list(stores.media.names())) == 4
    assert stores.readings.count(other.person_id) == 20 and stores.people.named("Somebody Else") == other
    raw = everything(settings.home)
    assert other.person_id.encode() in raw
    for trace in (person.person_id, person.uid, *marks.names, *marks.crops):
        assert trace.encode() not in raw
    assert not [one for one in (*marks.sealed, *marks.vectors) if one in raw]
    assert stores.people.is_forgotten(person.uid)
    with pytest.raises(PersonUnknown):
        forgetting.forget(name or person.person_id)


def test_whoever_was_merged_renamed_or_thrown_away_goes_whole(forgetting, stores, settings, live, clock):
    ann, stranger, gone = live("Ann Lee"), live(), live("Zed Thrown")
    stores.journal.apply("person.renamed", [PersonName(ann.person_id, "Ann Rowe")], clock.now())
    stores.journal.apply("person.merged", [PersonStanding(stranger.person_id, "merged", ann.person_id)], clock.now())
    stores.journal.apply("person.binned", [PersonStanding(gone.person_id, "binned")], clock.now())

    plan = forgetting.plan(stranger.person_id)
    assert plan.person_ids == (ann.person_id, stranger.person_id)
    assert (plan.counts["readings"], plan.counts["journal"], plan.counts["pictures"]) == (40, 2, 6)
    forgetting.forget(stranger.person_id)
    forgetting.forget("zed thrown")

    raw = everything(settings.home)
    assert not [one for one in ("Ann Lee", "Ann Rowe", ann.person_id, stranger.person_id) if one.encode() in raw]
    assert list(stores.media.names()) == [] and stores.people.people(everybody=True) == ()


def test_cameras_that_bear_the_name_lose_it(forgetting, stores, live, clock):
    ann, film = live("Ann Lee"), "/films/Ann Lee/party.mp4"
    bob = live("Bob", camera=film)
    live("Cy", camera="/films/forgotten/party.mp4")
    live("Di", camera="Ann Leeds's door")
    stores.events.append([CameraLost("lost", clock.now() + timedelta(hours=1), film, f"{film} breaks off")])

    forgetting.forget(ann.person_id)

    lost, *seen = stores.events.latest(9)
    assert (lost.camera, lost.reason) == ("/films/forgotten/party.mp4", "/films/forgotten/party.mp4 breaks off")
    assert {one.camera for one in seen} == {"/films/forgotten/party.mp4", "Ann Leeds's door"}
    assert len(stores.sightings.of_track("/films/forgotten/party.mp4", 1)) == 2, "two cameras have become one"
    assert stores.sightings.of_track(film, 1) == ()
    assert {one.frame.camera for one in stores.readings.of_person({bob.person_id})} == {"/films/forgotten/party.mp4"}


def test_a_camera_that_bears_the_name_is_found_where_it_is_opened(forgetting, stores, live, clock, monkeypatch):
    live("Ann Lee")
    live("Bob", camera="Ann Lee's door")
    monkeypatch.setattr(departing.Others, "unname", lambda _: (0, 0))
    with pytest.raises(TracesLeft, match=r"mien\.sqlite3, cameras\.name 2: the name, 1×"):
        forgetting.forget("Ann Lee")


def sealed(path):
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        writer = SealingWriter(file, "correct horse", cost=1)
        writer.write(b"Ann Lee")
        writer.finish()
    return path


def test_exports_go_for_nobody_can_tell_who_is_in_them(forgetting, settings, live):
    ann = live("Ann Lee")
    for name in ("gallery.mien", "person-0002.mien"):
        sealed(settings.home / "exports" / name)

    assert forgetting.plan("Ann Lee").counts["exports"] == 2
    forgetting.forget(ann.person_id)

    assert list((settings.home / "exports").iterdir()) == []


def test_an_archive_that_was_put_elsewhere_in_the_home_is_not_passed_over(forgetting, settings, live):
    ann = live("Ann Lee")
    archive = sealed(settings.home / "backup" / "old")
    with pytest.raises(TracesLeft, match=r"backup/old: an archive sealed with a passphrase.*; move the archive out"):
        forgetting.forget(ann.person_id)
    archive.unlink()
    with zipfile.ZipFile(settings.home / "backup" / "plain.mien", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("people/1.json", '{"name": "Ann Lee"}')
    with pytest.raises(TracesLeft, match=r"plain\.mien: the name, 1×"):
        forgetting.forget(ann.person_id)
    (settings.home / "backup" / "plain.mien").unlink()
    forgetting.forget(ann.person_id)


def test_a_picture_that_nothing_names_goes_too(forgetting, stores, settings, live, clock):
    ann = live("Ann Lee")
    left = stores.media.save(np.zeros((112, 112, 3), np.uint8))
    moment = clock.now().timestamp() - 61
    os.utime(settings.home / "media" / left[:2] / left, (moment, moment))

    forgetting.forget(ann.person_id)

    assert list(stores.media.names()) == []
    lines = map(json.loads, (settings.home / "audit.jsonl").read_text().splitlines())
    assert [one["facts"].get("kind") for one in lines if one["action"] == "retention.purged"] == ["leftovers"]


def test_what_others_records_say_of_the_person_is_unsaid_and_nobody_else_loses_a_name(forgetting, stores, live, clock):
    ann = live("Ann")
    origins = ("with ANN.jpg", "Ann Marie/1.png", "Annie.jpg")
    marie = stores.people.add_person(
        "Ann Marie", [kept(axis(n), origin=one) for n, one in enumerate(origins)], clock.now()
    )
    stores.consents.give(marie.person_id, NewConsent(frozenset(SCOPES), "2", "told by Ann, for Ann Marie"), clock.now())

    forgot = forgetting.forget(ann.person_id)

    assert [one.origin for one in stores.people.pictures(marie.person_id)] == [
        "with forgotten.jpg",
        "Ann Marie/1.png",
        "Annie.jpg",
    ]
    assert {one.evidence for one in stores.consents.of(marie.person_id)} >= {"told by forgotten, for Ann Marie"}
    assert stores.people.named("Ann Marie")
    assert forgot.receipt.fields()["verified"]["opened"] >= 3 + 3 + 3


def test_accounts_go_with_the_person_and_others_lose_the_name(forgetting, stores, settings, live, clock):
    ann, bob, accounts, now = live("Ann Lee"), live("Bob"), stores.accounts, clock.now()
    admin = accounts.add_first("Root", now, "hash")
    hers = accounts.add("lioness", "operator", now, "hash", ann.person_id)
    accounts.begin_session(hers.account_id, "digest", "csrf", now, now + timedelta(days=1))
    accounts.add_key(hers.account_id, NewKey("hers", "mien_a", "of the lioness", frozenset({"read"})), now)
    accounts.add_key(admin.account_id, NewKey("his", "mien_b", "Ann Lee's script", frozenset({"read"})), now)
    kept = [accounts.add(name, "viewer", now, "hash") for name in ("forgotten", "ANN LEE", "tablet of ann-lee")]
    others = accounts.add("Ann", "viewer", now, "hash", bob.person_id)
    assert forgetting.plan("Ann Lee").counts["accounts"] == 1
    marks = stores.people.marks(ann.person_id)

    forgot = forgetting.forget("Ann Lee")

    assert forgot.receipt.removed["accounts"] == 1
    names = ["forgotten", f"forgotten {kept[1].account_id}", "tablet of forgotten"]
    assert [one.name for one in accounts.accounts()] == ["Root", *names, "Ann"]
    assert all(accounts.named(name) for name in names) and accounts.named("ann") == (others, "hash")
    assert [one.label for one in accounts.keys(None)] == ["forgotten's script"]
    raw = everything(settings.home)
    assert not [one for one in (*marks.sealed, b"lioness") if one in raw]
    told = [one.facts["account"] for one in build_audit(stores, clock).entries() if one.action == "account.removed"]
    assert told == [hers.account_id]


def test_an_account_that_bears_the_name_is_found_where_it_is_opened(forgetting, stores, live, clock, monkeypatch):
    live("Ann Lee")
    stores.accounts.add("ann_lee", "viewer", clock.now())
    monkeypatch.setattr(departing.Others, "unname", lambda _: (0, 0))
    with pytest.raises(TracesLeft, match=r"mien\.sqlite3, accounts\.name 1: the name, 1×"):
        forgetting.forget("Ann Lee")


def test_an_account_outlives_a_person_who_goes_from_the_bin(stores, settings, live, clock):
    ann = live("Ann Lee")
    account = stores.accounts.add("ann", "viewer", clock.now(), "hash", ann.person_id)
    stores.accounts.change(account.account_id, allows_face=True)
    throw_away(stores, ann, clock)
    clock.passed_s = 40 * 86400
    assert build_purging(settings, stores, clock).purge().counts["bin"]
    (left,) = stores.accounts.accounts()
    assert (left.person_id, left.allows_face, left.has_password) == ("", False, True)


def test_of_a_path_with_the_name_all_else_is_remembered_and_told_to_whoever_is_forgotten_later(
    forgetting, stores, live, clock, tmp_path
):
    ann, bob = live("Ann Lee"), live("Bob")
    there, away = tmp_path / "bk" / "ANN LEE" / "gallery-ann lee.mien", Path("/somewhere/Ann Lee/results")
    gone = tmp_path / "bk" / "Ann Lee.mien"
    there.parent.mkdir(parents=True)
    there.write_text("")
    for place in (there, away, gone):
        stores.outputs.note("export", place, clock.now())

    forgetting.forget(ann.person_id)
    told = forgetting.forget(bob.person_id).leaving.outputs

    blotted = [tmp_path / "bk" / "…" / "gallery-….mien", Path("/somewhere/…/results")]
    assert [(one.path, one.is_blotted) for one in told] == [(one, True) for one in blotted]
    assert stores.outputs.still_there() == told
    stores.outputs.note("export", there, clock.now())
    assert [one.is_blotted for one in stores.outputs.still_there()] == [True, True, False]


def test_a_path_may_name_several_who_are_forgotten(forgetting, stores, live, clock, tmp_path):
    ann, bob = live("Ann Lee"), live("Bob")
    (tmp_path / "Ann Lee, Bob").write_text("")
    stores.outputs.note("export", tmp_path / "Ann Lee, Bob", clock.now())

    forgetting.forget(ann.person_id)
    assert [one.path.name for one in stores.outputs.still_there()] == ["…, Bob"]
    forgetting.forget(bob.person_id)

    assert [one.path.name for one in stores.outputs.still_there()] == ["…, …"]


def test_what_is_sealed_is_searched_too(forgetting, stores, live, clock, monkeypatch):
    ann = live("Ann")
    stores.people.add_person("Bob", [kept(axis(1), origin="with Ann.jpg")], clock.now())
    monkeypatch.setattr(departing.Others, "unname", lambda _: (0, 0))
    with pytest.raises(TracesLeft, match=r"mien\.sqlite3, pictures\.origin person-0002 4: the name, 1×"):
        forgetting.forget(ann.person_id)
    monkeypatch.undo()
    forgetting.forget(ann.person_id)


def test_the_same_picture_kept_of_somebody_else_goes_with_the_person(forgetting, stores, live, clock):
    ann, bob = live("Ann Lee"), live("Bob")
    own, crops = stores.people.templates(person_id=ann.person_id)[0], [stores.media.save(FACE) for _ in range(2)]
    picture = NewPicture((NewTemplate(own.vector, MODEL),), 0.9, "again", "", crops[0])
    stores.people.add_pictures(bob.person_id, [picture], clock.now())
    view = SightedView(own.vector, MODEL, 0.8, crops[1])
    seen = stores.sightings.add(Sighting("door", 9, "undecided", "", 0.2, clock.now(), clock.now()), [view]).sighting_id
    was = stores.people.person(bob.person_id)

    forgetting.forget(ann.person_id)

    now = stores.people.person(bob.person_id)
    assert now.revision > was.revision and now.decided == was.decided, "of him nobody decided anything"

    assert [one.origin for one in stores.people.pictures(bob.person_id)] == ["Bob-0.png", "Bob-1.png", "Bob-2.png"]
    assert stores.sightings.views(seen) == () and not [one for one in crops if stores.media.exists(one)]


def test_others_write_while_everybody_is_looked_through(forgetting, stores, settings, live, monkeypatch):
    ann, slices, is_free = live("Ann Lee"), departing._slices, []
    live("Bob")
    marks = stores.people.marks(ann.person_id)
    stores.people.forget(ann.person_id)

    def looked_at(vector):
        other = sqlite3.connect(settings.home / "mien.sqlite3", timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.close()
        is_free.append(True)
        return slices(vector)

    monkeypatch.setattr(departing, "_slices", looked_at)
    stores.people.efface(marks)
    assert len(is_free) >= 7


def test_the_receipt_and_the_log_tell_of_it_without_a_name(forgetting, stores, settings, live, clock, tmp_path):
    live("Ann Lee")
    (tmp_path / "Ann").write_text("")
    stores.outputs.note("analysis", tmp_path / "Ann", clock.now())
    stores.outputs.note("analysis", tmp_path / "gone", clock.now())

    forgot = forgetting.forget("Ann Lee")

    receipt = json.dumps(forgot.receipt.fields())
    assert "Ann" not in receipt and "person-" not in receipt and forgot.receipt.outside == {"analysis": 1}
    assert [output.path.name for output in forgot.leaving.outputs] == ["Ann"]
    *before, entry = map(json.loads, (settings.home / "audit.jsonl").read_text().splitlines())
    assert [one["action"] for one in before] == ["consent.given", "person.enrolled"]
    assert (entry["action"], entry["people"], entry["facts"]["is_verified"]) == (
        "person.forgotten",
        ["person-0001"],
        True,
    )
    assert forgot.receipt.entry == (3, entry["hash"]) and forgot.receipt.on_record == 3


def test_what_is_left_fails_with_its_place_and_forgetting_again_completes_it(forgetting, settings, live, clock):
    live("Ann Lee")
    (settings.home / "mien.yaml").write_text("cameras: {}  # ask Ann Lee\n")

    with pytest.raises(TracesLeft, match=r"mien\.yaml: the name, 1×; edit or remove.* forget person-0001 again"):
        forgetting.forget("Ann Lee")
    (departure,) = (settings.home / "departures").glob("*.departure")
    assert b"Ann" not in departure.read_bytes()
    (settings.home / "mien.yaml").unlink()

    assert forgetting.plan("ann lee").counts["readings"] == 20
    assert forgetting.forget("person-0001").receipt.removed["readings"] == 20
    assert not (settings.home / "departures").exists()
    with pytest.raises(PersonUnknown):
        forgetting.forget("Ann Lee")


@pytest.mark.parametrize("step", ["media.delete", "people.forget", "snapshots.discard", "database.compact"])
def test_what_dies_at_any_step_is_completed(settings, stores, live, clock, monkeypatch, step):
    live("Ann Lee"), live("Bob")
    where, _, what = step.partition(".")
    target = type(getattr(stores, where))

    def die(*_):
        raise StoreError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(target, what, die)
        with pytest.raises(StoreError, match="power"):
            build_forgetting(stores, clock).forget("Ann Lee")

    assert build_purging(settings, stores, clock).purge().left == 0
    assert [person.name for person in stores.people.people(everybody=True)] == ["Bob"]
    raw = everything(settings.home)
    assert b"person-0001" not in raw and b"Ann Lee" not in raw and not (settings.home / "departures").exists()
    assert len(list(stores.media.names())) == 4


def test_another_process_that_keeps_the_log_is_told_of(forgetting, settings, stores, live, monkeypatch):
    monkeypatch.setattr("mien.store.sql.sqlite.SCRUB_TIMEOUT_S", 0.05)
    live("Ann Lee")
    reader = sqlite3.connect(settings.home / "mien.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM people").fetchall()
    with pytest.raises(TracesLeft, match="other processes keep the database open: end them"):
        forgetting.forget("Ann Lee")
    reader.close()
    forgetting.forget("Ann Lee")


def test_who_writes_meanwhile_keeps_the_lock_and_what_was_written(settings, stores, live):
    ann = live("Ann Lee")
    with stores.database.writing() as connection:
        connection.execute(text("INSERT INTO facts (name, value) VALUES ('told', 'yes')"))
        Verification(stores.home).look_for(Marks(("Ann Lee",), (ann.person_id,), ()))
        assert told_to_another_writer(settings.home / "mien.sqlite3") == "database is locked\n"
    assert stores.database.fact("told") == "yes"


def test_what_is_killed_at_any_moment_is_completed(settings, stores, live, clock):
    for number in range(9):
        live(f"Ann {number} Leewards", readings=400)
    live("Somebody Else")
    began_s = time.perf_counter()
    build_forgetting(stores, clock).forget("Ann 8 Leewards")
    taken_s = time.perf_counter() - began_s
    stores.database.close()

    def forget(name):
        with ExitStack() as stack:
            build_forgetting(build_stores(settings, stack), clock).forget(name)

    kills = sum(killed(lambda n=n: forget(f"Ann {n} Leewards"), taken_s * 2 * share) for n, share in enumerate(SHARES))
    for number in range(len(SHARES)):
        with suppress(PersonUnknown):  # where all was done but the last word
            forget(f"Ann {number} Leewards")

    assert kills, "else nothing is shown"
    assert [person.name for person in stores.people.people(everybody=True)] == ["Somebody Else"]
    stores.database.close()
    raw = everything(settings.home)
    assert b"Leewards" not in raw and not [n for n in range(1, 10) if f"person-{n:04d}".encode() in raw]
    assert len(list(stores.media.names())) == 4 and not list((settings.home / "departures").glob("*"))


def throw_away(stores, person, clock):
    stores.journal.apply("person.binned", [PersonStanding(person.person_id, "binned")], clock.now())


def test_a_name_takes_everybody_who_bears_it_out_of_the_bin_too(forgetting, stores, settings, live, clock):
    binned = live("Ann Lee")
    throw_away(stores, binned, clock)
    ann, other = live("ann lee"), live("Somebody Else")

    plan = forgetting.plan("Ann Lee")
    assert [(one.person_id, one.standing) for one in plan.records] == [
        (ann.person_id, "active"),
        (binned.person_id, "binned"),
    ]
    assert [one.counts["pictures"] for one in plan.records] == [3, 3] and plan.counts["readings"] == 40
    forgot = forgetting.forget("Ann Lee")

    assert forgot.receipt.removed["crops"] == 8 and not forgot.is_name_borne
    assert stores.people.people(everybody=True) == (other,) and len(list(stores.media.names())) == 4
    raw = everything(settings.home).lower()
    assert not [one for one in (b"ann lee", binned.person_id.encode(), ann.person_id.encode()) if one in raw]
    assert stores.people.is_forgotten(binned.uid) and stores.people.is_forgotten(ann.uid)
    with pytest.raises(PersonUnknown):
        forgetting.forget("Ann Lee")


def test_several_in_the_bin_are_taken_by_the_name_they_bear(forgetting, stores, live, clock):
    for _ in range(2):
        throw_away(stores, live("Ann Lee"), clock)
    assert forgetting.plan("ANN LEE").person_ids == ("person-0001", "person-0002")
    forgetting.forget("ANN LEE")
    assert stores.people.people(everybody=True) == ()


def test_an_id_takes_one_of_them_and_the_other_keeps_what_is_theirs(forgetting, stores, settings, live, clock):
    binned = live("Ann Lee")
    template = stores.people.templates(person_id=binned.person_id)[0]
    throw_away(stores, binned, clock)
    ann = live("Ann Lee", camera="Ann Lee's door")
    same = NewPicture((NewTemplate(template.vector, MODEL),), 0.9, "of Ann Lee", "", stores.media.save(FACE))
    stores.people.add_pictures(ann.person_id, [same], clock.now())
    (settings.home / "mien.yaml").write_text("cameras: {}  # ask Ann Lee\n")

    plan = forgetting.plan(binned.person_id)
    assert (plan.person_ids, [one.person.person_id for one in plan.namesakes]) == (
        (binned.person_id,),
        [ann.person_id],
    )
    forgot = forgetting.forget(binned.person_id)

    assert forgot.is_name_borne and [(one.file, one.count) for one in forgot.of_namesakes if "yaml" in one.file] == [
        ("mien.yaml", 1)
    ]
    assert any("may be that of others who bear it" in one for one in forgot.receipt.not_covered)
    assert stores.people.people(everybody=True) == (ann,)
    assert [one.origin for one in stores.people.pictures(ann.person_id)][-1] == "of Ann Lee"
    assert stores.sightings.of_track("Ann Lee's door", 1)
    assert binned.person_id.encode() not in everything(settings.home)
    with pytest.raises(TracesLeft, match=r"mien\.yaml: the name"):
        forgetting.forget("Ann Lee")


def test_whoever_took_in_a_record_of_the_name_stays_where_somebody_else_bears_it(forgetting, stores, live, clock):
    bob, alias = live("Bob Rowe"), live("Ann Lee")
    stores.journal.apply("person.merged", [PersonStanding(alias.person_id, "merged", bob.person_id)], clock.now())
    assert forgetting.plan("Ann Lee").person_ids == (bob.person_id, alias.person_id)
    ann = live("Ann Lee")

    plan = forgetting.plan("Ann Lee")
    assert plan.person_ids == (ann.person_id,)
    assert [(one.person.person_id, one.merged) for one in plan.namesakes] == [(bob.person_id, alias.person_id)]
    assert forgetting.forget("Ann Lee").is_name_borne
    assert stores.people.named("Bob Rowe") == bob


def test_a_name_completes_what_was_begun_by_an_id(forgetting, stores, settings, live, clock):
    binned = live("Ann Lee")
    throw_away(stores, binned, clock)
    ann, archive = live("Ann Lee"), sealed(settings.home / "backup" / "old")
    for who in (binned.person_id, "Ann Lee"):
        with pytest.raises(TracesLeft, match="sealed with a passphrase"):
            forgetting.forget(who)
    assert len(list((settings.home / "departures").glob("*.departure"))) == 1
    archive.unlink()
    plan = forgetting.plan("Ann Lee")
    assert {*plan.person_ids} == {binned.person_id, ann.person_id}
    assert [one.standing for one in plan.records] == ["leaving"] and plan.counts["pictures"] == 6
    assert forgetting.forget("Ann Lee").receipt.removed["pictures"] == 6
    assert not (settings.home / "departures").exists()


def test_a_short_name_in_a_text_of_the_database_is_found(forgetting, stores, live):
    ann, _ = live("Ann"), live("Bob", readings=2)
    stores.database.note_fact("said", '{"said": "by Ann"}')
    with pytest.raises(TracesLeft, match=r"mien\.sqlite3, facts\.value: the name, 1×; end what else works"):
        forgetting.forget(ann.person_id)


def test_ordinary_texts_and_bytes_are_no_short_names(forgetting, stores, settings, live, clock):
    names = ("Set", "too", "An", "Off", "李", "Ann", "Xs", "E")
    for name in names:
        live(name, readings=1)
    with stores.database.writing() as connection:
        connection.exec_driver_sql("UPDATE readings SET quality_reason = 'too small', liveness_reason = 'cut off'")
        connection.exec_driver_sql("UPDATE pictures SET state = 'set_aside'")
        connection.exec_driver_sql("UPDATE embedding_models SET network = 'net-xs'")
    noise = np.random.default_rng(3)
    for number in range(200):  # short ones of random bytes often hold no zero byte
        (settings.home / f"{number}.bin").write_bytes(noise.integers(1, 256, 200, np.uint8).tobytes())
    (settings.home / "large.bin").write_bytes(noise.integers(0, 256, 1 << 20, np.uint8).tobytes())
    for name in names:
        not_covered = forgetting.forget(name).receipt.not_covered
        assert any("less than four bytes in files that are no texts" in one for one in not_covered)


def test_a_name_that_is_a_number_is_told_not_to_be_looked_for(forgetting, stores, live, clock):
    live("1"), live("Bob Rowe", camera="1")
    forgot = forgetting.forget("1")
    assert "names that are numbers, which nothing tells from other numbers" in forgot.receipt.not_covered
    assert stores.sightings.of_track("1", 1), "a camera of that number keeps it"


def test_pictures_that_others_may_be_about_to_name_are_not_waited_for(forgetting, stores, settings, live):
    ann, young = live("Ann Lee"), stores.media.save(FACE)
    other = sqlite3.connect(settings.home / "mien.sqlite3", isolation_level=None)
    other.execute("SELECT count(*) FROM people").fetchall()
    began_s = time.perf_counter()

    forgot = forgetting.forget(ann.person_id)

    assert time.perf_counter() - began_s < 5 and stores.media.exists(young)
    assert any(one.startswith("1 picture of the last minute") for one in forgot.receipt.not_covered)
    other.close()


OWN_WORDS = (
    "Bin",
    "Key",
    "Seal",
    "Person",
    "Unknown",
    "Media",
    "Face",
    "Ed",
    "fear",
    "known",
    "Operator",
    "Forgotten",
    "Minute",
)


def test_whoever_is_called_like_a_word_of_mien_is_forgotten_too(forgetting, stores, settings, live, clock):
    others = [live("Zoë"), live("Wim")]
    throw_away(stores, others[1], clock)
    stores.consents.give(others[0].person_id, NewConsent(frozenset(SCOPES), DECLARED, DECLARATION), clock.now())
    clock.passed_s = 40 * 86400
    assert build_purging(settings, stores, clock).purge().counts["bin"]
    clock.passed_s = 0
    live()
    live("Yan", camera="Forgotten's door")
    (settings.home / "media" / "ed").mkdir(exist_ok=True)
    (settings.home / "mien.yaml").write_text("encryption: {key: keyring}\nprivacy: {retention: {bin_days: 3}}\n")
    for name in OWN_WORDS:
        live(name, readings=2)
        forgetting.forget(name)
    assert {one.evidence for one in stores.consents.of(others[0].person_id)} >= {DECLARATION}
    assert not (settings.home / "departures").exists()


def test_a_name_that_is_a_word_of_mien_is_found_where_somebody_wrote_it(forgetting, stores, settings, live):
    key = live("Key")
    (settings.home / "mien.yaml").write_text("encryption: {key: keyring}  # ask Key\n")
    with pytest.raises(TracesLeft, match=r"left in the home: mien\.yaml: the name, 1×;"):
        forgetting.forget("Key")
    (settings.home / "mien.yaml").unlink()
    with (settings.home / "audit.jsonl").open("a") as file:
        file.write('{"number":1,"kind":"key"}\n')
    with pytest.raises(TracesLeft, match=r"left in the home: audit\.jsonl: the name, 1×;"):
        forgetting.forget(key.person_id)


def test_columns_in_which_names_are_not_looked_for_are_those_of_the_database(stores):
    with stores.database.reading() as connection:
        there = {
            f"{table}.{column}"
            for (table,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").all()
            for (column,) in connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (table,)).all()
        }
    assert there >= IDS | WORDS and not IDS & WORDS


def test_all_who_can_be_are_completed_though_something_is_left_of_one(settings, stores, live, clock):
    names = ("Ann Lee", "Bob Rowe", "Cy Poe")
    for name in names:
        live(name)
        (settings.home / "note.txt").write_text(f"ask {name}")
        with pytest.raises(TracesLeft):
            build_forgetting(stores, clock).forget(name)
    for first in sorted((settings.home / "departures").glob("*.departure"))[:1]:
        (name,) = next(one for one in stores.departures.all() if one.key == first.stem).marks.names
    (settings.home / "note.txt").write_text(f"ask {name}")

    unfinished = build_purging(settings, stores, clock).purge().unfinished
    assert isinstance(unfinished, TracesLeft) and "note.txt: the name, 1×" in str(unfinished)
    assert [one.marks.names for one in stores.departures.all()] == [(name,)]


def test_whoever_gets_the_name_after_it_was_agreed_to_stays(forgetting, stores, live, clock):
    ann = live("Ann Lee")
    agreed = forgetting.plan("Ann Lee").person_ids
    throw_away(stores, ann, clock)
    other = live("Ann Lee")
    forgot = forgetting.forget("Ann Lee", agreed)
    assert forgot.leaving.person_ids == agreed == (ann.person_id,) and forgot.is_name_borne
    assert [one.person for one in forgot.leaving.namesakes] == [other]
    assert stores.people.people(everybody=True) == (other,)
    with pytest.raises(GalleryError, match="nothing was removed"):
        forgetting.forget("Ann Lee", agreed)
    assert stores.people.people(everybody=True) == (other,)


def test_what_others_have_begun_is_not_told_as_interrupted_unless_it_names_the_person(forgetting, stores, live, clock):
    ann, bob = live("Ann Lee"), live("Bob")
    audit = build_audit(stores, clock)
    running = [
        audit.telling("person.exported", (ann.person_id,), {"pictures": 4}),
        audit.telling("person.exported", (bob.person_id,), {"pictures": 3}),
    ]
    with ExitStack() as stack:
        for one in running:
            stack.enter_context(one)
        forgetting.forget("Ann Lee")
    told = [(one.people, "is_interrupted" in one.facts) for one in audit.entries() if one.action == "person.exported"]
    assert told == [((ann.person_id,), True), ((bob.person_id,), False), ((ann.person_id,), False)]


def forgotten_entries(stores, clock):
    return [one.people for one in build_audit(stores, clock).entries() if one.action == "person.forgotten"]


def test_what_one_process_is_at_work_on_is_left_to_it_by_others(forgetting, settings, stores, live, clock, monkeypatch):
    ann, compact = live("Ann Lee"), type(stores.retention).compact
    beside, said = build_forgetting(stores, clock), []

    def meanwhile(retention):
        compact(retention)
        if not said:
            said.append(beside.complete())
            build_purging(settings, stores, clock).purge()
            with pytest.raises(StoreError, match="person-0001 is being forgotten already"):
                beside.forget(ann.person_id)

    monkeypatch.setattr(type(stores.retention), "compact", meanwhile)
    forgetting.forget("Ann Lee")
    assert said == [0] and forgotten_entries(stores, clock) == [(ann.person_id,)]
    assert not (settings.home / "departures").exists()


def test_two_who_have_planned_the_same_do_not_both_do_it(forgetting, stores, live, clock, monkeypatch):
    ann, marks = live("Ann Lee"), type(stores.people).marks
    said = []

    def meanwhile(people, person_id):
        found = marks(people, person_id)
        if not said:
            said.append(person_id)
            build_forgetting(stores, clock).forget("Ann Lee")
        return found

    monkeypatch.setattr(type(stores.people), "marks", meanwhile)
    with pytest.raises(PersonUnknown, match="another process has forgotten person-0001"):
        forgetting.forget("Ann Lee")
    assert forgotten_entries(stores, clock) == [(ann.person_id,)] and list(stores.departures.all()) == []


def test_whoever_is_killed_at_work_holds_nothing_any_more(settings, stores, live, clock):
    live("Ann Lee")
    stores.database.close()

    def hang():
        with ExitStack() as stack:
            opened = build_stores(settings, stack)
            type(opened.retention).compact = lambda _: time.sleep(60)
            build_forgetting(opened, clock).forget("Ann Lee")

    assert killed(hang, 2.0)
    assert len(list((settings.home / "departures").glob("*.departure"))) == 1
    assert build_forgetting(stores, clock).complete() == 1
    assert not (settings.home / "departures").exists()


def test_that_a_camera_brings_the_name_back_is_told_whatever_came_before_the_end(forgetting, settings, live):
    live("Ann Lee", camera="Ann Lee's door"), live("Bob", camera="door")
    (settings.home / "mien.yaml").write_text("cameras: {Ann Lee's door: {source: 0}}\n")
    with pytest.raises(TracesLeft, match=r"mien\.yaml"):
        forgetting.forget("Ann Lee")
    (settings.home / "mien.yaml").unlink()
    assert any(
        "what 1 camera or source that had the name" in one for one in forgetting.forget("Ann Lee").receipt.not_covered
    )
    assert not any("camera" in one for one in forgetting.forget("Bob").receipt.not_covered)


PAIRS = [
    ("Anna", "Anna Schmidt"),
    ("Jo", "Jonas Meier"),
    ("Schmidt", "Anna Schmidt"),
    ("Lena", "Anna Lena Schmidt"),
    ("Anna Schmidt", "Anna"),
    ("Anna-Lena Schmidt", "Lena"),
    ("Anna Lena", "Lena"),
    ("Schmidt Anna", "Anna Schmidt"),
    ("Anna Schmidt", "Schmidt Anna"),
    ("Ανδρέας", "Ανδρέας Νικολάου"),
    ("李", "李小龙 Lee"),
    ("Weiß", "Zoë Weiss"),
    ("Мария Иванова", "Мария"),
]


@pytest.mark.parametrize(("own", "gone"), PAIRS)
def test_a_name_goes_from_others_records_unless_it_is_but_part_of_their_own(forgetting, stores, clock, own, gone):
    there = [f"{own}-0.png", f"with {own}.png"]
    theirs = [
        f"{gone}-0.png",
        f"{gone.upper()}, {own}",
        f"{gone.replace(' ', '_')}/1.png",
        f"by {gone.lower().replace(' ', '-')}, for {own}",
    ]
    kept_of_own = [kept(axis(n), origin=one) for n, one in enumerate((*there, *theirs))]
    person = stores.people.add_person(own, kept_of_own, clock.now())
    bob = stores.people.add_person("Bob", [kept(axis(9), origin=f"{gone} and {own}")], clock.now())
    for one in (person, bob):
        given = NewConsent(frozenset(SCOPES), f"text of {gone}", f"signed by {gone} for {own}")
        stores.consents.give(one.person_id, given, clock.now())
    stores.people.add_person(gone, [kept(axis(8), origin="x")], clock.now())

    forgetting.forget(gone)

    assert [one.origin for one in stores.people.pictures(person.person_id)] == [
        *there,
        "forgotten-0.png",
        f"forgotten, {own}",
        "forgotten/1.png",
        f"by forgotten, for {own}",
    ]
    given = [one for one in stores.consents.of(person.person_id) if one.evidence != DECLARATION]
    assert {(one.version, one.evidence) for one in given} == {("text of forgotten", f"signed by forgotten for {own}")}
    assert [one.origin for one in stores.people.pictures(bob.person_id)] == [f"forgotten and {own}"]
    given = [one for one in stores.consents.of(bob.person_id) if one.evidence != DECLARATION]
    assert {(one.version, one.evidence) for one in given} == {("text of forgotten", f"signed by forgotten for {own}")}
    assert stores.people.named(own)


def test_longer_names_of_others_are_left_whole_and_go_with_these(forgetting, stores, live, clock):
    for name in ("Ada", "Ada Lovelace", "Ada Lovelace-King", "Ann", "Ann-Marie"):
        stores.people.add_person(name, [kept(axis(len(name)), origin=f"{name}.png")], clock.now())
    live("Bob", camera="cams/ann-marie/ADA_LOVELACE-KING_7")
    bob = stores.people.named("Bob").person_id
    said = "signed by Ada Lovelace, mother Ann-Marie; ada; witness ADA_LOVELACE-KING"
    stores.consents.give(bob, NewConsent(frozenset(SCOPES), "1", said), clock.now())

    def told():
        given = [one.evidence for one in stores.consents.of(bob) if one.evidence != DECLARATION]
        return given[-1], stores.sightings.latest(1, bob)[0].camera

    forgetting.forget("Ada")
    forgetting.forget("Ann")
    assert told() == (said.replace("; ada;", "; forgotten;"), "cams/ann-marie/ADA_LOVELACE-KING_7")
    forgetting.forget("Ada Lovelace")
    forgetting.forget("Ann-Marie")
    left = "signed by forgotten, mother forgotten; forgotten; witness ADA_LOVELACE-KING"
    assert told() == (left, "cams/forgotten/ADA_LOVELACE-KING_7")
    forgetting.forget("Ada Lovelace-King")
    assert told() == (left.replace("ADA_LOVELACE-KING", "forgotten"), "cams/forgotten/forgotten_7")


@pytest.mark.parametrize(("own", "gone"), PAIRS)
def test_a_name_that_stays_in_others_records_is_found_unless_it_is_but_part_of_their_own(
    forgetting, stores, clock, monkeypatch, own, gone
):
    monkeypatch.setattr(departing.Others, "unname", lambda _: (0, 0))
    pictures = [kept(axis(0), origin=f"{own}.png"), kept(axis(1), origin=f"{gone.lower().replace(' ', '_')}.png")]
    stores.people.add_person(own, pictures, clock.now())
    stores.people.add_person(gone, [kept(axis(8), origin="x")], clock.now())
    with pytest.raises(TracesLeft, match=r"in the home: mien\.sqlite3, pictures\.origin person-0001 2: the name, 1×;"):
        forgetting.forget(gone)


def test_a_camera_whose_name_spells_it_otherwise_loses_it(forgetting, stores, live, clock):
    ann = live("Ann Lee")
    cameras = ("/videos/Ann_Lee/party.mp4", "ann-LEE's door", "rtsp://ann.lee@door/Ann%20Lee")
    for camera in (*cameras, "annlee", "Lee, Ann"):
        live("Bob" if camera == cameras[0] else "", readings=1, camera=camera)
    forgetting.forget(ann.person_id)
    assert {one.camera for one in stores.events.latest(9)} == {
        "/videos/forgotten/party.mp4",
        "forgotten's door",
        "rtsp://forgotten@door/forgotten",
        "annlee",
        "Lee, Ann",
    }


def test_whose_name_is_another_spelling_keeps_it_as_it_is_spelt(forgetting, stores, settings, live):
    ann, other = live("Ann Lee"), live("Ann-Lee")
    bob = live("Bob", camera="door of Ann-Lee")
    live("Cy", camera="door of ann_lee")
    (settings.home / "mien.yaml").write_text("cameras: {}  # ask ANN-LEE\n")
    assert forgetting.plan("Ann Lee").person_ids == (ann.person_id,)
    forgot = forgetting.forget("Ann Lee")
    assert forgot.is_name_borne and "mien.yaml" in {one.file for one in forgot.of_namesakes}
    assert {one.camera for one in stores.events.latest(9)} == {"door", "door of Ann-Lee", "door of forgotten"}
    assert stores.people.pictures(other.person_id)[0].origin == "Ann-Lee-0.png"
    assert stores.people.named("Ann-Lee") == other and stores.people.named("Bob") == bob
    with pytest.raises(TracesLeft, match=r"mien\.yaml: the name, 1×"):
        forgetting.forget("Ann-Lee")


def test_archives_that_are_made_once_somebody_has_begun_to_go_stay(settings, stores, live, clock):
    live("Ann Lee"), live("Bob")
    old = sealed(settings.home / "exports" / "gallery.mien")
    (settings.home / "notes.txt").write_text("ask Ann Lee")
    with pytest.raises(TracesLeft, match=r"notes\.txt"):
        build_forgetting(stores, clock).forget("Ann Lee")
    assert not old.exists()
    new = [sealed(settings.home / "exports" / name) for name in ("bob.mien", "gallery.mien")]

    for _ in range(2):
        purged = build_purging(settings, stores, clock).purge()
        assert purged.counts["exports"] == 0 and "exports/bob.mien: an archive" in str(purged.unfinished)
    assert all(one.exists() for one in new)
    plan = build_forgetting(stores, clock).plan("Ann Lee")
    assert plan.exports == () and plan.counts["exports"] == 1

    (settings.home / "notes.txt").unlink()
    for one in new:
        one.rename(settings.home.parent / one.name)
    assert build_purging(settings, stores, clock).purge().unfinished is None
    told = [dict(one.facts) for one in build_audit(stores, clock).entries() if one.action == "person.forgotten"]
    assert [(one.get("exports"), one.get("readings"), one["is_verified"]) for one in told] == [
        (1, 20, False),
        (None, None, True),
    ]


def test_nothing_is_written_anew_where_nothing_is_left_to_remove(settings, stores, live, clock, monkeypatch):
    live("Ann Lee"), live("Bob")
    compact, done = type(stores.retention).compact, []
    monkeypatch.setattr(type(stores.retention), "compact", lambda one: done.append(1) or compact(one))
    (settings.home / "notes.txt").write_text("ask Ann Lee")
    for _ in range(3):
        with pytest.raises(TracesLeft):
            build_forgetting(stores, clock).forget("Ann Lee")
    assert len(done) == 1
    live("Cy", camera="Ann Lee's door")
    with pytest.raises(TracesLeft):
        build_forgetting(stores, clock).forget("Ann Lee")
    assert len(done) == 2 and {one.camera for one in stores.events.latest(9)} == {"door", "forgotten's door"}


def merge(stores, one, into, clock):
    stores.journal.apply("person.merged", [PersonStanding(one.person_id, "merged", into.person_id)], clock.now())


def test_whoever_was_merged_into_a_person_after_it_was_agreed_to_does_not_go(forgetting, stores, live, clock):
    ann, bob = live("Ann Lee"), live("Bob")
    agreed = forgetting.plan("Ann Lee").person_ids
    merge(stores, bob, ann, clock)
    with pytest.raises(PeopleChanged, match="person-0002 is the same person as person-0001 by now"):
        forgetting.forget("Ann Lee", agreed)
    assert len(stores.people.people(everybody=True)) == 2 and list(stores.departures.all()) == []
    assert len(list(stores.media.names())) == 8
    forgetting.forget("Ann Lee", forgetting.plan("Ann Lee").person_ids)
    assert stores.people.people(everybody=True) == ()


@pytest.mark.parametrize("step", ["people.marks", "departures.begun", "people.efface", "people.forget"])
def test_whoever_is_merged_into_a_person_at_any_moment_does_not_go(
    forgetting, stores, settings, live, clock, monkeypatch, step
):
    ann, bob = live("Ann Lee"), live("Bob")
    where, _, what = step.partition(".")
    kind = type(getattr(stores, where))
    original, said = getattr(kind, what), []
    crop = stores.people.pictures(bob.person_id)[0].crop

    def meanwhile(*given):
        if not said:
            said.append(1)
            with suppress(PersonUnknown):
                merge(stores, bob, ann, clock)
        return original(*given)

    monkeypatch.setattr(kind, what, meanwhile)
    with suppress(PeopleChanged):
        forgetting.forget("Ann Lee")
    assert said and bob.person_id in {one.person_id for one in stores.people.people(everybody=True)}
    assert stores.media.exists(crop)


def test_whoever_was_merged_into_one_who_has_begun_to_go_is_asked_about(settings, stores, live, clock, monkeypatch):
    ann, bob = live("Ann Lee"), live("Bob")

    def die(*_):
        raise StoreError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(type(stores.people), "forget", die)
        with pytest.raises(StoreError, match="power"):
            build_forgetting(stores, clock).forget("Ann Lee")
    merge(stores, bob, ann, clock)

    assert "person-0002 is the same person" in str(build_purging(settings, stores, clock).purge().unfinished)
    plan = build_forgetting(stores, clock).plan("Ann Lee")
    assert plan.person_ids == (ann.person_id, bob.person_id) and plan.counts["pictures"] == 6
    with pytest.raises(PeopleChanged):
        build_forgetting(stores, clock).forget("Ann Lee", (ann.person_id,))
    build_forgetting(stores, clock).forget("Ann Lee", plan.person_ids)
    assert stores.people.people(everybody=True) == () and list(stores.departures.all()) == []


def test_the_text_that_others_agreed_to_stays_and_the_receipt_tells_where_it_names_somebody(
    forgetting, stores, live, clock
):
    live("Renata Ott"), live("Will"), live("Your")
    bob = live("Bob")
    agreed = ("Your face will be used. Ask Renata Ott.", SIGN_UP_TEXT)
    for text_of_then in agreed:
        given = NewConsent(frozenset({"keep"}), "1", "told", text=text_of_then)
        stores.consents.give(bob.person_id, given, clock.now())

    def told(name):
        left = [one for one in forgetting.forget(name).receipt.not_covered if "service.consent_text" in one]
        assert tuple(one.text for one in stores.consents.of(bob.person_id) if one.evidence == "told") == agreed
        return len(left)

    assert told("Will") == 0, "a word in another case is nobody"
    assert told("Renata Ott") == told("Your") == 1
    forgetting.forget("Bob")
    live("Renata Ott")
    assert not any("service.consent_text" in one for one in forgetting.forget("Renata Ott").receipt.not_covered)


@pytest.mark.parametrize("style", ["plain", "|", ">-", '"'])
def test_what_people_are_asked_to_agree_to_is_no_trace_in_the_settings(forgetting, settings, live, style):
    live("Will"), live("Renata Ott"), live("Bob")
    asked = ["Your face will be used,", "Renata Ott", "tells you how."]
    quote = style if style == '"' else ""
    asked = quote + "\n    ".join(asked) + quote
    block = f"{style}\n    " if style in ("|", ">-") else ""
    path = settings.home / "mien.yaml"
    path.write_text(f"service:\n  consent_text: {block}{asked}\n  port: 8090  # Bob's\n")

    def told(name):
        return [one for one in forgetting.forget(name).receipt.not_covered if "service.consent_text" in one]

    assert (len(told("Will")), len(told("Renata Ott"))) == (0, 1)
    with pytest.raises(TracesLeft, match=r"mien\.yaml: the name, 1×"):
        forgetting.forget("Bob")
    path.write_text("service: [consent_text, Bob\n")
    with pytest.raises(TracesLeft, match=r"mien\.yaml: the name, 1×"):
        forgetting.forget("Bob")


def test_a_name_in_the_version_of_anothers_consent_goes(forgetting, stores, settings, live, clock):
    live("Renata Ott"), live("Renata")
    bob = live("Bob")
    for version in ("form shown by Renata Ott", "Renatas-form", "2026-03 RENATA_OTT"):
        stores.consents.give(bob.person_id, NewConsent(frozenset({"keep"}), version, "told"), clock.now())
    forgetting.forget("Renata Ott")
    forgetting.forget("Renata")
    kept = [one.version for one in stores.consents.of(bob.person_id) if one.evidence == "told"]
    assert kept == ["form shown by forgotten", "forgottens-form", "2026-03 forgotten"]
    live("Forgotten")
    forgetting.forget("Forgotten")


def test_everything_in_a_used_home_is_called_as_mien_calls_it(settings, stores, live, clock, monkeypatch):
    names, there, compact = ("Index", "Lock", "Media", "Rotation"), set(), type(stores.retention).compact

    def look(retention):
        there.update(path.relative_to(settings.home).as_posix() for path in settings.home.rglob("*"))
        return compact(retention)

    monkeypatch.setattr(type(stores.retention), "compact", look)
    for name in names:
        live(name)
    (settings.home / "mien.yaml").write_text("privacy: {retention: {bin_days: 3}}\n")
    sealed(settings.home / "exports" / "gallery.mien").unlink()
    stores.snapshots.write(MODEL, SievedIndex())
    rotate_keys(settings, stores, clock)
    stores.snapshots.write(MODEL, SievedIndex())
    for name in names:
        build_forgetting(stores, clock).forget(name)
    assert {"index.lock", "rotation.lock", "departures.lock", "index/fence", "audit.head"} <= there
    assert any(one.endswith(".departure") for one in there) and not [one for one in there if not is_own_path(one)]


def test_what_is_left_to_namesakes_is_counted_where_there_is_any():
    told = "the name where it may be that of others who bear it: their records"
    nowhere = Verified(1, 1, 1, (), 0)
    assert [*left_to_others(("ann",), nowhere, 0)] == [told]
    somewhere = replace(nowhere, of_namesakes=(Found("mien.sqlite3", "name", 1),))
    assert [*left_to_others(("ann",), somewhere, 0)] == [f"{told}, and 1 place"]
