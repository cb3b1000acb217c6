"""New templates from kept pictures, by the real networks on real faces."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.support.faces import ALL, MODEL, Noted, axis, kept

from mien.domain.errors import GalleryError
from mien.domain.faces import BoxCropSpec, CropSpec, EmbeddingModel, Embeddings, Recognition
from mien.domain.landmarks import ARCFACE_112
from mien.gallery.reembedding import Reembedding
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.people.consents import SqlConsents
from mien.vision.alignment import align
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser


def nothing(_done: int, _total: int) -> None:
    pass


class Drawing:
    """A recogniser that sees the mean colours of a crop, of any spec."""

    def __init__(self, crop=None, network: str = "drawing") -> None:
        self.crop = crop or CropSpec(112, ARCFACE_112, "bgr")
        self.model = EmbeddingModel(network, "arcface-112", "detector")
        self.seen: list[np.ndarray] = []

    def recognise(self, crops) -> Recognition:
        assert crops.spec == self.crop
        self.seen += [*crops.images]
        small = [cv2.resize(image, (4, 4), interpolation=cv2.INTER_AREA).ravel() for image in crops.images]
        vectors = np.array(small, np.float32) + 1
        norms = np.linalg.norm(vectors, axis=1)
        return Recognition(Embeddings(vectors / norms[:, None], self.model), norms)


@pytest.fixture(scope="module")
def faces(catalog, weights, take) -> list[np.ndarray]:
    """Crops of the woman of the portrait and of the man in the car, two of each."""
    detector = load_detector(take("yunet"), DetectionSettings())
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 100)
    video = cv2.VideoCapture(str(weights.path(catalog.card("carphone"))))
    _, driver = video.read()
    driver = cv2.resize(driver, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    crops = []
    for image in (portrait, portrait[:, ::-1].copy(), driver, driver[:, ::-1].copy()):
        pixels = ArrayPixels(image)
        face = detector.detect(pixels).select([0])
        crops.append(align(pixels, face.landmarks, CropSpec(112, ARCFACE_112, "bgr")).images[0])
    return crops


@pytest.fixture
def enrolled(people, media, clock, faces) -> tuple[str, str]:
    """The woman and the man under their names, by templates of a model that nobody has any more."""
    rows = iter(range(4))
    pairs = [
        [NewPicture((NewTemplate(axis(next(rows)), MODEL),), 0.9, "x", crop=media.save(crop)) for crop in pair]
        for pair in (faces[:2], faces[2:])
    ]
    return tuple(
        people.add_person(name, pictures, clock.now(), ALL).person_id
        for name, pictures in zip(("Woman", "Man"), pairs, strict=True)
    )


def test_people_are_known_by_another_network_afterwards(people, media, enrolled, take) -> None:
    recogniser = load_recogniser(take("mobilefacenet"), "yunet")
    noted = Noted()
    work = Reembedding(people, media, recogniser, noted)
    assert len(work.pending().pictures) == 4 and work.covered == 1

    assert work.run(nothing) == 4

    templates = people.templates(recogniser.model)
    assert sorted(one.variant for one in templates) == ["distant"] * 4 + ["plain"] * 4
    plain = {one.picture_id: one.vector for one in templates if one.variant == "plain"}
    woman, man = ([plain[one.picture_id] for one in people.pictures(who)] for who in enrolled)
    assert float(woman[0] @ woman[1]) > 0.6 and float(man[0] @ man[1]) > 0.6 and float(woman[0] @ man[0]) < 0.3
    assert work.run(nothing) == 0 and work.pending().done == 4
    comparison = work.compare()
    assert comparison is not None and comparison.old_model == MODEL and comparison.is_better
    assert comparison.new.share == 1 and comparison.new.count == comparison.old.count == 4
    assert work.drop_others() == 4 and work.drop_others() == 0
    assert {held.model for held in people.holdings()} == {recogniser.model}
    work.note(4, 4)
    assert noted.heard == [("gallery.reembedded", (), {"pictures": 4, "templates": 4})]


def test_it_goes_on_where_it_was_interrupted(people, media, enrolled, monkeypatch) -> None:
    monkeypatch.setattr("mien.gallery.reembedding._BATCH", 1)
    work = Reembedding(people, media, Drawing(), Noted())

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work.run(stop)
    assert len(people.embedded(work.model)) == 2 and len(people.embedded(MODEL)) == 4

    assert work.run(nothing) == 2 and len(people.embedded(work.model)) == 4


def test_pictures_that_cannot_be_embedded_are_told_and_keep_their_templates(people, media, enrolled, clock) -> None:
    bare = people.add_person("Bare", [kept(axis(9))], clock.now(), ALL).person_id
    people.add_pictures(enrolled[0], [kept(axis(10), origin="y")], clock.now())
    large = media.save(np.zeros((160, 160, 3), np.uint8))
    people.add_pictures(enrolled[0], [replace(kept(axis(11), origin="z"), crop=large)], clock.now())
    work = Reembedding(people, media, Drawing(), Noted())

    pending = work.pending()
    assert (len(pending.pictures), pending.without_crop, pending.stuck) == (5, 2, (bare,))
    assert work.run(nothing) == 4
    assert work.drop_others() == 4
    assert len(people.templates(MODEL)) == 3


def test_whoever_does_not_consent_gets_no_templates(people, media, enrolled, database, clock) -> None:
    SqlConsents(database).withdraw(enrolled[0], ["identify"], clock.now())
    work = Reembedding(people, media, Drawing(), Noted())

    assert {one.person_id for one in work.pending().pictures} == {enrolled[1]}
    assert people.add_templates([(people.pictures(enrolled[0])[0].picture_id, NewTemplate(axis(0), MODEL))]) == 0


def test_strangers_are_embedded_too_by_plain_templates(people, media, faces, clock) -> None:
    picture = NewPicture((NewTemplate(axis(0), MODEL),), 0.9, "cam:1", crop=media.save(faces[0]))
    people.add_stranger([picture], clock.now())
    work = Reembedding(people, media, Drawing(), Noted())

    assert work.run(nothing) == 1
    assert [one.variant for one in people.templates(work.model)] == ["plain"]


def test_a_worse_model_is_told_to_be_worse(people, media, enrolled) -> None:
    blind = Drawing()
    blind.recognise = lambda crops: Recognition(
        Embeddings(np.tile(axis(0), (len(crops), 1)), blind.model), np.ones(len(crops), np.float32)
    )
    for number, who in enumerate(enrolled):
        better = EmbeddingModel("better", "arcface-112", "detector")
        people.add_templates([(one.picture_id, NewTemplate(axis(20 + number), better)) for one in people.pictures(who)])
    people.drop_templates(MODEL, EmbeddingModel("better", "arcface-112", "detector"))
    work = Reembedding(people, media, blind, Noted())
    work.run(nothing)

    comparison = work.compare()
    assert comparison is not None and not comparison.is_better and comparison.old.share == 1


def test_a_recogniser_with_another_template_gets_crops_warped_to_it(people, media, enrolled, faces) -> None:
    nearer = tuple(((x - 56) * 1.6 + 80, (y - 60) * 1.6 + 82) for x, y in ARCFACE_112)
    drawing = Drawing(CropSpec(160, nearer, "bgr"))
    work = Reembedding(people, media, drawing, Noted())
    assert work.covered > 0.99
    work.run(nothing)

    expected = cv2.warpAffine(faces[0], np.array([[1.6, 0, 80 - 56 * 1.6], [0, 1.6, 82 - 60 * 1.6]]), (160, 160))
    assert np.abs(drawing.seen[0].astype(int) - expected).mean() < 1
    wider = tuple(((x - 56) * 0.5 + 56, (y - 56) * 0.5 + 56) for x, y in ARCFACE_112)
    assert Reembedding(people, media, Drawing(CropSpec(112, wider, "bgr")), Noted()).covered < 0.3


def test_a_recogniser_that_wants_the_box_cannot_be_served(people, media) -> None:
    with pytest.raises(GalleryError, match="around the box"):
        Reembedding(people, media, Drawing(BoxCropSpec(160, 1.2, "bgr")), Noted())


def test_pictures_that_are_not_to_be_kept_any_more_since_a_moment_ago_are_passed_over(
    people, media, database, clock, enrolled, monkeypatch
) -> None:
    monkeypatch.setattr("mien.gallery.reembedding._BATCH", 1)
    work = Reembedding(people, media, Drawing(), Noted())

    def withdraw(done: int, _total: int) -> None:
        if done == 1:
            for crop in SqlConsents(database).withdraw(enrolled[0], {"keep"}, clock.now()).crops:
                media.delete(crop)

    assert work.run(withdraw) == 3
    assert len(people.embedded(work.model)) == 3 and work.lost == ()

    lost = next(one for one in people.pictures(enrolled[1]) if one.crop)
    people.drop_templates(work.model, MODEL)
    media.delete(lost.crop)
    work.run(nothing)
    assert [one.picture_id for one in work.lost] == [lost.picture_id]
