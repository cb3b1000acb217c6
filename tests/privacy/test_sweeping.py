"""Stored pictures that nothing names: those that somebody may still name stay, the others go."""

import os
import sqlite3

import numpy as np
import pytest
from tests.support.faces import axis, kept

from mien.privacy.sweeping import GRACE, Sweep, Swept

FACE = np.full((112, 112, 3), 77, np.uint8)


@pytest.fixture
def waited():
    return []


@pytest.fixture
def sweep(stores, clock, waited):
    return Sweep(stores, clock, wait=waited.append)


@pytest.fixture
def save(stores, settings, clock):
    def save(age_s=0.0):
        name, moment = stores.media.save(FACE), clock.now().timestamp() - age_s
        os.utime(settings.home / "media" / name[:2] / name, (moment, moment))
        return name

    return save


def test_what_is_old_goes_at_once_and_what_has_a_name_stays(sweep, stores, clock, save, waited):
    old, named = save(GRACE.total_seconds() + 1), save(GRACE.total_seconds() + 1)
    stores.people.add_stranger([kept(axis(0), crop=named)], clock.now())
    assert sweep.left_over() == {old}

    assert (sweep.remove_all(), waited) == (Swept(1, 0), [])

    assert [*stores.media.names()] == [named] and sweep.left_over() == frozenset()


def test_what_is_young_stays_beside_others_and_is_waited_for_a_second(sweep, stores, clock, save, waited):
    given, left = save(), save()
    assert sweep.remove_left_over() == 0

    def name_it(_):
        if len(waited) == 3:
            stores.people.add_stranger([kept(axis(0), crop=given)], clock.now())
        waited.append(None)

    sweep._wait = name_it
    assert sweep.remove_all() == Swept(0, 1)

    assert {*stores.media.names()} == {given, left} and len(waited) * 0.2 == pytest.approx(1)
    clock.passed_s += GRACE.total_seconds() + 1
    assert sweep.remove_left_over() == 1 and [*stores.media.names()] == [given]


def test_nothing_is_waited_for_where_it_gets_its_name(sweep, stores, clock, save):
    given = save()
    sweep._wait = lambda _: stores.people.add_stranger([kept(axis(0), crop=given)], clock.now())
    assert sweep.remove_all() == Swept(0, 0) and [*stores.media.names()] == [given]


def test_what_is_young_goes_at_once_where_nobody_else_has_the_home_open(settings, stores, clock, save, waited):
    sweep = Sweep(stores, clock, stores.database.is_alone, waited.append)
    named, _ = save(), save()
    stores.people.add_stranger([kept(axis(0), crop=named)], clock.now())
    other = sqlite3.connect(settings.home / "mien.sqlite3", isolation_level=None)
    other.execute("SELECT count(*) FROM people").fetchall()  # done: it only has the file open
    assert (sweep.remove_all(), len(waited)) == (Swept(0, 1), 5)
    other.close()

    assert (sweep.remove_all(), len(waited)) == (Swept(1, 0), 5)

    assert [*stores.media.names()] == [named] and stores.people.people()


def test_what_gets_its_name_while_it_is_asked_who_is_there_stays(stores, clock, save):
    given = save()

    def name_it_and_end():
        stores.people.add_stranger([kept(axis(0), crop=given)], clock.now())
        return True

    assert Sweep(stores, clock, name_it_and_end).remove_all() == Swept(0, 0)
    assert [*stores.media.names()] == [given]


def test_files_that_are_no_stored_pictures_are_left_alone(settings, stores, clock, save):
    save()
    (folder,) = (settings.home / "media").iterdir()
    (folder / "portrait.face").write_bytes(b"x")
    assert Sweep(stores, clock, lambda: True).remove_all() == Swept(1, 0)
    assert (folder / "portrait.face").exists()
