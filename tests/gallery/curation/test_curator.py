"""What is planned, what is done, and that it is heard of by ids alone."""

import re

import numpy as np
import pytest
from tests.support.faces import ALL, MODEL, Noted, axis, kept, like

from mien.domain.errors import GalleryError, PeopleChanged, PersonUnknown
from mien.domain.people.consent import NewConsent
from mien.domain.people.sightings import SightedView, Sighting
from mien.gallery.curation.curator import Curator
from mien.gallery.curation.limit import Limit
from mien.gallery.registry import Registry
from mien.gallery.roster import Roster
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.sightings import SqlSightings

CAP = 4


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def registry(people, database, media, noted) -> Registry:
    return Registry(people, SqlJournal(database), SqlConsents(database), media, SqlOutbox(database), noted)


@pytest.fixture
def curator(registry, people, clock) -> Curator:
    return Curator(registry, Roster(people), clock, CAP)


@pytest.fixture
def stranger(people, clock) -> str:
    return people.add_stranger([kept(axis(5)), kept(like(axis(5), 0.9))], clock.now()).person_id


def ids(people, person_id):
    return [one.picture_id for one in people.pictures(person_id)]


@pytest.mark.parametrize(
    ("plan", "would", "did"),
    [
        (
            lambda curator: curator.rename("Ann", "Anna"),
            "rename 'Ann' (person-0001) to",
            "renamed 'Ann' (person-0001) to",
        ),
        (lambda curator: curator.merge("Ann", ["Bob"]), "merge 'Bob'", "merged 'Bob'"),
        (lambda curator: curator.name(["unknown-0001"], "Cy", ALL), "make unknown-0001, ", "made unknown-0001, "),
        (lambda curator: curator.split("unknown-0001", [1]), "move 1 of unknown-0001", "moved 1 of unknown-0001"),
        (lambda curator: curator.move([1], "Ann"), "move 1 picture of", "moved 1 picture of"),
        (lambda curator: curator.hide("Ann"), "hide 'Ann' (person-0001)", "hid 'Ann' (person-0001)"),
        (lambda curator: curator.show("Dee"), "show 'Dee' (person-0003) again", "showed 'Dee' (person-0003) again"),
        (lambda curator: curator.ignore(["unknown-0001"]), "ignore unknown-0001", "ignored unknown-0001"),
        (lambda curator: curator.discard(["unknown-0001"]), "put unknown-0001, ", "put unknown-0001, "),
        (lambda curator: curator.restore("Eve"), "take 'Eve' (person-0004) out", "took 'Eve' (person-0004) out"),
        (lambda curator: curator.remove_pictures([1]), "put 1 picture of", "put 1 picture of"),
        (lambda curator: curator.set_aside([1]), "put 1 picture of", "put 1 picture of"),
    ],
)
def test_what_would_be_done_is_told_as_an_order_and_what_was_done_as_done(curator, enrol, stranger, plan, would, did):
    for place, name in enumerate(("Ann", "Bob", "Dee", "Eve")):
        enrol(name, axis(place))
    curator.carry_out(curator.hide("Dee"))
    curator.carry_out(curator.remove(["Eve"]))

    deed = plan(curator).deed

    assert deed.told(is_done=False).startswith(would) and deed.told(is_done=True).startswith(did)
    assert deed.told(is_done=False).partition(" ")[2] == deed.told(is_done=True).partition(" ")[2]


def test_a_plan_changes_nothing_until_it_is_carried_out(curator, people, enrol, noted):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", like(axis(0), 0.9))
    before = people.revision()

    plan = curator.merge("ann", ["Bob"])

    assert plan.deed.told(is_done=False) == "merge 'Bob' (person-0002), 1 picture into 'Ann' (person-0001), 1 picture"
    assert (people.revision(), noted.heard, plan.warnings) == (before, [], ())
    curator.carry_out(plan)
    assert people.selves(bob) == (ann, bob)
    assert noted.heard[2:] == [("person.merged", (ann, bob), {"merged_into": ann, "pictures": 1})]


def test_people_who_hardly_look_alike_are_merged_with_a_warning(curator, enrol):
    enrol("Ann", axis(0))
    enrol("Bob", axis(1))

    assert curator.merge("Ann", ["Bob"]).warnings == (
        "'Bob' (person-0002) and 'Ann' (person-0001) hardly look alike (similarity 0.00)",
    )


