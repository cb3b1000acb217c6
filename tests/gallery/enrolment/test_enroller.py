"""Enrolling with the real detector, alignment and network, on the portrait that mien fetches like its weights."""

import hashlib
import os
import shutil
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import ALL, Noted

from mien.domain.clock import SystemClock
from mien.domain.errors import SourceNotFound, StoreError
from mien.domain.frame import Pixels
from mien.domain.identity import Match, Unknown
from mien.domain.people.consent import NewConsent
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.enroller import Enroller, by_person
from mien.gallery.enrolment.sight import Sight
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.gallery.registry import Registry
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.store.journal import PictureStates
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.people import templates
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor


def open_picture(path: Path) -> Pixels:
    return ArrayPixels(read_picture(str(path), 100))


@pytest.fixture(scope="module")
def sight(shelf) -> Sight:
    detector = load_detector(shelf.take("yunet"), DetectionSettings())
    recogniser = load_recogniser(shelf.take("mobilefacenet"), detector.model)
    return Sight(open_picture, detector, MeasuredAssessor(), recogniser, EnrolmentSettings())


@pytest.fixture(scope="module")
def portrait(catalog, weights) -> np.ndarray:
    return read_picture(str(weights.path(catalog.card("astronaut"))), 100)


@pytest.fixture(scope="module")
def driver(catalog, weights) -> np.ndarray:
    """A picture of the man in the car."""
    video = cv2.VideoCapture(str(weights.path(catalog.card("carphone"))))
    _, image = video.read()
    return cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def gallery(people, media, sight) -> Gallery:
    return Gallery(people, sight.recogniser.model, MatchingSettings(), SystemClock())


@pytest.fixture
def registry(people, database, media) -> Registry:
    return Registry(people, SqlJournal(database), SqlConsents(database), media, SqlOutbox(database), Noted())


@pytest.fixture
def admission(gallery, registry) -> Admission:
    return Admission(gallery, registry, EnrolmentSettings(), SystemClock())


@pytest.fixture
def enroller(admission, sight) -> Enroller:
    return Enroller(admission, sight, Terms(ALL))


@pytest.fixture
def save(tmp_path):
    """Writes a picture below the folder of people and returns its path."""

    def save(path: str, image: np.ndarray) -> Path:
        target = tmp_path / "people" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(target), image)
        return target

    return save


def identify(gallery: Gallery, sight: Sight, image: np.ndarray):
    pixels = ArrayPixels(image)
    faces = sight.detector.detect(pixels)
    recognition = sight.recogniser.recognise(align(pixels, faces.landmarks, sight.recogniser.crop))
    return gallery.identify(recognition, sight.assessor.assess(pixels, faces))


def test_who_is_enrolled_is_found_in_another_picture_and_somebody_else_is_not(
    enroller, gallery, sight, people, media, save, portrait, driver
):
    path = save("Eileen Collins/1.png", portrait[:330, 100:400])

    outcomes = list(enroller.import_folder(path.parents[1]))

    assert [(one.name, one.outcome) for one in outcomes] == [("Eileen Collins", "accepted")]
    person = people.named("eileen collins")
    other_picture = cv2.convertScaleAbs(cv2.flip(portrait, 1), alpha=0.7, beta=20)
    (answer,) = identify(gallery, sight, other_picture)
    assert isinstance(answer, Match)
    assert answer.person_id == person.person_id
    assert gallery.name_of(answer.person_id) == "Eileen Collins"
    assert [type(other) for other in identify(gallery, sight, driver)] == [Unknown]
    (crop,) = [picture.crop for picture in people.pictures(person.person_id)]
    assert media.load(crop).shape == (112, 112, 3)


