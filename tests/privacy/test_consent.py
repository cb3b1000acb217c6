"""Consent that is taken back takes what rests on it, and running cameras heed it within a second."""

import json
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from tests.support.faces import axis, kept
from tests.support.killing import killed

from mien.domain.errors import GalleryError, StoreError
from mien.domain.people.consent import NewConsent
from mien.privacy.consent import ConsentedExpressions
from mien.privacy.sweeping import Sweep
from mien.store.journal import PersonMerged
from mien.wiring.privacy import build_audit, verify_audit
from mien.wiring.rights import build_consents, build_purging
from mien.wiring.stores import build_stores

DAY_S = 86400.0
SHARES = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)


@pytest.fixture
def register(settings, stores, clock):
    return build_consents(stores, clock)


def test_withdrawing_says_what_goes_and_lets_it_go(register, stores, live, settings, clock):
    ann = live("Ann")
    (settings.home / "index").mkdir()
    (settings.home / "index" / "a.vectors").write_bytes(b"x")
    stake = register.at_stake("ann", {"identify", "keep", "expression"})
    assert (stake.templates, len(stake.crops), stake.readings) == (7, 4, 20)
    assert (stake.visit_templates, stake.visit_crops) == (1, 1)
    assert register.at_stake("ann", {"keep"}).templates == 0

    gone = register.withdraw("Ann", {"identify", "keep", "expression"}, clock)

    assert gone == stake
    assert not [crop for crop in stake.crops if stores.media.exists(crop)]
    assert stores.people.templates(person_id=ann.person_id) == ()
    assert not list((settings.home / "index").glob("*.vectors")), "means of the templates are in there too"
    line = json.loads((settings.home / "audit.jsonl").read_text().splitlines()[-1])
    assert (line["action"], line["facts"]["readings"], line["facts"]["pictures"]) == ("consent.withdrawn", 20, 4)


def test_a_withdrawal_that_is_killed_is_whole_or_was_none_and_nothing_is_left_of_it(settings, stores, live, clock):
    names = [f"Ann {number}" for number in range(9)]
    people = [live(name, readings=200) for name in names]
    scopes = {"identify", "keep", "expression"}
    began_s = time.perf_counter()
    build_consents(stores, clock).withdraw(names[8], scopes, clock)
    taken_s = time.perf_counter() - began_s
    stores.database.close()

    def withdraw(name):
        with ExitStack() as stack:
            build_consents(build_stores(settings, stack), clock).withdraw(name, scopes, clock)

    kills = sum(killed(partial(withdraw, names[n]), taken_s * 2 * share) for n, share in enumerate(SHARES))

    assert kills, "else nothing is shown"
    for person in people:
        crops = {one.crop for one in stores.people.pictures(person.person_id)}
        held = (len(stores.people.templates(person_id=person.person_id)), len(crops - {""}))
        scopes_left = stores.consents.scopes_of(person.person_id, clock.now())
        assert held == ((6, 3) if scopes_left else (0, 0)), "what is kept is what consent covers"
    Sweep(stores, clock, lambda: True).remove_all()
    assert {*stores.media.names()} == stores.retention.named_crops()
    assert verify_audit(settings, clock).is_whole


class PowerGone(BaseException):
    """What a kill is to whoever is in the middle of something."""


def dying(store, step):
    """A store's step that is done, and then nothing more is."""
    done = getattr(type(store), step)

    def die(*arguments):
        done(*arguments)
        raise PowerGone

    return die


def with_index(settings):
    index = settings.home / "index"
    index.mkdir(exist_ok=True)
    (index / "a.vectors").write_bytes(b"x")
    return index


@pytest.mark.parametrize("step", ["withdraw", "lapse"])
def test_who_dies_behind_the_end_of_consent_leaves_no_face_in_the_index(
    settings, stores, live, clock, monkeypatch, step
):
    ann, index = live("Ann"), with_index(settings)
    until = NewConsent(frozenset({"identify"}), "2", "", clock.now() + timedelta(days=1))
    stores.consents.withdraw(ann.person_id, ["identify"], clock.now())
    clock.passed_s = 1
    stores.consents.give(ann.person_id, until, clock.now())
    stores.people.add_pictures(ann.person_id, [kept(axis(1))], clock.now())
    register, purging = build_consents(stores, clock), build_purging(settings, stores, clock)
    clock.passed_s = DAY_S * 2 if step == "lapse" else 2

    with monkeypatch.context() as patched, pytest.raises(PowerGone):
        patched.setattr(type(stores.consents), step, dying(stores.consents, step))
        purging.lapse() if step == "lapse" else register.withdraw("Ann", {"identify"}, clock)

    assert stores.people.templates(person_id=ann.person_id) == () and not [*index.glob("*.vectors")]


