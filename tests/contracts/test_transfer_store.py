"""What every store of transfers promises."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import ALL

from mien.domain.errors import PersonUnknown, StoreError
from mien.domain.people.consent import Consent, NewConsent
from mien.store.journal import PersonStanding, PictureMove, PictureStates
from mien.store.moving.transfer import KeptPicture, Left, TransferStore
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.database import Database
from mien.store.sql.moving.transfer import SqlTransfers
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople

DAY = timedelta(days=1)


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def transfers(database) -> TransferStore:
    return SqlTransfers(database)


@pytest.fixture
def elsewhere(tmp_path: Path):
    with Database.open_file(tmp_path / "other.sqlite3") as opened:
        yield opened


def test_a_person_arrives_with_everything_that_is_kept_of_them(people, transfers, elsewhere, database, picture, noon):
    ann = people.add_person("Ann", [picture(0, digest="d"), picture(1, crop="c")], noon, ALL)
    aside = people.pictures(ann.person_id)[1].picture_id
    SqlJournal(database).apply("picture.set-aside", [PictureStates((aside,), "set_aside")], noon + DAY)
    out = transfers.take_out(ann.person_id)

    taken = SqlTransfers(elsewhere).take_in(out, noon + 2 * DAY)

    arrived = SqlTransfers(elsewhere).take_out(taken.person_id)
    assert (taken.outcome, taken.name, taken.pictures, taken.crops, taken.templates) == ("new", "Ann", (0, 1), (1,), 2)
    assert arrived.person == replace(ann, person_id=taken.person_id)
    assert [(one.state, one.state_at, one.created_at) for one in arrived.pictures] == [
        ("active", None, noon),
        ("set_aside", noon + DAY, noon),
    ]
    assert [one.picture.digest for one in arrived.pictures] == ["d", ""]
    assert [one.picture.crop for one in arrived.pictures] == ["", "c"]
    assert [replace(one, person_id=ann.person_id) for one in arrived.consents] == list(out.consents)
    assert [(a.picture.templates[0].vector == b.picture.templates[0].vector).all() for a, b in zip(
        arrived.pictures, out.pictures, strict=True)] == [True, True]  # fmt: skip


def test_who_is_here_already_gets_what_is_new_and_nothing_twice(people, transfers, picture, noon, model):
    ann = people.add_person("Ann", [picture(0, digest="d"), picture(1)], noon, ALL)
    before = people.revision()
    out = transfers.take_out(ann.person_id)

    again = transfers.take_in(out, noon + DAY)

    assert (again.outcome, again.person_id, again.pictures, again.templates) == ("known", ann.person_id, (), 0)
    assert people.revision() == before
    other = replace(model, network="other")
    richer = replace(out.pictures[0], picture=picture(3, digest="d", model=other))
    more = replace(out, pictures=(richer, replace(out.pictures[1], picture=picture(2, digest="e"))))
    told = transfers.take_in(more, noon + DAY)
    assert (told.pictures, told.templates) == ((1,), 2)
    assert len(people.pictures(ann.person_id)) == 3 and len(people.templates(other)) == 1
    assert transfers.foresee(more, noon).templates == 0


def test_a_picture_that_was_moved_to_somebody_else_stays_there(people, transfers, database, picture, noon):
    ann, bob = people.add_person("Ann", [], noon, ALL), people.add_person("Bob", [], noon, ALL)
    taken = [picture(0, digest="d"), picture(1), picture(2, digest="e"), picture(3)]
    people.add_pictures(ann.person_id, taken, noon)
    out = transfers.take_out(ann.person_id)
    ids = [one.picture_id for one in people.pictures(ann.person_id)]
    SqlJournal(database).apply("picture.moved", [PictureMove((ids[0], ids[1]), bob.person_id)], noon + DAY)

    foreseen, told = transfers.foresee(out, noon + DAY), transfers.take_in(out, noon + DAY)

    assert foreseen == told
    assert (told.pictures, told.templates, told.left) == ((), 0, (Left(bob.person_id, "Bob", 2),))
    assert len(people.pictures()) == 4
    back = SqlJournal(database).undo(noon + DAY)
    assert back and transfers.take_in(out, noon + DAY).left == ()
    people.forget(bob.person_id)
    assert transfers.take_in(out, noon + DAY).pictures == ()


def test_somebody_new_brings_no_picture_that_somebody_has(people, transfers, elsewhere, picture, noon, model):
    ann = people.add_person("Ann", [picture(0, digest="d"), picture(1), picture(2), picture(3, digest="e")], noon, ALL)
    out, there = transfers.take_out(ann.person_id), SqlTransfers(elsewhere)
    bob = SqlPeople(elsewhere).add_person("Bob", [picture(4, digest="d"), picture(1), picture(5)], noon + DAY, ALL)

    told = there.take_in(out, noon + DAY)

    assert (told.outcome, told.pictures, told.left) == ("new", (2, 3), (Left(bob.person_id, "Bob", 2),))
    assert len(SqlPeople(elsewhere).pictures(told.person_id)) == 2
    later = SqlPeople(elsewhere).add_person("Cid", [picture(6)], noon + DAY, ALL)
    more = replace(out, pictures=(replace(out.pictures[0], picture=picture(6)),))
    assert there.take_in(more, noon + DAY).left == (Left(later.person_id, "Cid", 1),)


def test_of_pictures_of_one_moment_the_templates_tell_which_is_which(
    people, transfers, elsewhere, picture, noon, model
):
    ann = people.add_person("Ann", [replace(picture(0), origin="t.csv:1")], noon, ALL)
    out, there = transfers.take_out(ann.person_id), SqlTransfers(elsewhere)
    SqlPeople(elsewhere).add_person("Bob", [replace(picture(1), origin="t.csv:1")], noon, ALL)
    other = replace(picture(2, model=replace(model, network="other")), origin="t.csv:1")

    assert there.foresee(out, noon).left == ()
    cid = SqlPeople(elsewhere).add_person("Cid", [other], noon, ALL)
    assert there.foresee(out, noon).left == (Left(cid.person_id, "Cid", 1),)


def test_what_is_foreseen_is_what_happens(people, transfers, elsewhere, picture, noon):
    ann = people.add_person("Ann", [picture(0)], noon, ALL)
    out, other = transfers.take_out(ann.person_id), SqlTransfers(elsewhere)

    foreseen = other.foresee(out, noon)

    assert SqlPeople(elsewhere).people(everybody=True) == ()
    assert replace(other.take_in(out, noon), person_id="") == foreseen


def test_a_name_that_somebody_else_has_gets_a_number(people, transfers, elsewhere, picture, noon):
    out = transfers.take_out(people.add_person("Ann", [picture(0)], noon, ALL).person_id)
    for name in ("ANN", "Ann (2)"):
        SqlPeople(elsewhere).add_person(name, [], noon)

    assert SqlTransfers(elsewhere).take_in(out, noon).name == "Ann (3)"
    assert SqlTransfers(elsewhere).take_in(out, noon).name == "Ann (3)"


def test_whoever_was_forgotten_or_thrown_away_here_is_left_out(people, transfers, database, picture, noon):
    ann, bob = (people.add_person(name, [picture(0)], noon, ALL) for name in ("Ann", "Bob"))
    out = [transfers.take_out(one.person_id) for one in (ann, bob)]
    people.forget(ann.person_id)
    SqlJournal(database).apply("person.binned", [PersonStanding(bob.person_id, "binned")], noon)

    assert [transfers.take_in(one, noon).outcome for one in out] == ["forgotten", "away"]
    assert people.people() == ()


def test_whoever_was_merged_here_stays_merged(people, transfers, database, picture, noon):
    ann, twin = (people.add_person(name, [picture(row)], noon, ALL) for row, name in enumerate(("Ann", "Twin")))
    out = transfers.take_out(twin.person_id)
    SqlJournal(database).apply("person.merged", [PersonStanding(twin.person_id, "merged", ann.person_id)], noon)

    told = transfers.take_in(out, noon)

    assert (told.outcome, told.person_id, told.name) == ("known", ann.person_id, "Ann")


@pytest.mark.parametrize(("scopes", "crops", "templates", "may_identify"), [
    ({"identify"}, (), 1, True),
    ({"keep"}, (0,), 0, False),
    (set(), (), 0, False),
])  # fmt: skip
def test_what_nobody_consents_to_is_left_out(
    people, transfers, elsewhere, picture, noon, scopes, crops, templates, may_identify
):
    consent = NewConsent(frozenset(scopes), "2", "form", noon + DAY)
    lasting = transfers.take_out(people.add_person("Ann", [picture(0, crop="c")], noon, consent).person_id)

    taken = SqlTransfers(elsewhere).take_in(lasting, noon)

    assert (taken.crops, taken.templates) == (crops, templates)
    assert SqlPeople(elsewhere).people(everybody=True)[0].may_identify == may_identify
    assert all(one.crop == ("c" if crops else "") for one in SqlPeople(elsewhere).pictures())


def test_consent_that_has_run_out_is_none(people, transfers, elsewhere, picture, noon):
    consent = NewConsent(ALL.scopes, "2", "form", noon + DAY)
    out = transfers.take_out(people.add_person("Ann", [picture(0, crop="c")], noon, consent).person_id)

    assert SqlTransfers(elsewhere).take_in(out, noon + 2 * DAY).pictures == ()


def test_what_was_withdrawn_here_is_not_given_by_an_archive(people, transfers, database, picture, noon):
    ann = people.add_person("Ann", [picture(0)], noon, ALL)
    out = transfers.take_out(ann.person_id)
    SqlConsents(database).withdraw(ann.person_id, ["identify"], noon)

    told = transfers.take_in(out, noon)

    assert (told.templates, people.person(ann.person_id).may_identify) == (0, False)
    assert people.templates() == ()


@pytest.mark.parametrize(
    ("withdrawn", "expires", "crops", "templates"),
    [("identify", 1, (0,), 0), ("keep", 1, (), 1), ("identify", 0, (0,), 0)],
)
def test_of_each_use_the_last_word_counts(
    people, transfers, elsewhere, picture, noon, withdrawn, expires, crops, templates
):
    """Somebody gave consent twice, under two ids that are one now, and took it back, or the last of it ran out."""
    out = transfers.take_out(people.add_person("Ann", [picture(0, crop="c")], noon, ALL).person_id)
    at = noon + DAY
    newest = Consent("", withdrawn, "2", "form", noon, at if not expires else None, at)
    arriving = replace(out, consents=(*out.consents, newest))
    there, here = SqlTransfers(elsewhere), SqlPeople(elsewhere)

    taken = there.take_in(arriving, noon + 2 * DAY)

    assert (taken.crops, taken.templates) == (crops, templates)
    assert here.person(taken.person_id).may_identify == taken.is_identifiable == bool(templates)
    assert all(one.crop == ("c" if crops else "") for one in here.pictures())


def test_whoever_took_consent_back_here_under_another_id_gets_no_templates(
    people, transfers, database, picture, noon, model
):
    ann, twin = (people.add_person(name, [picture(row)], noon, ALL) for row, name in enumerate(("Ann", "Twin")))
    out = transfers.take_out(ann.person_id)
    SqlConsents(database).withdraw(twin.person_id, ["identify"], noon + DAY)
    SqlJournal(database).apply("person.merged", [PersonStanding(twin.person_id, "merged", ann.person_id)], noon + DAY)
    more = replace(out, pictures=(replace(out.pictures[0], picture=picture(5, model=replace(model, network="n"))),))

    told = transfers.take_in(more, noon + 2 * DAY)

    assert (told.pictures, told.templates) == ((), 0)


def test_a_stranger_who_said_no_is_heeded_elsewhere_too(people, database, transfers, elsewhere, picture, noon):
    stranger = people.add_stranger([picture(0)], noon).person_id
    SqlConsents(database).withdraw(stranger, {"keep"}, noon)
    out = transfers.take_out(stranger)
    with_crop = replace(out.pictures[0], picture=replace(out.pictures[0].picture, crop="a.face"))

    taken = SqlTransfers(elsewhere).take_in(replace(out, pictures=(with_crop,)), noon)

    assert (taken.crops, taken.templates) == ((), 1)
    assert SqlConsents(elsewhere).valid(noon) == {taken.person_id: {"identify", "expression"}}


def test_a_stranger_arrives_as_one(people, transfers, elsewhere, picture, noon):
    out = transfers.take_out(people.add_stranger([picture(0)], noon).person_id)

    taken = SqlTransfers(elsewhere).take_in(out, noon)

    assert (taken.outcome, taken.person_id, taken.templates) == ("new", "unknown-0001", 1)


def test_nobody_is_taken_out_who_is_not_there(transfers):
    with pytest.raises(PersonUnknown):
        transfers.take_out("person-0001")


def test_who_is_known_may_agree_to_more_as_they_come(people, transfers, database, picture, noon, model):
    consents = SqlConsents(database)
    ann = people.add_person("Ann", [picture(0)], noon, ALL)
    out = transfers.take_out(ann.person_id)
    consents.withdraw(ann.person_id, ["identify"], noon + DAY)
    given = NewConsent(frozenset({"identify"}), "2", "form 99")

    assert transfers.foresee(out, noon + 2 * DAY).templates == 0
    assert transfers.foresee(out, noon + 2 * DAY, given).templates == 1
    told = transfers.take_in(out, noon + 2 * DAY, given)

    assert (told.outcome, told.templates, told.is_identifiable) == ("known", 1, True)
    assert people.person(ann.person_id).may_identify and len(people.templates(model)) == 1
    assert [one.evidence for one in consents.of(ann.person_id) if one.scope == "identify"] == ["form 17", "form 99"]
    before = people.revision()
    assert transfers.take_in(out, noon + 2 * DAY, given).templates == 0 and people.revision() > before


def test_vectors_of_a_model_have_one_length_as_long_as_there_are_any(
    people, transfers, elsewhere, picture, noon, model
):
    ann = people.add_person("Ann", [picture(0)], noon, ALL)
    out, there = transfers.take_out(ann.person_id), SqlTransfers(elsewhere)
    short = NewPicture((NewTemplate(np.ones(1, np.float32), model),), 0.5, "short")
    assert there.dimensions() == {}
    bob = SqlPeople(elsewhere).add_person("Bob", [short], noon, ALL)
    assert there.dimensions() == {model: 1}

    with pytest.raises(StoreError, match=r"that are stored have 1 numbers, and this one 8: .* people forget"):
        there.take_in(out, noon)
    assert [one.name for one in SqlPeople(elsewhere).people()] == ["Bob"]
    SqlPeople(elsewhere).forget(bob.person_id)

    assert there.dimensions() == {}
    assert there.take_in(out, noon).templates == 1 and there.dimensions() == {model: 8}
    new = replace(model, network="new")
    mixed = (NewTemplate(np.ones(1, np.float32), new), NewTemplate(np.ones(2, np.float32), new, "distant"))
    with pytest.raises(StoreError, match="have 1 numbers, and this one 2"):
        SqlPeople(elsewhere).add_person("Cid", [replace(short, templates=mixed)], noon, ALL)
    assert there.dimensions() == {model: 8}


def test_of_two_templates_for_one_place_the_first_counts(people, transfers, picture, noon, model):
    both = replace(picture(0), templates=(*picture(0).templates, *picture(1).templates))
    ann = people.add_person("Ann", [both], noon, ALL)

    (template,) = people.templates(model)
    assert template.vector[0] == 1
    other = [(template.picture_id, replace(one, model=replace(model, network="n"))) for one in both.templates]
    assert people.add_templates(other) == 1 and ann.may_identify


@pytest.mark.parametrize("digests", [("d", "d"), ("", ""), ("d", "")], ids=["files", "templates", "either"])
def test_a_picture_that_comes_twice_is_one(people, transfers, elsewhere, picture, noon, model, digests):
    out = transfers.take_out(people.add_person("Ann", [picture(0)], noon, ALL).person_id)
    (plain,) = picture(0).templates
    distant = replace(plain, variant="distant")
    twice = tuple(
        KeptPicture(NewPicture((plain, *more), 0.5, f"table:{number}", digest), noon)
        for number, (digest, more) in enumerate(zip(digests, ((), (distant,)), strict=True))
    )
    there, arriving = SqlTransfers(elsewhere), replace(out, pictures=twice)

    foreseen, told = there.foresee(arriving, noon), there.take_in(arriving, noon)

    assert (told.pictures, told.templates) == (foreseen.pictures, foreseen.templates) == ((0,), 2)
    assert len(SqlPeople(elsewhere).pictures(told.person_id)) == 1
    assert [one.variant for one in SqlPeople(elsewhere).templates(model)] == ["plain", "distant"]
    other = replace(model, network="other")
    embedded = [replace(one, picture=picture(3, digest="d", model=other)) for one in twice]
    again = there.take_in(replace(arriving, pictures=(*embedded, *twice)), noon)
    assert (len(again.pictures), again.templates) == (("d" not in digests), 1)


def test_consent_given_as_somebody_comes_counts_where_the_clock_was_set_back(
    people, transfers, database, picture, noon
):
    ann = people.add_person("Ann", [picture(0)], noon, ALL)
    out = transfers.take_out(ann.person_id)
    SqlConsents(database).withdraw(ann.person_id, ["identify"], noon + 5 * DAY)

    foreseen, told = transfers.foresee(out, noon, ALL), transfers.take_in(out, noon, ALL)

    assert foreseen.templates == told.templates == 1 and told.is_identifiable
    assert people.person(ann.person_id).may_identify
