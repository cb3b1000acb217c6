from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, like, quality, seen

from mien.domain.errors import StoreError
from mien.domain.identity import Match, Unknown
from mien.gallery.matching.views import View


def view(vector, crop=None) -> View:
    return View(vector, 0.9, True, "", crop)


def test_changes_of_another_process_arrive_within_a_second(open_gallery, enrol, people, clock):
    gallery = open_gallery()
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1.0

    assert isinstance(gallery.identify(seen(axis(0)), quality(0.9))[0], Match)
    assert gallery.name_of(ann) == "Ann"

    people.forget(ann)
    clock.passed_s += 1.0
    assert gallery.identify(seen(axis(0)), quality(0.9)) == (Unknown(0.0),)
    assert gallery.name_of(ann) == ""


def test_the_store_is_asked_once_a_second_at_most(open_gallery, enrol, clock):
    gallery = open_gallery()
    enrol("Ann", axis(0))
    clock.passed_s += 0.9

    assert gallery.crowd.person_ids == ()


def test_cameras_that_meet_one_stranger_at_once_agree(open_gallery, people):
    galleries = [open_gallery() for _ in range(3)]

    def meet(number: int) -> str:
        vector = like(axis(0), 0.9, number=1 + number)
        return galleries[number % 3].join_or_found(vector, [view(vector)], frozenset(), "camera")[0]

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(meet, range(3)))  # a gallery is safe for threads; across processes the last look decides

    assert {person.person_id for person in people.people()} >= ids
    one = galleries[0]
    with ThreadPoolExecutor(6) as pool:
        found = set(
            pool.map(lambda _: one.join_or_found(axis(9), [view(axis(9))], frozenset(), "camera")[0], range(12))
        )
    assert len(found) == 1


def test_a_barred_stranger_is_not_joined(open_gallery):
    gallery = open_gallery()
    first, _ = gallery.join_or_found(axis(0), [view(axis(0))], frozenset(), "camera")

    assert gallery.join_or_found(axis(0), [view(axis(0))], frozenset(), "camera") == (first, 1.0)
    second, _ = gallery.join_or_found(axis(0), [view(axis(0))], frozenset({first}), "camera")

    assert (first, second) == ("unknown-0001", "unknown-0002")


def test_crops_of_strangers_are_kept_under_names_that_say_nothing(open_gallery, people, media, tmp_path):
    crop = np.full((112, 112, 3), 90, np.uint8)

    stranger, _ = open_gallery().join_or_found(axis(0), [view(axis(0), crop)], frozenset(), "door:7")

    (name,) = [picture.crop for picture in people.pictures(stranger)]
    assert np.array_equal(media.load(name), crop)
    assert stranger not in name


def test_crops_do_not_stay_where_the_stranger_could_not_be_founded(open_gallery, people, tmp_path, monkeypatch):
    gallery = open_gallery()

    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(people, "add_stranger", fail)
    with pytest.raises(StoreError):
        gallery.join_or_found(axis(0), [view(axis(0), np.zeros((112, 112, 3), np.uint8))], frozenset(), "door:7")

    assert list((tmp_path / "media").rglob("*.face")) == []


def test_pictures_are_written_while_other_cameras_go_on(open_gallery, media, monkeypatch):
    gallery, save = open_gallery(), media.save
    met = []

    def save_slowly(image):
        with ThreadPoolExecutor(1) as pool:  # another camera founds somebody meanwhile
            founding = pool.submit(gallery.join_or_found, axis(9), [view(axis(9))], frozenset(), "yard:1")
            met.append(founding.result(timeout=10)[0])
        return save(image)

    monkeypatch.setattr(media, "save", save_slowly)
    crop = np.zeros((112, 112, 3), np.uint8)

    assert gallery.join_or_found(axis(0), [view(axis(0), crop)], frozenset(), "door:7") == ("unknown-0002", 1.0)
    assert met == ["unknown-0001"]


def test_crops_do_not_stay_where_another_camera_was_faster(open_gallery, people, media, tmp_path, monkeypatch):
    gallery, other, save = open_gallery(), open_gallery(), media.save

    def save_late(image):
        monkeypatch.undo()
        other.join_or_found(axis(0), [view(axis(0))], frozenset(), "yard:1")
        return save(image)

    monkeypatch.setattr(media, "save", save_late)
    crop = np.zeros((112, 112, 3), np.uint8)

    assert gallery.join_or_found(axis(0), [view(axis(0), crop)], frozenset(), "door:7") == ("unknown-0001", 1.0)
    assert len(people.people()) == 1
    assert list((tmp_path / "media").rglob("*.face")) == []


def test_a_stranger_who_is_forgotten_meanwhile_gets_no_view(open_gallery, people, media, tmp_path):
    gallery = open_gallery()
    stranger, _ = gallery.join_or_found(axis(0), [view(axis(0))], frozenset(), "door:7")
    people.forget(stranger)

    gallery.add_view(stranger, view(axis(0), np.zeros((112, 112, 3), np.uint8)), "door:7")

    assert people.templates() == ()
    assert list((tmp_path / "media").rglob("*.face")) == []


def test_a_gallery_that_grew_is_as_one_that_was_read_anew(open_gallery, enrol, people, clock):
    grown, other = open_gallery(), open_gallery()
    strangers = [grown.join_or_found(axis(n), [view(axis(n))], frozenset(), "door")[0] for n in (1, 2, 3)]
    grown.add_view(strangers[1], view(axis(12)), "door")
    enrol("Ann", axis(0))  # by another process, unseen as yet
    grown.add_view(strangers[0], view(axis(11)), "door")
    other.refresh()
    other.join_or_found(axis(4), [view(axis(4)), view(axis(14))], frozenset(), "yard")
    grown.add_view(strangers[2], view(axis(13)), "door")
    grown.add_view(strangers[2], view(axis(23)), "door")
    anew = open_gallery().crowd

    faces = np.stack([axis(number) for number in range(24)])
    crowd = grown.crowd
    assert set(crowd.person_ids) == set(anew.person_ids) == {"person-0001", *strangers, "unknown-0004"}
    order = [crowd.places[person_id] for person_id in anew.person_ids]
    assert np.array_equal(crowd.scores(faces)[:, order], anew.scores(faces))
    assert crowd.sizes[order].tolist() == anew.sizes.tolist()
    assert crowd.is_enrolled[order].tolist() == anew.is_enrolled.tolist()
    assert crowd.names == anew.names


def test_people_whom_no_template_of_the_model_shows_are_told_of(open_gallery, enrol, caplog):
    enrol("Ann", axis(0))
    open_gallery()
    assert caplog.messages == []
    older = replace(MODEL, network="older")
    enrol("Bob", axis(1), model=older)

    open_gallery()

    assert caplog.messages == [
        f"1 of 2 people were enrolled with {older}, not with {MODEL}: choose that model, or enrol them again"
    ]