def test_whoever_was_merged_is_found_under_either_id(curator, people, enrol, stranger):
    ann = enrol("Ann", axis(0))
    curator.carry_out(curator.merge("Ann", [stranger]))

    plan = curator.rename(stranger, "Anna")

    assert plan.people == (ann,)
    curator.carry_out(plan)
    assert people.named("Anna").person_id == ann


def test_a_stranger_who_is_named_is_a_new_person_with_all_that_was_seen_of_them(
    curator, people, stranger, noted, database, clock
):
    curator.carry_out(curator.name([stranger], "  Eve ", ALL))

    eve = people.named("eve")
    assert eve.person_id == "person-0001"
    assert len(ids(people, eve.person_id)) == 2
    assert people.selves(stranger) == (eve.person_id, stranger)
    assert noted.heard[0][:2] == ("consent.given", (eve.person_id,))
    assert noted.heard[1] == ("stranger.promoted", (stranger, eve.person_id), {"pictures": 2})
    assert SqlConsents(database).valid(clock.now()) == {eve.person_id: ALL.scopes}
    curator.undo()
    assert people.named("Eve") is None
    assert len(ids(people, stranger)) == 2
    assert noted.heard[-1] == ("change.undone", (eve.person_id, stranger), {"undone": "stranger.promoted"})


def test_who_does_not_want_pictures_to_be_kept_has_none(curator, people, media, clock):
    crop = media.save(np.zeros((112, 112, 3), np.uint8))
    stranger = people.add_stranger([kept(axis(5), crop=crop)], clock.now()).person_id

    curator.carry_out(curator.name([stranger], "Eve", NewConsent(frozenset({"identify"}), "2", "")))

    assert [one.crop for one in people.pictures()] == [""]
    assert not media.exists(crop)
    assert len(people.template_owners(MODEL)) == 1


def test_nobody_gets_a_name_without_consent(curator, people, enrol, stranger):
    ann = enrol("Ann", axis(0), axis(1))
    little = NewConsent(frozenset({"keep"}), "2", "")
    lacking = re.escape("there is no consent of 'Eve' to be identified, and nobody gets a name without it: --consent")
    for plan in (
        lambda: curator.split("Ann", ids(people, ann)[:1], "Eve"),
        lambda: curator.split("Ann", ids(people, ann)[:1], "Eve", little),
        lambda: curator.name([stranger], " Eve", little),
    ):
        with pytest.raises(GalleryError, match=lacking):
            plan()


def test_a_stranger_who_is_somebody_known_is_assigned_and_the_reverse_is_refused(curator, enrol, stranger, noted):
    ann = enrol("Ann", axis(0))
    with pytest.raises(GalleryError, match="merge unknown-0001 into 'Ann', not the reverse"):
        curator.merge(stranger, ["Ann"])

    curator.carry_out(curator.merge("Ann", [stranger]))

    assert noted.heard[1:] == [("stranger.assigned", (ann, stranger), {"merged_into": ann, "pictures": 2})]


def test_a_split_takes_some_pictures_and_never_all(curator, people, enrol):
    ann = enrol("Ann", axis(0), axis(1))
    first, second = ids(people, ann)

    with pytest.raises(GalleryError, match="nobody would be left"):
        curator.split("Ann", [first, second])
    with pytest.raises(GalleryError, match="picture 99 is none of 'Ann'"):
        curator.split("Ann", [99])
    with pytest.raises(GalleryError, match="name the pictures"):
        curator.split("Ann", [])
    curator.carry_out(curator.split("Ann", [second, second], "Eve", ALL))
    assert ids(people, people.named("Eve").person_id) == [second]
    curator.carry_out(curator.undo() and curator.split("Ann", [second]))
    assert ids(people, "unknown-0001") == [second]


def test_pictures_go_to_whoever_is_on_them(curator, people, enrol):
    ann, bob = enrol("Ann", axis(0), axis(1)), enrol("Bob", axis(2))
    (first, second), (third,) = ids(people, ann), ids(people, bob)

    with pytest.raises(GalleryError, match="has this picture already"):
        curator.move([third], "Bob")
    with pytest.raises(GalleryError, match="no picture 99"):
        curator.move([99], "Bob")
    curator.carry_out(curator.move([second], "bob"))
    assert (ids(people, ann), ids(people, bob)) == ([first], [second, third])


