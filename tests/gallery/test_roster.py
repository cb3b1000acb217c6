import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept

from mien.domain.errors import GalleryError, PersonUnknown
from mien.gallery.roster import Roster
from mien.store.journal import PersonMerged, PersonStanding, PictureStates
from mien.store.people import NewPicture
from mien.store.sql.people.journal import SqlJournal

PICTURE = np.zeros((112, 112, 3), np.uint8)


@pytest.fixture
def roster(people) -> Roster:
    return Roster(people)


@pytest.fixture
def add(people, media, clock):
    """Adds an enrolled person, or a stranger where no name is given, with a picture, and returns the person."""

    def add(name: str = ""):
        templates = [kept(axis(0), MODEL, f"{name or 'camera'}.png", "digest", media.save(PICTURE))]
        return people.add_person(name, templates, clock.now()) if name else people.add_stranger(templates, clock.now())

    return add


def test_the_roster_lists_enrolled_people_before_strangers_with_their_templates(roster, add, people, clock):
    stranger, zoe, ann = add(), add("Zoe"), add("ann")
    people.add_pictures(ann.person_id, [kept(axis(1), MODEL, "2.png")], clock.now())

    assert [(entry.person, entry.templates) for entry in roster.entries()] == [(ann, 2), (zoe, 1), (stranger, 1)]


def test_people_are_found_by_name_in_any_case_or_by_id(roster, add):
    ann, stranger = add("Ann  Lee".replace("  ", " ")), add()

    assert roster.find("  ANN   lee ") == ann
    assert roster.find(ann.person_id) == ann
    assert roster.find("unknown-0001") == stranger
    with pytest.raises(PersonUnknown, match="'Nobody'"):
        roster.find("Nobody")
    with pytest.raises(GalleryError, match="200 characters"):
        roster.find("x" * 300)


def test_an_id_is_never_taken_for_a_name(roster, add):
    stranger = add()
    namesake = add(stranger.person_id)  # enrolling refuses such a name; an old home may hold one

    assert roster.find(stranger.person_id) == stranger
    assert roster.find(namesake.person_id) == namesake


def test_whoever_was_thrown_away_or_merged_is_found_by_who_looks_for_anybody(roster, add, database, people, clock):
    ann, bob, stranger = add("Ann"), add("Bob"), add()
    journal = SqlJournal(database)
    journal.apply("bin", [PersonStanding(ann.person_id, "binned")], clock.now())
    journal.apply("merge", [PersonStanding(stranger.person_id, "merged", bob.person_id)], clock.now())

    assert roster.find_anybody("ann").person_id == ann.person_id
    assert roster.find_anybody(stranger.person_id).person_id == bob.person_id
    with pytest.raises(GalleryError, match="recycle bin"):
        roster.find(ann.person_id)
    again = add("Ann")
    assert roster.find_anybody("Ann") == again
    journal.apply("bin", [PersonStanding(again.person_id, "binned")], clock.now())
    with pytest.raises(GalleryError, match="several are named 'Ann': person-0001, person-0003"):
        roster.find_anybody("Ann")
    with pytest.raises(PersonUnknown, match="'Nobody'"):
        roster.find_anybody("Nobody")


def test_a_name_with_signs_that_nobody_sees_is_the_same_name(people, enrol):
    bob = enrol("Bob", axis(0))
    assert Roster(people).find("Bo\u200bb\u200d").person_id == bob


def test_whoever_is_not_there_is_told_with_whom_may_be_meant(roster, add, database, clock):
    ada, away, _ = add("Ada"), add("Adam"), add()
    SqlJournal(database).apply("bin", [PersonStanding(away.person_id, "binned")], clock.now())

    for find in (roster.find, roster.find_anybody):
        with pytest.raises(PersonUnknown, match=r"^there is nobody named 'Aad'; did you mean 'Ada'\?$"):
            find("Aad")
        with pytest.raises(PersonUnknown, match="did you mean 'unknown-0001'"):
            find("unknown-1")
        for nobody in ("Somebody", "unknown-0099", "person-0009", "unknown-7"):
            with pytest.raises(PersonUnknown, match=rf"^there is nobody named '{nobody}'$"):
                find(nobody)
    with pytest.raises(PersonUnknown, match=r"in the recycle bin; did you mean 'Adam'\?$"):
        roster.find_binned("Adan")
    with pytest.raises(PersonUnknown, match=rf"any more: 'Adam' \({away.person_id}\) is in the recycle bin"):
        roster.find("adam")
    told = roster.called([ada.person_id, "unknown-0001", "person-0099"])
    assert told == (f"'Ada' ({ada.person_id})", "unknown-0001", "person-0099")


