"""The self-test: what it finds in galleries of which it is known what is wrong with them."""

from datetime import timedelta

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept, like

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.curation.outliers import CleanupSettings
from mien.gallery.matching.background import Background
from mien.gallery.matching.leaving_out import LeftOut
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.gallery.selftest.columns import GalleryColumns
from mien.gallery.selftest.testing import SelfTester, Share, identified_at


@pytest.fixture
def tested(people, settings, clock):
    def tested(model: EmbeddingModel = MODEL):
        tester = SelfTester(settings, EnrolmentSettings(), CleanupSettings())
        return tester.test(GalleryColumns.of(people, model), clock.now() + timedelta(days=1))

    return tested


def spread(number: int, *leanings: int) -> list:
    return [like(axis(number), 0.9, 40 + leaning) for leaning in leanings]


def test_a_gallery_in_which_all_is_well(people, enrol, tested, clock) -> None:
    ann, bob = enrol("Ann", *spread(0, 1, 2, 3)), enrol("Bob", *spread(1, 4, 5, 6))
    stranger = people.add_stranger([kept(like(axis(1), 0.3))], clock.now())

    found = tested()

    assert (found.people, found.pictures, found.templates, found.threshold) == (2, 6, 6, 0.4)
    assert (found.rank1.share, found.identified.share, found.at_1_in_100.share) == (1, 1, 1)
    assert found.rank1 == Share.of(6, 6) and 0.5 < found.rank1.low < 0.6 and found.rank1.high == 1
    assert found.risky == found.useless == found.sparse == found.doubts == ()
    (met,) = found.met
    assert (met.one, met.other) == (stranger.person_id, bob) and found.highest_stranger == met.similarity
    assert [{one.one, one.other} for one in found.pairs] == [{ann, bob}] and abs(found.pairs[0].similarity) < 0.1


def test_what_is_wrong_is_found(enrol, people, tested) -> None:
    ann = enrol("Ann", *spread(0, 1, 2, 3), like(axis(1), 0.9, 9))
    bob = enrol("Bob", *spread(1, 4, 5, 6))
    few = enrol("Few", *spread(2, 7, 8))
    wrong = people.pictures(ann)[-1].picture_id

    found = tested()

    assert [(one.picture_id, one.person_id, one.other_id) for one in found.risky] == [(wrong, ann, bob)]
    assert [(one.picture_id, one.reason, one.other_id) for one in found.doubts] == [(wrong, "unlike the others", bob)]
    assert found.sparse == ((few, 2),)
    assert found.rank1 == Share.of(8, 9)


def test_copies_and_pictures_that_no_other_is_nearest_to_are_of_no_use(enrol, people, tested) -> None:
    ann = enrol("Ann", axis(0), like(axis(0), 0.99), *(like(axis(0), 0.8, 30 + row) for row in range(5)))
    pictures = [one.picture_id for one in people.pictures(ann)]

    found = tested().useless

    assert [(one.picture_id, one.reason, one.like) for one in found if one.reason == "near copy"] == [
        (pictures[1], "near copy", pictures[0])
    ]
    assert {one.picture_id for one in found if one.reason == "never the nearest"} == {*pictures[2:]}


def test_whoever_is_alone_or_has_one_picture_is_no_trouble(enrol, tested) -> None:
    ann = enrol("Ann", axis(0))

    found = tested()

    assert (found.rank1.count, found.rank1.low, found.rank1.high, found.pairs) == (0, 0, 1, ())
    assert (found.sparse, found.highest_stranger) == (((ann, 1),), None)


def test_templates_of_another_model_and_pictures_set_aside_do_not_count(enrol, people, tested) -> None:
    enrol("Ann", *spread(0, 1, 2, 3))
    with pytest.raises(GalleryError, match="nobody is known by"):
        tested(EmbeddingModel("other", "a", "d"))


def test_strangers_are_drawn_where_the_model_has_a_background(people, clock, settings) -> None:
    model = EmbeddingModel("mobilefacenet", "arcface-112", "yunet")
    mean = Background.of_model(model).mean
    rng = np.random.default_rng(0)
    for name in ("Ann", "Bob"):
        vectors = rng.standard_normal((3, len(mean))).astype(np.float32)
        people.add_person(name, [kept(v / np.linalg.norm(v), model) for v in vectors], clock.now())

    tester = SelfTester(settings, EnrolmentSettings(), CleanupSettings())
    found = tester.test(GalleryColumns.of(people, model), clock.now())

    assert found.drawn is not None and found.drawn.count == 20_000 and found.highest_stranger == found.drawn.highest


def test_the_rate_at_which_one_in_a_hundred_is_named_wrongly() -> None:
    rows = np.arange(200)
    rival = np.linspace(0, 0.4, 200).astype(np.float32)
    own = np.full(200, 0.397, np.float32)
    own[:20] = 0.1
    left = LeftOut(rows, own, rival, rows)

    assert identified_at(left, 0.01) == Share.of(178, 200)  # two rivals are above the threshold, and nearer
    assert identified_at(LeftOut(rows[:0], own[:0], own[:0], rows[:0]), 0.01).count == 0


def test_one_picture_under_a_wrong_name_costs_no_more_than_itself() -> None:
    rows = np.arange(60)
    own, rival = np.full(60, 0.6, np.float32), np.full(60, 0.1, np.float32)
    own[7], rival[7] = 0.0, 0.9
    assert identified_at(LeftOut(rows, own, rival, rows), 0.01) == Share.of(59, 60)
    assert identified_at(LeftOut(rows, rival, own + 1, rows), 0.01) == Share.of(0, 60)