def test_importing_twice_changes_nothing(enroller, people, save, portrait):
    path = save("Eileen/1.png", portrait)
    shutil.copy(path, path.with_name("copy.png"))

    first = [one.outcome for one in enroller.import_folder(path.parents[1])]
    revision = people.revision()
    second = [one.outcome for one in enroller.import_folder(path.parents[1])]

    assert first == ["accepted", "skipped"]
    assert second == ["skipped", "skipped"]
    assert people.revision() == revision


def test_every_refusal_is_explained_and_the_rest_goes_on(enroller, people, media, save, portrait, tmp_path):
    save("A/empty scene.png", np.full((200, 200, 3), 127, np.uint8))
    save("A/small.png", cv2.resize(portrait, None, fx=0.19, fy=0.19, interpolation=cv2.INTER_AREA))
    save("A/soft.png", cv2.GaussianBlur(portrait, (0, 0), 5))
    good = save("A/z good.png", portrait)
    good.with_name("text.jpg").write_text("not a picture")
    good.with_name("zero.jpg").write_bytes(b"")
    good.with_name("gone.png").symlink_to(tmp_path / "nowhere")
    good.with_name(".hidden").write_text("passed over")
    save("loose.png", portrait)
    (tmp_path / "people" / "B").mkdir()

    outcomes = {one.picture.name: one for one in enroller.import_folder(tmp_path / "people")}

    reasons = {name: one.reason for name, one in outcomes.items() if one.outcome == "refused"}
    assert reasons["empty scene.png"] == "no face was found"
    assert reasons["small.png"] == "the face is too small"
    assert reasons["soft.png"] == "the face is blurred"
    assert reasons["gone.png"] == "does not exist"
    assert "no known kind" in reasons["text.jpg"]
    assert "empty" in reasons["zero.jpg"]
    assert (outcomes["loose.png"].outcome, outcomes["loose.png"].name) == ("skipped", "")
    assert outcomes["loose.png"].reason == "it lies in no person's folder"
    assert reasons["B"] == "the folder holds no picture"
    assert ".hidden" not in outcomes
    assert outcomes["z good.png"].outcome == "accepted"
    assert [person.name for person in people.people()] == ["A"]


def test_of_several_faces_the_largest_good_one_is_taken_and_said_so(enroller, gallery, sight, save, portrait, driver):
    left = portrait[:330, 100:400]
    right = cv2.resize(driver, (400, 330))
    path = save("Eileen/pair.png", np.hstack([left, right]))

    (outcome,) = enroller.enrol("Eileen", [path])

    assert outcome.outcome == "accepted"
    assert outcome.reason == "2 faces of similar size: the largest good one was taken"
    assert [type(answer) for answer in identify(gallery, sight, driver)] == [Match]
    assert [type(answer) for answer in identify(gallery, sight, portrait)] == [Unknown]


def test_a_face_in_which_only_the_recogniser_sees_little_is_refused(enroller, sight, save, portrait):
    noisy = portrait * 0.2 + np.random.default_rng(0).normal(0, 10, portrait.shape)
    dark = save("Eileen/dark.png", np.clip(noisy, 0, 255).astype(np.uint8))
    pixels = open_picture(dark)
    assert sight.assessor.assess(pixels, sight.detector.detect(pixels)).scores[0] >= EnrolmentSettings().min_quality
    (outcome,) = enroller.enrol("Eileen", [dark])
    assert outcome.outcome == "refused" and outcome.reason.startswith("the face is ")


def test_a_face_that_is_another_persons_is_refused(enroller, people, media, save, portrait):
    list(enroller.enrol("Eileen", [save("Eileen/1.png", portrait)]))

    (outcome,) = enroller.enrol("Impostor", [save("Impostor/1.png", cv2.flip(portrait, 1))])

    assert outcome.outcome == "refused"
    assert "is that of 'Eileen'" in outcome.reason
    assert people.named("Impostor") is None