def test_the_name_of_somebody_who_was_merged_tells_into_whom(roster, add, database, clock):
    ada, alias = add("Ada"), add("A. L.")
    SqlJournal(database).apply("merge", [PersonMerged(alias.person_id, ada.person_id)], clock.now())

    with pytest.raises(PersonUnknown, match=rf"nobody named 'a\. l\.' any more: merged into 'Ada' \({ada.person_id}\)"):
        roster.find("a. l.")


def test_how_many_pictures_are_stored_is_told_and_who_is_but_a_shell(roster, people, add, database, clock):
    ann = people.add_person("Ann", [kept(axis(0), crop="a"), kept(axis(1))], clock.now())
    bob, shell = add("Bob"), people.add_person("Eve", [], clock.now())
    journal = SqlJournal(database)
    journal.apply(
        "bin", [PersonStanding(bob.person_id, "binned"), PersonStanding(shell.person_id, "binned")], clock.now()
    )

    told = {one.person.name: (one.pictures, one.stored, one.is_shell) for one in roster.entries(everybody=True)}

    assert told == {"Ann": (2, 1, False), "Bob": (1, 1, False), "Eve": (0, 0, True)}
    assert roster.entry("Ann") == roster.entries()[0] and roster.entry("Ann").person == ann


def test_a_picture_of_somebody_else_is_refused_with_those_that_are_there(roster, enrol, people):
    enrol("Ann", axis(0), axis(1), axis(2))
    enrol("Bob", axis(3))
    enrol("Eve")
    own = people.pictures("person-0001")
    assert roster.owned(roster.find("Ann"), [1, 3]) == own
    with pytest.raises(GalleryError, match=r"^picture 4 is none of 'Ann' \(person-0001\), whose pictures are 1 to 3$"):
        roster.owned(roster.find("Ann"), [1, 4])
    with pytest.raises(GalleryError, match=r"^picture 1 is none of 'Eve' \(person-0003\), who has no pictures$"):
        roster.owned(roster.find("Eve"), [1])


def test_whoever_is_not_recognised_is_told_with_the_reason(roster, enrol, people, database, clock):
    ann, bob, _ = enrol("Ann", axis(0), axis(1)), enrol("Bob"), enrol("Eve", axis(2))
    one, other = people.pictures(ann)
    assert roster.unrecognised(MODEL) == {bob: "nothing_kept"} and roster.left_unseen([one]) == ()
    SqlJournal(database).apply("aside", [PictureStates((one.picture_id,), "set_aside")], clock.now())
    assert roster.left_unseen([other]) == (
        f"no picture of 'Ann' ({ann}) is left to be looked at: nobody is recognised as them",
    )
    SqlJournal(database).apply("bin", [PictureStates((other.picture_id,), "binned")], clock.now())
    assert roster.unrecognised(MODEL) == {ann: "put_away", bob: "nothing_kept"}


def test_of_whom_a_picture_is_stored_templates_can_be_made(roster, people, clock):
    stored = NewPicture((), 0.9, "picture", "", "a.jpg")
    ann = people.add_person("Ann", [stored], clock.now()).person_id
    bob = people.add_person("Bob", [NewPicture((), 0.9, "picture")], clock.now()).person_id
    assert roster.unrecognised(MODEL) == {ann: "no_templates", bob: "nothing_kept"}


def test_a_stranger_whose_time_was_over_is_told_to_be_so(roster, add, database, clock):
    stranger = add()
    SqlJournal(database).apply("fade", [PersonStanding(stranger.person_id, "faded")], clock.now())
    told = "^nothing is kept of unknown-0001 any more but visits and readings: .* mien privacy forget unknown-0001 "
    with pytest.raises(GalleryError, match=told):
        roster.find("unknown-0001")


def test_of_several_of_a_name_in_the_bin_the_ids_are_told_with_what_is_kept(roster, people, add, database, clock):
    journal = SqlJournal(database)
    lins = []
    for bears in (True, False):
        lins.append((add("Lin") if bears else people.add_person("Lin", [], clock.now())).person_id)
        journal.apply("bin", [PersonStanding(lins[-1], "binned")], clock.now())
    several = rf"^several in the recycle bin are named 'lin': {lins[0]} \(1 picture\), {lins[1]} \(nothing is kept\);"
    with pytest.raises(GalleryError, match=several):
        roster.find_binned("lin")
    full, hollow = map(roster.find_binned, lins)
    assert [one.person_id for one in (full, hollow)] == lins and roster.hollow(full) == ()
    assert roster.hollow(hollow) == (f"of 'Lin' ({lins[1]}) no picture is kept: nobody is recognised as them",)
    bob = add("Bob")
    with pytest.raises(PersonUnknown, match=rf"'bob' in the recycle bin: 'Bob' \({bob.person_id}\) is in the gallery$"):
        roster.find_binned("bob")
    with pytest.raises(PersonUnknown, match=r"did you mean 'Lin'\?$"):
        roster.find_binned("Linn")