def test_whom_an_operator_gives_pictures_to_is_on_them_by_that_word(curator, people, enrol, stranger):
    _, second, third = ids(people, enrol("Ann", axis(0), axis(1), axis(2)))
    enrol("Bob", axis(3))

    def vouched():
        return [one.picture_id for one in people.pictures() if one.is_vouched]

    curator.carry_out(curator.move([second], "Bob"))
    curator.carry_out(curator.split("Ann", [third], "Eve", ALL))
    assert vouched() == [second, third]
    curator.undo()
    assert vouched() == [second]
    curator.carry_out(curator.split("Ann", [third]))
    curator.carry_out(curator.merge("Bob", [stranger]))
    assert vouched() == [second], "of a stranger, nobody said who is on it"


def test_the_recycle_bin_gives_back_what_it_took(curator, people, enrol):
    ann = enrol("Ann", axis(0), axis(1))
    curator.carry_out(curator.remove(["Ann"]))

    assert len(people.template_owners(MODEL)) == 0
    with pytest.raises(PersonUnknown):
        curator.hide("Ann")
    with pytest.raises(GalleryError, match="in the recycle bin"):
        curator.hide(ann)
    other = enrol("Ann", axis(3))
    with pytest.raises(GalleryError, match=f"'Ann' is enrolled already \\({other}\\)"):
        curator.restore("ann")
    curator.carry_out(curator.rename(other, "Anna"))
    curator.carry_out(curator.restore("ann"))
    assert people.named("Ann").person_id == ann
    first, _ = ids(people, ann)
    curator.carry_out(curator.remove_pictures([first, first]))
    assert len(people.template_owners(MODEL)) == 2
    with pytest.raises(GalleryError, match="there already"):
        curator.remove_pictures([first])
    curator.carry_out(curator.restore_pictures([first]))
    assert len(people.template_owners(MODEL)) == 3


def test_who_is_hidden_is_known_and_not_listed(curator, people, media, enrol):
    enrol("Ann", axis(0))
    roster = Roster(people)

    curator.carry_out(curator.hide("Ann"))

    assert len(people.template_owners(MODEL)) == 1
    assert roster.entries() == ()
    assert [entry.person.name for entry in roster.entries(everybody=True)] == ["Ann"]
    with pytest.raises(GalleryError, match="not in sight, but hidden"):
        curator.hide("Ann")
    curator.carry_out(curator.show("Ann"))
    with pytest.raises(GalleryError, match="not hidden or ignored"):
        curator.show("Ann")


def test_strangers_alone_are_ignored_and_enrolled_people_alone_renamed(curator, enrol, stranger):
    enrol("Ann", axis(0))
    with pytest.raises(GalleryError, match="enrolled, and no stranger"):
        curator.ignore(["Ann"])
    with pytest.raises(GalleryError, match="is a stranger"):
        curator.rename(stranger, "Eve")
    with pytest.raises(GalleryError, match="has that name already"):
        curator.rename("Ann", "Ann")
    with pytest.raises(GalleryError, match="form of an id"):
        curator.name([stranger], "unknown-0009", ALL)
    with pytest.raises(GalleryError, match="enrolled already"):
        curator.name([stranger], "ANN", ALL)
    with pytest.raises(GalleryError, match="with itself"):
        curator.merge("Ann", ["person-0001"])
    with pytest.raises(PersonUnknown):
        curator.merge("Ann", ["nobody"])
    assert curator.carry_out(curator.ignore([stranger])).kind == "person.ignored"


def test_no_name_is_heard_of(curator, people, enrol, noted, stranger):
    ann = enrol("Ann Lee", axis(0), axis(1))
    for plan in (
        lambda: curator.rename("Ann Lee", "Bea Lee"),
        lambda: curator.split("Bea Lee", ids(people, ann)[:1], "Cy Lee", ALL),
        lambda: curator.name([stranger], "Di Lee", ALL),
        lambda: curator.merge("Di Lee", ["Cy Lee"]),
        lambda: curator.remove(["Bea Lee"]),
    ):
        curator.carry_out(plan())
    assert "Lee" not in str(noted.heard)


