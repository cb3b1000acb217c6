"""What is kept of visits, and strangers who turn out to be one."""

import logging
from datetime import timedelta

import numpy as np
import pytest
from tests.support.faces import MODEL, Noted, axis, kept, like, quality, seen

from mien.domain.faces import CropSpec, FaceCrops
from mien.domain.identity import Match, Unknown
from mien.domain.people.sightings import Sighting
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.registry import Registry
from mien.gallery.strangers.clustering import ClusteringSettings
from mien.gallery.strangers.visit_book import VisitBook
from mien.store.journal import PersonStanding
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.outbox import SqlOutbox
from mien.store.sql.people.sightings import SqlSightings

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sightings(database) -> SqlSightings:
    return SqlSightings(database)


@pytest.fixture
def registry(people, database, media) -> Registry:
    return Registry(people, SqlJournal(database), SqlConsents(database), media, SqlOutbox(database), Noted())


@pytest.fixture
def gallery(open_gallery):
    return open_gallery()


@pytest.fixture
def book(gallery, registry, sightings) -> VisitBook:
    return VisitBook(gallery, registry, sightings, ClusteringSettings(similarity=0.5))


@pytest.fixture
def found(people, clock, gallery):
    """Founds a stranger by vectors."""

    def found(*vectors) -> str:
        person = people.add_stranger([kept(vector) for vector in vectors], clock.now())
        clock.passed_s += 60
        gallery.refresh()
        return person.person_id

    return found


def visit(clock, person_id, minutes=0, camera="door"):
    began = clock.now() + minutes * MINUTE
    return Sighting(camera, 1, "unknown", person_id, 0.1, began, began + MINUTE / 2)


def crops(count):
    return FaceCrops(np.full((count, 112, 112, 3), 9, np.uint8), CropSpec(112, "arcface-112", 3))


def test_a_track_that_ends_is_kept_with_its_best_views_where_it_is_not_known(
    book, gallery, sightings, enrol, clock, media
):
    ann = enrol("Ann", axis(0))
    gallery.refresh()
    tracks = TrackIdentities(gallery, "door", visits=book)
    for _ in range(4):
        clock.passed_s += 1
        tracks.observe([1, 2], seen(axis(0), axis(1)), quality(0.9, 0.9), crops(2))
        decided = tracks.decide([1, 2])
    assert isinstance(decided[1], Match)
    assert isinstance(decided[2], Unknown)

    tracks.end([1, 2])

    stranger, known = sightings.latest(9)
    assert (known.person_id, known.identity, known.camera, known.track_id) == (ann, "known", "door", 1)
    assert stranger.person_id == "unknown-0001"
    assert stranger.ended_at - stranger.began_at == timedelta(seconds=3)
    assert sightings.views(known.sighting_id) == ()
    views = sightings.views(stranger.sighting_id)
    assert len(views) == 3
    assert all(np.allclose(view.vector, axis(1)) and view.model == MODEL for view in views)
    assert all(media.exists(view.crop) for view in views)
    assert sightings.visits()[ann].count == 1
    assert sightings.of_track("door", 2) == stranger


def test_what_was_hardly_seen_is_not_kept(book, gallery, sightings, clock):
    tracks = TrackIdentities(gallery, "door", visits=book)
    tracks.observe([1], seen(axis(0)), quality(0.2))
    tracks.decide([1])
    tracks.end([1])

    assert sightings.latest(9) == ()


def test_strangers_who_are_as_similar_as_one_person_are_one_under_the_older_id(
    book, gallery, registry, people, found, clock
):
    older, younger = found(axis(0), like(axis(0), 0.9)), found(like(axis(0), 0.8))

    book.ended(visit(clock, younger), [])

    assert people.selves(younger) == (older, younger)
    assert len(people.pictures(older)) == 3
    assert gallery.crowd.places.keys() == {older}
    (change,) = registry.journal.changes()
    assert registry.witness.heard == [("person.merged", (older, younger), {"merged_into": older, "pictures": 1})]
    registry.journal.undo(clock.now(), change.change_id)
    assert people.selves(younger) == (younger,)


def test_strangers_who_were_in_view_together_stay_two(book, people, sightings, found, clock):
    older, younger = found(axis(0)), found(like(axis(0), 0.9))
    sightings.add(visit(clock, older))

    book.ended(visit(clock, younger), [])

    assert people.selves(younger) == (younger,)


def test_the_same_time_on_another_camera_or_another_time_says_nothing(book, people, sightings, found, clock):
    older, younger = found(axis(0)), found(like(axis(0), 0.9))
    sightings.add(visit(clock, older, camera="yard"))
    sightings.add(visit(clock, older, minutes=5))

    book.ended(visit(clock, younger), [])

    assert people.selves(younger) == (older, younger)


def test_strangers_who_are_less_alike_and_people_who_are_enrolled_are_left_alone(book, people, enrol, found, clock):
    enrol("Ann", axis(0))
    one, other = found(like(axis(0), 0.9)), found(like(axis(0), 0.3, 7))

    book.ended(visit(clock, one), [])
    book.ended(visit(clock, other), [])

    assert len(people.people()) == 3


def test_of_whom_nobody_wants_to_hear_nothing_is_kept(book, gallery, registry, people, sightings, found, clock):
    ignored = found(axis(0))
    registry.journal.apply("person.ignored", [PersonStanding(ignored, "ignored")], clock.now())
    gallery.refresh()
    assert gallery.is_ignored(ignored)
    book.ended(visit(clock, ignored), [])
    assert sightings.latest(9) == ()

    again = found(like(axis(0), 0.9))
    book.ended(visit(clock, again), [])

    assert people.selves(again) == (ignored, again)
    assert people.person(ignored).standing == "ignored"


def test_a_track_is_never_taken_for_somebody_else_without_a_word(book, gallery, registry, enrol, clock, caplog):
    ann = enrol("Ann", axis(0))
    gallery.refresh()
    tracks = TrackIdentities(gallery, "door", visits=book)
    with caplog.at_level(logging.INFO, "mien.gallery"):
        for _ in range(4):
            tracks.observe([1], seen(axis(0)), quality(0.9))
            tracks.decide([1])
        assert caplog.messages == []
        for _ in range(9):
            tracks.observe([1], seen(axis(3)), quality(0.9))
            tracks.decide([1])

    (said, *_) = caplog.messages
    assert said.startswith(f"door: track 1 was {ann} and is ")
    assert "Ann" not in "".join(caplog.messages)
