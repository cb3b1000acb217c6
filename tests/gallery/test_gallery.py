from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.support.faces import axis, like, quality, seen

from mien.domain.errors import StoreError
from mien.domain.identity import Match, Unknown
from mien.gallery.views import View


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

    (name,) = people.crops(stranger)
    assert np.array_equal(media.load(name), crop)
    assert stranger not in name


def test_crops_do_not_stay_where_the_stranger_could_not_be_founded(open_gallery, people, tmp_path, monkeypatch):
    gallery = open_gallery()

    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(people, "add_stranger", fail)
    with pytest.raises(StoreError):
        gallery.join_or_found(axis(0), [view(axis(0), np.zeros((112, 112, 3), np.uint8))], frozenset(), "door:7")

    assert list((tmp_path / "media").rglob("*.png")) == []
