"""What is kept of visits, and strangers who turn out to be one or known to be two."""

import logging
from datetime import timedelta

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept, like, quality, seen
from tests.support.visits import book_of, registry_of

from mien.domain.faces import CropSpec, FaceCrops
from mien.domain.identity import Match, Undecided, Unknown
from mien.domain.people.consent import NewConsent
from mien.domain.people.sightings import Sighting
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.matching.views import View
from mien.gallery.registry import Registry
from mien.gallery.strangers.visit_book import VisitBook
from mien.store.journal import NEW, PersonFounded, PersonMerged, PersonStanding
from mien.store.sql.people.sightings import SqlSightings

MINUTE = timedelta(minutes=1)


@pytest.fixture
def sightings(database) -> SqlSightings:
    return SqlSightings(database)


@pytest.fixture
def registry(database, media) -> Registry:
    return registry_of(database, media)


@pytest.fixture
def gallery(open_gallery):
    return open_gallery()


@pytest.fixture
def book(gallery, database, media, registry) -> VisitBook:
    return book_of(gallery, database, media, registry)


@pytest.fixture
def tracks(gallery, book) -> TrackIdentities:
    return TrackIdentities(gallery, book, "door")


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


def view(vector) -> View:
    return View(vector, 0.9, is_good=True, reason="")


def crops(count):
    return FaceCrops(np.full((count, 112, 112, 3), 9, np.uint8), CropSpec(112, "arcface-112", 3))


def look(tracks, faces, clock, times=4):
    """Show each track its face some times; what they are in the end."""
    decided = {}
    for _ in range(times):
        clock.passed_s += 1
        tracks.observe(list(faces), seen(*faces.values()), quality(*[0.9] * len(faces)), crops(len(faces)))
        decided = tracks.decide(list(faces))
    return decided


def test_a_track_that_ends_is_kept_with_its_best_views_where_it_is_not_known(
    tracks, gallery, sightings, enrol, clock, media
):
    ann = enrol("Ann", axis(0))
    gallery.refresh()
    decided = look(tracks, {1: axis(0), 2: axis(1)}, clock)
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
    assert sightings.of_track("door", 2) == (stranger,)
    assert sightings.sighting(stranger.sighting_id) == stranger


def test_what_was_hardly_seen_is_not_kept(tracks, sightings):
    tracks.observe([1], seen(axis(0)), quality(0.2))
    tracks.decide([1])
    tracks.end([1])

    assert sightings.latest(9) == ()


def test_a_stranger_learns_from_a_visit_and_is_then_one_with_whom_they_have_become_alike(
    book, gallery, registry, people, found, clock
):
    older, younger = found(axis(0)), found(like(axis(0), 0.45, 1))

    book.ended(visit(clock, younger), [view(like(axis(0), 0.8, 1))])

    assert people.selves(younger) == (older, younger)
    assert len(people.pictures(older)) == 3
    assert gallery.crowd.places.keys() == {older}
    (change,) = registry.journal.changes()
    assert registry.witness.heard == [("person.merged", (older, younger), {"merged_into": older})]
    registry.journal.undo(clock.now(), change.change_id)
    assert people.selves(younger) == (younger,)


def test_a_merge_that_was_undone_is_not_made_again(book, gallery, registry, people, sightings, found, clock):
    older, younger = found(axis(0)), found(like(axis(0), 0.6, 1))
    book.ended(visit(clock, younger), [view(like(axis(0), 0.9, 1))])
    (change,) = registry.journal.changes()
    registry.journal.undo(clock.now(), change.change_id)
    gallery.refresh()

    book.ended(visit(clock, younger, 5), [view(like(axis(0), 0.9, 1))])
    book.ended(visit(clock, older, 9), [view(like(axis(0), 0.8, 1))])

    assert people.selves(younger) == (younger,)
    assert sightings.parted(older) == {younger}


def test_strangers_who_are_in_view_together_stay_two_though_one_leaves_first(
    open_gallery, database, media, tracks, gallery, book, people, clock
):
    face, twin = axis(0), like(axis(0), 0.49, 1)
    decided = look(tracks, {1: face, 2: twin}, clock)
    ids = [decided[track].person_id for track in (1, 2)]
    assert len({*ids}) == 2

    book.ended(visit(clock, ids[1]), [view(like(axis(0), 0.8, 1))])  # the other one is in view yet

    assert [people.selves(one) for one in ids] == [(one,) for one in ids]
    tracks.end([1, 2])
    look(tracks, {3: like(axis(0), 0.9, 1)}, clock)
    tracks.end([3])
    assert [people.selves(one) for one in ids] == [(one,) for one in ids]


