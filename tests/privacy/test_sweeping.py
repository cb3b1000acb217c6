"""Stored pictures that nothing names: those that somebody may still name stay, the others go."""

import os

import numpy as np
import pytest
from tests.support.faces import axis, kept

from mien.privacy.sweeping import GRACE, Sweep

FACE = np.full((112, 112, 3), 77, np.uint8)


@pytest.fixture
def waited():
    return []


@pytest.fixture
def sweep(stores, clock, waited):
    return Sweep(stores, clock, waited.append)


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

    assert (sweep.remove_all(), waited) == (1, [])

    assert [*stores.media.names()] == [named] and sweep.left_over() == frozenset()


def test_what_is_young_is_waited_for_and_goes_where_nobody_names_it(sweep, stores, clock, save, waited):
    given, left = save(), save()
    assert sweep.remove_left_over() == 0

    def name_it(_):
        if len(waited) == 3:
            stores.people.add_stranger([kept(axis(0), crop=given)], clock.now())
        waited.append(None)

    sweep._wait = name_it
    assert sweep.remove_all() == 1

    assert [*stores.media.names()] == [given] and left not in stores.media.names()
    assert len(waited) * 0.2 == pytest.approx(GRACE.total_seconds())


def test_nothing_is_waited_for_where_it_gets_its_name(sweep, stores, clock, save):
    given = save()
    sweep._wait = lambda _: stores.people.add_stranger([kept(axis(0), crop=given)], clock.now())
    assert sweep.remove_all() == 0 and [*stores.media.names()] == [given]