def test_of_people_who_become_one_the_most_redundant_pictures_are_set_aside_and_all_come_back(curator, people, enrol):
    ann = enrol("Ann", axis(0), axis(1), axis(2))
    bob = enrol("Bob", like(axis(1), 0.95), axis(3), like(axis(3), 0.9))

    plan = curator.merge("Ann", ["Bob"])
    change = curator.carry_out(plan)

    assert plan.deed.what.endswith(", and set the 2 most redundant of their pictures aside")
    assert [one.state for one in people.pictures(ann)].count("active") == CAP
    aside = {one.picture_id for one in people.pictures(ann, "set_aside")}
    assert len(aside & {2, 4}) == 1 and len(aside & {5, 6}) == 1  # of either two that are alike
    assert curator.undo().change_id == change.change_id
    assert [len(people.pictures(one, "active")) for one in (ann, bob)] == [3, 3]


def test_pictures_that_are_moved_or_of_a_stranger_who_is_named_are_not_too_many_either(curator, people, enrol, clock):
    ann = enrol("Ann", axis(0), axis(1), axis(2), axis(3))
    enrol("Bob", axis(4), like(axis(3), 0.9))
    curator.carry_out(curator.move([6], "Ann"))
    assert len(people.pictures(ann, "active")) == CAP

    views = [kept(one) for one in (axis(5), axis(6), axis(7), axis(8), like(axis(8), 0.9), like(axis(7), 0.9))]
    stranger = people.add_stranger(views, clock.now()).person_id
    unwanted = ids(people, stranger)[0]
    curator.carry_out(curator.name([stranger], "Eve", ALL, [unwanted]))

    states = [one.state for one in people.pictures(people.named("Eve").person_id)]
    assert sorted(states) == ["active"] * CAP + ["binned", "set_aside"]


def test_a_picture_that_is_taken_back_stays_and_others_make_room(curator, people, enrol):
    ann = enrol("Ann", axis(0), axis(1), axis(2), axis(3), like(axis(3), 0.9))
    curator.carry_out(curator.set_aside([5]))

    plan = curator.restore_pictures([5])
    curator.carry_out(plan)

    assert plan.deed.what.endswith("back into the gallery, and set the most redundant of their pictures aside")
    assert 5 in {one.picture_id for one in people.pictures(ann, "active")}
    assert len(people.pictures(ann, "active")) == CAP
    curator.undo()
    assert [one.picture_id for one in people.pictures(ann, "set_aside")] == [5]


def test_pictures_that_nobody_asked_about_are_not_opened(curator, people, enrol, database, monkeypatch):
    enrol("Ann", axis(0), axis(1), axis(2))
    enrol("Bob", axis(3))
    opened = []
    real = type(database.vault).open
    monkeypatch.setattr(type(database.vault), "open", lambda *told, **more: opened.append(1) or real(*told, **more))

    people.pictures()
    everything = len(opened)
    curator.set_aside([1])

    assert everything == 4 and len(opened) == everything + 2, "the picture, and the name of whose it is"
    with pytest.raises(GalleryError, match="there is no picture 9"):
        curator.set_aside([1, 9])


def test_what_an_undo_leaves_to_nobody_is_deleted(curator, people, enrol, media, database, clock):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", axis(3))
    crop = media.save(np.zeros((112, 112, 3), np.uint8))
    SqlConsents(database).give(ann, ALL, clock.now())
    people.add_pictures(ann, [kept(axis(1), crop=crop)], clock.now())
    curator.carry_out(curator.move(ids(people, ann)[-1:], "Bob"))
    SqlConsents(database).withdraw(ann, {"keep"}, clock.now())
    assert {one.crop for one in people.pictures(bob)} == {"", crop}

    curator.undo()

    assert list(media.names()) == []