def test_two_faces_of_one_picture_are_two_whatever_the_clock_says(tracks, gallery, book, people, clock):
    """All of one picture is seen at one moment: nothing begins before it, and nothing ends after."""
    ticks = gallery.now
    asked = []
    gallery.now = lambda: asked.append(1) or ticks()
    album = TrackIdentities(gallery, book, "album", gallery.settings.__class__(votes=1, stranger_similarity=0.5))
    album.observe([1, 2], seen(axis(0), like(axis(0), 0.49, 1)), quality(0.9, 0.9))
    asked.clear()
    album.decide([])
    decided = album.decide([1, 2])
    ids = {identity.person_id for identity in decided.values()}
    album.end([1, 2])

    book.ended(visit(clock, max(ids)), [view(like(axis(0), 0.8, 1))])

    assert len(ids) == 2 and all(people.selves(one) == (one,) for one in ids)


def test_a_frame_is_seen_at_one_moment(tracks, sightings, clock):
    now, told = clock.now, []

    def ticking():
        clock.passed_s += 0.001
        return now()

    clock.now = ticking
    look(tracks, {1: axis(0), 2: axis(1)}, clock)
    tracks.end([1, 2])
    told = sightings.latest(9)
    assert told[0].began_at == told[1].began_at and told[0].ended_at == told[1].ended_at


def test_strangers_who_are_less_alike_and_people_who_are_enrolled_are_left_alone(book, people, enrol, found, clock):
    enrol("Ann", axis(0))
    one, other = found(like(axis(0), 0.9)), found(like(axis(0), 0.3, 7))

    book.ended(visit(clock, one), [view(like(axis(0), 0.9))])
    book.ended(visit(clock, other), [view(like(axis(0), 0.3, 7))])

    assert len(people.people()) == 3


def test_of_whom_nobody_wants_to_hear_nothing_is_kept(book, gallery, registry, people, sightings, found, clock):
    ignored = found(axis(0))
    registry.journal.apply("person.ignored", [PersonStanding(ignored, "ignored")], clock.now())
    gallery.refresh()
    assert gallery.is_ignored(ignored)
    book.ended(visit(clock, ignored), [view(axis(0))])
    assert sightings.latest(9) == ()

    again = found(like(axis(0), 0.9))
    book.ended(visit(clock, again), [view(like(axis(0), 0.9))])

    assert people.selves(again) == (ignored, again)
    assert people.person(ignored).standing == "ignored"


def test_a_track_is_never_taken_for_somebody_else_without_a_word_and_no_camera_is_named(
    gallery, book, enrol, clock, caplog
):
    ann = enrol("Ann", axis(0))
    gallery.refresh()
    with caplog.at_level(logging.DEBUG, "mien.gallery"):
        tracks = TrackIdentities(gallery, book, "Ann's door", number=3)
        look(tracks, {1: axis(0)}, clock)
        look(tracks, {1: axis(3)}, clock, times=9)

    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert told[0].startswith(f"camera 3: track 1 was {ann} and is ")
    assert "Ann" not in "".join(told)
    assert "camera 3 is Ann's door" in caplog.messages


def test_whom_a_track_out_of_view_lost_its_person_to_is_told_when_it_ends(
    tracks, gallery, sightings, enrol, clock, caplog
):
    ann = enrol("Ann", axis(0))
    gallery.refresh()
    assert look(tracks, {1: like(axis(0), 0.5), 2: axis(9)}, clock)[1].person_id == ann
    with caplog.at_level(logging.INFO, "mien.gallery"):
        assert look(tracks, {2: like(axis(0), 0.9, 40)}, clock, times=9)[2].person_id == ann
        assert not [told for told in caplog.messages if "track 1" in told]
        assert isinstance(tracks.end([1])[1], Undecided)

    (told,) = [told for told in caplog.messages if "track 1" in told]
    assert told.startswith(f"camera 1: track 1 was {ann} and is undecided: ") and "Ann" not in told
    assert sightings.latest(1)[0].identity == "undecided"


def test_of_who_meanwhile_said_no_to_pictures_none_stays_on_the_disk(book, registry, people, sightings, media, clock):
    stranger = people.add_stranger([kept(axis(0))], clock.now()).person_id
    identify = NewConsent(frozenset({"identify"}), "2", "")
    steps = (PersonFounded("Eve", identify), PersonMerged(stranger, NEW))
    registry.journal.apply("stranger.promoted", steps, clock.now())
    crop = np.full((112, 112, 3), 9, np.uint8)

    book.ended(visit(clock, stranger), [View(axis(0), 0.9, is_good=True, reason="", crop=crop)])

    (sighting,) = sightings.latest(9)
    assert [view.crop for view in sightings.views(sighting.sighting_id)] == [""]
    assert list(media.names()) == []
