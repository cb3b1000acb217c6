"""Enrolling from what cameras have seen, with the real network on real faces."""

from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest
from tests.support.faces import ALL, Noted

from mien.domain.clock import SystemClock
from mien.domain.errors import EnrolmentRefused, GalleryError, StoreError
from mien.domain.faces import BoxCropSpec, CropSpec, Embeddings, Recognition
from mien.domain.landmarks import ARCFACE_112
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
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.people import templates
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.sightings import SqlSightings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor

TERMS = Terms(ALL)
GIVEN = Terms(ALL, is_given=True, is_overruled=True)


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

    told = recall.enrol_visit("Eileen", "rtsp://door:554:7", TERMS)

    first, second = told.views
    assert (told.person_id, told.is_new, told.accepted) == ("person-0001", True, 1)
    assert told.deed.told(is_done=False) == "enrol the new person 'Eileen' from rtsp://door:554:7"

    assert (first.outcome, second.outcome) == ("accepted", "refused")
    assert "nearly the same" in second.reason
    assert [one.variant for one in people.templates()] == ["plain", "distant"]
    assert people.named("Eileen").kind == "enrolled"


def test_a_visit_that_is_not_there_is_told(recall, sightings, clock):
    with pytest.raises(GalleryError, match="not as 'door'"):
        recall.enrol_visit("E", "door", TERMS)
    with pytest.raises(GalleryError, match="nobody was seen as track 7 of door"):
        recall.enrol_visit("E", "door:7", TERMS)
    with pytest.raises(GalleryError, match="no sighting 7"):
        recall.enrol_visit("E", "7", TERMS)
    sightings.add(Sighting("door", 7, "known", "", 0.1, clock.now(), clock.now()))
    with pytest.raises(GalleryError, match="no picture is kept"):
        recall.enrol_visit("E", "door:7", TERMS)


def test_a_visit_is_told_by_its_number_where_a_track_was_in_view_several_times(
    recall, sight, sightings, people, media, clock, crops
):
    seen(sight, sightings, media, clock, crops[0])
    seen(sight, sightings, media, clock, crops[1])
    second, first = sightings.of_track("rtsp://door:554", 7)
    with pytest.raises(GalleryError, match=rf"in view 2 times.*\({second.sighting_id}, {first.sighting_id}\)"):
        recall.enrol_visit("Driver", "rtsp://door:554:7", TERMS)
    assert people.people() == ()

    (accepted, _) = recall.enrol_visit("Driver", str(second.sighting_id), TERMS).views

    assert (accepted.origin, accepted.outcome) == ("rtsp://door:554:7", "accepted")
    (template, _) = people.templates()
    assert template.vector @ sight.recalled(crops[1], 0.9).vector > 0.99


def test_a_stranger_becomes_a_person_without_the_pictures_of_somebody_else(
    recall, registry, sight, people, media, clock, crops
):
    recall.enrol_stranger("Driver", stranger(people, media, sight, clock, crops[1]), TERMS)
    mixed = stranger(people, media, sight, clock, *crops)

    told = recall.enrol_stranger("Eileen", mixed, TERMS).views

    assert [one.outcome for one in told] == ["accepted", "refused"]
    assert "is that of 'Driver'" in told[1].reason
    eileen = people.named("Eileen")
    assert [one.state for one in people.pictures(eileen.person_id)] == ["active", "binned"]
    assert [one.variant for one in people.templates(person_id=eileen.person_id)] == ["plain", "distant"]
    assert people.selves(mixed) == (eileen.person_id, mixed)
    registry.journal.undo(clock.now())
    assert people.named("Eileen") is None
    assert [one.state for one in people.pictures(mixed)] == ["active", "active"]
    assert [one.variant for one in people.templates(person_id=mixed)] == ["plain", "plain"]


def test_a_stranger_of_whom_no_picture_is_good_stays_one(recall, sight, people, media, clock, crops):
    recall.enrol_stranger("Driver", stranger(people, media, sight, clock, crops[1]), TERMS)
    other = stranger(people, media, sight, clock, crops[1])
    before = people.revision()

    with pytest.raises(GalleryError, match="unknown-0002 can be enrolled as 'Eileen': the face is that of 'Driver'"):
        recall.enrol_stranger("Eileen", other, TERMS)
    assert people.revision() == before


def test_a_stranger_who_is_the_same_becomes_somebody_though_no_picture_says_anything_new(
    recall, sight, people, media, clock, crops
):
    recall.enrol_stranger("Eileen", stranger(people, media, sight, clock, crops[0]), TERMS)
    again = stranger(people, media, sight, clock, crops[0])
    with pytest.raises(GalleryError, match="nearly the same"):
        recall.enrol_stranger("Eileen", again, TERMS)
    told = recall.enrol_stranger("Eileen", again, TERMS, is_same=True)
    assert (told.person_id, told.is_new, told.accepted, told.can_be_undone) == ("person-0001", False, 0, True)
    assert people.selves(again)[0] == "person-0001"
    assert [one.state for one in people.pictures("person-0001")] == ["active", "binned"]


@pytest.mark.parametrize("is_known", [False, True])
def test_a_stranger_becomes_somebody_whole_or_not_at_all(
    recall, registry, sight, people, media, clock, crops, monkeypatch, is_known
):
    if is_known:
        recall.enrol_stranger("Eileen", stranger(people, media, sight, clock, crops[0]), TERMS)
    new = stranger(people, media, sight, clock, *crops)
    before, consents = people.pictures(), registry.consents.of("person-0001") if is_known else ()

    def fail(*_):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(templates, "add", fail)
        with pytest.raises(StoreError, match="full"):
            recall.enrol_stranger("Eileen", new, GIVEN)

    assert people.pictures() == before and people.person(new).standing == "active"
    assert [one.name for one in people.people() if one.kind == "enrolled"] == ["Eileen"] * is_known
    assert (registry.consents.of("person-0001") if is_known else ()) == consents
    told = recall.enrol_stranger("Eileen", new, GIVEN)
    assert told.accepted == 2 and told.is_new is not is_known
    assert len(registry.consents.of("person-0001")) == 3 + 3 * is_known