def test_what_goes_for_good_is_told_before(curator, people, stranger, enrol, media, database, clock):
    ann = enrol("Ann", axis(0))
    consents = SqlConsents(database)
    consents.give(ann, NewConsent(frozenset({"identify"}), "2", ""), clock.now())
    crop = media.save(np.zeros((112, 112, 3), np.uint8))
    people.add_pictures(stranger, [kept(axis(6), crop=crop)], clock.now())
    told = "does not consent to expression and keep: 1 stored picture will be deleted, which no undo brings back"

    assert f"'Ann' (person-0001) {told}" in curator.merge("Ann", [stranger]).warnings
    identify = NewConsent(frozenset({"identify"}), "2", "")
    assert f"Bob {told}" in curator.name([stranger], "Bob", identify).warnings
    view = SightedView(axis(7), MODEL, 0.8, media.save(np.zeros((112, 112, 3), np.uint8)))
    visit = Sighting("door", 1, "unknown", stranger, 0.5, clock.now(), clock.now())
    SqlSightings(database).add(visit, [view])
    with_visits = told.replace("1 stored picture", "1 stored picture and 1 of visits")
    assert f"Bob {with_visits}" in curator.name([stranger], "Bob", identify).warnings
    moved = curator.move(ids(people, stranger)[-1:], "Ann").warnings
    assert moved == (f"'Ann' (person-0001) {told.replace('expression and keep', 'keep')}",)


def test_what_a_stranger_said_no_to_is_told_and_nothing_else(curator, people, stranger, media, database, clock):
    other = people.add_stranger([kept(axis(6), crop=media.save(np.zeros((112, 112, 3), np.uint8)))], clock.now())
    SqlConsents(database).withdraw(stranger, {"expression"}, clock.now())
    assert curator.move(ids(people, stranger)[:1], other.person_id).warnings == ()
    assert not [one for one in curator.merge(stranger, [other.person_id]).warnings if "deleted" in one]
    SqlConsents(database).withdraw(stranger, {"keep"}, clock.now())
    told = f"{stranger} does not consent to expression and keep: 1 stored picture will be deleted"
    assert [one for one in curator.merge(stranger, [other.person_id]).warnings if told in one]


def test_of_people_who_are_to_be_one_the_last_word_is_told(curator, enrol, database, clock):
    consents = SqlConsents(database)
    for one in (enrol("Ann", axis(0)), bob := enrol("Bob", like(axis(0), 0.9))):
        consents.give(one, ALL, clock.now())
    clock.passed_s += 1
    consents.withdraw(bob, {"keep"}, clock.now())

    (told,) = curator.merge("Ann", ["Bob"]).warnings

    assert told.endswith("as one person they consent to expression and identify")


def as_it_is(people):
    return people.people(everybody=True), people.pictures()


@pytest.mark.parametrize(
    ("planned", "meanwhile", "told"),
    [
        (
            lambda curator: curator.ignore(["unknown-0001"]),
            lambda curator: curator.merge("Bob", ["unknown-0001"]),
            "unknown-0001 was merged into 'Bob' (person-0002)",
        ),
        (
            lambda curator: curator.name(["unknown-0001"], "Eve", ALL),
            lambda curator: curator.ignore(["unknown-0001"]),
            "unknown-0001 was ignored",
        ),
        (
            lambda curator: curator.remove(["Bob"]),
            lambda curator: curator.merge("Ann", ["Bob"]),
            "'Bob' (person-0002) was merged into 'Ann' (person-0001)",
        ),
        (
            lambda curator: curator.split("Ann", [3]),
            lambda curator: curator.move([3], "Bob"),
            "picture 3 went to 'Bob' (person-0002)",
        ),
        (
            lambda curator: curator.move([3], "Bob"),
            lambda curator: curator.split("Ann", [3]),
            "picture 3 went to unknown-0002",
        ),
        (
            lambda curator: curator.move([1], "Bob"),
            lambda curator: curator.remove(["Bob"]),
            "'Bob' (person-0002) was put into the recycle bin",
        ),
        (
            lambda curator: curator.merge("Ann", ["Bob"]),
            lambda curator: curator.remove_pictures([3]),
            "picture 3 was put into the recycle bin",
        ),
        (
            lambda curator: curator.set_aside([1]),
            lambda curator: curator.remove_pictures([1]),
            "picture 1 was put into the recycle bin",
        ),
        (
            lambda curator: curator.rename("Ann", "Eve"),
            lambda curator: curator.rename("Ann", "Anna"),
            "'Ann' (person-0001) was named 'Anna'",
        ),
        (
            lambda curator: curator.hide("Ann"),
            lambda curator: curator.remove(["Ann"]),
            "'Ann' (person-0001) was put into the recycle bin",
        ),
    ],
)
def test_what_was_planned_is_not_done_to_people_who_changed_meanwhile(
    curator, people, enrol, stranger, noted, planned, meanwhile, told
):
    enrol("Ann", axis(0), axis(1))
    enrol("Bob", axis(2))
    pictures = {one.picture_id: one.person_id for one in people.pictures()}
    assert [*pictures.values()] == ["unknown-0001"] * 2 + ["person-0001"] * 2 + ["person-0002"]
    plan = planned(curator)
    curator.carry_out(meanwhile(curator))
    before, heard = as_it_is(people), len(noted.heard)

    with pytest.raises(PeopleChanged) as refused:
        curator.carry_out(plan)

    assert str(refused.value) == f"{told} meanwhile, so nothing was done: look again, and try again"
    assert (as_it_is(people), len(noted.heard)) == (before, heard)


