"""The strangers who wait for somebody, with those whom they resemble, on vectors set by hand."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept, like

from mien.domain.people.sightings import Sighting
from mien.gallery.following import CrowdFollowing
from mien.gallery.matching.linkage import representative
from mien.gallery.strangers.review import ReviewQueue
from mien.store.journal import PersonMerged, PersonStanding
from mien.store.people import NewPicture
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.sightings import SqlSightings
from mien.store.vectors.growing import GrowingIndex

OTHER = replace(MODEL, network="another")


@pytest.fixture
def sightings(database) -> SqlSightings:
    return SqlSightings(database)


@pytest.fixture
def asked() -> list:
    """The models of whose crowds the queue has asked."""
    return []


@pytest.fixture
def queue(people, sightings, asked) -> ReviewQueue:
    def crowd_of(model):
        asked.append(model)
        following = CrowdFollowing(people, GrowingIndex(model))
        following.look(0.0)
        return following.crowd

    return ReviewQueue(people, sightings, crowd_of)


@pytest.fixture
def met(people, clock):
    """Keeps a stranger by vectors, all of full quality, and returns the id."""

    def met(*vectors, model=MODEL) -> str:
        pictures = [replace(kept(vector, model), quality=1.0) for vector in vectors]
        return people.add_stranger(pictures, clock.now()).person_id

    return met


def told(queue, person_id):
    (one,) = (one for one in queue.waiting() if one.person.person_id == person_id)
    return one


def test_people_are_suggested_by_the_measure_of_recognition_best_first(queue, open_gallery, enrol, met) -> None:
    ann, bob = enrol("Ann", axis(0), like(axis(0), 0.6, 5)), enrol("Bob", like(axis(0), 0.5, 6))
    enrol("Eve", axis(9))
    stranger = met(like(axis(0), 0.9, 7), like(axis(0), 0.9, 8))

    found = told(queue, stranger).people

    mean = np.mean([like(axis(0), 0.9, 7), like(axis(0), 0.9, 8)], axis=0)
    crowd = open_gallery().crowd
    scores = crowd.scores((mean / np.linalg.norm(mean))[None].astype(np.float32))[0]
    assert [one.person_id for one in found][:2] == [ann, bob]
    assert [one.similarity for one in found[:2]] == pytest.approx([scores[crowd.places[one]] for one in (ann, bob)])


def test_strangers_are_suggested_by_the_similarity_that_merges_them(queue, met) -> None:
    groups = [[like(axis(0), 0.8, 10), like(axis(0), 0.8, 11)], [axis(0), like(axis(0), 0.7, 12)], [axis(1)]]
    ids = [met(*vectors) for vectors in groups]

    found = told(queue, ids[0]).strangers

    own, other = (representative(np.stack(vectors)) for vectors in groups[:2])
    assert [one.person_id for one in found] == ids[1:]
    assert found[0].similarity == pytest.approx(float(own @ other), abs=1e-5)


def test_who_is_known_to_be_two_is_not_suggested_and_who_is_hidden_only_to_be_found(
    queue, sightings, people, database, met, clock
) -> None:
    one, beside, hidden = met(axis(0)), met(like(axis(0), 0.9)), met(like(axis(0), 0.8))
    sightings.part([(one, beside)])
    SqlJournal(database).apply("person.hidden", [PersonStanding(hidden, "hidden")], clock.now())

    assert [found.person_id for found in told(queue, one).strangers] == []
    assert (told(queue, one).apart, told(queue, beside).apart) == ((beside,), (one,))
    assert {waiting.person.person_id for waiting in queue.waiting()} == {one, beside}


def test_each_is_looked_for_once_among_those_of_a_model_of_theirs(queue, met, enrol, asked) -> None:
    enrol("Ann", axis(0))
    enrol("Bob", axis(0), model=OTHER)
    ids = [met(axis(0)), met(axis(1)), met(axis(2)), met(axis(0), model=OTHER)]

    waiting = {one.person.person_id: one for one in queue.waiting()}

    assert waiting.keys() == {*ids}
    assert [len(waiting[one].people) for one in ids] == [1, 1, 1, 1]
    assert waiting[ids[3]].people[0].person_id == "person-0002"
    assert sorted(asked, key=str) == sorted({MODEL, OTHER}, key=str)


def test_without_anybody_nothing_is_asked(queue, enrol, asked) -> None:
    enrol("Ann", axis(0))
    assert queue.waiting() == () and asked == []


def test_pictures_of_nobody_else_are_opened(queue, people, enrol, met, monkeypatch) -> None:
    enrol("Ann", axis(0), axis(1))
    strangers = {met(axis(2)), met(axis(3), axis(4))}
    asked = []
    real = people.pictures
    monkeypatch.setattr(
        people, "pictures", lambda person_id="", *state: asked.append(person_id) or real(person_id, *state)
    )

    waiting = queue.waiting()

    assert [len(one.pictures) for one in waiting] == [1, 2]
    assert len(asked) == 2 and {*asked} == strangers
    assert waiting[0].people[0].name == "Ann"


def test_a_page_is_the_same_as_in_the_whole_and_of_the_others_nothing_is_read(
    queue, people, sightings, met, enrol, clock, monkeypatch
) -> None:
    enrol("Ann", axis(0))
    ids = [met(like(axis(0), 0.5, at), axis(10 + at)) for at in range(1, 6)]
    for person_id in (ids[4], ids[4], ids[2]):
        sightings.add(Sighting("door", 1, "unknown", person_id, 0.5, clock.now(), clock.now()))
    whole, read = queue.waiting(), set()
    real = people.pictures
    monkeypatch.setattr(people, "pictures", lambda person_id="", *state: read.add(person_id) or real(person_id, *state))

    first = queue.page(2)
    assert (first.items, first.total, first.has_more) == (whole[:2], 5, True) and read == {ids[4], ids[2]}
    rest = queue.page(3, first.items[-1].place)
    assert (rest.items, rest.total, rest.has_more) == (whole[2:], 5, False)
    assert all(one.people and len(one.strangers) == 3 for one in whole)


def test_what_is_left_of_a_stranger_is_told(queue, people, met, enrol, clock) -> None:
    enrol("Ann", axis(0))
    whole = met(axis(0), axis(1))
    bare = people.add_stranger([NewPicture((), 0.9, "camera", crop="a"), NewPicture((), 0.8, "camera")], clock.now())

    assert [(one.templates, one.stored) for one in (told(queue, whole), told(queue, bare.person_id))] == [
        (2, 0),
        (0, 1),
    ]
    assert told(queue, bare.person_id).people == () and told(queue, whole).people != ()


def test_who_turned_out_to_be_one_is_seen_as_often_as_both(queue, sightings, database, met, clock) -> None:
    often, one, other = met(axis(0)), met(axis(1)), met(axis(2))
    for at, person_id in enumerate((often, often, one, other, other)):
        clock.passed_s += 60
        sightings.add(Sighting("door", at, "unknown", person_id, 0.1, clock.now(), clock.now()))
    SqlJournal(database).apply("person.merged", [PersonMerged(other, one)], clock.now())

    waiting = queue.waiting()

    assert [(each.person.person_id, each.visits.count) for each in waiting] == [(one, 3), (often, 2)]
    assert waiting[0].visits.last_at == clock.now()
