"""What is doubtful in a home, look by look."""

from datetime import timedelta

import pytest
from tests.support.faces import ALL, MODEL, SIZE, HandClock, axis, kept, like

from mien.gallery.curation.doubting import Doubting
from mien.gallery.curation.outliers import CleanupSettings
from mien.store.journal import PictureStates, PicturesVouched
from mien.store.people import NewPicture
from mien.store.sql.people.journal import SqlJournal

LEAST = 0.5


@pytest.fixture
def journal(database) -> SqlJournal:
    return SqlJournal(database)


@pytest.fixture
def doubting(people) -> Doubting:
    return Doubting(people, CleanupSettings(), LEAST)


def of(person: int, number: int) -> NewPicture:
    """A picture of a face: any two of one are 0.64 similar."""
    return kept(like(axis(person), 0.8, SIZE - 20 + number))


def poor(person: int, quality: float) -> NewPicture:
    good = of(person, 19)
    return NewPicture(good.templates, quality, "x.jpg", crop="")


@pytest.fixture
def enrol(people, clock):
    def enrol(name: str, *pictures: NewPicture) -> list[int]:
        person = people.add_person(name, pictures, clock.now(), ALL)
        return [one.picture_id for one in people.pictures(person.person_id)]

    return enrol


def found(doubting: Doubting, clock: HandClock, later_s: float = 3600) -> dict[int, str]:
    """Why pictures are doubted, by id."""
    at = clock.now() + timedelta(seconds=later_s)
    return {one.picture_id: one.reason for one in doubting.look(MODEL, at).doubts}


def test_what_changes_is_seen_at_the_next_look(doubting, people, journal, clock, enrol):
    enrol("Ann", *(of(0, at) for at in range(3)))
    assert found(doubting, clock) == {}
    bob = enrol("Bob", *(of(1, 5 + at) for at in range(3)), of(0, 9))
    assert found(doubting, clock) == {bob[3]: "unlike the others"}
    looked = doubting.look(MODEL, clock.now() + timedelta(hours=1))
    assert looked.doubts[0].other_id == people.named("Ann").person_id
    journal.apply("picture.binned", [PictureStates((bob[3],), "binned")], clock.now())
    assert found(doubting, clock) == {}
    journal.undo(clock.now())
    assert [*found(doubting, clock)] == [bob[3]]
    people.forget(people.named("Bob").person_id)
    assert found(doubting, clock) == {}


def test_strangers_cost_nothing_and_are_not_doubted(doubting, people, clock, enrol, monkeypatch):
    enrol("Ann", *(of(0, at) for at in range(3)), of(3, 4))
    before = found(doubting, clock)
    monkeypatch.setattr(people, "templates", None)
    monkeypatch.setattr(people, "pictures", None)
    people.add_stranger([of(5, 1), of(6, 2)], clock.now())
    assert len(before) == 1 and found(doubting, clock) == before


def test_many_people_are_read_at_once_and_come_to_the_same(people, clock, enrol):
    for number in range(60):
        enrol(f"P{number}", kept(axis(number % 40)))
    wrong = enrol("Ann", *(of(41, at) for at in range(3)), of(42, 4))
    assert [*found(Doubting(people, CleanupSettings(), LEAST), clock)] == [wrong[3]]


def test_what_is_young_is_doubted_as_soon_as_it_is_old_enough(doubting, clock, enrol):
    ids = enrol("Ann", *(of(0, at) for at in range(3)), of(3, 4))
    assert found(doubting, clock, later_s=10) == {}
    assert found(doubting, clock, later_s=299) == {}
    assert [*found(doubting, clock, later_s=301)] == [ids[3]]


def test_poor_pictures_are_proposed_but_for_the_best_of_everybody(doubting, clock, enrol):
    ann = enrol("Ann", of(0, 1), poor(0, 0.2), poor(0, 0.3))
    enrol("Bob", poor(1, 0.1))
    assert found(doubting, clock) == {ann[1]: "too poor", ann[2]: "too poor"}


def test_the_best_that_stays_of_poor_pictures_is_not_one_of_somebody_else(doubting, clock, enrol):
    ann = enrol("Ann", poor(0, 0.2), poor(0, 0.3), of(3, 4))
    assert found(doubting, clock) == {ann[2]: "unlike the others", ann[0]: "too poor"}


def test_poor_pictures_are_left_alone_while_they_are_young_and_none_goes_for_a_young_one(
    doubting, people, clock, enrol
):
    ann = enrol("Ann", poor(0, 0.2), poor(0, 0.3))
    assert found(doubting, clock, later_s=299) == {}
    assert found(doubting, clock, later_s=301) == {ann[0]: "too poor"}
    clock.passed_s = 1000
    people.add_pictures("person-0001", [of(0, 1)], clock.now())
    assert found(doubting, clock, later_s=299) == {ann[0]: "too poor"}
    assert found(doubting, clock, later_s=301) == {ann[0]: "too poor", ann[1]: "too poor"}


def test_what_somebody_answers_for_is_not_doubted_until_that_is_taken_back(doubting, journal, clock, enrol):
    ids = enrol("Ann", *(of(0, at) for at in range(3)), of(3, 4), of(3, 5), poor(0, 0.2))
    assert [*found(doubting, clock)] == [ids[3], ids[4], ids[5]]
    journal.apply("picture.vouched", [PicturesVouched((ids[3], ids[5]), is_vouched=True)], clock.now())
    # That Ann looks like this, too, holds for the other picture of that face.
    assert found(doubting, clock) == {}
    journal.undo(clock.now())
    assert [*found(doubting, clock)] == [ids[3], ids[4], ids[5]]