def test_what_says_no_more_than_a_picture_that_is_there_is_refused_unless_overruled(
    enroller, admission, sight, people, save, portrait
):
    first, mirrored = save("E/1.png", portrait), save("E/2.png", cv2.flip(portrait, 1))

    assert [one.outcome for one in enroller.enrol("E", [first])] == ["accepted"]
    (refused,) = enroller.enrol("E", [mirrored])
    assert refused.reason.startswith("it is nearly the same as a picture that is there (similarity 0.9")
    overruling = Enroller(admission, sight, Terms(ALL, is_overruled=True))
    assert [one.outcome for one in overruling.enrol("E", [mirrored])] == ["accepted"]

    assert len(people.people()) == 1
    assert len(people.pictures("person-0001")) == 2


def test_consent_is_put_on_record_with_whoever_is_new(enroller, registry, save, portrait, driver):
    list(enroller.enrol("E", [save("E/1.png", portrait)]))
    consents, noted = registry.consents, registry.witness

    assert {one.scope: one.evidence for one in consents.of("person-0001")} == dict.fromkeys(ALL.scopes, "form 17")
    assert [action for action, *_ in noted.heard] == ["consent.given", "person.enrolled"]
    assert all("E" not in str(heard) for heard in noted.heard)


def test_what_an_operator_declares_undoes_no_withdrawal(enroller, admission, registry, sight, people, save, portrait):
    picture = save("E/1.png", portrait)
    list(enroller.enrol("E", [picture]))
    for crop in registry.consents.withdraw("person-0001", {"identify", "keep"}, SystemClock().now()).crops:
        registry.media.delete(crop)

    (refused,) = enroller.enrol("E", [picture])

    assert (refused.outcome, refused.reason) == (
        "refused",
        "'E' (person-0001) does not consent to be identified (any more): "
        "--consent with --evidence puts it on record anew",
    )
    assert len(registry.consents.of("person-0001")) == 3
    (anew,) = Enroller(admission, sight, Terms(ALL, is_given=True)).enrol("E", [picture])
    assert anew.outcome == "accepted", anew.reason
    assert people.person("person-0001").may_identify
    (kept,) = people.pictures()
    assert list(registry.media.names()) == [kept.crop]
    assert len(people.templates()) == 2


def test_a_picture_that_was_set_aside_without_a_crop_gets_one(
    enroller, admission, registry, sight, people, save, portrait
):
    picture = save("E/1.png", portrait)
    list(enroller.enrol("E", [picture]))
    for crop in registry.consents.withdraw("person-0001", {"identify", "keep"}, SystemClock().now()).crops:
        registry.media.delete(crop)
    registry.journal.apply("picture.set-aside", [PictureStates((1,), "set_aside")], SystemClock().now())

    (anew,) = Enroller(admission, sight, Terms(ALL, is_given=True)).enrol("E", [picture])

    (kept,) = people.pictures()
    assert anew.outcome == "accepted" and registry.media.exists(kept.crop)


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("is_committed", [False, True])
def test_what_goes_wrong_leaves_a_crop_with_a_picture_that_is_kept_and_no_other(
    enroller, registry, people, media, save, portrait, driver, monkeypatch, is_known, is_committed
):
    if is_known:
        list(enroller.enrol("E", [save("E/1.png", portrait)]))
    before = set(media.names())

    def broken(method):
        def fail(*given, **named):
            if is_committed:
                method(*given, **named)
            raise KeyboardInterrupt

        return fail

    for name in ("add_person", "add_pictures"):
        monkeypatch.setattr(people, name, broken(getattr(people, name)))
    with pytest.raises(KeyboardInterrupt):
        list(enroller.enrol("E", [save("E/2.png", driver)]))

    kept = {one.crop for one in people.pictures()}
    assert {*media.names()} == kept and len(kept - before) == is_committed


