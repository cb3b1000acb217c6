"""What every store of people promises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest
from tests.support.faces import ALL

from mien.domain.errors import GalleryError, PeopleChanged, PersonUnknown
from mien.domain.people.consent import NewConsent
from mien.domain.people.people import Person
from mien.domain.people.sightings import Sighting
from mien.store.journal import PersonStanding, PictureStates
from mien.store.people import ChangedPeople, Holding, NewPicture, PeopleStore
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.retention import SqlRetention


@pytest.fixture
def people(database) -> PeopleStore:
    return SqlPeople(database)


def test_who_is_seen_again_was_not_decided_about_and_whom_somebody_changed_was(people, database, picture, noon):
    journal = SqlJournal(database)
    met, ann = people.add_stranger([picture(0)], noon), people.add_person("Ann", [picture(1)], noon)

    def after(person_id: str, work) -> tuple[bool, bool]:
        """Whether a person changed, and whether somebody decided on it."""
        before = people.person(person_id)
        work()
        now = people.person(person_id)
        return now.revision != before.revision, now.decided != before.decided

    mine = [one.picture_id for one in people.pictures(met.person_id)]
    assert after(met.person_id, lambda: people.add_pictures(met.person_id, [picture(2)], noon)) == (True, False)
    assert after(met.person_id, lambda: people.set_qualities("judge", {mine[0]: 0.1})) == (True, False)
    aside = PictureStates((mine[0],), "set_aside")
    kind = "picture.set-aside"
    assert after(met.person_id, lambda: journal.apply(kind, [aside], noon, is_automatic=True)) == (True, False)
    assert after(met.person_id, lambda: journal.undo(noon, 1)) == (True, True)
    assert after(met.person_id, lambda: journal.apply(kind, [aside], noon)) == (True, True)
    assert after(ann.person_id, lambda: people.add_pictures(ann.person_id, [picture(3)], noon)) == (True, True)
    assert after(ann.person_id, lambda: people.add_pictures(met.person_id, [picture(4)], noon)) == (False, False)


def test_upkeep_is_nobodys_decision(people, database, picture, noon):
    until = NewConsent(frozenset({"identify"}), "2", "form 17", noon + timedelta(days=1))
    were = people.add_person("Ann", [picture(0)], noon, until), people.add_stranger([picture(1)], noon)
    SqlSightings(database).add(Sighting("door", 3, "unknown", were[1].person_id, 0.1, noon, noon))  # keeps the id
    were = [people.person(one.person_id) for one in were]
    assert SqlConsents(database).lapse(noon + timedelta(days=1))
    SqlRetention(database).purge({"stranger_templates": noon + timedelta(days=2)})
    now = [people.person(one.person_id) for one in were]
    assert not now[0].may_identify and now[1].standing == "faded"
    assert all(one.revision > was.revision and one.decided == was.decided for one, was in zip(now, were, strict=True))


def test_a_person_and_a_picture_come_back_as_they_were_given(people, picture, noon, model):
    given = picture(3, digest="d")
    person = people.add_person("Zoë 🙂 ../etc/passwd", [given], noon)

    assert people.people() == (person,)
    assert person == Person(person.person_id, "Zoë 🙂 ../etc/passwd", "enrolled", noon, person.uid)
    assert people.person(person.person_id) == person
    assert len(person.uid) == 32
    (template,) = people.templates(model)
    assert np.array_equal(template.vector, given.templates[0].vector)
    assert template.vector.dtype == np.float32
    assert (template.person_id, template.model, template.variant) == (person.person_id, model, "plain")
    (kept,) = people.pictures(person.person_id)
    assert (kept.picture_id, kept.quality, kept.origin) == (template.picture_id, 0.75, "picture 3")
    assert (kept.state, kept.created_at) == ("active", noon)


def test_times_of_another_zone_come_back_as_the_same_moment(people, noon):
    elsewhere = noon.astimezone(timezone(timedelta(hours=9)))

    people.add_person("Ann", [], elsewhere)

    assert people.people()[0].created_at == noon


def test_a_name_is_one_person_in_whatever_case_and_composition(people, noon):
    person = people.add_person("Straße É", [], noon)

    assert people.named("STRASSE E\u0301") == person
    with pytest.raises(GalleryError, match="enrolled already"):
        people.add_person("strasse é", [], noon)
    assert people.people() == (person,)


def test_pictures_are_found_by_id_whoever_they_are_of(people, picture, noon):
    ann, bob = (people.add_person(name, [picture(), picture(1)], noon) for name in ("Ann", "Bob"))
    everything = people.pictures()
    first, last = everything[0], everything[-1]

    assert {first.person_id, last.person_id} == {ann.person_id, bob.person_id}
    assert people.pictures_by_id([last.picture_id, first.picture_id, 99, first.picture_id]) == (first, last)
    assert people.pictures_by_id([]) == ()


def test_ids_are_never_given_again(people, picture, noon):
    first = people.add_stranger([picture(0)], noon)
    second = people.add_stranger([picture(1)], noon)
    people.forget(first.person_id)
    people.forget(second.person_id)

    third = people.add_stranger([picture(2)], noon)

    assert [first.person_id, second.person_id, third.person_id] == ["unknown-0001", "unknown-0002", "unknown-0003"]
    enrolled = people.add_person("Ann", [], noon)
    people.forget(enrolled.person_id)
    assert people.add_person("Ann", [], noon).person_id != enrolled.person_id


def test_template_ids_are_never_given_again(people, picture, noon, model):
    gone = people.add_stranger([picture(0)], noon)
    (old,) = people.template_owners(model).template_ids
    people.forget(gone.person_id)

    kept = people.add_stranger([picture(1)], noon)

    owners = people.template_owners(model)
    (new,) = owners.template_ids
    assert new > old
    assert [owners.person_ids[place] for place in owners.owners] == [kept.person_id]
    ids, vectors = people.template_vectors(np.array([old, new]))
    assert ids.tolist() == [new]
    assert np.array_equal(vectors, [picture(1).templates[0].vector])


def test_it_tells_whom_changes_touched(people, picture, noon, model):
    first = people.add_person("Ann", [picture(0)], noon)
    before = people.revision()
    assert people.changed_people(before) == ChangedPeople((), 1)
    second = people.add_stranger([picture(1), picture(2)], noon)

    assert people.changed_people(before) == ChangedPeople((second,), 2)
    assert len(people.template_owners(model)) == 3
    assert people.template_owners(model, before).person_ids == (second.person_id,)
    people.forget(first.person_id)
    assert people.changed_people(before).total == 1


def test_the_same_picture_is_kept_once_for_a_person_and_a_model(people, picture, noon, model):
    person = people.add_person("Ann", [picture(0, digest="d")], noon)
    other_model = replace(model, network="other")

    assert people.add_pictures(person.person_id, [picture(0, digest="d"), picture(1, digest="e")], noon).count == 1
    assert people.add_pictures(person.person_id, [picture(0, digest="d", model=other_model)], noon).count == 1
    assert people.digests(person.person_id, model) == {"d", "e"}
    assert people.digests(person.person_id, other_model) == {"d"}
    assert people.counts() == {person.person_id: (2, 3, 0)}
    assert len(people.templates(model)) == 2
    assert len(people.templates()) == 3


def test_pictures_count_as_stored_where_the_picture_itself_is_kept(people, picture, noon):
    person = people.add_person("Ann", [picture(0, crop="a"), picture(1), picture(2, crop="b")], noon)
    assert people.counts() == {person.person_id: (3, 3, 2)}


def test_the_precision_is_a_part_of_a_templates_model(people, picture, noon, model):
    in_bf16 = replace(model, precision="bf16")
    both = (picture(0).templates[0], picture(0, model=in_bf16).templates[0])
    person = people.add_person("Ann", [NewPicture(both, 0.75, "picture 0", "d")], noon)

    assert [stored.model for stored in people.templates(in_bf16)] == [in_bf16]
    assert [stored.model for stored in people.templates(model)] == [model]
    assert people.add_pictures(person.person_id, [picture(0, digest="d", model=in_bf16)], noon).count == 0


def test_templates_of_a_further_model_are_added_to_pictures_that_are_there(people, picture, noon, model):
    in_bf16 = replace(model, precision="bf16")
    people.add_person("Ann", [picture(0)], noon)
    (kept,) = people.pictures()
    (new,) = picture(0, model=in_bf16).templates

    assert people.add_templates([(kept.picture_id, new), (kept.picture_id + 7, new)]) == 1
    assert people.add_templates([(kept.picture_id, new)]) == 0
    assert [one.picture_id for one in people.templates(in_bf16)] == [kept.picture_id]


def test_a_stored_picture_that_a_row_names_is_somebodys(people, picture, noon):
    people.add_person("Ann", [picture(crop="a.face")], noon)

    assert people.has_crop("a.face") and not people.has_crop("b.face")


def test_consent_comes_with_pictures_or_without_new_ones(people, database, picture, noon):
    ann, consents = people.add_person("Ann", [picture(digest="d")], noon), SqlConsents(database)

    assert people.add_pictures(ann.person_id, [picture(1)], noon, consent=ALL).count == 1
    before = people.revision()
    assert people.add_pictures(ann.person_id, [picture(digest="d")], noon, consent=ALL).count == 0

    assert len(consents.of(ann.person_id)) == 6 and people.revision() > before


def test_templates_for_nobody_are_refused(people, picture, noon):
    with pytest.raises(PersonUnknown, match="unknown-0009"):
        people.add_pictures("unknown-0009", [picture()], noon)
    with pytest.raises(PersonUnknown, match="unknown-0009"):
        people.forget("unknown-0009")
    assert people.templates() == ()


def test_every_change_raises_the_revision_and_a_failed_one_does_not(people, picture, noon):
    seen = [people.revision()]
    person = people.add_person("Ann", [picture(0, digest="d")], noon)
    seen.append(people.revision())
    people.add_pictures(person.person_id, [picture(1)], noon)
    seen.append(people.revision())
    with pytest.raises(GalleryError):
        people.add_person("ann", [], noon)
    people.add_pictures(person.person_id, [picture(0, digest="d")], noon)
    assert people.revision() == seen[-1]
    people.forget(person.person_id)
    seen.append(people.revision())

    assert seen == sorted(set(seen))


def test_forgetting_counts_what_went_and_leaves_the_others(people, picture, noon, model):
    ann = people.add_person("Ann", [picture(0, crop="a.face"), picture(1)], noon)
    bob = people.add_person("Bob", [picture(2, crop="b.face")], noon)

    forgotten = people.forget(ann.person_id)

    assert (forgotten.templates, forgotten.pictures, forgotten.readings, forgotten.events) == (2, 2, 0, 0)
    assert forgotten.crops == ("a.face",)
    assert people.traces([ann.person_id]) == 0
    assert people.is_forgotten(ann.uid)
    assert not people.is_forgotten(bob.uid)
    assert people.named("Ann") is None
    assert people.people() == (bob,)
    assert [kept.crop for kept in people.pictures()] == ["b.face"]
    assert [found.person_id for found in people.templates(model)] == [bob.person_id]


def test_it_tells_that_somebody_was_forgotten(people, noon):
    ann = people.add_person("Ann", [], noon)
    assert not people.has_forgotten()

    people.forget(ann.person_id)

    assert people.has_forgotten()


def test_threads_that_found_strangers_at_once_get_different_ids(people, picture, noon):
    with ThreadPoolExecutor(8) as pool:
        founded = list(pool.map(lambda axis: people.add_stranger([picture(axis % 8)], noon).person_id, range(40)))

    assert sorted(founded) == [f"unknown-{number:04d}" for number in range(1, 41)]


def test_enrolled_people_come_first_by_name_then_strangers(people, noon):
    people.add_stranger([], noon)
    people.add_person("bob", [], noon)
    people.add_person("Ann", [], noon)
    people.add_stranger([], noon)

    assert [person.name or person.person_id for person in people.people()] == [
        "Ann",
        "bob",
        "unknown-0001",
        "unknown-0002",
    ]


def test_holdings_tell_model_by_model_who_is_known(people, picture, noon, model):
    rounded = replace(model, precision="bf16")
    ann = people.add_person("Ann", [picture(0), picture(1), picture(2, model=rounded)], noon)
    people.add_person("Bob", [picture(3)], noon)
    people.add_person("Cy", [], noon)
    people.add_stranger([picture(4, model=rounded)], noon)

    assert people.holdings() == (Holding(rounded, 1, 1, 2), Holding(model, 2, 0, 3))

    people.forget(ann.person_id)
    assert people.holdings() == (Holding(rounded, 0, 1, 1), Holding(model, 1, 0, 1))


def test_owners_have_the_weight_of_their_pictures_and_ids_are_those_of_everybody(people, picture, noon, model):
    ann = people.add_person("Ann", [replace(picture(0), quality=0.5), replace(picture(1), quality=1.0)], noon)
    cy = people.add_person("Cy", [], noon)
    stranger = people.add_stranger([replace(picture(2), quality=0.8)], noon)

    owners = people.template_owners(model)

    assert owners.person_ids == (ann.person_id, stranger.person_id)
    assert owners.owners.tolist() == [0, 0, 1]
    assert owners.weights == pytest.approx([0.25, 1.0, 0.64])
    assert (np.diff(owners.template_ids) > 0).all()
    assert people.person_ids() == {ann.person_id, cy.person_id, stranger.person_id}

    people.forget(ann.person_id)
    assert people.template_owners(model).person_ids == (stranger.person_id,)
    assert people.person_ids() == {cy.person_id, stranger.person_id}


def test_templates_go_where_their_picture_has_some_of_the_successor(people, picture, noon, model):
    newer = replace(model, network="newer")
    people.add_person("Ann", [picture(0), picture(1)], noon)
    first = people.pictures()[0].picture_id
    people.add_templates([(first, replace(picture(0).templates[0], model=newer))])
    before = people.revision()

    assert people.embedded(newer) == {first}
    assert people.drop_templates(model, model) == 0 and people.revision() == before
    assert people.drop_templates(model, newer) == 1

    assert people.embedded(model) == {one.picture_id for one in people.pictures()} - {first}
    assert people.embedded(newer) == {first}
    assert people.revision() > before


def test_a_judge_says_anew_how_good_pictures_are(people, picture, noon, model):
    ann = people.add_person("Ann", [picture(0), picture(1)], noon)
    bob = people.add_person("Bob", [picture(2)], noon)
    first, second, third = (one.picture_id for one in people.pictures())
    revision = people.revision()

    assert people.set_qualities("eye/f32", {first: 0.25, third: 1.0, 999: 0.5}) == 2

    assert [one.quality for one in people.pictures()] == [0.25, 0.75, 1.0]
    assert people.judged_by("eye/f32") == {first, third} and people.judged_by("ear") == frozenset()
    assert {one.person_id for one in people.changed_people(revision).people} == {ann.person_id, bob.person_id}
    assert sorted(people.template_owners(model).weights.tolist()) == pytest.approx([0.0625, 0.5625, 1.0])
    assert people.set_qualities("ear", {second: 0.5, third: 0.5}) == 2
    assert people.judged_by("eye/f32") == {first} and people.judged_by("ear") == {second, third}
    revision = people.revision()
    assert people.set_qualities("ear", {}) == 0 and people.revision() == revision


def test_pictures_of_a_state_are_told_apart(people, database, picture, noon):
    person = people.add_person("Ann", [picture(0), picture(1)], noon)
    first, second = (one.picture_id for one in people.pictures())
    SqlJournal(database).apply("picture.set-aside", [PictureStates((first,), "set_aside")], noon)

    assert [one.picture_id for one in people.pictures(person.person_id, "active")] == [second]
    assert [one.picture_id for one in people.pictures(state="set_aside")] == [first]
    assert [one.picture_id for one in people.pictures(person.person_id)] == [first, second]


def test_a_stranger_is_founded_only_as_of_the_last_change(people, picture, noon):
    first = people.add_stranger([picture(0)], noon, people.revision())
    looked = people.revision()
    second = people.add_stranger([picture(1)], noon, looked)

    with pytest.raises(PeopleChanged):
        people.add_stranger([picture(2)], noon, looked)

    assert [one.person_id for one in people.people()] == [first.person_id, second.person_id]
    third = people.add_stranger([picture(2)], noon, people.revision())
    assert third.person_id == "unknown-0003", "no id is lost over it"


def test_templates_of_pictures_are_told_wherever_these_are(people, picture, database, noon, model):
    ann = people.add_person("Ann", [picture(0), picture(1)], noon)
    bob = people.add_person("Bob", [picture(2)], noon)
    journal = SqlJournal(database)
    journal.apply("bin", [PictureStates((1,), "binned"), PersonStanding(bob.person_id, "binned")], noon)
    assert [one.picture_id for one in people.templates()] == [2]

    found = people.templates_of([3, 1, 1, 99])

    assert [(one.picture_id, one.person_id, one.model) for one in found] == [
        (1, ann.person_id, model),
        (3, bob.person_id, model),
    ]
    assert np.argmax(found[1].vector) == 2
    assert people.templates_of([]) == ()
