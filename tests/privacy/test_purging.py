"""What has been kept long enough goes, it is counted again, and it is on record by kind."""

import json
import os
from datetime import timedelta

import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.domain.people.consent import NewConsent
from mien.privacy import purging as purging_module
from mien.privacy.audit.log import local_actor
from mien.privacy.purging import Purging
from mien.wiring.privacy import build_audit
from mien.wiring.rights import build_forgetting, build_purging, build_upkeep

FACE = np.zeros((112, 112, 3), np.uint8)
DAY_S = 86400.0


@pytest.fixture
def purging(settings, stores, clock):
    return build_purging(settings, stores, clock)


def aged(path, clock, days):
    moment = (clock.now() - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))


def on_record(settings):
    lines = (settings.home / "audit.jsonl").read_text().splitlines()
    return [(one["action"], one["facts"].get("kind"), one["facts"].get("records")) for one in map(json.loads, lines)]


def test_nothing_goes_before_its_time(purging, stores, live, settings):
    live("Ann"), live()
    assert not any(purging.due().counts.values())
    assert purging.purge() == purging.due()
    assert stores.readings.count() == 40 and len(list(stores.media.names())) == 8
    assert "retention.purged" not in (settings.home / "audit.jsonl").read_text()


def test_every_kind_goes_at_its_time_and_is_on_record(purging, stores, live, settings, clock):
    ann, stranger = live("Ann"), live()
    clock.passed_s = DAY_S
    due = purging.due()
    assert (due.counts["stranger_templates"], due.counts["readings"], due.counts["events"]) == (8, 0, 0)

    purged = purging.purge()

    assert purged.counts == due.counts and purged.left == 0
    assert stores.people.person(stranger.person_id).standing == "faded"
    assert len(stores.people.pictures(ann.person_id)) == 3 and len(list(stores.media.names())) == 3
    assert on_record(settings)[-2:] == [
        ("retention.purged", "stranger_crops", due.counts["stranger_crops"]),
        ("retention.purged", "stranger_templates", 8),
    ]
    clock.passed_s = 100 * DAY_S
    later = purging.purge()
    assert (later.counts["readings"], later.counts["events"], later.counts["sightings"], later.left) == (40, 2, 2, 0)
    assert stores.people.person(stranger.person_id) is None


def test_what_was_added_up_outlives_the_readings_for_a_year_and_is_on_record(purging, stores, live, settings, clock):
    live("Ann")
    clock.passed_s = 30 * DAY_S
    assert purging.purge().counts["rollup_minutes"] == 0
    clock.passed_s = 40 * DAY_S
    assert purging.due().counts["rollup_minutes"] == 1
    assert (purging.purge().counts["readings"], stores.rollups.count()) == (20, 2)
    assert ("retention.purged", "rollup_minutes", 1) in on_record(settings)
    clock.passed_s = 365 * DAY_S
    assert purging.due().counts["rollups"] == 0
    clock.passed_s = 366 * DAY_S
    due = purging.due().counts
    assert due["rollups"] == 2 and stores.rollups.count() == 2

    purged = purging.purge()

    assert (purged.counts, purged.left, stores.rollups.count()) == (due, 0, 0)
    assert ("retention.purged", "rollups", 2) in on_record(settings)


def test_a_run_in_which_nothing_was_read_goes_with_the_name_of_its_camera_and_is_on_record(
    purging, stores, settings, clock
):
    stores.readings.start_run("door", clock.now())
    assert not any(purging.due().counts.values())
    clock.passed_s = 40 * DAY_S
    due = purging.due().counts
    assert (due["runs"], due["cameras"], sum(due.values())) == (1, 1, 2)
    assert len(stores.readings.runs()) == 1

    purged = purging.purge()

    assert (purged.counts, purged.left, stores.readings.runs()) == (due, 0, ())
    assert on_record(settings) == [("retention.purged", "runs", 1), ("retention.purged", "cameras", 1)]


def test_files_that_nothing_names_and_old_exports_go(purging, stores, settings, clock):
    folder = settings.home / "exports"
    folder.mkdir()
    for name, days in (("old.zip", 31), ("new.zip", 29)):
        (folder / name).write_bytes(b"x")
        aged(folder / name, clock, days)
    left, fresh = stores.media.save(FACE), stores.media.save(FACE)
    media = settings.home / "media"
    half = (media / left[:2] / left).with_suffix(".partial")
    half.write_bytes(b"half")
    aged(media / left[:2] / left, clock, 0.1)
    aged(half, clock, 0.1)

    purged = purging.purge()

    assert (purged.counts["exports"], purged.counts["leftovers"], purged.left) == (1, 1, 0)
    assert [path.name for path in folder.iterdir()] == ["new.zip"]
    assert list(stores.media.names()) == [fresh] and not half.exists()


def test_what_rests_on_consent_that_expired_goes(purging, stores, live, settings, clock):
    ann = live("Ann")
    stores.consents.withdraw(ann.person_id, ("keep",), clock.now())
    until = NewConsent(frozenset({"keep"}), "2", "", clock.now() + timedelta(days=1))
    stores.consents.give(ann.person_id, until, clock.now())
    crop = stores.media.save(FACE)
    from tests.support.faces import axis, kept

    stores.people.add_pictures(ann.person_id, [kept(axis(1), crop=crop)], clock.now())
    clock.passed_s = 2 * DAY_S

    assert purging.due().counts["consent"] == 1
    assert purging.purge().counts["consent"] == 1

    assert not stores.media.exists(crop) and stores.consents.lapsing(clock.now()) == frozenset()
    assert ("consent.withdrawn", "consent", None) in on_record(settings)


