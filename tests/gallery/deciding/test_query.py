from tests.support.faces import axis, kept, like, quality, seen

from mien.domain.identity import Match, Undecided, Unknown
from mien.gallery.deciding.query import PassingIdentities, PictureIdentities


def test_a_question_names_who_is_enrolled_and_leaves_no_trace(open_gallery, enrol, people, media) -> None:
    ada = enrol("Ada", axis(0))
    identities = PictureIdentities(open_gallery())
    identities.observe([1, 2, 3], seen(like(axis(0), 0.8), axis(5), axis(6)), quality(0.9, 0.9, 0.1))
    answers = identities.decide([1, 2, 3, 4])
    assert isinstance(answers[1], Match) and answers[1].person_id == ada
    assert isinstance(answers[2], Unknown) and answers[2].person_id == ""
    assert answers[3] == Undecided("blurred", answers[3].similarity, answers[3].margin)
    assert isinstance(answers[4], Undecided)  # never looked up
    assert identities.name_of(ada) == "Ada" and identities.name_of("") == ""
    assert [identities.is_settled(track) for track in (1, 4)] == [True, False]
    assert [person.person_id for person in people.people()] == [ada]


def test_a_stranger_who_was_met_is_met_again(open_gallery, people, clock) -> None:
    met = people.add_stranger([kept(axis(3))], clock.now()).person_id
    gallery = open_gallery()
    identities = PictureIdentities(gallery)
    identities.observe([7], seen(like(axis(3), 0.9)), quality(0.9))
    assert identities.decide([7])[7].person_id == met == "unknown-0001"
    assert not identities.is_ignored(met)
    assert identities.end([7, 8]).keys() == {7}
    assert isinstance(identities.decide([7])[7], Undecided)


def test_a_face_that_goes_by_is_not_who_was_forgotten_meanwhile(open_gallery, enrol, people, clock) -> None:
    ada = enrol("Ada", axis(0))
    identities = PassingIdentities(open_gallery())
    identities.observe([1], seen(like(axis(0), 0.8)), quality(0.9))
    assert identities.decide([1])[1].person_id == ada and identities.is_settled(1)
    people.forget(ada)
    clock.passed_s += 1
    assert identities.decide([1])[1] == Undecided("unclear") and not identities.is_settled(1)
    identities.observe([1], seen(like(axis(0), 0.8)), quality(0.9))
    assert isinstance(identities.decide([1])[1], Unknown)