def test_a_visit_is_taken_in_whole_or_not_at_all(recall, sight, sightings, people, media, clock, crops, monkeypatch):
    seen(sight, sightings, media, clock, crops[0])
    before, add = {*media.names()}, templates.add

    def fill(connection, vault, new):
        ((picture_id, _), *_) = new
        if picture_id == 2:
            raise StoreError("the disk is full")
        return add(connection, vault, new)

    monkeypatch.setattr(templates, "add", fill)
    with pytest.raises(StoreError, match="full"):
        recall.enrol_visit("Eileen", "1", GIVEN)

    assert people.people() == () and people.pictures() == () and {*media.names()} == before


@pytest.mark.parametrize("source", ["visit", "stranger"])
def test_a_rehearsal_says_what_would_be_done_and_does_nothing(
    recall, registry, sight, sightings, people, media, clock, crops, source
):
    seen(sight, sightings, media, clock, crops[0])
    new = stranger(people, media, sight, clock, crops[0])
    enrol, told = (recall.enrol_visit, "1") if source == "visit" else (recall.enrol_stranger, new)
    before, files = people.revision(), {*media.names()}

    rehearsed = enrol("Eileen", told, TERMS, is_rehearsal=True)

    assert (people.revision(), {*media.names()}, registry.witness.heard) == (before, files, [])
    assert (rehearsed.person_id, rehearsed.is_new) == ("", True)
    done = enrol("Eileen", told, TERMS)
    assert done == replace(rehearsed, person_id="person-0001")


def test_a_lost_picture_is_refused_and_the_rest_goes_on(recall, sight, people, media, clock, crops):
    who = stranger(people, media, sight, clock, crops[0], crops[1])
    media.delete(people.pictures(who)[0].crop)

    told = recall.enrol_stranger("Eileen", who, TERMS)

    assert {one.outcome: one.reason for one in told.views} == {
        "refused": "its picture is lost: the file is missing or damaged",
        "accepted": "",
    }


def test_who_is_enrolled_is_no_stranger(recall, sight, people, media, clock, crops):
    first = stranger(people, media, sight, clock, crops[0])
    recall.enrol_stranger("Eileen", first, TERMS)

    with pytest.raises(GalleryError, match=r"'Eileen' \(person-0001\) is enrolled, and no stranger: mien people merge"):
        recall.enrol_stranger("Ann", first, TERMS)


def test_what_an_operator_declares_of_a_stranger_is_told(recall, sight, people, media, clock, crops):
    said = []

    recall.enrol_stranger(
        "Eileen", stranger(people, media, sight, clock, crops[0]), Terms(ALL, declared=lambda: said.append("declared"))
    )

    assert said == ["declared"]


def test_pictures_that_another_recogniser_has_cut_are_refused_and_the_rest_goes_on(
    recall, sight, sightings, people, media, clock, crops
):
    who = stranger(people, media, sight, clock, crops[0])
    model, at = sight.recogniser.model, clock.now()
    large = media.save(cv2.resize(crops[1], (160, 160)))
    vector = sight.recalled(crops[1], 0.9).vector
    people.add_pictures(who, [NewPicture((NewTemplate(vector, model),), 0.9, "door:8", crop=large)], at)
    sightings.add(Sighting("door", 7, "undecided", "", 0.1, at, at), [SightedView(vector, model, 0.9, large)])
    reason = "its picture of 160×160 px was cut for another recogniser than this one"

    (refused,) = recall.enrol_visit("Driver", "1", TERMS).views
    told = recall.enrol_stranger("Eileen", who, TERMS)

    assert (refused.outcome, refused.reason) == ("refused", reason)
    assert [(one.outcome, one.reason) for one in told.views] == [("accepted", ""), ("refused", reason)]
    assert [one.name for one in people.people()] == ["Eileen"]


class Wide:
    """Looks at faces that are cut in its own way, and tells how bright they are."""

    def __init__(self, model, crop) -> None:
        self.model, self.crop = model, crop

    def recognise(self, crops) -> Recognition:
        assert crops.spec == self.crop and crops.images.shape[1:3] == (self.crop.size, self.crop.size)
        vectors = np.stack([crops.images.mean(axis=(1, 2, 3)) / 255, np.ones(len(crops))], axis=1).astype(np.float32)
        return Recognition(Embeddings(vectors, self.model), np.full(len(crops), 9, np.float32))


def test_a_kept_picture_is_cut_anew_for_a_recogniser_that_wants_it_otherwise(sight, crops):
    nearer = tuple((x * 160 / 112, y * 160 / 112) for x, y in ARCFACE_112)
    own = cv2.resize(crops[0], (160, 160))
    by_landmarks, by_box = CropSpec(160, nearer, "bgr"), BoxCropSpec(160, 1.1, "bgr")

    def recalled(spec, crop):
        return replace(sight, recogniser=Wide(sight.recogniser.model, spec)).recalled(crop, 0.9)

    assert recalled(by_landmarks, crops[0]).vector == pytest.approx([crops[0].mean() / 255, 1], abs=0.02)
    assert recalled(by_landmarks, crops[0]).crop is crops[0]
    assert recalled(by_box, own).vector == pytest.approx([own.mean() / 255, 1])
    with pytest.raises(EnrolmentRefused, match="its picture of 112×112 px was cut for another recogniser"):
        recalled(by_box, crops[0])