def test_what_was_planned_is_not_done_to_who_withdrew_or_was_forgotten_meanwhile(
    curator, people, enrol, database, clock
):
    ann, bob = enrol("Ann", axis(0)), enrol("Bob", axis(2))
    consents = SqlConsents(database)
    consents.give(bob, ALL, clock.now())
    plan = curator.merge("Ann", ["Bob"])

    consents.withdraw(bob, {"identify"}, clock.now())
    with pytest.raises(PeopleChanged, match=r"'Bob' .* withdrew consent to be identified meanwhile"):
        curator.carry_out(plan)
    assert len(people.templates(person_id=ann)) == 1, "as one person they would not be known any more"

    people.forget(bob)
    with pytest.raises(PeopleChanged, match=f"'Bob' .{bob}. was forgotten meanwhile"):
        curator.carry_out(plan)


def test_a_picture_that_is_thrown_away_meanwhile_is_not_set_aside_in_its_stead(
    registry, curator, people, enrol, clock, monkeypatch
):
    ann = enrol("Ann", *map(axis, range(CAP)), like(axis(0), 0.9))
    real = people.templates

    def templates(**asked):
        found = real(**asked)
        curator.carry_out(curator.remove_pictures([1, 5]))
        return found

    monkeypatch.setattr(people, "templates", templates)

    assert Limit(registry, CAP, clock).enforce(ann) == 0
    assert {one.picture_id for one in people.pictures(ann, "binned")} == {1, 5}


@pytest.mark.parametrize(("held", "back"), [(0, CAP + 2), (1, CAP + 2), (2, CAP), (CAP, CAP), (CAP, CAP - 1)])
def test_however_many_pictures_are_taken_back_they_are_not_too_many(curator, people, enrol, held, back):
    ann = enrol("Ann", *map(axis, range(held + back)))
    enrol("Bob", axis(40))
    away = ids(people, ann)[held:]
    curator.carry_out(curator.remove_pictures([*away, away[0]]))

    plan = curator.restore_pictures([*away, away[0]])
    curator.carry_out(plan)

    active = [one.picture_id for one in people.pictures(ann, "active")]
    assert len(active) == CAP
    assert plan.deed.what.endswith(f"set the {held + back - CAP} most redundant of their pictures aside")
    assert back >= CAP or {*away} <= {*active}
    assert not people.pictures(ann, "binned"), "what was asked for is out of the recycle bin all the same"
    curator.undo()
    assert [one.picture_id for one in people.pictures(ann, "binned")] == away
    assert len(people.pictures(ann, "active")) == held


@pytest.fixture
def withdrawn(people, enrol, database, clock):
    """Ann with two pictures, who does not want to be identified any more, and Bob, who does."""
    ann, consents = enrol("Ann", axis(0), axis(1)), SqlConsents(database)
    consents.give(ann, ALL, clock.now())
    consents.withdraw(ann, {"identify"}, clock.now())
    enrol("Bob", axis(2))
    return ann


def test_by_pictures_of_who_is_not_to_be_identified_no_stranger_is(curator, people, withdrawn, stranger):
    first, _ = ids(people, withdrawn)
    before = as_it_is(people)
    refused = (
        "'Ann' .person-0001. does not consent to be identified .any more., and a stranger, whom nobody asks, would"
    )

    for plan in (lambda: curator.split("Ann", [first]), lambda: curator.move([first], stranger)):
        with pytest.raises(GalleryError, match=f"{refused} be by these pictures: mien people split with --name"):
            plan()

    assert as_it_is(people) == before