def test_without_consent_to_keep_them_no_picture_is_stored(admission, sight, people, media, save, portrait):
    identified = NewConsent(frozenset({"identify"}), "2", "form 17")

    (outcome,) = Enroller(admission, sight, Terms(identified, is_given=True)).enrol("E", [save("E/1.png", portrait)])

    assert outcome.outcome == "accepted"
    assert [one.crop for one in people.pictures()] == [""]
    assert list(media.names()) == []
    assert len(people.templates()) == 2


def test_without_consent_to_be_identified_nobody_is_taken_in(admission, sight, people, media, save, portrait):
    kept = NewConsent(frozenset({"keep"}), "2", "form 17")

    (outcome,) = Enroller(admission, sight, Terms(kept, is_given=True)).enrol("E", [save("E/1.png", portrait)])

    reason = "there is no consent of 'E' to be identified: --consent must name it"
    assert (outcome.outcome, outcome.reason) == ("refused", reason)
    assert people.people(everybody=True) == ()
    assert list(media.names()) == []


def test_of_too_many_pictures_the_most_redundant_is_set_aside(gallery, registry, sight, people, save, portrait):
    admission = Admission(gallery, registry, EnrolmentSettings(cap=2), SystemClock())
    dark = cv2.convertScaleAbs(portrait, alpha=0.5)
    soft = cv2.GaussianBlur(portrait, (0, 0), 2)
    pictures = [save(f"E/{name}.png", image) for name, image in (("1", portrait), ("2", soft), ("3", dark))]

    *_, last = Enroller(admission, sight, Terms(ALL, is_overruled=True)).enrol("E", pictures)

    assert last.reason == "more than 2 pictures: the most redundant was set aside"
    assert sorted(one.state for one in people.pictures()) == ["active", "active", "set_aside"]
    assert len(people.templates()) == 4
    (change,) = registry.journal.changes()
    registry.journal.undo(SystemClock().now(), change.change_id)
    assert [one.state for one in people.pictures()] == ["active"] * 3
    again = Enroller(admission, sight, Terms(ALL, is_overruled=True)).enrol("E", pictures)  # as after one that died
    assert [one.outcome for one in again] == ["skipped"] * 3
    assert sorted(one.state for one in people.pictures()) == ["active", "active", "set_aside"]


@pytest.mark.parametrize("name", ["../../etc", "a/b\\c", "🙂" * 60, "con", "-rf"])
def test_a_name_is_never_a_path(enroller, people, media, save, portrait, tmp_path, name):
    path = save("x/1.png", portrait)

    assert [one.outcome for one in enroller.enrol(name, [path])] == ["accepted"]

    assert people.people()[0].name == name
    (new,) = tmp_path.rglob("*.face")
    assert new.parent.parent == tmp_path / "media"
    assert people.forget(people.named(name).person_id).crops == (new.name,)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * 300, "200 characters"),
        ("  ", "must not be empty"),
        ("unknown-0007", "form of an id"),
        (" Person-12345", "form of an id"),
    ],
)
def test_a_name_that_cannot_be_is_refused(enroller, people, save, portrait, name, reason):
    (outcome,) = enroller.enrol(name, [save("x/1.png", portrait)])

    assert outcome.outcome == "refused"
    assert reason in outcome.reason
    assert people.people() == ()


def test_a_folder_that_is_not_there_is_said_so(enroller, tmp_path):
    with pytest.raises(SourceNotFound, match="not a folder of people"):
        list(enroller.import_folder(tmp_path / "nowhere"))


def test_a_file_that_is_not_there_is_one_refusal(enroller, tmp_path):
    (outcome,) = enroller.enrol("Ann", [tmp_path / "nowhere.png"])

    assert (outcome.outcome, outcome.reason) == ("refused", "does not exist")


def test_every_outcome_bears_the_name_as_it_is_kept(enroller, save, portrait):
    good, bad = save("x/1.png", portrait), save("x/2.png", np.full((200, 200, 3), 127, np.uint8))

    outcomes = list(enroller.enrol("  Ann \t Lee ", [good, good, bad, bad.with_name("nowhere.png")]))

    assert [one.outcome for one in outcomes] == ["accepted", "skipped", "refused", "refused"]
    assert {one.name for one in outcomes} == {"Ann Lee"}


