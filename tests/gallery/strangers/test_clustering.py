"""Which faces of strangers are put together, on vectors set by hand, in memory as in the stores."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, like
from tests.support.visits import registry_of

from mien.evaluation.clustering import RememberedStrangers
from mien.gallery.gallery import Gallery
from mien.gallery.matching.linkage import representative
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import View
from mien.gallery.strangers.clustering import Faces, StrangerClustering, Strangers
from mien.gallery.strangers.kept_strangers import KeptStrangers
from mien.store.sql.people.sightings import SqlSightings

SETTINGS = MatchingSettings(stranger_similarity=0.43, stranger_templates=4)
OLD, YOUNG = axis(0), like(axis(0), 0.3, 1)
"""Not similar enough to be one."""
MIDDLE = (OLD + YOUNG) / np.linalg.norm(OLD + YOUNG)
"""Similar to both."""


@pytest.fixture(params=["in memory", "in the stores"])
def strangers(request, people, database, media, clock) -> Strangers:
    if request.param == "in memory":
        return RememberedStrangers()
    gallery = Gallery(people, MODEL, SETTINGS, clock)
    return KeptStrangers(gallery, registry_of(database, media), SqlSightings(database))


@pytest.fixture
def meet(strangers, clock) -> Callable[..., str]:
    """A visit of a face: it joins or founds a stranger, who learns from it when the visit ends; whom it joined."""
    clustering = StrangerClustering(strangers, SETTINGS)

    def meet(vector, barred=(), quality: float = 1.0) -> str:
        clock.passed_s += 60
        view = View(vector, quality, is_good=True, reason="")
        person_id = clustering.join_or_found(vector, 1.0, [view], frozenset(barred), "door:1")
        for other in barred:
            part(strangers, person_id, other)
        clustering.learn(person_id, view, "door:1")
        return person_id

    return meet


def part(strangers: Strangers, one: str, other: str) -> None:
    if isinstance(strangers, RememberedStrangers):
        strangers.part(one, other)
    else:
        strangers._sightings.part([(one, other)])


def kept(strangers: Strangers, *person_ids: str) -> list[int]:
    return [len(strangers.faces(person_id)) for person_id in person_ids]


def test_faces_of_one_person_join_one_stranger(strangers, meet) -> None:
    ann = [meet(like(axis(0), 0.8, number)) for number in (20, 21, 22)]
    bob = [meet(like(axis(1), 0.8, number)) for number in (23, 24)]
    assert (len(set(ann)), len(set(bob))) == (1, 1) and ann[0] != bob[0]
    assert kept(strangers, ann[0], bob[0]) == [3, 2]


def test_of_two_who_turn_out_to_be_one_the_first_id_stays(strangers, meet) -> None:
    old, young = meet(OLD), meet(YOUNG)
    assert old != young

    assert meet(MIDDLE) in {old, young}

    assert kept(strangers, old, young) == [3, 0]


def test_all_whom_a_face_may_have_been_kept_as_are_told_but_not_two_who_are_known_to_be_two(strangers, meet) -> None:
    old, young, bob = meet(OLD), meet(YOUNG), meet(axis(9))
    clustering = StrangerClustering(strangers, SETTINGS)

    def met_as(*vectors) -> tuple[str, ...]:
        return clustering.met_as(Faces(np.stack(vectors), np.ones(len(vectors), np.float32)))

    assert met_as(like(OLD, 0.9)) == (old,) and met_as(axis(8)) == ()
    nearer_old = MIDDLE + np.float32(0.1) * OLD
    assert met_as(nearer_old / np.linalg.norm(nearer_old)) == (old, young)
    part(strangers, old, young)
    assert met_as(nearer_old / np.linalg.norm(nearer_old)) == (old,)
    assert kept(strangers, old, young, bob) == [1, 1, 1]  # to ask changes nothing


def test_who_is_barred_is_not_joined_and_who_is_known_to_be_two_is_not_merged(strangers, meet) -> None:
    old = meet(OLD)
    other = meet(like(OLD, 0.6, 1), barred={old})
    assert other != old
    assert kept(strangers, old, other) == [1, 1]

    assert meet(like(MIDDLE, 0.85)) in {old, other}

    assert sum(kept(strangers, old, other)) == 3 and min(kept(strangers, old, other)) == 1
    assert strangers.parted(other) == {old}


def test_without_a_word_that_they_are_two_they_are_one(strangers) -> None:
    clustering = StrangerClustering(strangers, SETTINGS)
    views = [View(vector, 1.0, is_good=True, reason="") for vector in (OLD, like(OLD, 0.6, 1))]
    old = clustering.join_or_found(OLD, 1.0, views[:1], frozenset(), "")
    other = clustering.join_or_found(views[1].vector, 1.0, views[1:], {old}, "")

    clustering.learn(other, views[1], "")

    assert kept(strangers, old, other) == [2, 0]


def test_who_is_two_stays_two_whomever_they_are_merged_with(strangers, meet) -> None:
    one, other, third = meet(axis(5)), meet(axis(6)), meet(axis(7))
    part(strangers, other, third)
    assert strangers.merge(one, other) == one
    assert strangers.parted(one) == {third} and strangers.parted(third) == {one}


def test_similarity_is_that_of_linkage_weighted_as_people_are_searched(strangers, meet) -> None:
    faces = [like(axis(0), 0.8, number) for number in (20, 21)]
    person_id, *_ = [meet(vector) for vector in faces]
    asked = np.stack([like(axis(0), 0.9, 22), like(axis(0), 0.9, 23)])
    mean = asked.mean(axis=0)
    length = float(np.linalg.norm(mean))

    found = strangers.nearest(mean / length, length, frozenset())

    assert found == (person_id, pytest.approx(float(representative(asked) @ representative(np.stack(faces))), abs=1e-5))
    assert strangers.nearest(mean / length, length, {person_id}) == ("", -1.0)
    clear = strangers.faces(meet(like(axis(0), 0.8, 24), quality=0.01)).mean()[0]
    assert clear @ np.mean(faces, axis=0) == pytest.approx(np.linalg.norm(np.mean(faces, axis=0)), abs=1e-3)


def test_a_stranger_is_kept_by_so_many_views_and_by_none_that_says_nothing_new(strangers, meet) -> None:
    person_id = meet(axis(0))
    assert meet(like(axis(0), 0.95, 20)) == person_id
    assert kept(strangers, person_id) == [1]
    for number in range(20, 30):
        assert meet(like(axis(0), 0.8, number)) == person_id
    assert kept(strangers, person_id) == [SETTINGS.stranger_templates]


def test_the_settings_say_from_where_on(strangers) -> None:
    strict = StrangerClustering(strangers, replace(SETTINGS, stranger_similarity=0.9))
    views = [View(vector, 1.0, is_good=True, reason="") for vector in (axis(0), like(axis(0), 0.85))]
    first, second = (strict.join_or_found(view.vector, 1.0, [view], frozenset(), "") for view in views)
    assert first != second


def test_in_the_stores_it_is_sorted_as_in_memory(people, database, media, clock) -> None:
    """Random faces that resemble each other more or less: the same ids, whatever they are called."""
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(12, 64))
    faces = centres[generator.integers(0, 12, 90)] + generator.normal(size=(90, 64)) * 1.1
    faces = (faces / np.linalg.norm(faces, axis=1, keepdims=True)).astype(np.float32)
    stored = KeptStrangers(
        Gallery(people, MODEL, SETTINGS, clock), registry_of(database, media), SqlSightings(database)
    )
    orders = []
    for strangers in (RememberedStrangers(), stored):
        clustering = StrangerClustering(strangers, SETTINGS)
        told = []
        for vector in faces:
            clock.passed_s += 1
            view = View(vector, 0.8, is_good=True, reason="")
            told.append(clustering.join_or_found(vector, 1.0, [view], frozenset(), ""))
            clustering.learn(told[-1], view, "")
        orders.append([told.index(person_id) for person_id in told])
    assert orders[0] == orders[1]
    assert 12 <= len(set(orders[0])) < 60
    assert any(person.standing == "merged" for person in people.people(everybody=True))