def test_opening_a_home_lets_go_of_what_expired_as_a_purge_does(settings, stores, live, clock):
    ann, index = live("Ann"), with_index(settings)
    moment = datetime.now(UTC) - timedelta(days=2)
    stores.consents.withdraw(ann.person_id, ("identify", "keep"), moment)
    until = NewConsent(frozenset({"identify", "keep"}), "2", "", moment + timedelta(days=1))
    stores.consents.give(ann.person_id, until, moment + timedelta(seconds=1))
    crop = stores.media.save(np.zeros((112, 112, 3), np.uint8))
    stores.people.add_pictures(ann.person_id, [kept(axis(1), crop=crop)], moment)
    fence = stores.snapshots.fence()

    with ExitStack() as stack:
        build_stores(settings, stack)

    assert not stores.media.exists(crop) and stores.people.templates(person_id=ann.person_id) == ()
    assert not [*index.glob("*.vectors")] and stores.snapshots.fence() != fence
    line = json.loads((settings.home / "audit.jsonl").read_text().splitlines()[-1])
    assert (line["action"], line["facts"]["kind"], line["actor"]) == ("consent.withdrawn", "consent", "system")
    assert line["facts"]["templates"] == 1 and not build_audit(stores, clock).catch_up()


def test_consent_that_is_given_is_on_record(register, live, settings, clock):
    live("Ann")
    register.give("Ann", NewConsent(frozenset({"keep"}), "2", "form 18"), clock)
    person, record = register.on_record("ann")
    assert person.name == "Ann" and record[-1].evidence == "form 18" and len(record) == 4
    assert '"consent.given"' in (settings.home / "audit.jsonl").read_text()


def test_whose_expressions_may_be_read_follows_within_a_second_and_expires(stores, live, clock):
    ann, stranger = live("Ann"), live()
    consented = ConsentedExpressions(stores.consents, stores.people, clock)
    assert consented.may_read(ann.person_id) and consented.may_read_stranger(stranger.person_id)
    stores.consents.withdraw(ann.person_id, ["expression"], clock.now())
    assert consented.may_read(ann.person_id), "the last look is less than a second ago"
    clock.passed_s = 1
    assert not consented.may_read(ann.person_id)
    until = clock.now().replace(minute=2)
    stores.consents.give(ann.person_id, NewConsent(frozenset({"expression"}), "2", "", until), clock.now())
    clock.passed_s = 2
    assert consented.may_read(ann.person_id)
    clock.passed_s = 181
    assert not consented.may_read(ann.person_id)


def test_a_face_that_may_be_somebodys_who_refuses_is_not_read(stores, live, clock):
    ann, bob = live("Ann"), live("Bob")
    consented = ConsentedExpressions(stores.consents, stores.people, clock)
    answers = [consented.may_read_undecided()]
    changes = (
        lambda: stores.consents.withdraw(ann.person_id, ["expression"], clock.now()),
        lambda: stores.consents.withdraw(ann.person_id, ["identify"], clock.now()),
        lambda: stores.consents.withdraw(bob.person_id, ["expression"], clock.now()),
        lambda: stores.people.forget(bob.person_id),
    )
    for second, change in enumerate(changes, 1):
        change()
        clock.passed_s = 2 * second
        answers.append(consented.may_read_undecided())
    assert answers == [True, False, True, False, True], "nobody is compared with who is not to be identified"


def test_a_stranger_who_says_no_is_heeded_within_a_second(register, stores, live, clock):
    stranger, other = live().person_id, live().person_id
    consented = ConsentedExpressions(stores.consents, stores.people, clock)
    assert consented.may_read_stranger(stranger) and consented.may_read_undecided()

    gone = register.withdraw(stranger, {"expression", "keep"}, clock)

    assert (gone.readings, len(gone.crops)) == (20, 4)
    clock.passed_s = 1
    assert not consented.may_read_stranger(stranger) and consented.may_read_stranger(other)
    assert not consented.may_read_undecided(), "it may be the stranger's"
    stores.consents.withdraw(other, {"keep"}, clock.now())
    clock.passed_s = 2
    assert consented.may_read_stranger(other)
    stores.people.forget(stranger)
    clock.passed_s = 4
    assert consented.may_read_undecided()


def test_a_stranger_who_is_not_to_be_recognised_is_told_what_can_be_done(register, stores, live, clock):
    stranger = live().person_id
    for ask in (register.at_stake, lambda *of: register.withdraw(*of, clock)):
        with pytest.raises(GalleryError, match="met as somebody new") as refused:
            ask(stranger, {"identify", "expression"})
        for way in ("review ignore", "review discard", "privacy forget"):
            assert f"mien {way} {stranger}" in str(refused.value)
    assert stores.consents.of(stranger) == () and len(stores.people.templates(person_id=stranger)) == 6
    ann = live("Ann")
    stores.journal.apply("person.merged", [PersonMerged(stranger, ann.person_id)], clock.now())
    assert register.withdraw(stranger, {"identify"}, clock).templates > 6, "whoever has a name may take it back"


def test_pictures_go_even_where_the_index_cannot_be_discarded_again(register, stores, live, clock, monkeypatch):
    ann = live("Ann")
    discard, asked = type(stores.snapshots).discard, []

    def fail_later(snapshots):
        asked.append(None)
        if len(asked) > 1:
            raise StoreError("the index of faces cannot be removed")
        discard(snapshots)

    monkeypatch.setattr(type(stores.snapshots), "discard", fail_later)
    with pytest.raises(StoreError, match="index"):
        register.withdraw("Ann", {"identify", "keep"}, clock)
    assert [*stores.media.names()] == [] and stores.consents.scopes_of(ann.person_id, clock.now()) == {"expression"}