def test_an_export_that_another_process_removes_meanwhile_hinders_nothing(settings, stores, live, clock, monkeypatch):
    folder = settings.home / "exports"
    folder.mkdir()
    (folder / "old.zip").write_bytes(b"x")
    (folder / "link").symlink_to(folder / "nowhere")
    gone = folder / "gone.zip"
    monkeypatch.setattr("mien.privacy.purging.exports_in", lambda _: [gone, *sorted(folder.iterdir())])
    for path in folder.iterdir():
        moment = (clock.now() - timedelta(days=31)).timestamp()
        os.utime(path, (moment, moment), follow_symlinks=False)
    live("Ann")
    completed = []
    trail = build_audit(stores, clock)
    purging = Purging(settings.privacy.retention, stores, trail, clock, lambda: completed.append(1) or 1)

    purged = purging.purge()

    assert (purged.counts["exports"], purged.left, completed) == (2, 0, [1])
    assert not [*folder.iterdir()]


def test_what_was_to_be_forgotten_is_completed_where_something_else_cannot_be_removed(
    settings, stores, live, clock, monkeypatch
):
    live("Ann Lee"), live("Bob")

    def die(*_):
        raise StoreError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(type(stores.people), "forget", die)
        with pytest.raises(StoreError, match="power"):
            build_forgetting(stores, clock).forget("Ann Lee")
        patched.undo()
        patched.setattr(type(stores.retention), "purge", die)
        with pytest.raises(StoreError, match="power"):
            build_purging(settings, stores, clock).purge()

    assert [one.name for one in stores.people.people(everybody=True)] == ["Bob"]


def test_of_whom_something_is_left_hinders_nothing_else_and_is_told_with_what_went(
    settings, stores, live, clock, monkeypatch, caplog
):
    live("Ann Lee"), live("Bob Ray")

    def die(*_):
        raise StoreError("the power is gone")

    for name in ("Ann Lee", "Bob Ray"):
        with monkeypatch.context() as patched, pytest.raises(StoreError, match="power"):
            patched.setattr(type(stores.people), "forget", die)
            build_forgetting(stores, clock).forget(name)
    note = settings.home / "mien.yaml"
    note.write_text("# the door of Ann Lee\n")
    live()
    clock.passed_s = DAY_S

    purged = build_purging(settings, stores, clock).purge()

    assert purged.counts["stranger_templates"] == 6 + 3 and purged.left == 0
    assert "person-0001 is removed, and traces are left" in str(purged.unfinished)
    assert [one.person_id for one in stores.people.people(everybody=True)] == ["unknown-0001"]
    assert [one.marks.names for one in stores.departures.all()] == [("Ann Lee",)], "Bob does not wait for Ann"
    build_upkeep(settings, stores, clock).once()
    assert "person-0001 is removed, and traces are left" in caplog.text
    note.unlink()
    assert build_purging(settings, stores, clock).purge().unfinished is None
    assert not [*stores.departures.all()]


def test_the_log_tells_who_asked_for_a_purge_and_that_nobody_did(settings, stores, live, clock):
    def actors():
        return {one.actor for one in build_audit(stores, clock).entries() if one.action == "retention.purged"}

    live()
    clock.passed_s = DAY_S
    build_upkeep(settings, stores, clock).once()
    assert actors() == {"system"}
    live()
    clock.passed_s = 2 * DAY_S
    build_purging(settings, stores, clock).purge()
    assert actors() == {"system", local_actor()}


def test_a_purge_that_dies_leaves_no_face_in_the_index(settings, stores, live, clock, monkeypatch):
    live()
    index = settings.home / "index"
    index.mkdir()
    (index / "a.vectors").write_bytes(b"x")
    clock.passed_s = DAY_S

    def die(*_):
        raise StoreError("the power is gone")

    with monkeypatch.context() as patched:
        patched.setattr(type(stores.media), "delete", die)
        with pytest.raises(StoreError, match="power"):
            build_purging(settings, stores, clock).purge()
    assert stores.people.templates() == () and not [*index.glob("*.vectors")]


def test_files_whose_removal_is_cut_short_are_on_record(settings, stores, clock, monkeypatch):
    folder = settings.home / "exports"
    folder.mkdir()
    for name in ("a.zip", "b.zip"):
        (folder / name).write_bytes(b"x")
        aged(folder / name, clock, 31)
    remove = purging_module.remove_export

    def die(path):
        if path.name == "b.zip":
            raise StoreError("the power is gone")
        remove(path)

    with monkeypatch.context() as patched:
        patched.setattr(purging_module, "remove_export", die)
        with pytest.raises(StoreError, match="power"):
            build_purging(settings, stores, clock).purge()
    assert not (folder / "a.zip").exists()
    clock.passed_s = 61
    build_purging(settings, stores, clock).purge()
    told = [one.facts for one in build_audit(stores, clock).entries()]
    assert told == [{"kind": "exports", "records": 2, "is_interrupted": True}, {"kind": "exports", "records": 1}]