def test_a_rehearsal_says_what_an_import_would_and_keeps_nothing(
    admission, sight, people, media, save, portrait, driver
):
    path = save("E/1.png", portrait)
    shutil.copy(path, path.with_name("2.png"))
    cv2.imwrite(str(path.with_name("3.png")), cv2.convertScaleAbs(portrait, alpha=0.95))
    save("E/4.png", np.full((200, 200, 3), 127, np.uint8))
    save("F/1.png", driver)
    folder = path.parents[1]

    rehearsed = list(Enroller(admission, sight, Terms(ALL), is_rehearsal=True).import_folder(folder))

    assert [one.outcome for one in rehearsed] == ["accepted", "skipped", "refused", "refused", "accepted"]
    assert people.people() == () and list(media.names()) == []
    assert rehearsed == list(Enroller(admission, sight, Terms(ALL)).import_folder(folder))
    again = Enroller(admission, sight, Terms(ALL), is_rehearsal=True).import_folder(folder)
    assert [one.outcome for one in again] == ["skipped", "skipped", "refused", "refused", "skipped"]


def test_what_is_kept_of_somebody_is_read_once_for_a_folder(enroller, people, save, portrait, driver, monkeypatch):
    path = save("E/1.png", portrait)
    for number in range(2, 8):
        shutil.copy(path, path.with_name(f"{number}.png"))
    asked = []
    for name in ("templates", "digests"):
        real = getattr(people, name)
        monkeypatch.setattr(
            people, name, lambda *given, name=name, real=real, **told: asked.append(name) or real(*given, **told)
        )
    list(enroller.import_folder(path.parents[1]))
    assert len(asked) <= 2

    (other,) = enroller.enrol("F", [save("F/1.png", driver)])
    people.add_person("G", [], SystemClock().now())  # as another process would
    assert other.outcome == "accepted"
    assert [one.outcome for one in enroller.enrol("E", [path])] == ["skipped"]


def test_a_face_unlike_the_pictures_that_are_there_is_refused_unless_overruled(
    enroller, admission, gallery, registry, sight, people, save, portrait, driver
):
    turned = (cv2.warpAffine(portrait, cv2.getRotationMatrix2D((230, 130), by, 1.0), (512, 512)) for by in (12, -12))
    soft = cv2.GaussianBlur(portrait, (0, 0), 2.5)
    right = [save(f"E/{name}.png", image) for name, image in zip("123", (portrait, soft, *turned), strict=False)]
    wrong = save("E/4.png", driver)
    overruling = Enroller(admission, sight, Terms(ALL, is_overruled=True))
    rehearsing = Enroller(
        Admission(gallery, registry, EnrolmentSettings(near_copy=1.1), SystemClock()),
        sight,
        Terms(ALL),
        is_rehearsal=True,
    )

    assert [one.outcome for one in rehearsing.enrol("E", [*right[:2], wrong])] == ["accepted"] * 3  # too few to tell
    (*accepted, rehearsed) = rehearsing.enrol("F", [*right, wrong])
    assert ([one.outcome for one in accepted], rehearsed.outcome) == (["accepted"] * 3, "refused")
    assert [one.outcome for one in overruling.enrol("E", right)] == ["accepted"] * 3
    (refused,) = enroller.enrol("E", [wrong])
    assert refused.reason == rehearsed.reason.replace("'F'", "'E'")
    assert refused.reason.startswith("the face is unlike the 3 pictures of 'E' that are there (similarity ")
    assert refused.reason.endswith("): --overrule takes it in all the same")
    assert len(people.pictures()) == 3
    assert [one.outcome for one in overruling.enrol("E", [wrong])] == ["accepted"]


