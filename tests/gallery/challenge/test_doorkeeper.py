"""Who passed a challenge is let in only where they look live and are known more surely than at a camera."""

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.support.faces import ALL, MODEL, HandClock, axis, kept, like
from tests.support.heads import face

from mien.gallery.challenge.doorkeeper import LIVE, Doorkeeper
from mien.gallery.challenge.evidence import Evidence
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.sql.people.people import SqlPeople

SETTINGS = MatchingSettings()
AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def keeper(database) -> Doorkeeper:
    people = SqlPeople(database)
    for number, name in enumerate(("Ana", "Ben")):
        people.add_person(name, [kept(axis(number))], AT, ALL)
    return Doorkeeper(Gallery(people, MODEL, SETTINGS, HandClock()))


def evidence(vector: np.ndarray, liveness: float | None = 0.99) -> Evidence:
    found = Evidence()
    for _ in range(5):
        found.note(face(liveness=liveness))
    found.vectors = [vector] * 5
    return found


def test_a_live_face_that_is_known_for_sure_is_let_in(keeper):
    assert keeper.known(evidence(axis(0))) == "person-0001"
    assert keeper.known(evidence(like(axis(1), 0.5))) == "person-0002"


def test_what_a_camera_calls_by_name_may_not_be_enough(keeper):
    camera = SETTINGS.known_above(2)
    strict = SETTINGS.known_above(20)
    between = evidence(like(axis(0), (camera + strict) / 2))
    assert camera < strict and keeper.resembles(between)
    assert not keeper.known(between) and keeper.known(evidence(like(axis(0), strict + 0.02)))
    assert not keeper.resembles(evidence(like(axis(0), camera - 0.02)))


def test_spoofs_doubt_and_strangers_are_not_let_in(keeper):
    assert not keeper.known(evidence(axis(0), LIVE - 0.1))
    assert not keeper.known(evidence(axis(0), None)), "where liveness cannot be judged nobody is live"
    assert not keeper.known(evidence(axis(5)))
    both = (axis(0) + axis(1)) / np.sqrt(2)
    assert not keeper.known(evidence(both.astype(np.float32)))
