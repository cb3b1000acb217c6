from dataclasses import replace

import numpy as np
from tests.support.faces import MODEL, axis, kept, quality, seen

from mien.domain.identity import Match, Unknown


def test_changes_of_another_process_arrive_within_a_second(open_gallery, enrol, people, clock):
    gallery = open_gallery()
    ann = enrol("Ann", axis(0))
    clock.passed_s += 1.0

    assert isinstance(gallery.identify(seen(axis(0)), quality(0.9))[0], Match)
    assert gallery.name_of(ann) == "Ann"

    people.forget(ann)
    clock.passed_s += 1.0
    assert gallery.identify(seen(axis(0)), quality(0.9)) == (Unknown(0.0),)
    assert gallery.name_of(ann) == ""


def test_the_store_is_asked_once_a_second_at_most(open_gallery, enrol, clock):
    gallery = open_gallery()
    enrol("Ann", axis(0))
    clock.passed_s += 0.9

    assert gallery.crowd.person_ids == ()


def test_a_gallery_that_grew_is_as_one_that_was_read_anew(open_gallery, enrol, people, clock):
    grown = open_gallery()

    def found(*vectors):
        stranger = people.add_stranger([kept(vector) for vector in vectors], clock.now()).person_id
        grown.refresh()
        return stranger

    def add(stranger, vector):
        people.add_pictures(stranger, [kept(vector)], clock.now())
        grown.refresh()

    strangers = [found(axis(n)) for n in (1, 2, 3)]
    add(strangers[1], axis(12))
    enrol("Ann", axis(0))
    add(strangers[0], axis(11))
    found(axis(4), axis(14))
    add(strangers[2], axis(13))
    add(strangers[2], axis(23))
    anew = open_gallery().crowd

    faces = np.stack([axis(number) for number in range(24)])
    crowd = grown.crowd
    assert set(crowd.person_ids) == set(anew.person_ids) == {"person-0001", *strangers, "unknown-0004"}
    order = [crowd.places[person_id] for person_id in anew.person_ids]
    assert np.allclose(crowd.scores(faces)[:, order], anew.scores(faces), atol=1e-6)
    assert crowd.is_enrolled[order].tolist() == anew.is_enrolled.tolist()
    assert crowd.names == anew.names


def test_people_whom_no_template_of_the_model_shows_are_told_of(open_gallery, enrol, caplog):
    enrol("Ann", axis(0))
    open_gallery()
    assert caplog.messages == []
    older = replace(MODEL, network="older")
    enrol("Bob", axis(1), model=older)
    enrol("Eve")

    open_gallery()

    assert caplog.messages == [
        f"1 of 3 people were enrolled with {older}, not with {MODEL}: choose that model, or enrol them again",
        "1 of 3 people are not recognised, for no picture of theirs has a template that is looked at: person-0003; "
        "mien people list tells what to do",
    ]
