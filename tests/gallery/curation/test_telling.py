"""Changes to people in words: what was done, and what taking it back comes to."""

from datetime import timedelta

import numpy as np
import pytest
from tests.support.faces import ALL, axis, kept
from tests.support.visits import registry_of

from mien.domain.people.consent import NewConsent
from mien.gallery.curation.curator import Curator
from mien.gallery.curation.telling import Telling
from mien.gallery.roster import Roster


@pytest.fixture
def registry(database, media):
    return registry_of(database, media)


@pytest.fixture
def curator(registry, people, clock) -> Curator:
    return Curator(registry, Roster(people), clock, 4)


@pytest.fixture
def telling(people, registry, clock) -> Telling:
    return Telling(people, registry.consents, clock)


@pytest.fixture
def enrol(people, clock):
    def enrol(name, *vectors):
        return people.add_person(name, [kept(one) for one in vectors], clock.now(), ALL).person_id

    return enrol


@pytest.fixture
def met(people, clock):
    return lambda *vectors: people.add_stranger([kept(one) for one in vectors], clock.now()).person_id


def test_a_rename_is_taken_back_to_the_name_of_before(curator, telling, enrol):
    enrol("Ann", axis(0))
    change = curator.carry_out(curator.rename("Ann", "Bea"))
    assert (telling.word(change), telling.who(change)) == ("rename", "Bea")
    assert telling.who(change, with_ids=True) == "'Bea' (person-0001)"
    assert telling.undoing(change) == ("'Bea' (person-0001) is called 'Ann' again",)


def test_a_merge_tells_into_whom_and_who_is_on_their_own_again(curator, telling, enrol):
    enrol("Ann", axis(0))
    enrol("Bob", axis(1), axis(2), axis(3), axis(4))
    change = curator.carry_out(curator.merge("Ann", ["Bob"]))
    assert (telling.word(change), telling.who(change)) == ("merge", "Bob into Ann")
    lines = telling.undoing(change)
    assert "'Bob' (person-0002) is not 'Ann' (person-0001) any more, and a person of their own again" in lines
    assert "4 pictures (2 to 5) back to 'Bob' (person-0002)" in lines
    assert any(line.endswith("is looked at again") for line in lines), "one was set aside"


def test_two_strangers_made_one_are_told_as_that(curator, telling, met, enrol):
    one, other = met(axis(0)), met(axis(1))
    change = curator.carry_out(curator.merge(other, [one]))
    assert (telling.word(change), telling.who(change)) == ("merge strangers", "unknown-0001 into unknown-0002")
    enrol("Ann", axis(2))
    change = curator.carry_out(curator.merge("Ann", [other]))
    assert (telling.word(change), telling.who(change)) == ("assign", "unknown-0002 to Ann")


def test_consent_that_was_withdrawn_since_is_told_to_stay_so(curator, telling, registry, met, clock):
    stranger = met(axis(0), axis(1))
    change = curator.carry_out(curator.name([stranger], "Eve", NewConsent(frozenset({"identify"}), "1", "form")))
    assert (telling.word(change), telling.who(change)) == ("give a name", "unknown-0001 to Eve")
    assert telling.stays(change) == ()
    clock.passed_s += 60
    registry.consents.withdraw("person-0001", {"identify"}, clock.now())
    stays, unbound = telling.stays(change)
    assert stays.startswith("consent of 'Eve' (person-0001) to identify was withdrawn since: that is not taken back")
    assert unbound == (
        "that 'Eve' (person-0001) does not consent to identify does not hold for unknown-0001, who gets 2 pictures "
        "(1, 2) back: make sure that they show somebody else"
    )
    assert telling.undoing(change) == (
        "unknown-0001 is not 'Eve' (person-0001) any more, and a person of their own again",
        "2 pictures (1, 2) back to unknown-0001",
        "'Eve' (person-0001) goes into the recycle bin",
    )
    registry.consents.give("person-0001", ALL, clock.now())
    assert telling.stays(change) == (), "it is there again"
    later = curator.carry_out(curator.hide("Eve"))
    assert later.at >= clock.now() - timedelta(seconds=1) and telling.stays(later) == ()


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (lambda curator: curator.hide("Ann"), "'Ann' (person-0001) is in lists again"),
        (lambda curator: curator.remove(["Ann"]), "'Ann' (person-0001) comes out of the recycle bin"),
        (lambda curator: curator.remove_pictures([1, 2, 3]), "3 pictures (1 to 3) are looked at again"),
        (lambda curator: curator.set_aside([2]), "1 picture (2) is looked at again"),
        (lambda curator: curator.move([3], "unknown-0001"), "1 picture (3) back to 'Ann' (person-0001)"),
    ],
)  # fmt: skip
def test_what_is_as_before_is_told_by_name_and_number(curator, telling, enrol, met, done, told):
    enrol("Ann", axis(0), axis(1), axis(2))
    met(axis(4))
    assert telling.undoing(curator.carry_out(done(curator))) == (told,)


