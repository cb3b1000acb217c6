"""Strangers in the stores: met by several cameras at once, and crops that do not stay where nobody needs them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.support.faces import axis, like
from tests.support.visits import registry_of

from mien.domain.errors import StoreError
from mien.domain.people.consent import NewConsent
from mien.gallery.matching.views import View
from mien.gallery.registry import Registry
from mien.gallery.strangers.clustering import StrangerClustering
from mien.gallery.strangers.kept_strangers import KeptStrangers
from mien.store.journal import NEW, PersonFounded, PersonMerged, PersonStanding
from mien.store.sql.people.sightings import SqlSightings

CROP = np.full((112, 112, 3), 90, np.uint8)
Meet = Callable[[View], str]


@pytest.fixture
def registry(database, media) -> Registry:
    return registry_of(database, media)


@pytest.fixture
def strangers(open_gallery, registry, database) -> Callable[[], KeptStrangers]:
    """Opens the strangers by one more gallery, as another process would."""
    return lambda: KeptStrangers(open_gallery(), registry, SqlSightings(database))


@pytest.fixture
def camera(strangers, settings) -> Callable[[], Meet]:
    """Opens a camera by which faces are met."""

    def camera() -> Meet:
        clustering = StrangerClustering(strangers(), settings)
        return lambda one: clustering.join_or_found(one.vector, 1.0, [one], frozenset(), "door:7")

    return camera


def view(vector, crop=None) -> View:
    return View(vector, 0.9, True, "", crop)


def test_cameras_that_meet_one_stranger_at_once_agree(camera, people):
    cameras = [camera() for _ in range(3)]
    faces = [view(like(axis(0), 0.9, number=1 + number)) for number in range(3)]
    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(lambda at: cameras[at](faces[at]), range(3)))
    assert {person.person_id for person in people.people()} == ids == {"unknown-0001"}
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: cameras[0](view(axis(9))), range(12)))
    assert len(found) == 1


def test_crops_of_strangers_are_kept_under_names_that_say_nothing(camera, people, media):
    stranger = camera()(view(axis(0), CROP))

    (name,) = [picture.crop for picture in people.pictures(stranger)]
    assert np.array_equal(media.load(name), CROP)
    assert stranger not in name


def test_crops_do_not_stay_where_the_stranger_could_not_be_founded(camera, registry, tmp_path, monkeypatch):
    meet = camera()

    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(registry.people, "add_stranger", fail)
    with pytest.raises(StoreError):
        meet(view(axis(0), CROP))

    assert list((tmp_path / "media").rglob("*.face")) == []


def test_pictures_are_written_while_other_cameras_go_on(camera, media, monkeypatch):
    meet, save = camera(), media.save
    met = []

    def save_slowly(image):
        with ThreadPoolExecutor(1) as pool:  # another camera founds somebody meanwhile
            met.append(pool.submit(meet, view(axis(9))).result(timeout=10))
        return save(image)

    monkeypatch.setattr(media, "save", save_slowly)

    assert meet(view(axis(0), CROP)) == "unknown-0002"
    assert met == ["unknown-0001"]


def test_crops_do_not_stay_where_another_camera_was_faster(camera, people, media, tmp_path, monkeypatch):
    meet, other, save = camera(), camera(), media.save

    def save_late(image):
        monkeypatch.undo()
        other(view(axis(0)))
        return save(image)

    monkeypatch.setattr(media, "save", save_late)

    assert meet(view(axis(0), CROP)) == "unknown-0001"
    assert len(people.people()) == 1
    assert list((tmp_path / "media").rglob("*.face")) == []


def test_who_another_process_has_just_founded_is_not_founded_once_more(
    camera, strangers, registry, people, tmp_path, monkeypatch
):
    meet, elsewhere = camera(), strangers()
    add_stranger, told = registry.people.add_stranger, []

    def add_late(*asked):
        if not told:  # the other process was faster by a moment
            told.append(asked)
            with elsewhere.founding([view(like(axis(0), 0.9))], "yard:1") as found:
                monkeypatch.setattr(registry.people, "add_stranger", add_stranger)
                told.append(found())
                monkeypatch.setattr(registry.people, "add_stranger", add_late)
        return add_stranger(*asked)

    monkeypatch.setattr(registry.people, "add_stranger", add_late)

    assert meet(view(axis(0), CROP)) == told[1] == "unknown-0001"
    assert len(people.people()) == 1
    assert list((tmp_path / "media").rglob("*.face")) == []


def test_where_another_process_changed_somebody_else_a_stranger_is_founded_all_the_same(
    camera, registry, enrol, monkeypatch
):
    meet = camera()
    add_stranger, asked = registry.people.add_stranger, []

    def add_late(*told):
        asked.append(told)
        if len(asked) < 3:
            enrol(f"number {len(asked)}", axis(len(asked)))
        return add_stranger(*told)

    monkeypatch.setattr(registry.people, "add_stranger", add_late)

    assert meet(view(axis(0))) == "unknown-0001"
    assert len(asked) == 3


def test_of_who_meanwhile_said_no_to_pictures_none_stays_on_the_disk(camera, strangers, registry, people, media, clock):
    stranger = camera()(view(axis(0)))
    kept = strangers()
    steps = (PersonFounded("Eve", NewConsent(frozenset({"identify"}), "2", "")), PersonMerged(stranger, NEW))
    registry.journal.apply("stranger.promoted", steps, clock.now())

    kept.add(stranger, view(axis(1), CROP), "door:7")

    assert [one.crop for one in people.pictures(people.named("Eve").person_id)] == ["", ""]
    assert list(media.names()) == []


def test_a_stranger_who_is_forgotten_meanwhile_gets_no_view(camera, strangers, people, tmp_path):
    stranger = camera()(view(axis(0)))
    kept = strangers()
    people.forget(stranger)

    kept.add(stranger, view(axis(0), CROP), "door:7")

    assert people.templates() == ()
    assert list((tmp_path / "media").rglob("*.face")) == []
    assert kept.parted(stranger) == frozenset()


def test_two_who_are_one_already_are_not_merged_once_more(camera, strangers, registry, people):
    meet, kept = camera(), strangers()
    one, other = meet(view(axis(0))), meet(view(axis(1)))
    assert kept.merge(other, one) == one

    assert kept.merge(one, other) == ""
    assert kept.merge(one, "unknown-0099") == ""

    (change,) = registry.journal.changes()
    assert change.is_automatic
    assert registry.witness.heard[-1] == ("person.merged", (one, other), {"merged_into": one})
    assert people.selves(other) == (one, other)


def test_who_is_ignored_stays_so_though_the_other_was_met_first(camera, strangers, registry, people, clock):
    meet, kept = camera(), strangers()
    older, younger = meet(view(axis(0))), meet(view(axis(1)))
    registry.journal.apply("person.ignored", [PersonStanding(younger, "ignored")], clock.now())

    assert kept.merge(older, younger) == younger
    assert people.person(younger).standing == "ignored"


def test_nobody_enrolled_is_a_stranger(strangers, enrol):
    ann = enrol("Ann", axis(0))
    kept = strangers()

    assert kept.nearest(axis(0), 1.0, frozenset()) == ("", -1.0)
    assert len(kept.faces(ann)) == 0
