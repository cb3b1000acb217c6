"""What every store of consents promises."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mien.domain.errors import PersonUnknown
from mien.domain.people.consent import NewConsent
from mien.domain.people.sightings import SightedView, Sighting
from mien.domain.readings import FaceReading, FrameReading
from mien.store.consents import ConsentStore
from mien.store.history.readings import Run
from mien.store.journal import NEW, PersonFounded, PersonMerged, PersonStanding, PictureMove
from mien.store.sql import tables
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.people.sightings import SqlSightings
from mien.store.sql.readings import SqlReadings

ALL = NewConsent(frozenset({"identify", "expression", "keep"}), "2", "form 17")
DAY = timedelta(days=1)


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def consents(database) -> ConsentStore:
    return SqlConsents(database)


def test_consent_is_on_record_with_the_person(people, consents, noon):
    ann = people.add_person("Ann", [], noon, ALL)

    assert consents.valid(noon) == {ann.person_id: ALL.scopes}
    record = consents.of(ann.person_id)
    assert [one.scope for one in record] == ["expression", "identify", "keep"]
    assert {(one.version, one.evidence, one.given_at, one.withdrawn_at) for one in record} == {
        ("2", "form 17", noon, None)
    }


def test_the_text_that_was_agreed_to_stays_whatever_is_agreed_to_later_and_each_is_kept_once(
    people, consents, database, noon
):
    texts = "The first text.", "Der zweite Text, länger."
    ann, bob = (people.add_person(name, [], noon, replace(ALL, text=texts[0])) for name in ("Ann", "Bob"))
    consents.give(ann.person_id, NewConsent(frozenset({"keep"}), "3", "form 18", text=texts[1]), noon + DAY)
    consents.give(bob.person_id, NewConsent(frozenset({"keep"}), "4", "on paper"), noon + DAY)
    consents.withdraw(bob.person_id, {"identify"}, noon + 2 * DAY)

    assert [(one.version, one.text) for one in consents.of(ann.person_id)] == [("2", texts[0])] * 3 + [("3", texts[1])]
    assert [(one.version, one.text) for one in consents.of(bob.person_id)] == [("2", texts[0])] * 3 + [("4", "")]
    with database.reading() as connection:
        kept = connection.scalars(select(tables.consent_texts.c.text)).all()
    assert len(kept) == 2 and not any(text.encode() in one for text in texts for one in kept)


def test_without_consent_to_be_identified_nobody_is_looked_for_and_the_templates_are_gone(
    people, consents, picture, noon, model
):
    ann = people.add_person("Ann", [picture(0, crop="a.face"), picture(1)], noon, ALL)
    revision = people.revision()

    gone = consents.withdraw(ann.person_id, {"identify"}, noon + DAY)

    assert (gone.templates, gone.crops) == (2, ())
    assert not people.person(ann.person_id).may_identify
    assert [one.is_present for one in people.people()] == [False]
    assert len(people.template_owners(model)) == 0
    assert [one.person_id for one in people.changed_people(revision).people] == [ann.person_id]
    assert consents.valid(noon + DAY)[ann.person_id] == {"expression", "keep"}
    consents.give(ann.person_id, NewConsent(frozenset({"identify"}), "3", "form 18"), noon + 2 * DAY)
    assert people.person(ann.person_id).is_present


def test_without_consent_to_keep_them_no_picture_is_known_any_more(people, consents, picture, noon, model):
    ann = people.add_person("Ann", [picture(0, crop="a.face"), picture(1, crop="b.face")], noon, ALL)

    gone = consents.withdraw(ann.person_id, {"keep"}, noon)

    assert set(gone.crops) == {"a.face", "b.face"}
    assert [one.crop for one in people.pictures()] == ["", ""]
    assert len(people.template_owners(model)) == 2


def test_without_consent_to_expressions_what_was_read_of_them_is_gone(database, people, consents, noon):
    ann, bob = (people.add_person(name, [], noon, ALL) for name in ("Ann", "Bob"))
    readings = SqlReadings(database)
    run = readings.start_run("door", noon)
    faces = tuple(
        FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", "known", one.person_id, one.name, 0.5, 0.5, "fear", 0.8,
                    ("fear", "anger"), (0.75, 0.25), "fear", 0.5, "", "measured", "measured", -0.5, 0.5, "derived")
        for one in (ann, bob)
    )  # fmt: skip
    readings.append(run, [FrameReading("door", 0, 0.0, 640, 480, 0.0, faces)])

    assert consents.withdraw(ann.person_id, {"expression"}, noon).readings == 1

    ((hers, his),) = [frame.faces for frame in readings.read(run)]
    assert (hers.person_name, hers.emotion, hers.probabilities, hers.emotion_smoothed) == ("Ann", "", (), "")
    assert (hers.valence, hers.arousal, hers.valence_arousal_source, hers.confidence) == (0, 0, "", 0)
    assert his == faces[1]
    assert consents.at_stake(ann.person_id, {"expression"}).readings == 0, "they say nothing of expressions any more"


def test_consent_that_expires_lapses_once(people, consents, picture, noon, model):
    ann = people.add_person("Ann", [picture(0, crop="a.face")], noon, NewConsent(ALL.scopes, "2", "", noon + DAY))
    consents.give(ann.person_id, NewConsent(frozenset({"keep"}), "2", ""), noon)

    assert consents.lapse(noon) == ()
    (gone,) = consents.lapse(noon + DAY)

    assert (gone.person_id, gone.scopes, gone.templates, gone.crops) == (
        ann.person_id,
        {"identify", "expression"},
        1,
        (),
    )
    assert consents.lapse(noon + DAY) == ()
    assert not people.person(ann.person_id).may_identify
    assert consents.valid(noon + DAY) == {ann.person_id: {"keep"}}


def test_nobody_consents_for_who_is_not_there(consents, noon):
    with pytest.raises(PersonUnknown):
        consents.give("person-0009", ALL, noon)
    with pytest.raises(PersonUnknown):
        consents.withdraw("person-0009", {"keep"}, noon)


def test_what_is_at_stake_is_what_goes(people, consents, picture, noon):
    ann = people.add_person("Ann", [picture(0, crop="a.face"), picture(1)], noon, ALL)
    people.add_person("Bob", [picture(2, crop="b.face")], noon, ALL)

    stake = consents.at_stake(ann.person_id, ALL.scopes)

    assert (stake.templates, stake.crops, stake.readings) == (2, ("a.face",), 0)
    assert people.pictures(ann.person_id)[0].crop == "a.face"
    assert consents.withdraw(ann.person_id, ALL.scopes, noon) == stake


def test_whose_consent_has_expired_is_told_until_it_is_let_go_of(people, consents, noon):
    ann = people.add_person("Ann", [], noon, NewConsent(ALL.scopes, "2", "", noon + DAY))

    assert consents.lapsing(noon) == frozenset()
    assert consents.lapsing(noon + DAY) == {ann.person_id}
    consents.lapse(noon + DAY)
    assert consents.lapsing(noon + DAY) == frozenset()


def test_who_is_one_person_is_told_once_whoever_of_them_consented(people, database, consents, noon):
    until = NewConsent(ALL.scopes, "2", "", noon + DAY)
    ann, other = people.add_person("Ann", [], noon, until), people.add_person("Anne", [], noon, until)
    SqlJournal(database).apply("merge", [PersonMerged(other.person_id, ann.person_id)], noon)

    assert consents.lapsing(noon + DAY) == {ann.person_id}
    assert len(consents.lapse(noon + DAY)) == 1


def test_what_rests_on_consent_of_somebody_merged_into_a_person_goes_too(
    database, people, consents, picture, noon, model
):
    ann, stranger = people.add_person("Ann", [], noon, ALL), people.add_stranger([], noon)
    sightings = SqlSightings(database)
    view = SightedView(picture(0).templates[0].vector, model, 0.5, "a.face")
    sighting = sightings.add(Sighting("door", 1, "unknown", stranger.person_id, 0.5, noon, noon), [view]).sighting_id
    SqlJournal(database).apply("merge", [PersonStanding(stranger.person_id, "merged", ann.person_id)], noon)

    gone = consents.withdraw(ann.person_id, {"identify"}, noon)

    assert (gone.templates, gone.crops) == (1, ("a.face",))
    assert sightings.views(sighting) == ()


@pytest.fixture
def seen_stranger(database, people, picture, noon, model):
    """A stranger with a picture, a view of a visit, and a reading with an expression."""
    stranger = people.add_stranger([picture(3, crop="p.face")], noon)
    view = SightedView(picture(0).templates[0].vector, model, 0.5, "v.face")
    SqlSightings(database).add(Sighting("door", 1, "unknown", stranger.person_id, 0.5, noon, noon), [view])
    append_reading(database, stranger.person_id, noon)
    return stranger.person_id


def append_reading(database, person_id, noon) -> Run:
    reading = FaceReading(
        track_id=1,
        box=(0, 0, 9, 9),
        landmarks=(),
        detection_score=0.9,
        detection_source="measured",
        identity="unknown",
        person_id=person_id,
        person_name="",
        similarity=0.1,
        margin=0.1,
        emotion="happiness",
        confidence=0.9,
        emotion_labels=("happiness", "neutral"),
        probabilities=(0.9, 0.1),
        emotion_smoothed="happiness",
        quality=0.5,
        quality_reason="",
        identity_source="measured",
        emotion_source="measured",
    )
    readings = SqlReadings(database)
    run = readings.start_run("door", noon)
    readings.append(run, [FrameReading("door", 0, 0.0, 64, 64, 0.0, (reading,))])
    return run


@pytest.mark.parametrize("is_new", [True, False], ids=["named", "assigned"])
def test_of_a_stranger_nothing_is_kept_that_whoever_it_turns_out_to_be_does_not_consent_to(
    database, people, consents, noon, seen_stranger, is_new
):
    little = NewConsent(frozenset({"identify"}), "2", "")
    if is_new:
        steps = (PersonFounded("Ann", little), PersonMerged(seen_stranger, NEW))
    else:
        ann = people.add_person("Ann", [], noon, little)
        steps = (PersonMerged(seen_stranger, ann.person_id),)

    change = SqlJournal(database).apply("assign", steps, noon)

    (sighting,) = SqlSightings(database).latest(1)
    assert sorted(change.crops) == ["p.face", "v.face"]
    assert [one.crop for one in SqlSightings(database).views(sighting.sighting_id)] == [""]
    assert [
        face.emotion
        for run in SqlReadings(database).runs()
        for one in SqlReadings(database).read(run)
        for face in one.faces
    ] == [""]


def test_an_undo_gives_nothing_back_to_who_withdrew_consent_meanwhile(database, people, consents, picture, noon, model):
    ann = people.add_person("Ann", [picture(0, crop="a.face"), picture(1)], noon, ALL)
    bob = people.add_person("Bob", [picture(2)], noon, ALL)
    journal = SqlJournal(database)
    own = tuple(one.picture_id for one in people.pictures(ann.person_id))
    journal.apply("move", [PictureMove(own[:1], bob.person_id)], noon)
    consents.withdraw(ann.person_id, {"identify", "keep"}, noon)

    change = journal.undo(noon + DAY)

    assert change.crops == ("a.face",)
    assert {one.crop for one in people.pictures(ann.person_id)} == {""}
    assert {one.person_id for one in people.templates(model)} == {bob.person_id}
    assert people.templates(person_id=ann.person_id) == ()


def test_pictures_that_come_after_a_withdrawal_are_not_kept(people, consents, picture, noon):
    ann = people.add_person("Ann", [picture(0, digest="d", crop="a.face")], noon, ALL)
    assert people.add_pictures(ann.person_id, [picture(0, digest="d", crop="b.face")], noon).unused == ("b.face",)
    consents.withdraw(ann.person_id, {"keep"}, noon)

    added = people.add_pictures(ann.person_id, [picture(1, crop="c.face")], noon)

    assert (added.count, added.unused) == (1, ("c.face",))
    assert {one.crop for one in people.pictures(ann.person_id)} == {""}


@pytest.mark.parametrize(("withdrawn", "views"), [({"keep"}, [""]), ({"identify"}, [])])
def test_a_visit_that_ends_after_a_withdrawal_keeps_what_is_still_consented_to(
    database, people, consents, picture, noon, model, withdrawn, views
):
    ann = people.add_person("Ann", [picture(0)], noon, ALL)
    consents.withdraw(ann.person_id, withdrawn, noon)
    view = SightedView(picture(0).templates[0].vector, model, 0.5, "v.face")

    noted = SqlSightings(database).add(Sighting("door", 1, "unknown", ann.person_id, 0.5, noon, noon), [view])

    assert noted.unused == ("v.face",)
    assert [one.crop for one in SqlSightings(database).views(noted.sighting_id)] == views


def test_a_reading_that_comes_after_a_withdrawal_says_nothing_of_an_expression(database, people, consents, noon):
    ann = people.add_person("Ann", [], noon, ALL)
    before = append_reading(database, ann.person_id, noon)
    consents.withdraw(ann.person_id, {"keep"}, noon)
    meanwhile = append_reading(database, ann.person_id, noon)
    told = [
        face.emotion for run in (before, meanwhile) for one in SqlReadings(database).read(run) for face in one.faces
    ]
    assert told == ["happiness", "happiness"]
    assert consents.withdraw(ann.person_id, {"expression"}, noon).readings == 2

    after = append_reading(database, ann.person_id, noon)

    for run in (before, meanwhile, after):
        assert [face.emotion for one in SqlReadings(database).read(run) for face in one.faces] == [""]


def test_consent_that_ends_some_day_ends_what_was_agreed_to_before_without_an_end(people, consents, noon):
    ann = people.add_person("Ann", [], noon, ALL)
    consents.give(ann.person_id, NewConsent(frozenset({"identify"}), "3", "", noon + 2 * DAY), noon + DAY)
    assert consents.scopes_of(ann.person_id, noon + DAY) == ALL.scopes

    assert consents.scopes_of(ann.person_id, noon + 2 * DAY) == {"expression", "keep"}
    (gone,) = consents.lapse(noon + 2 * DAY)
    assert gone.scopes == {"identify"} and not people.person(ann.person_id).may_identify
    consents.give(ann.person_id, NewConsent(frozenset({"identify"}), "4", ""), noon + 3 * DAY)
    assert consents.scopes_of(ann.person_id, noon + 9 * DAY) == ALL.scopes


def test_a_stranger_who_says_no_is_heeded_and_the_rest_stays_as_it_was(
    database, people, consents, picture, noon, model, seen_stranger
):
    gone = consents.withdraw(seen_stranger, {"keep"}, noon)
    assert set(gone.crops) == {"p.face", "v.face"}

    added = people.add_pictures(seen_stranger, [picture(1, crop="c.face")], noon)
    view = SightedView(picture(0).templates[0].vector, model, 0.5, "d.face")
    noted = SqlSightings(database).add(Sighting("door", 1, "unknown", seen_stranger, 0.5, noon, noon), [view])
    assert (added.unused, noted.unused) == (("c.face",), ("d.face",))
    assert people.person(seen_stranger).is_present
    assert consents.valid(noon) == {seen_stranger: {"identify", "expression"}}
    assert consents.scopes_of(seen_stranger, noon) == frozenset(), "a stranger never agreed to anything"

    assert consents.withdraw(seen_stranger, {"expression", "keep"}, noon).readings == 1
    run = append_reading(database, seen_stranger, noon)
    assert [face.emotion for one in SqlReadings(database).read(run) for face in one.faces] == [""]
    record = consents.of(seen_stranger)
    assert [(one.scope, one.evidence) for one in record] == [
        (one, "nothing was given") for one in ("keep", "expression", "keep")
    ]
    assert {(one.given_at, one.withdrawn_at) for one in record} == {(noon, noon)}
    consents.give(seen_stranger, NewConsent(frozenset({"keep"}), "2", ""), noon + DAY)
    assert consents.valid(noon + DAY) == {seen_stranger: {"identify", "keep"}}


def test_what_a_stranger_said_holds_for_whom_it_turns_out_to_be_until_they_say_otherwise(
    database, people, consents, noon, seen_stranger
):
    consents.withdraw(seen_stranger, {"keep"}, noon + DAY)
    ann, bob = people.add_person("Ann", [], noon, ALL), people.add_stranger([], noon)
    journal = SqlJournal(database)
    journal.apply("merge", [PersonMerged(bob.person_id, seen_stranger)], noon + DAY)
    assert consents.valid(noon + DAY)[seen_stranger] == {"identify", "expression"}
    journal.apply("assign", [PersonMerged(seen_stranger, ann.person_id)], noon + DAY)
    assert consents.valid(noon + DAY) == {ann.person_id: {"identify", "expression"}}
    consents.give(ann.person_id, NewConsent(frozenset({"keep"}), "2", ""), noon + 2 * DAY)
    assert consents.valid(noon + 2 * DAY) == {ann.person_id: ALL.scopes}


@pytest.mark.parametrize("ends", [None, 1], ids=["withdrawn", "expired"])
def test_a_no_that_is_said_again_is_on_record_and_is_the_last_word(database, people, consents, noon, ends):
    """Somebody is here twice: under one name without consent any more, under another one they consent later."""
    until = noon + ends * DAY if ends else None
    ann = people.add_person("Ann", [], noon, NewConsent(ALL.scopes, "2", "", until)).person_id
    if ends:
        consents.lapse(noon + DAY)
        consents.give(ann, NewConsent(frozenset({"identify", "keep"}), "2", ""), noon + DAY)
    else:
        consents.withdraw(ann, {"expression"}, noon + DAY)
    twin = people.add_person("Anne", [], noon + 2 * DAY, ALL).person_id

    consents.withdraw(ann, {"expression"}, noon + 5 * DAY)

    said = [one for one in consents.of(ann) if one.scope == "expression"][-1]
    assert (said.given_at, said.withdrawn_at, said.evidence) == (noon + 5 * DAY,) * 2 + ("nothing was given",)
    SqlJournal(database).apply("merge", [PersonMerged(twin, ann)], noon + 6 * DAY)
    assert consents.scopes_of(ann, noon + 6 * DAY) == {"identify", "keep"}


def test_what_is_said_after_the_clock_was_set_back_counts_as_said_last(people, consents, noon):
    ann = people.add_person("Ann", [], noon, ALL).person_id
    consents.withdraw(ann, ALL.scopes, noon + 5 * DAY)

    consents.give(ann, ALL, noon + 2 * DAY)

    assert consents.scopes_of(ann, noon + 2 * DAY) == ALL.scopes and people.person(ann).may_identify
    assert {one.given_at for one in consents.of(ann)} == {noon, noon + 5 * DAY}, "never before what stands there"
    consents.withdraw(ann, {"keep"}, noon + 2 * DAY)
    assert consents.scopes_of(ann, noon + 2 * DAY) == {"identify", "expression"}
    assert consents.of(ann)[-1].withdrawn_at == noon + 5 * DAY
    until = NewConsent(frozenset({"keep"}), "3", "", noon + 3 * DAY)
    consents.give(ann, until, noon + 2 * DAY)
    assert consents.scopes_of(ann, noon + 2 * DAY) == ALL.scopes
    consents.lapse(noon + 3 * DAY)
    consents.give(ann, NewConsent(frozenset({"keep"}), "4", ""), noon)
    assert consents.scopes_of(ann, noon) == ALL.scopes
