"""What every journal of changes to people promises: each is whole, and each can be taken back."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.faces import ALL

from mien.domain.errors import GalleryError, PersonUnknown
from mien.domain.people.consent import NewConsent
from mien.store.journal import (
    NEW,
    Journal,
    PersonConsented,
    PersonFounded,
    PersonMerged,
    PersonName,
    PersonStanding,
    PictureMove,
    PictureStates,
    PicturesVouched,
    TemplatesAdded,
)
from mien.store.people import NewPicture
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings

HOUR = timedelta(hours=1)


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def journal(database) -> Journal:
    return SqlJournal(database)


@pytest.fixture
def consents(database) -> SqlConsents:
    return SqlConsents(database)


@pytest.fixture
def ann(people, picture, noon):
    return people.add_person("Ann", [picture(0), picture(1)], noon)


@pytest.fixture
def bob(people, picture, noon):
    return people.add_person("Bob", [picture(2)], noon)


def ids(people, person) -> tuple[int, ...]:
    return tuple(one.picture_id for one in people.pictures(person.person_id))


def everything(people):
    return (
        people.people(everybody=True),
        people.pictures(),
        {one.template_id: one.person_id for one in people.templates()},
    )


def as_it_means(people):
    """Everything but the moments at which it became so."""
    persons = [
        (one.person_id, one.name, one.kind, one.standing, one.merged_into) for one in people.people(everybody=True)
    ]
    return persons, [(one.picture_id, one.person_id, one.state) for one in people.pictures()]


def merging(ann, bob):
    return [PersonMerged(bob.person_id, ann.person_id)]


def test_a_merge_moves_pictures_and_is_taken_back_to_the_last_row(people, journal, ann, bob, noon):
    before = as_it_means(people)

    journal.apply("merge", merging(ann, bob), noon)

    assert [one.name for one in people.people()] == ["Ann"]
    assert len(people.pictures(ann.person_id)) == 3
    assert {one.person_id for one in people.templates()} == {ann.person_id}
    assert people.selves(bob.person_id) == (ann.person_id, bob.person_id)
    journal.undo(noon)
    assert as_it_means(people) == before


def test_the_name_of_somebody_who_is_gone_is_free(people, journal, ann, bob, noon):
    journal.apply("remove", [PersonStanding(bob.person_id, "binned")], noon)
    other = people.add_person("bob", [], noon)

    with pytest.raises(GalleryError, match="enrolled already"):
        journal.undo(noon)
    assert people.named("Bob") == other
    assert people.person(bob.person_id).standing == "binned"


def test_who_is_binned_is_not_looked_for(people, journal, ann, bob, noon, model):
    journal.apply("remove", [PersonStanding(bob.person_id, "binned")], noon)
    assert people.template_owners(model).person_ids == (ann.person_id,)
    assert [one.person_id for one in people.changed_people(0).people] == [ann.person_id, bob.person_id]
    journal.undo(noon)
    assert set(people.template_owners(model).person_ids) == {ann.person_id, bob.person_id}


def test_a_picture_that_is_set_aside_is_not_looked_at(people, journal, ann, noon):
    first, second = ids(people, ann)
    journal.apply("cap", [PictureStates((first,), "set_aside")], noon)

    assert [one.picture_id for one in people.templates()] == [second]
    assert people.counts() == {ann.person_id: (1, 1, 0)}
    journal.undo(noon)
    assert people.counts() == {ann.person_id: (2, 2, 0)}


def test_a_split_founds_a_person_who_is_gone_when_it_is_taken_back(people, journal, ann, noon):
    first, second = ids(people, ann)

    change = journal.apply("split", [PersonFounded("Eve"), PictureMove((second,), NEW)], noon)

    new = people.named("Eve").person_id
    assert set(change.people) == {ann.person_id, new}
    assert [one.name for one in people.people()] == ["Ann", "Eve"]
    assert [one.picture_id for one in people.pictures(new)] == [second]
    journal.undo(noon)
    assert [one.name for one in people.people()] == ["Ann"]
    assert ids(people, ann) == (first, second)


def test_a_split_is_not_taken_back_with_pictures_that_came_since(people, journal, picture, ann, noon):
    _, second = ids(people, ann)
    journal.apply("split", [PersonFounded("Eve"), PictureMove((second,), NEW)], noon)
    eve = people.named("Eve")
    people.add_pictures(eve.person_id, [picture(5)], noon)

    with pytest.raises(GalleryError, match=f"{eve.person_id} has got 1 picture since: move or remove it first"):
        journal.undo(noon)
    assert people.named("Eve") == eve
    assert len(ids(people, eve)) == 2


def test_a_rename_keeps_the_id_and_frees_the_old_name(people, journal, ann, noon):
    journal.apply("rename", [PersonName(ann.person_id, "Anna")], noon)

    assert people.person(ann.person_id).name == "Anna"
    assert people.named("ann") is None
    journal.apply("rename", [PersonName(ann.person_id, "ANNA")], noon)
    assert people.person(ann.person_id).name == "ANNA"
    journal.undo(noon)
    journal.undo(noon)
    assert people.named("ann").name == "Ann"


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ([PersonStanding("person-0001", "hidden"), PersonName("person-0001", "Bob")], GalleryError),
        ([PersonStanding("person-0001", "hidden"), PictureMove((1, 99), "person-0002")], GalleryError),
        ([PersonStanding("person-0001", "hidden"), PictureMove((1,), "person-0099")], PersonUnknown),
        ([PersonStanding("person-0001", "hidden"), PictureStates((99,), "binned")], GalleryError),
        ([PersonStanding("person-0001", "hidden"), PersonStanding("person-0099", "binned")], PersonUnknown),
    ],
)
def test_what_cannot_be_done_whole_is_not_done_at_all(people, journal, ann, bob, noon, steps, error):
    before, revision = everything(people), people.revision()

    with pytest.raises(error):
        journal.apply("change", steps, noon)

    assert (everything(people), people.revision(), journal.changes()) == (before, revision, ())


def test_a_change_on_which_a_later_one_stands_is_not_taken_back_before_it(people, journal, ann, bob, noon):
    first = journal.apply("rename", [PersonName(ann.person_id, "Anna")], noon)
    other = journal.apply("rename", [PersonName(bob.person_id, "Robert")], noon)
    second = journal.apply("hide", [PersonStanding(ann.person_id, "hidden")], noon)

    with pytest.raises(GalleryError, match=f"change {second.change_id} came after it"):
        journal.undo(noon, first.change_id)
    assert journal.undo(noon, second.change_id).change_id == second.change_id
    assert journal.undo(noon, first.change_id).change_id == first.change_id
    with pytest.raises(GalleryError, match="undone already"):
        journal.undo(noon, first.change_id)
    assert [one.undone_at for one in journal.changes()] == [noon, None, noon]
    assert [one.change_id for one in journal.changes(person_id=bob.person_id)] == [other.change_id]
    assert journal.undo(noon).change_id == other.change_id
    with pytest.raises(GalleryError, match="nothing to undo"):
        journal.undo(noon)


def test_nothing_of_a_forgotten_person_stays_in_the_journal(people, journal, ann, bob, noon):
    journal.apply("rename", [PersonName(ann.person_id, "Anna")], noon)
    journal.apply("merge", merging(ann, bob), noon)
    assert people.traces([bob.person_id]) > 0

    forgotten = people.forget(bob.person_id)

    assert forgotten.person_ids == (ann.person_id, bob.person_id)
    assert people.traces(forgotten.person_ids) == 0
    assert journal.changes() == ()


def test_a_merge_moves_what_came_after_it_was_planned(people, journal, picture, ann, bob, noon):
    steps = merging(ann, bob)
    people.add_pictures(bob.person_id, [picture(7)], noon)

    journal.apply("merge", steps, noon)

    assert len(people.pictures(ann.person_id)) == 4


def test_pictures_do_not_go_to_who_does_not_consent_to_be_identified(people, journal, consents, ann, bob, noon):
    consents.give(bob.person_id, ALL, noon)
    consents.withdraw(bob.person_id, {"identify"}, noon)

    with pytest.raises(GalleryError, match="has not consented to be identified"):
        journal.apply("move", [PictureMove(ids(people, ann), bob.person_id)], noon)
    with pytest.raises(GalleryError, match="has not consented to be identified"):
        people.add_pictures(bob.person_id, [NewPicture((), 0.5, "more")], noon)
    assert len(ids(people, ann)) == 2


def test_who_does_not_consent_to_keep_them_gets_no_pictures_with_others(people, journal, consents, picture, ann, noon):
    stranger = people.add_stranger([picture(3, crop="a.face"), picture(4)], noon)
    consents.give(ann.person_id, NewConsent(frozenset({"identify"}), "2", ""), noon)

    change = journal.apply("assign", merging(ann, stranger), noon)

    assert change.crops == ("a.face",)
    assert {one.crop for one in people.pictures(ann.person_id)} == {""}


def test_consent_that_comes_with_a_change_holds_for_it_and_outlives_it(people, journal, consents, picture, ann, noon):
    consents.give(ann.person_id, ALL, noon)
    consents.withdraw(ann.person_id, {"identify", "keep"}, noon)
    stranger = people.add_stranger([picture(3, crop="a.face")], noon)
    agreed = PersonConsented(ann.person_id, ALL)

    change = journal.apply("assign", [agreed, *merging(ann, stranger)], noon + HOUR)

    assert change.crops == () and people.person(ann.person_id).may_identify
    journal.undo(noon + 2 * HOUR)
    assert consents.scopes_of(ann.person_id, noon + 3 * HOUR) == ALL.scopes
    assert [one.crop for one in people.pictures(stranger.person_id)] == ["a.face"]


def test_templates_that_come_with_a_change_go_with_it(people, journal, consents, picture, ann, bob, noon):
    (given,) = picture(5).templates
    distant = replace(given, variant="distant")
    (first, second), (third,) = ids(people, ann), ids(people, bob)
    journal.apply("add", [TemplatesAdded(((first, distant),))], noon)

    change = journal.apply("add", [TemplatesAdded(((first, distant), (second, distant), (second, given)))], noon)

    assert change.people == (ann.person_id,)
    told = [(one.picture_id, one.variant) for one in people.templates(person_id=ann.person_id)]
    assert told == [(first, "plain"), (second, "plain"), (first, "distant"), (second, "distant")]
    journal.undo(noon)
    assert [one.variant for one in people.templates(person_id=ann.person_id)] == ["plain", "plain", "distant"]
    consents.give(bob.person_id, ALL, noon)
    consents.withdraw(bob.person_id, {"identify"}, noon)
    with pytest.raises(GalleryError, match="has not consented to be identified"):
        journal.apply("add", [TemplatesAdded(((third, distant),))], noon)


def test_a_restored_person_is_not_looked_for_without_consent(people, journal, consents, ann, noon, model):
    consents.give(ann.person_id, ALL, noon)
    journal.apply("remove", [PersonStanding(ann.person_id, "binned")], noon)
    consents.withdraw(ann.person_id, {"identify"}, noon)

    journal.apply("restore", [PersonStanding(ann.person_id, "active")], noon)

    restored = people.person(ann.person_id)
    assert (restored.standing, restored.may_identify, restored.is_present) == ("active", False, False)
    assert len(people.template_owners(model)) == 0


def test_whoever_was_restored_goes_back_into_the_bin_with_their_pictures(people, journal, ann, noon):
    journal.apply("remove", [PersonStanding(ann.person_id, "binned")], noon)
    before = everything(people)
    journal.apply("restore", [PersonStanding(ann.person_id, "active")], noon)

    journal.undo(noon)

    assert everything(people) == before
    journal.undo(noon)
    assert people.person(ann.person_id).standing == "active" and len(ids(people, ann)) == 2


def test_who_withdrew_consent_stands_in_the_way_of_nothing(people, journal, consents, ann, noon):
    consents.give(ann.person_id, ALL, noon)
    journal.apply("hide", [PersonStanding(ann.person_id, "hidden")], noon)
    consents.withdraw(ann.person_id, {"identify"}, noon)

    journal.undo(noon)

    assert people.person(ann.person_id).standing == "active"
    journal.apply("remove", [PersonStanding(ann.person_id, "binned")], noon)
    assert people.add_person("Ann", [], noon).name == "Ann"


def test_of_two_who_are_one_the_last_word_counts(people, journal, consents, ann, bob, noon):
    consents.give(ann.person_id, ALL, noon)
    consents.give(bob.person_id, ALL, noon)
    consents.withdraw(bob.person_id, {"expression"}, noon + HOUR)

    journal.apply("merge", merging(ann, bob), noon + HOUR)

    assert consents.scopes_of(ann.person_id, noon + HOUR) == {"identify", "keep"}
    consents.withdraw(ann.person_id, {"identify"}, noon + 2 * HOUR)
    assert not people.person(bob.person_id).may_identify
    journal.undo(noon + 3 * HOUR)
    assert not people.person(bob.person_id).may_identify


STEPS = st.lists(st.integers(0, 5), min_size=1, max_size=8)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_done_can_be_taken_back_in_turn(people, journal, picture, noon, choices):
    """Any row of changes, taken back from its end, goes through the very states that it came through."""
    while people.people():
        people.forget(people.people()[0].person_id)
    persons = [people.add_person(f"p{number}", [picture(number), picture(number)], noon) for number in range(3)]
    pairs = list(combinations(persons, 2))
    states = []
    for number, choice in enumerate(choices):
        one, other = pairs[number % len(pairs)]
        before = as_it_means(people)
        try:
            journal.apply("change", _steps(people, one, other, choice, number), noon)
        except GalleryError:
            assert as_it_means(people) == before
            continue
        states.append(before)
    for before in reversed(states):
        journal.undo(noon)
        assert _without_binned(as_it_means(people)) == _without_binned(before)


def _without_binned(state):
    """A person who was founded and whose founding was taken back stays in the bin."""
    persons, pictures = state
    return [one for one in persons if one[3] != "binned"], pictures


def _steps(people, one, other, choice, number):
    held = ids(people, one)
    if choice == 0:
        return merging(other, one)
    if choice == 1:
        return [PersonName(one.person_id, f"name {number}")]
    if choice == 2:
        return [PictureStates(held, "set_aside")]
    if choice == 3:
        return [PersonFounded(f"new {number}"), PictureMove(held[:1], NEW)]
    if choice == 4:
        return [PersonStanding(one.person_id, "hidden")]
    return [PictureMove(held, other.person_id)]


def test_what_an_undo_would_do_is_told_and_not_done(journal, people, ann, bob, noon):
    moved = journal.apply("picture.moved", [PictureMove(ids(people, bob), ann.person_id)], noon)
    before, revision = everything(people), people.revision()

    assert journal.foresee_undo(noon + HOUR) == moved

    assert (everything(people), people.revision()) == (before, revision)
    assert journal.changes()[0].undone_at is None
    journal.undo(noon + HOUR)
    with pytest.raises(GalleryError, match="nothing to undo"):
        journal.foresee_undo(noon + HOUR)
    renamed = journal.apply("person.renamed", [PersonName(bob.person_id, "Bobby")], noon)
    journal.apply("person.renamed", [PersonName(ann.person_id, "Bob")], noon)
    with pytest.raises(GalleryError, match="'Bob' is enrolled already"):
        journal.foresee_undo(noon + HOUR, renamed.change_id)


def test_undo_takes_back_what_somebody_did_and_not_what_was_done_automatically(people, journal, picture, noon):
    one, other, third = (people.add_stranger([picture(at)], noon).person_id for at in range(3))
    hidden = journal.apply("person.hidden", [PersonStanding(third, "hidden")], noon)
    merged = journal.apply("person.merged", [PersonMerged(other, one)], noon, is_automatic=True)
    assert (hidden.is_automatic, merged.is_automatic) == (False, True)
    assert [change.is_automatic for change in journal.changes()] == [True, False]

    assert journal.undo(noon).change_id == hidden.change_id
    with pytest.raises(GalleryError, match="nothing to undo"):
        journal.undo(noon)

    assert journal.undo(noon, merged.change_id).is_automatic


def test_whom_an_undo_parts_are_two_people(people, journal, picture, database, noon):
    one, other = (people.add_stranger([picture(at)], noon).person_id for at in range(2))
    sightings = SqlSightings(database)
    journal.apply("person.merged", [PersonMerged(other, one)], noon)
    assert sightings.parted(one) == frozenset()

    journal.undo(noon)

    assert sightings.parted(one) == {other} and sightings.parted(other) == {one}


def test_nobody_is_merged_with_who_is_somebody_else_already(people, journal, picture, noon):
    one, other, third = (people.add_stranger([picture(at)], noon).person_id for at in range(3))
    journal.apply("person.merged", [PersonMerged(other, one)], noon)
    for again in (PersonMerged(one, other), PersonMerged(other, third)):
        with pytest.raises(GalleryError, match=f"{other} is not in the gallery"):
            journal.apply("person.merged", [again], noon)
    assert people.selves(other) == (one, other)


def test_of_who_is_somebody_else_by_now_nothing_is_said_apart(people, journal, ann, bob, picture, database, noon):
    other = people.add_stranger([picture(5)], noon).person_id
    journal.apply("person.merged", [PersonMerged(other, bob.person_id)], noon, is_automatic=True)
    before = everything(people)

    for step in (PersonStanding(other, "ignored"), PersonStanding(other, "active"), PictureMove((1,), other)):
        with pytest.raises(GalleryError, match=f"{other} was merged into 'Bob' .{bob.person_id}.: mien people undo"):
            journal.apply("change", [step], noon)

    assert everything(people) == before
    assert SqlSightings(database).parted(other) == frozenset()


def test_what_mien_set_aside_since_stands_in_the_way_of_no_undo(people, journal, ann, noon):
    renamed = journal.apply("person.renamed", [PersonName(ann.person_id, "Anna")], noon)
    aside = journal.apply(
        "picture.set-aside", [PictureStates(ids(people, ann)[:1], "set_aside")], noon, is_automatic=True
    )

    assert journal.undo(noon).change_id == renamed.change_id
    assert people.person(ann.person_id).name == "Ann"
    assert [one.state for one in people.pictures(ann.person_id)] == ["set_aside", "active"], "no picture was renamed"
    journal.undo(noon, aside.change_id)
    assert people.counts() == {ann.person_id: (2, 2, 0)}


@pytest.mark.parametrize("is_foreseen", [True, False])
def test_of_pictures_that_an_undo_gives_back_none_stays_set_aside(
    people, journal, picture, ann, bob, noon, is_foreseen
):
    before = as_it_means(people)
    merged = journal.apply("person.merged", merging(ann, bob), noon)
    (third,) = {*ids(people, ann)} - {1, 2}
    people.add_pictures(ann.person_id, [picture(5)], noon)
    aside = journal.apply("picture.set-aside", [PictureStates((third,), "set_aside")], noon, is_automatic=True)

    undone = journal.foresee_undo(noon) if is_foreseen else journal.undo(noon)

    assert (undone.change_id, undone.undoing) == (merged.change_id, (*aside.undoing, *merged.undoing))
    if is_foreseen:
        assert [one.undone_at for one in journal.changes()] == [None, None]
        return
    assert [one.undone_at for one in journal.changes()] == [noon, noon]
    persons, pictures = as_it_means(people)
    assert (persons, pictures[:3]) == before, "and the picture that was added stays"


def test_what_somebody_set_aside_since_stands_in_the_way(people, journal, ann, noon):
    journal.apply("person.renamed", [PersonName(ann.person_id, "Anna")], noon)
    journal.apply("picture.set-aside", [PictureStates((1,), "set_aside")], noon)
    with pytest.raises(GalleryError, match="change 2 came after it"):
        journal.undo(noon, 1)


def test_what_is_said_of_a_picture_holds_for_its_owner_alone_and_comes_back_with_it(people, journal, ann, bob, noon):
    first, second = ids(people, ann)

    def vouched() -> list[int]:
        return [one.picture_id for one in people.pictures() if one.is_vouched]

    journal.apply("picture.vouched", [PicturesVouched((first,), is_vouched=True)], noon)
    both = journal.apply("picture.vouched", [PicturesVouched((first, second), is_vouched=True)], noon)
    assert vouched() == [first, second] and both.people == (ann.person_id,)
    journal.undo(noon)
    assert vouched() == [first]
    journal.apply("picture.moved", [PictureMove((first,), bob.person_id)], noon)
    assert vouched() == []
    journal.undo(noon)
    assert vouched() == [first]
    journal.apply("person.merged", merging(bob, ann), noon)
    assert vouched() == []


def test_who_says_whom_moved_pictures_show_answers_for_them_until_that_is_taken_back(people, journal, ann, bob, noon):
    first, second = ids(people, ann)
    (third, *_) = ids(people, bob)

    def vouched() -> list[int]:
        return [one.picture_id for one in people.pictures() if one.is_vouched]

    journal.apply("picture.vouched", [PicturesVouched((first,), is_vouched=True)], noon)
    moved = journal.apply("picture.moved", [PictureMove((first, second, third), bob.person_id, is_vouched=True)], noon)
    assert vouched() == [first, second], "and what was theirs already stays as it was"
    assert moved.people == (ann.person_id, bob.person_id)
    journal.undo(noon)
    assert vouched() == [first]
    journal.apply("picture.vouched", [PicturesVouched((third,), is_vouched=True)], noon)
    journal.apply("picture.moved", [PictureMove((first, third), bob.person_id)], noon)
    assert vouched() == [third]
    journal.undo(noon)
    assert vouched() == [first, third]


def test_a_stranger_parted_from_who_took_consent_back_does_not_consent_either(people, journal, consents, ann, noon):
    consents.give(ann.person_id, ALL, noon)
    consents.withdraw(ann.person_id, {"expression"}, noon)
    moving = PictureMove(ids(people, ann)[:1], NEW)

    journal.apply("person.split", [PersonFounded(parted_from=ann.person_id), moving], noon)

    assert consents.valid(noon)["unknown-0001"] == {"identify", "keep"}
    consents.withdraw(ann.person_id, {"identify"}, noon)
    with pytest.raises(GalleryError, match="has not consented to be identified"):
        journal.apply(
            "person.split", [PersonFounded(parted_from=ann.person_id), replace(moving, picture_ids=(2,))], noon
        )
    assert people.person("unknown-0002") is None