def test_nobody_merges_with_who_is_not_to_be_identified_and_the_ways_on_are_told(curator, withdrawn):
    told = "'Ann' .person-0001. does not consent .* mien privacy consent give person-0001 identify .* mien people move"
    for plan in (lambda: curator.merge("Bob", ["Ann"]), lambda: curator.merge("Ann", ["Bob"])):
        with pytest.raises(GalleryError, match=told):
            plan()


def test_pictures_without_templates_are_told_to_count_for_nothing(curator, people, enrol, database, clock):
    pictures, consents = [kept(axis(n), crop=f"{n}.png") for n in (0, 1)], SqlConsents(database)
    ann = people.add_person("Ann", pictures, clock.now(), ALL).person_id
    consents.withdraw(ann, {"identify"}, clock.now())
    enrol("Bob", axis(2))
    first, second = ids(people, ann)

    waiting = "1 picture ({}) will have no template, and count for nothing until mien people reembed makes them from"
    assert curator.move([first], "Bob").warnings[-1].startswith(waiting.format(first))
    assert curator.split("Ann", [second], "Eve", ALL).warnings[-1].startswith(waiting.format(second))
    without = NewConsent(frozenset({"identify"}), "2", "form 17")
    assert "neither a template nor a stored file" in curator.split("Ann", [second], "Eve", without).warnings[-1]


def test_that_somebody_is_not_to_be_identified_is_told_where_others_get_their_pictures(curator, people, withdrawn):
    first, second = ids(people, withdrawn)
    told = "'Ann' (person-0001) does not consent to be identified (any more), and {} is by these pictures: make sure"

    split, moved = curator.split("Ann", [first], "Eve", ALL), curator.move([second, 3], "Bob")

    for plan, who in ((split, "'Eve'"), (moved, "'Bob' (person-0002)")):
        warning, uncounted = plan.warnings
        assert warning.startswith(told.format(who)) and "neither a template nor a stored file" in uncounted
        curator.carry_out(plan)
    assert ids(people, people.named("Eve").person_id) == [first]


def test_pictures_are_not_moved_from_who_withdrew_meanwhile(curator, enrol, database, clock):
    ann, consents = enrol("Ann", axis(0), axis(1)), SqlConsents(database)
    consents.give(ann, ALL, clock.now())
    enrol("Bob", axis(2))
    plan = curator.move([1], "Bob")
    consents.withdraw(ann, {"identify"}, clock.now())

    with pytest.raises(PeopleChanged, match=r"'Ann' .* withdrew consent to be identified meanwhile"):
        curator.carry_out(plan)


def test_a_stranger_who_was_somebody_says_no_to_what_they_do(curator, people, enrol, database, clock):
    ann, consents = enrol("Ann", axis(0), axis(1)), SqlConsents(database)
    consents.give(ann, NewConsent(frozenset({"identify", "expression"}), "2", ""), clock.now())
    consents.withdraw(ann, {"expression"}, clock.now())

    plan = curator.split("Ann", [1])
    curator.carry_out(plan)

    assert plan.warnings == (
        "'Ann' (person-0001) does not consent to expression: that holds for the stranger too, until they say otherwise",
    )
    assert consents.valid(clock.now())["unknown-0001"] == {"identify", "keep"}, "nobody was asked about keep"
    curator.undo()
    curator.carry_out(curator.split("Ann", [1], "Eve", ALL))
    assert consents.valid(clock.now())[people.named("Eve").person_id] == ALL.scopes


def test_consent_that_comes_with_a_merge_counts_where_the_clock_was_set_back(curator, enrol, stranger, database, clock):
    ann, consents = enrol("Ann", axis(0)), SqlConsents(database)
    clock.passed_s = 60
    consents.give(ann, ALL, clock.now())
    consents.withdraw(ann, ALL.scopes, clock.now())
    clock.passed_s = 0

    plan = curator.merge("Ann", [stranger], consent=ALL)
    curator.carry_out(plan)

    assert not [one for one in plan.warnings if "consent" in one]
    assert consents.scopes_of(ann, clock.now()) == ALL.scopes
