"""What a timeline says, and when it says that there is too little to say anything."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mien.domain.errors import UsageError
from mien.domain.people.timelines import (
    LEAST_LOOKS,
    Period,
    Rollup,
    begin_of,
    difference,
    group_of,
    timeline_of,
)

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LABELS = ("neutral", "happiness", "fear")


def rollup(looks, at=NOON, unsure=0, happy=1.0, labels=LABELS, placed=None, person="person-0001"):
    """So many looks, of which some are unsure and a part of the others happy, the rest in fear."""
    sure = looks - unsure
    wins = round(sure * happy)
    placed = looks if placed is None else placed
    sums = (0.0, looks * happy, looks * (1 - happy))[: len(labels)]
    winners = (0, wins, sure - wins)[: len(labels)]
    return Rollup(person, "hour", at, labels, looks, unsure, winners, sums, placed, 0.5 * placed, -0.25 * placed)


def test_a_point_tells_means_over_looks():
    line = timeline_of([rollup(40, unsure=10, happy=0.5)])
    (point,) = line.points.values()
    assert point == line.whole and (point.looks, point.people, point.is_sufficient) == (40, 1, True)
    assert point.distribution.probabilities == {"neutral": 0, "happiness": 0.5, "fear": 0.5}
    assert point.distribution.shares == {"neutral": 0, "happiness": 0.375, "fear": 0.375}
    assert (point.distribution.unsure, point.distribution.valence, point.distribution.arousal) == (0.25, 0.5, -0.25)


def test_too_few_looks_say_nothing_and_may_do_so_together():
    line = timeline_of([rollup(LEAST_LOOKS - 1), rollup(1, NOON + HOUR), rollup(LEAST_LOOKS, NOON + 2 * HOUR)])
    assert [point.is_sufficient for point in line.points.values()] == [False, False, True]
    assert [point.looks for point in line.points.values()] == [LEAST_LOOKS - 1, 1, LEAST_LOOKS]
    assert line.whole.is_sufficient and line.whole.looks == 2 * LEAST_LOOKS
    nobody = timeline_of([])
    assert (nobody.points, nobody.whole.looks, nobody.whole.people, nobody.whole.distribution) == ({}, 0, 0, None)


def test_of_too_few_looks_with_valence_and_arousal_none_are_told():
    shown = timeline_of([rollup(LEAST_LOOKS, placed=LEAST_LOOKS - 1)]).whole.distribution
    assert (shown.valence, shown.arousal) == (None, None)


def test_ids_of_one_person_are_one_and_words_of_several_models_too():
    other = rollup(20, labels=("calm", "happy"), person="unknown-0001")
    (point,) = timeline_of([rollup(20, happy=0.0), other]).points.values()
    assert list(point.distribution.shares) == ["neutral", "happiness", "fear", "calm"]
    assert point.distribution.shares == {"neutral": 0, "happiness": 0.5, "fear": 0.5, "calm": 0}
    assert point.looks == 40 and point.people == 1


def test_in_a_group_nobody_outweighs_others_and_who_was_hardly_seen_does_not_count():
    often, once, hardly = timeline_of([rollup(9000)]), timeline_of([rollup(20, happy=0.0)]), timeline_of([rollup(1)])
    whole = group_of([often, once, hardly]).whole
    assert whole.distribution.probabilities == {"neutral": 0, "happiness": 0.5, "fear": 0.5}
    assert (whole.people, whole.looks) == (2, 9020)
    (point,) = group_of([hardly, hardly]).points.values()
    assert (point.is_sufficient, point.looks, point.people) == (False, 2, 2)


def test_a_group_has_the_points_of_everybody_in_order():
    later, sooner = timeline_of([rollup(20, NOON + HOUR)]), timeline_of([rollup(20), rollup(20, NOON + HOUR)])
    points = group_of([later, sooner]).points
    assert [(at, point.people) for at, point in points.items()] == [(NOON, 1), (NOON + HOUR, 2)]


def test_two_are_compared_where_there_is_enough_of_both():
    first, second = timeline_of([rollup(20, unsure=5)]).whole, timeline_of([rollup(20, happy=0.25)]).whole
    apart = difference(first, second)
    assert apart.probabilities == {"neutral": 0, "happiness": -0.75, "fear": 0.75}
    assert (apart.distance, apart.unsure, apart.valence) == (0.75, -0.25, 0)
    assert difference(first, first).distance == 0
    assert difference(first, timeline_of([rollup(1)]).whole) is None


def test_spans_begin_where_they_do_in_utc():
    at = datetime(2024, 5, 1, 1, 30, 59, 7, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert [begin_of(span, at) for span in ("minute", "hour", "day")] == [
        datetime(2024, 4, 30, 19, 45, tzinfo=UTC),
        datetime(2024, 4, 30, 19, tzinfo=UTC),
        datetime(2024, 4, 30, tzinfo=UTC),
    ]


def test_a_period_holds_the_spans_in_which_its_ends_lie():
    asked = Period.asked("hour", NOON + HOUR / 2, NOON + 1.5 * HOUR, NOON)
    assert (asked.begins_at, asked.ends_at) == (NOON, NOON + 2 * HOUR)
    assert Period.asked("hour", NOON, NOON + HOUR, NOON).ends_at == NOON + HOUR
    usual = Period.asked("day", None, None, NOON)
    assert (usual.ends_at, usual.ends_at - usual.begins_at) == (NOON + 12 * HOUR, timedelta(days=90))


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (NOON, NOON),
        (NOON + HOUR, NOON),
        (datetime.min.replace(tzinfo=timezone(HOUR)), NOON),
        (None, datetime.min.replace(tzinfo=UTC)),
        (None, datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_period_that_cannot_be_is_refused(begin, end):
    with pytest.raises(UsageError, match=r"a timeline has to begin before|too far from today"):
        Period.asked("hour", begin, end, NOON)


def test_who_asks_for_too_much_is_told_what_to_do():
    week = Period.asked("minute", NOON - 7 * 24 * HOUR, NOON, NOON)
    with pytest.raises(UsageError, match=r"10080 points are more than the 10000 .* ask for longer spans"):
        week.check_size(1)
    Period.asked("hour", NOON - 7 * 24 * HOUR, NOON, NOON).check_size(50)
