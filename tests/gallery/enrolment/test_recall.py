"""Enrolling from what cameras have seen, with the real network on real faces."""

from datetime import timedelta

import cv2
import numpy as np
import pytest
from tests.support.faces import ALL, Noted

from mien.domain.clock import SystemClock
from mien.domain.errors import GalleryError
from mien.domain.people.sightings import SightedView, Sighting
from mien.gallery.curation.curator import Curator
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.recall import Recall
from mien.gallery.enrolment.sight import Sight
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.gallery.registry import Registry
from mien.gallery.roster import Roster
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.outbox import SqlOutbox
from mien.store.sql.people.sightings import SqlSightings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor

TERMS = Terms(ALL)


@pytest.fixture(scope="module")
def sight(shelf) -> Sight:
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    recogniser = load_recogniser(shelf.take("mobilefacenet"), detector.model)
    return Sight(lambda _: None, detector, MeasuredAssessor(), recogniser, EnrolmentSettings())


@pytest.fixture(scope="module")
def crops(catalog, weights, sight) -> tuple[np.ndarray, np.ndarray]:
    """The cut face of the portrait, and that of the man in the car."""
    video = cv2.VideoCapture(str(weights.path(catalog.card("carphone"))))
    frame = cv2.resize(video.read()[1], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 100)
    return tuple(sight.portrait(ArrayPixels(image)).crop for image in (portrait, frame))


@pytest.fixture
def registry(people, database, media) -> Registry:
    return Registry(people, SqlJournal(database), SqlConsents(database), media, SqlOutbox(database), Noted())


@pytest.fixture
def sightings(database) -> SqlSightings:
    return SqlSightings(database)


@pytest.fixture
def recall(registry, sightings, people, media, sight) -> Recall:
    gallery = Gallery(people, sight.recogniser.model, MatchingSettings(), SystemClock())
    enrolment = EnrolmentSettings()
    admission = Admission(gallery, registry, enrolment, SystemClock())
    curator = Curator(registry, Roster(people), SystemClock(), enrolment.cap)
    return Recall(registry, sightings, admission, sight, curator)


def seen(sight, sightings, media, clock, crop, quality=0.9):
    portrait = sight.recalled(crop, quality)
    view = SightedView(portrait.vector, sight.recogniser.model, quality, media.save(crop))
    at = clock.now()
    sightings.add(Sighting("rtsp://door:554", 7, "undecided", "", 0.1, at, at + timedelta(seconds=9)), [view, view])


def stranger(people, media, sight, clock, *faces):
    model = sight.recogniser.model
    pictures = [
        NewPicture((NewTemplate(sight.recalled(face, 0.9).vector, model),), 0.9, "door:7", crop=media.save(face))
        for face in faces
    ]
    return people.add_stranger(pictures, clock.now()).person_id


def test_a_visit_enrols_by_the_checks_of_pictures(recall, sight, sightings, people, media, clock, crops):
    seen(sight, sightings, media, clock, crops[0])

    first, second = recall.enrol_visit("Eileen", "rtsp://door:554:7", TERMS)

    assert (first.outcome, second.outcome) == ("accepted", "refused")
    assert "nearly the same" in second.reason
    assert [one.variant for one in people.templates()] == ["plain", "distant"]
    assert people.named("Eileen").kind == "enrolled"


def test_a_visit_that_is_not_there_is_told(recall, sightings, clock):
    with pytest.raises(GalleryError, match="not as 'door'"):
        list(recall.enrol_visit("E", "door", TERMS))
    with pytest.raises(GalleryError, match="nobody was seen as track 7 of door"):
        list(recall.enrol_visit("E", "door:7", TERMS))
    with pytest.raises(GalleryError, match="no sighting 7"):
        list(recall.enrol_visit("E", "7", TERMS))
    sightings.add(Sighting("door", 7, "known", "", 0.1, clock.now(), clock.now()))
    with pytest.raises(GalleryError, match="no picture is kept"):
        list(recall.enrol_visit("E", "door:7", TERMS))


def test_a_visit_is_told_by_its_number_where_a_track_was_in_view_several_times(
    recall, sight, sightings, people, media, clock, crops
):
    seen(sight, sightings, media, clock, crops[0])
    seen(sight, sightings, media, clock, crops[1])
    second, first = sightings.of_track("rtsp://door:554", 7)
    with pytest.raises(GalleryError, match=rf"in view 2 times.*\({second.sighting_id}, {first.sighting_id}\)"):
        list(recall.enrol_visit("Driver", "rtsp://door:554:7", TERMS))
    assert people.people() == ()

    (accepted, _) = recall.enrol_visit("Driver", str(second.sighting_id), TERMS)

    assert (accepted.origin, accepted.outcome) == ("rtsp://door:554:7", "accepted")
    (template, _) = people.templates()
    assert template.vector @ sight.recalled(crops[1], 0.9).vector > 0.99


def test_a_stranger_becomes_a_person_without_the_pictures_of_somebody_else(
    recall, registry, sight, people, media, clock, crops
):
    list(recall.enrol_stranger("Driver", stranger(people, media, sight, clock, crops[1]), TERMS))
    mixed = stranger(people, media, sight, clock, *crops)

    told = list(recall.enrol_stranger("Eileen", mixed, TERMS))

    assert [one.outcome for one in told] == ["accepted", "refused"]
    assert "is that of 'Driver'" in told[1].reason
    eileen = people.named("Eileen")
    assert [one.state for one in people.pictures(eileen.person_id)] == ["active", "binned"]
    assert [one.variant for one in people.templates(person_id=eileen.person_id)] == ["plain", "distant"]
    assert people.selves(mixed) == (eileen.person_id, mixed)
    registry.journal.undo(clock.now())
    assert people.named("Eileen") is None
    assert [one.state for one in people.pictures(mixed)] == ["active", "active"]


def test_a_stranger_of_whom_no_picture_is_good_stays_one(recall, sight, people, media, clock, crops):
    list(recall.enrol_stranger("Driver", stranger(people, media, sight, clock, crops[1]), TERMS))
    other = stranger(people, media, sight, clock, crops[1])
    before = people.revision()

    with pytest.raises(GalleryError, match="no picture of unknown-0002 can be enrolled: the face is that of 'Driver'"):
        list(recall.enrol_stranger("Eileen", other, TERMS))
    assert people.revision() == before