def test_a_restored_person_goes_back_into_the_bin_and_pictures_too(curator, telling, enrol):
    enrol("Ann", axis(0), axis(1))
    curator.carry_out(curator.remove_pictures([1]))
    assert telling.undoing(curator.carry_out(curator.restore_pictures([1]))) == (
        "1 picture (1) is in the recycle bin again",
    )
    curator.carry_out(curator.remove(["Ann"]))
    change = curator.carry_out(curator.restore("Ann"))
    assert telling.undoing(change) == ("'Ann' (person-0001) goes into the recycle bin",)


def test_files_that_went_with_a_change_are_told_not_to_come_back(curator, telling, people, media, clock):
    crop, other = (media.save(np.zeros((112, 112, 3), np.uint8)) for _ in range(2))
    pictures = [kept(axis(0)), kept(axis(1), crop=crop), kept(axis(2), crop=other)]
    people.add_person("Ann", pictures, clock.now(), ALL)
    identify = NewConsent(frozenset({"identify"}), "2", "")
    split = curator.carry_out(curator.split("Ann", [1, 2], "Bob", identify))
    told = "what was stored of 1 picture (2) was deleted with the change, and does not come back"
    assert split.crops == (crop,) and told in telling.stays(split)
    undone = curator.undo()
    assert told in telling.stays(undone)
    assert [one.crop for one in people.pictures("person-0001")] == ["", "", other]
    assert telling.stays(curator.carry_out(curator.split("Ann", [1], "Bea", ALL))) == ()


def test_an_undo_tells_for_whom_a_withdrawal_does_not_hold(curator, telling, registry, enrol, met, clock):
    ann, bob, stranger = enrol("Ann", axis(0)), enrol("Bob", axis(1), axis(2)), met(axis(3))
    merged = curator.carry_out(curator.merge("Ann", ["Bob", stranger]))
    clock.passed_s += 60
    registry.consents.withdraw(ann, {"identify", "expression"}, clock.now())

    told = [one for one in telling.stays(merged) if "does not hold" in one]

    assert len(told) == 1, "Bob, who was Ann, said the same"
    assert told[0].startswith(f"that 'Ann' ({ann}) does not consent to expression and identify does not hold for")
    assert f"{stranger}, who gets 1 picture (4) back" in told[0]
    registry.consents.give(ann, ALL, clock.now())
    curator.undo()
    moved = curator.carry_out(curator.move([2], "Ann"))
    clock.passed_s += 60
    registry.consents.withdraw(ann, {"expression"}, clock.now())
    assert not [one for one in telling.stays(moved) if "does not hold" in one], "of a picture nothing was read"
    registry.consents.withdraw(ann, {"identify"}, clock.now())
    registry.consents.give(bob, ALL, clock.now())
    (told,) = [one for one in telling.stays(moved) if "does not hold" in one]
    assert told.startswith(f"that 'Ann' ({ann}) does not consent to identify does not hold for 'Bob' ({bob}), who gets")