def test_consent_and_the_picture_it_is_given_with_come_together(
    enroller, admission, registry, sight, people, save, portrait, driver, monkeypatch
):
    list(enroller.enrol("E", [save("E/1.png", portrait)]))

    def fail(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(templates, "add", fail)
    with pytest.raises(StoreError, match="full"):
        list(Enroller(admission, sight, Terms(ALL, True, True)).enrol("E", [save("E/2.png", driver)]))

    assert len(registry.consents.of("person-0001")) == 3 and len(people.pictures()) == 1


def test_people_are_summed_up_with_who_is_new(enroller, save, portrait, driver):
    save("E/1.png", portrait)
    save("F/1.png", np.full((200, 200, 3), 127, np.uint8))
    folder = save("loose.png", portrait).parent

    def told() -> list[tuple]:
        return [(one.name, one.standing, *one.counts.values()) for one in by_person(enroller.import_folder(folder))]

    assert told() == [("E", "new", 1, 0, 0), ("F", "not enrolled", 0, 0, 1)]
    save("F/2.png", driver)
    (folder / "G").mkdir()
    assert told() == [("E", "known", 0, 1, 0), ("F", "new", 1, 0, 1), ("G", "not enrolled", 0, 0, 1)]


FEWER = NewConsent(frozenset({"identify", "keep"}), "3", "form 18")


def test_consent_that_is_given_with_known_pictures_is_put_on_record_once(
    enroller, admission, registry, sight, save, portrait
):
    path = save("E/1.png", portrait)
    shutil.copy(path, path.with_name("2.png"))
    list(enroller.enrol("E", [path]))
    pictures, given = [path, path.with_name("2.png")], Terms(FEWER, is_given=True)

    rehearsed = list(Enroller(admission, sight, given, is_rehearsal=True).enrol("E", pictures))
    assert len(registry.consents.of("person-0001")) == 3
    done = list(Enroller(admission, sight, given).enrol("E", pictures))

    assert [(one.outcome, one.reason) for one in done] == [
        ("skipped", "enrolled already; consent is put on record"),
        ("skipped", "enrolled already"),
    ]
    assert rehearsed == done
    last = registry.consents.of("person-0001")[3:]
    assert [(one.scope, one.version, one.evidence) for one in last] == [
        ("identify", "3", "form 18"),
        ("keep", "3", "form 18"),
    ]
    assert [action for action, *_ in registry.witness.heard].count("consent.given") == 2


def test_a_known_picture_is_stored_again_once_that_is_agreed_to(
    enroller, admission, registry, sight, people, media, save, portrait
):
    picture, given = save("E/1.png", portrait), Terms(FEWER, is_given=True)
    list(enroller.enrol("E", [picture]))
    for crop in registry.consents.withdraw("person-0001", {"keep"}, SystemClock().now()).crops:
        media.delete(crop)

    (without,) = enroller.enrol("E", [picture])
    assert without.reason == "enrolled already" and list(media.names()) == []  # what is declared undoes no withdrawal
    (rehearsed,) = Enroller(admission, sight, given, is_rehearsal=True).enrol("E", [picture])
    assert list(media.names()) == []
    done = [one for _ in range(2) for one in Enroller(admission, sight, given).enrol("E", [picture])]

    reason = "enrolled already; consent is put on record; the picture itself is stored"
    assert [one.reason for one in (rehearsed, *done)] == [reason, reason, "enrolled already"]
    (kept,) = people.pictures()
    assert list(media.names()) == [kept.crop] and media.load(kept.crop).shape == (112, 112, 3)
    assert len(people.templates()) == 2


def test_a_declaration_is_told_where_something_was_put_on_record(admission, registry, sight, people, save, portrait):
    picture, said = save("E/1.png", portrait), []
    view, model = sight.portrait(open_picture(picture)), sight.recogniser.model
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    kept = NewPicture((NewTemplate(view.vector, model),), 0.9, "1.png", digest)
    people.add_person("E", [kept], SystemClock().now())  # as versions did that asked for no consent
    terms = Terms(ALL, declared=lambda: said.append("declared"))

    told = [one.reason for _ in range(2) for one in Enroller(admission, sight, terms).enrol("E", [picture])]

    assert told[0].startswith("enrolled already; consent is put on record") and told[1] == "enrolled already"
    assert said == ["declared"] and len(registry.consents.of("person-0001")) == 3


@pytest.mark.timeout(60)
def test_what_is_no_file_is_refused_and_never_waited_for(enroller, save, portrait):
    good = save("E/2.png", portrait)
    os.mkfifo(good.with_name("1.png"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(good.with_name("3.png")))
        told = {one.picture.name: (one.outcome, one.reason) for one in enroller.import_folder(good.parents[1])}

    assert told.pop("2.png") == ("accepted", "")
    assert told == dict.fromkeys(("1.png", "3.png"), ("refused", "is neither a file nor a folder"))


@pytest.fixture
def other_admission(people, registry, sight) -> Admission:
    """What another process takes people in by."""
    gallery = Gallery(people, sight.recogniser.model, MatchingSettings(), SystemClock())
    return Admission(gallery, registry, EnrolmentSettings(), SystemClock())


@pytest.mark.parametrize("is_copy", [False, True])
def test_whom_another_process_has_just_enrolled_gets_the_picture_too(
    enroller, other_admission, sight, people, save, portrait, driver, monkeypatch, is_copy
):
    real, other = people.add_person, Enroller(other_admission, sight, Terms(ALL))

    def late(*given, **named):
        monkeypatch.setattr(people, "add_person", real)
        assert [one.outcome for one in other.enrol("ada", [save("ada/1.png", portrait)])] == ["accepted"]
        return real(*given, **named)

    monkeypatch.setattr(people, "add_person", late)
    (told,) = enroller.enrol("Ada", [save("Ada/2.png", cv2.flip(portrait, 1) if is_copy else driver)])

    assert told.outcome == ("refused" if is_copy else "accepted"), told.reason
    assert told.reason.startswith("it is nearly the same as a picture that is there" if is_copy else "")
    assert [one.name for one in people.people()] == ["ada"]
    assert len(people.pictures()) == (1 if is_copy else 2)


def test_what_another_process_adds_meanwhile_is_compared_with_too(
    enroller, other_admission, sight, people, save, portrait, driver, monkeypatch
):
    real, other = people.add_person, Enroller(other_admission, sight, Terms(ALL))

    def overtaken(*given, **named):
        made = real(*given, **named)
        assert [one.outcome for one in other.enrol("E", [save("other/1.png", portrait)])] == ["accepted"]
        return made

    monkeypatch.setattr(people, "add_person", overtaken)
    pictures = [save("E/1.png", driver), save("E/2.png", cv2.flip(portrait, 1))]
    first, second = enroller.enrol("E", pictures)

    assert first.outcome == "accepted"
    assert second.reason.startswith("it is nearly the same as a picture that is there")


def test_folders_that_spell_one_name_differently_are_one_person(admission, sight, save, portrait, driver):
    save("Ada/1.png", np.full((200, 200, 3), 127, np.uint8))
    save("Bob/1.png", driver)
    folder = save("ada/1.png", portrait).parents[1]
    save(" ADA  /1.png", portrait)
    (folder / "adA").mkdir()

    def told(*, is_rehearsal: bool) -> list[tuple]:
        enroller = Enroller(admission, sight, Terms(ALL), is_rehearsal=is_rehearsal)
        return [(one.name, one.standing, *one.counts.values()) for one in by_person(enroller.import_folder(folder))]

    expected = [("ADA", "new", 1, 1, 2), ("Bob", "new", 1, 0, 0)]
    assert told(is_rehearsal=True) == expected
    assert told(is_rehearsal=False) == expected
