"""What every store of people promises."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest

from mien.domain.errors import GalleryError, PersonUnknown
from mien.domain.people import Person
from mien.store.people import Holding, PeopleStore
from mien.store.sql.people import SqlPeople


@pytest.fixture
def people(database) -> PeopleStore:
    return SqlPeople(database)


def test_a_person_and_a_template_come_back_as_they_were_given(people, template, noon, model):
    given = template(3, digest="d")
    person = people.add_person("Zoë 🙂 ../etc/passwd", [given], noon)

    assert people.people() == (person,)
    assert (
        people.person(person.person_id) == person == Person(person.person_id, "Zoë 🙂 ../etc/passwd", "enrolled", noon)
    )
    (stored,) = people.templates(model)
    assert np.array_equal(stored.vector, given.vector)
    assert stored.vector.dtype == np.float32
    assert (stored.person_id, stored.model, stored.quality, stored.origin) == (
        person.person_id,
        model,
        0.75,
        "picture 3",
    )
    assert stored.created_at == noon


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


def test_ids_are_never_given_again(people, template, noon):
    first = people.add_stranger([template(0)], noon)
    second = people.add_stranger([template(1)], noon)
    people.forget(first.person_id)
    people.forget(second.person_id)

    third = people.add_stranger([template(2)], noon)

    assert [first.person_id, second.person_id, third.person_id] == ["unknown-0001", "unknown-0002", "unknown-0003"]
    enrolled = people.add_person("Ann", [], noon)
    people.forget(enrolled.person_id)
    assert people.add_person("Ann", [], noon).person_id != enrolled.person_id


def test_template_ids_are_never_given_again(people, template, noon, model):
    gone = people.add_stranger([template(0)], noon)
    (old,) = people.template_ids(model)
    people.forget(gone.person_id)

    people.add_stranger([template(1)], noon)

    (new,) = people.template_ids(model)
    assert new > old
    assert [found.template_id for found in people.templates(model, after=old)] == [new]
    assert people.templates(model, after=new) == ()


def test_the_same_picture_is_kept_once_for_a_person_and_a_model(people, template, noon, model):
    person = people.add_person("Ann", [template(0, digest="d")], noon)
    other_model = replace(model, network="other")

    assert people.add_templates(person.person_id, [template(0, digest="d"), template(1, digest="e")], noon) == 1
    assert people.add_templates(person.person_id, [template(0, digest="d", model=other_model)], noon) == 1
    assert people.digests(person.person_id, model) == {"d", "e"}
    assert people.digests(person.person_id, other_model) == {"d"}
    assert people.counts() == {person.person_id: 3}
    assert len(people.templates(model)) == 2
    assert len(people.templates()) == 3


def test_the_precision_is_a_part_of_a_templates_model(people, template, noon, model):
    in_bf16 = replace(model, precision="bf16")
    person = people.add_person("Ann", [template(0, digest="d"), template(0, digest="d", model=in_bf16)], noon)

    assert [stored.model for stored in people.templates(in_bf16)] == [in_bf16]
    assert [stored.model for stored in people.templates(model)] == [model]
    assert people.add_templates(person.person_id, [template(0, digest="d", model=in_bf16)], noon) == 0


def test_templates_for_nobody_are_refused(people, template, noon):
    with pytest.raises(PersonUnknown, match="unknown-0009"):
        people.add_templates("unknown-0009", [template()], noon)
    with pytest.raises(PersonUnknown, match="unknown-0009"):
        people.forget("unknown-0009")
    assert people.templates() == ()


def test_every_change_raises_the_revision_and_a_failed_one_does_not(people, template, noon):
    seen = [people.revision()]
    person = people.add_person("Ann", [template(0, digest="d")], noon)
    seen.append(people.revision())
    people.add_templates(person.person_id, [template(1)], noon)
    seen.append(people.revision())
    with pytest.raises(GalleryError):
        people.add_person("ann", [], noon)
    people.add_templates(person.person_id, [template(0, digest="d")], noon)
    assert people.revision() == seen[-1]
    people.forget(person.person_id)
    seen.append(people.revision())

    assert seen == sorted(set(seen))


def test_forgetting_counts_what_went_and_leaves_the_others(people, template, noon, model):
    ann = people.add_person("Ann", [template(0, crop="a.png"), template(1)], noon)
    bob = people.add_person("Bob", [template(2, crop="b.png")], noon)

    forgotten = people.forget(ann.person_id)

    assert (forgotten.templates, forgotten.readings, forgotten.events, forgotten.crops) == (2, 0, 0, ("a.png",))
    assert people.traces(ann.person_id) == 0
    assert people.named("Ann") is None
    assert people.people() == (bob,)
    assert people.crops(bob.person_id) == ("b.png",)
    assert [found.person_id for found in people.templates(model)] == [bob.person_id]


def test_threads_that_found_strangers_at_once_get_different_ids(people, template, noon):
    with ThreadPoolExecutor(8) as pool:
        founded = list(pool.map(lambda axis: people.add_stranger([template(axis % 8)], noon).person_id, range(40)))

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


def test_holdings_tell_model_by_model_who_is_known(people, template, noon, model):
    rounded = replace(model, precision="bf16")
    ann = people.add_person("Ann", [template(0), template(1), template(2, model=rounded)], noon)
    people.add_person("Bob", [template(3)], noon)
    people.add_person("Cy", [], noon)
    people.add_stranger([template(4, model=rounded)], noon)

    assert people.holdings() == (Holding(rounded, 1, 1), Holding(model, 2, 0))

    people.forget(ann.person_id)
    assert people.holdings() == (Holding(rounded, 0, 1), Holding(model, 1, 0))
