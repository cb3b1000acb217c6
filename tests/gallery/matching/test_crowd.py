from dataclasses import replace

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept, like, quality, seen

from mien.domain.errors import ModelMismatch
from mien.domain.identity import Match, Undecided, Unknown


@pytest.fixture
def meet(people, clock):
    """Founds a stranger by vectors and returns the id."""

    def meet(*vectors) -> str:
        return people.add_stranger([kept(vector) for vector in vectors], clock.now()).person_id

    return meet


def test_the_mean_of_the_templates_counts_and_the_margin_is_to_the_second_person(open_gallery, enrol):
    ann = enrol("Ann", axis(0), axis(1))
    enrol("Bob", axis(2))
    vector = 0.6 * axis(0) + 0.4 * axis(1) + 0.25 * axis(2)
    vector += np.float32(np.sqrt(1 - vector @ vector)) * axis(9)

    (answer,) = open_gallery().identify(seen(vector), quality(1.0))

    similarity = 1.0 / np.sqrt(2)  # to the mean of two templates at right angles
    assert answer == Match(ann, pytest.approx(similarity), pytest.approx(similarity - 0.25))


def test_the_margin_is_the_whole_similarity_where_there_is_nobody_else(open_gallery, enrol):
    ann = enrol("Ann", axis(0))

    assert open_gallery().identify(seen(like(axis(0), 0.6)), quality(0.9)) == (
        Match(ann, pytest.approx(0.6), pytest.approx(0.6)),
    )


def test_a_stranger_is_unknown_and_never_the_nearest_name(open_gallery, enrol):
    enrol("Ann", axis(0))

    (answer,) = open_gallery().identify(seen(like(axis(0), 0.3)), quality(0.9))

    assert answer == Unknown(pytest.approx(0.3), "", pytest.approx(0.3))


def test_an_empty_gallery_knows_nobody(open_gallery):
    assert open_gallery().identify(seen(axis(0)), quality(0.9)) == (Unknown(0.0),)
    assert open_gallery().identify(seen(), quality()) == ()


def test_between_two_people_is_undecided(open_gallery, enrol):
    enrol("Ann", axis(0))
    enrol("Bob", axis(1))

    (answer,) = open_gallery().identify(seen((axis(0) + axis(1)) / np.float32(np.sqrt(2))), quality(0.9))

    assert isinstance(answer, Undecided)
    assert answer.reason == "between two people"


def test_nearly_similar_enough_is_undecided(open_gallery, enrol):
    enrol("Ann", axis(0))

    (answer,) = open_gallery().identify(seen(like(axis(0), 0.38)), quality(0.9))

    assert isinstance(answer, Undecided)
    assert answer.similarity == pytest.approx(0.38)


def test_a_poor_face_may_be_somebody_but_is_nobodys_stranger(open_gallery, enrol):
    ann = enrol("Ann", axis(0))
    gallery = open_gallery()

    assert gallery.identify(seen(like(axis(0), 0.45)), quality(0.2)) == (
        Match(ann, pytest.approx(0.45), pytest.approx(0.45)),
    )
    (answer,) = gallery.identify(seen(like(axis(0), 0.31)), quality(0.2))  # 0.08 less is asked of this quality
    assert answer == Undecided("blurred", pytest.approx(0.31), pytest.approx(0.31))
    assert gallery.identify(seen(axis(5)), quality(0.2, reason="too small")) == (Undecided("too small"),)
    assert gallery.identify(seen(axis(5), norm=4.0), quality(0.9)) == (Undecided("unclear"),)


def test_of_a_poor_face_less_is_asked_by_as_much_as_it_is_poor(open_gallery, enrol):
    ann = enrol("Ann", axis(0))
    faces = [like(axis(0), 0.37)] * 3

    answers = [
        open_gallery().identify(seen(face), quality(told))[0] for face, told in zip(faces, (1, 0.8, 0.6), strict=True)
    ]

    assert [getattr(answer, "person_id", "") for answer in answers] == ["", "", ann]


def test_what_is_hardly_a_face_is_nobody_however_similar(open_gallery, enrol):
    enrol("Ann", axis(0))

    assert open_gallery().identify(seen(axis(0), norm=5.4), quality(0.9)) == (Undecided("unclear"),)


def test_a_stranger_who_was_met_is_found_by_id_and_enrolled_people_win(open_gallery, enrol, meet):
    stranger = meet(axis(0))
    gallery = open_gallery()

    (answer,) = gallery.identify(seen(like(axis(0), 0.9)), quality(0.9))
    assert answer == Unknown(0.0, stranger, 0.0)

    ann = enrol("Ann", like(axis(0), 0.6, number=3))
    (answer,) = open_gallery().identify(seen(axis(0)), quality(0.9))
    assert answer == Match(ann, pytest.approx(0.6), pytest.approx(0.6))


def test_two_faces_of_a_picture_are_never_one_person(open_gallery, enrol, meet):
    ann, stranger = enrol("Ann", axis(0)), meet(axis(1))
    faces = [like(axis(0), 0.6), like(axis(0), 0.8), like(axis(1), 0.9), like(axis(1), 0.7)]

    answers = open_gallery().identify(seen(*faces), quality(0.9, 0.9, 0.9, 0.9))

    assert answers[1] == Match(ann, pytest.approx(0.8), pytest.approx(0.8))
    assert isinstance(answers[2], Unknown)
    assert answers[2].person_id == stranger
    for loser in (answers[0], answers[3]):
        assert isinstance(loser, Undecided)
        assert loser.reason == "somebody else in view is that person"


def test_another_models_faces_are_refused_and_its_templates_are_not_searched(open_gallery, enrol):
    other = replace(MODEL, detector="another")
    enrol("Ann", axis(0), model=other)
    gallery = open_gallery()

    with pytest.raises(ModelMismatch, match="network/alignment/another"):
        gallery.identify(seen(axis(0), model=other), quality(0.9))
    assert gallery.identify(seen(axis(0)), quality(0.9)) == (Unknown(0.0),)
