"""The quality of kept pictures, judged anew by the real network on real faces."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import ALL, Noted, axis, kept

from mien.domain.errors import GalleryError
from mien.domain.faces import BoxCropSpec
from mien.gallery.rescoring import EmbeddingJudge, PictureJudge, Rescoring, Survey
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.store.journal import PersonStanding, PictureStates
from mien.store.people import NewPicture
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_assessor, load_detector, load_recogniser


def nothing(_done: int, _total: int) -> None:
    pass


class Brightness:
    """A judge who likes pictures to be bright."""

    def __init__(self, name: str = "brightness") -> None:
        self.name = name
        self.seen = 0

    def scores(self, images) -> np.ndarray:
        self.seen += len(images)
        return np.array([image.mean() / 255 for image in images], np.float32)


@pytest.fixture(scope="module")
def face(catalog, weights, take) -> np.ndarray:
    """The crop of a real face, as it is kept."""
    recogniser = load_recogniser(take("mobilefacenet"), "yunet")
    portrait = ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))
    found = load_detector(take("yunet"), DetectionSettings()).detect(portrait).select([0])
    return align(portrait, found.landmarks, recogniser.crop).images[0]


@pytest.fixture
def enrol_crops(people, media, clock):
    def enrol_crops(name: str, *crops: np.ndarray | None, states: tuple[str, ...] = ()) -> list[int]:
        rows = [
            NewPicture(kept(axis(row % 64)).templates, 0.9, "x", crop="" if crop is None else media.save(crop))
            for row, crop in enumerate(crops)
        ]
        person = people.add_person(name, rows, clock.now(), ALL)
        return [one.picture_id for one in people.pictures(person.person_id)]

    return enrol_crops


def shade(value: int) -> np.ndarray:
    return np.full((112, 112, 3), value, np.uint8)


def qualities(people) -> list[float]:
    return [round(one.quality, 2) for one in people.pictures()]


def test_the_recogniser_tells_a_good_picture_from_a_blurred_one(people, media, enrol_crops, face, take) -> None:
    enrol_crops("Woman", face, cv2.GaussianBlur(face, (0, 0), 6))
    recogniser = load_recogniser(take("mobilefacenet"), "yunet")
    noted = Noted()

    survey = Rescoring(people, media, EmbeddingJudge(recogniser, "mobilefacenet"), noted).run(nothing)

    sharp, blurred = qualities(people)
    assert blurred < 0.3 and sharp > 0.8 and (survey.scored, survey.done, survey.without_crop) == (2, 0, 0)
    assert [one.before for one in survey.pictures] == [0.9, 0.9]
    assert [one.picture.quality for one in survey.looked_at()] == sorted(one.quality for one in people.pictures())
    assert noted.heard == [("gallery.rescored", (), {"pictures": 2})]


def test_a_judge_of_pictures_may_be_chosen(people, media, enrol_crops, face, take) -> None:
    enrol_crops("Woman", face, cv2.GaussianBlur(face, (0, 0), 6))

    Rescoring(people, media, PictureJudge(load_assessor(take("lightqnet")), "lightqnet"), Noted()).run(nothing)

    sharp, blurred = qualities(people)
    assert blurred < sharp - 0.2


def test_what_a_judge_has_seen_is_passed_over_and_a_kill_loses_nothing(people, media, enrol_crops) -> None:
    enrol_crops("Ann", *map(shade, range(0, 200, 2)))
    judge = Brightness()
    judged = judge.scores
    calls = iter(range(10))

    def dies(images):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return judged(images)

    judge.scores = dies
    with pytest.raises(KeyboardInterrupt):
        Rescoring(people, media, judge, Noted()).run(nothing)
    assert len(people.judged_by("brightness")) == judge.seen == 64

    judge.scores = judged
    survey = Rescoring(people, media, judge, Noted()).run(nothing)
    assert (survey.scored, survey.done, judge.seen) == (36, 64, 100)
    assert qualities(people) == [round(value / 255, 2) for value in range(0, 200, 2)]
    assert Rescoring(people, media, judge, noted := Noted()).run(nothing).scored == 0 and noted.heard == []
    assert Rescoring(people, media, Brightness("another"), Noted()).run(nothing).scored == 100


def test_a_look_changes_nothing(people, media, enrol_crops) -> None:
    enrol_crops("Ann", shade(51), shade(102))
    revision = people.revision()

    survey = Rescoring(people, media, Brightness(), noted := Noted()).run(nothing, is_kept=False)

    assert [one.picture.quality for one in survey.looked_at()] == pytest.approx([0.2, 0.4])
    assert people.revision() == revision and qualities(people) == [0.9, 0.9] and noted.heard == []


def test_of_everybody_the_best_picture_stays(people, media, enrol_crops) -> None:
    dark = enrol_crops("Ann", shade(10), shade(60), shade(20))
    enrol_crops("Bob", shade(200), shade(30), None)

    survey = Rescoring(people, media, Brightness(), Noted()).run(nothing)

    assert [one.picture.picture_id for one in survey.below(0.5)] == [dark[0], dark[2], 5]
    assert survey.below(0.0) == () and survey.without_crop == 1
    assert survey.tenths() == (2, 1, 1, 0, 0, 0, 0, 1, 0, 1)
    assert Survey("", (), 0, 0, 0).below(1.0) == ()


def test_whoever_is_not_looked_for_is_not_judged(people, media, enrol_crops, database, clock) -> None:
    binned = enrol_crops("Ann", shade(10), shade(20))
    enrol_crops("Bob", shade(30))
    enrol_crops("Cy", shade(40))
    journal, now = SqlJournal(database), clock.now()
    journal.apply("picture.binned", [PictureStates((binned[0],), "binned")], now)
    journal.apply("person.binned", [PersonStanding(people.named("Bob").person_id, "binned")], now)
    SqlConsents(database).withdraw(people.named("Cy").person_id, {"identify"}, now)
    judge = Brightness()

    Rescoring(people, media, judge, Noted()).run(nothing)

    assert judge.seen == 1


def test_a_recogniser_that_cannot_tell_is_refused_in_a_sentence(people, media, enrol_crops, face, take) -> None:
    enrol_crops("Woman", face)
    recogniser = load_recogniser(replace(take("mobilefacenet"), head=None), "yunet")
    with pytest.raises(GalleryError, match="mute tells nothing of quality: choose a judge of pictures with --quality"):
        Rescoring(people, media, EmbeddingJudge(recogniser, "mute"), Noted()).run(nothing)

    class Boxes:
        crop = BoxCropSpec(160, 1.2, "bgr")

    with pytest.raises(GalleryError, match="around a box"):
        EmbeddingJudge(Boxes(), "boxes")


def test_the_crops_of_others_are_left_alone(people, media, enrol_crops, tmp_path: Path) -> None:
    enrol_crops("Ann", np.zeros((96, 96, 3), np.uint8), shade(51))

    survey = Rescoring(people, media, Brightness(), Noted()).run(nothing)

    assert survey.scored == 1 and qualities(people) == [0.9, 0.2]


def test_pictures_that_are_not_to_be_kept_any_more_since_a_moment_ago_are_passed_over(
    people, media, database, clock, enrol_crops, face, monkeypatch
) -> None:
    monkeypatch.setattr("mien.gallery.rescoring._BATCH", 1)
    enrol_crops("Ann", face, face)
    enrol_crops("Bob", face)

    def withdraw(done: int, _total: int) -> None:
        if done == 1:
            ann = people.named("Ann").person_id
            for crop in SqlConsents(database).withdraw(ann, {"keep"}, clock.now()).crops:
                media.delete(crop)

    assert Rescoring(people, media, Brightness(), Noted()).run(withdraw).scored == 2
