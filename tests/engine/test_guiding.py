"""Enrolling before a camera with the real models, on people who turn their heads."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.encoding import read_pictures
from tests.support.faces import ALL, Noted

from mien.domain.clock import SystemClock
from mien.domain.errors import EnrolmentRefused, StoreError
from mien.domain.frame import Frame
from mien.domain.identity import Match
from mien.domain.people.consent import NewConsent
from mien.engine.guiding import Eyes, GuidedEnrolment, Sitting
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings
from mien.gallery.enrolment.sight import Sight
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.gallery.registry import Registry
from mien.sources.pixels import ArrayPixels
from mien.sources.video import open_video_file
from mien.store.media import FolderMedia
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.people import templates
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.pose.from_landmarks import LandmarkPose
from mien.vision.quality.measured_assessor import MeasuredAssessor

TERMS = Terms(ALL)


@pytest.fixture(scope="module")
def eyes(shelf) -> Eyes:
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    recogniser = load_recogniser(shelf.take("mobilefacenet"), detector.model)
    return Eyes(Sight(None, detector, MeasuredAssessor(), recogniser, EnrolmentSettings()), LandmarkPose())


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def media(tmp_path: Path, database) -> FolderMedia:
    return FolderMedia(tmp_path / "media", database.vault)


@pytest.fixture
def gallery(people, media, eyes) -> Gallery:
    return Gallery(people, eyes.sight.recogniser.model, MatchingSettings(), SystemClock())


@pytest.fixture
def guided(gallery, people, database, media, eyes):
    """Makes a guided enrolment of somebody."""

    def guided(name: str, terms: Terms = TERMS, snapshots: int = 3) -> GuidedEnrolment:
        registry = Registry(people, SqlJournal(database), SqlConsents(database), media, SqlOutbox(database), Noted())
        admission = Admission(gallery, registry, EnrolmentSettings(), SystemClock())
        guidance = Guidance(GuidanceSettings(0.92, 0.28, snapshots))
        return GuidedEnrolment(Sitting(name, terms), eyes, admission, guidance)

    return guided


@pytest.fixture
def turning(shared: Path) -> Path:
    """A man who turns his head, for twelve seconds."""
    return shared / "data" / "videos" / "acted-d3.mp4"


@pytest.fixture
def carphone(catalog, weights) -> Path:
    """A video of a man."""
    return weights.path(catalog.card("carphone"))


@pytest.fixture
def portrait(catalog, weights) -> Path:
    """A picture of a woman."""
    return weights.path(catalog.card("astronaut"))


def frames(path: Path) -> Iterator[Frame]:
    return open_video_file(str(path), SystemClock()).frames()


def names(gallery: Gallery, eyes: Eyes, frame: Frame) -> list[str]:
    sight = eyes.sight
    faces = sight.detector.detect(frame.pixels)
    recognition = sight.recogniser.recognise(align(frame.pixels, faces.landmarks, sight.recogniser.crop))
    answers = gallery.identify(recognition, sight.assessor.assess(frame.pixels, faces))
    return [gallery.name_of(one.person_id) if isinstance(one, Match) else "" for one in answers]


def test_who_is_enrolled_in_one_half_of_a_video_is_recognised_in_the_other(
    guided, gallery, people, media, eyes, turning, shared
) -> None:
    enrolment = guided("Dan", snapshots=3)
    for _ in enrolment.follow(takewhile(lambda frame: frame.time_s < 7.5, frames(turning))):
        assert not people.people() and not list(media.names())  # whoever breaks off leaves nothing
    kept = enrolment.keep("camera 0")
    assert kept.poses == ("straight", "left", "right") and not kept.refused and enrolment.guidance.is_over
    (person,) = people.people()
    pictures = people.pictures(person.person_id)
    assert [one.origin for one in pictures] == ["camera 0"] * 3
    assert {*media.names()} == {one.crop for one in pictures}
    later = [frame for frame in frames(turning) if frame.time_s >= 7.5 and frame.index % 15 == 0]
    assert [names(gallery, eyes, frame) for frame in later] == [["Dan"]] * len(later)
    stranger = next(frames(shared / "data" / "videos" / "acted-d0.mp4"))
    assert names(gallery, eyes, stranger) == [""]


def test_left_is_the_persons_own_also_in_a_mirror(eyes, turning) -> None:
    frame = next(frame for frame in frames(turning) if frame.time_s >= 5.3)  # he looks to the right of the picture
    mirrored = ArrayPixels(np.ascontiguousarray(frame.pixels.bgr()[:, ::-1]))
    mirror = Eyes(eyes.sight, eyes.pose, is_mirrored=True)
    turns = eyes.look(frame).turn, mirror.look(replace(frame, pixels=mirrored)).turn
    assert all(turn is not None and 12 < turn.left < 25 for turn in turns)


def test_two_people_side_by_side_and_an_enrolled_face_are_refused(guided, carphone, portrait) -> None:
    woman = cv2.resize(cv2.imread(str(portrait))[:330, 60:400], (340, 330))
    man = cv2.resize(next(read_pictures(carphone, 1)), (403, 330), interpolation=cv2.INTER_CUBIC)

    def shown(picture: np.ndarray) -> list[Frame]:
        return [Frame("0", n, n / 10, 0.0, ArrayPixels(np.ascontiguousarray(picture))) for n in range(3)]

    both = guided("Eileen")
    told = list(both.follow(shown(np.hstack([woman, man]))))
    assert {(one.reason, one.remedy) for one in told} == {
        ("several faces are in front of the camera", "the others have to step aside")
    }
    assert both.keep("camera 0").poses == ()
    alone = guided("Eileen", snapshots=1)
    assert [one.taken for one in alone.follow(shown(woman))] == ["straight"] and alone.keep("camera 0").poses
    for name, reason in (("Ann", "the face is that of 'Eileen'"), ("Eileen", "it is nearly the same as a picture")):
        other = guided(name)
        assert all(one.reason.startswith(reason) for one in other.follow(shown(woman)))
    twin = guided("Ann", Terms(ALL, is_overruled=True), snapshots=1)
    assert [one.taken for one in twin.follow(shown(woman))] == ["straight"] and twin.keep("camera 0").poses


def test_without_consent_nobody_is_looked_at(guided) -> None:
    with pytest.raises(EnrolmentRefused, match="no consent"):
        guided("Ann", Terms(NewConsent(frozenset({"keep"}), "1", "")))


def test_snapshots_are_kept_whole_or_not_at_all(guided, people, media, eyes, portrait, monkeypatch) -> None:
    woman = cv2.imread(str(portrait))
    faces = [eyes.sight.portrait(ArrayPixels(np.ascontiguousarray(one))) for one in (woman, woman[:, ::-1])]
    add = templates.add

    def fill(connection, vault, new):
        ((picture_id, _), *_) = new
        if picture_id == 2:
            raise StoreError("the disk is full")
        return add(connection, vault, new)

    sitting = guided("Eileen", Terms(ALL, is_overruled=True), snapshots=2)
    sitting.guidance.portraits += faces
    sitting.guidance.poses += ["straight", "free"]
    with monkeypatch.context() as patch:
        patch.setattr(templates, "add", fill)
        with pytest.raises(StoreError, match="full"):
            sitting.keep("camera 0")
    assert people.people() == () and people.pictures() == () and not list(media.names())
    assert sitting.keep("camera 0").poses == ("straight", "free") and len(people.pictures()) == 2


def test_snapshots_that_say_nothing_new_by_the_end_are_not_kept(guided, people, eyes, portrait) -> None:
    woman = eyes.sight.portrait(ArrayPixels(cv2.imread(str(portrait))))
    sitting = guided("Eileen", snapshots=2)
    sitting.guidance.portraits += [woman, woman]
    sitting.guidance.poses += ["straight", "free"]
    kept = sitting.keep("camera 0")
    assert kept.poses == ("straight",) and [one.partition(" (")[0] for one in kept.refused] == [
        "it is nearly the same as a picture that is there"
    ]
    assert len(people.pictures()) == 1
    again = guided("Eileen", snapshots=1)
    again.guidance.portraits.append(woman)
    again.guidance.poses.append("straight")
    assert again.keep("camera 0").poses == () and len(people.pictures()) == 1
