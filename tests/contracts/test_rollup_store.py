"""What every store of roll-ups promises: they come to what the readings do, and go with what they rest on."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.domain.errors import PersonUnknown
from mien.domain.people.consent import SCOPES, NewConsent
from mien.domain.people.timelines import SPANS, begin_of
from mien.domain.readings import FaceReading, FrameReading
from mien.store.journal import PersonMerged
from mien.store.sql.history.rollups import SqlRollups
from mien.store.sql.people.consents import SqlConsents
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.readings import SqlReadings
from mien.store.sql.retention import SqlRetention

LABELS = (("neutral", "happiness", "fear"), ("happy", "sad"))
_IDENTITY = ("known", "person-0001", "Ann", 0.5, 0.5)
FACE = FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", *_IDENTITY, "", 0, (), (), "", 0.5, "", "measured", "measured")
FEAR = replace(FACE, emotion="fear", confidence=0.5, emotion_labels=LABELS[0], probabilities=(0.25, 0.25, 0.5))
PLACED = replace(FEAR, valence=-0.5, arousal=0.25, valence_arousal_source="derived")
UNSURE = replace(FEAR, emotion="", emotion_source="carried")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL = NewConsent(frozenset(SCOPES), "1", "form")


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def readings(database) -> SqlReadings:
    return SqlReadings(database)


@pytest.fixture
def rollups(database) -> SqlRollups:
    return SqlRollups(database)


def read(readings, at, *faces, times_s=(0.0,)):
    run = readings.start_run("door", at)
    readings.append(run, [FrameReading("door", n, time_s, 640, 480, 0, faces) for n, time_s in enumerate(times_s)])
    return run


def test_readings_come_to_a_minute_an_hour_and_a_day(people, readings, rollups, noon):
    ann = people.add_person("Ann", [], noon).person_id
    read(readings, noon + 59.5 * timedelta(minutes=1), PLACED, times_s=(0.0, 29.0, 31.0, 32.0))
    read(readings, noon, UNSURE, FACE, replace(FEAR, person_id=""), times_s=(0.0,))

    minutes, hours, days = (rollups.of({ann}, span) for span in SPANS)

    assert [(one.begins_at - noon, one.looks) for one in minutes] == [
        (timedelta(0), 1),
        (timedelta(minutes=59), 2),
        (timedelta(minutes=60), 2),
    ]
    assert [(one.begins_at - noon, one.looks, one.unsure) for one in hours] == [(timedelta(0), 3, 1), (HOUR, 2, 0)]
    (day,) = days
    assert (day.begins_at, day.labels, day.looks) == (noon - 12 * HOUR, LABELS[0], 5)
    assert (day.winners, day.probabilities) == ((0, 0, 4), (1.25, 1.25, 2.5))
    assert (day.placed, day.valence, day.arousal) == (4, -2.0, 1.0)
    assert rollups.of({ann}, "hour", noon + HOUR, noon + 2 * HOUR) == hours[1:]
    assert rollups.of({ann}, "hour", noon, noon + HOUR) == hours[:1]
    assert rollups.count() == rollups.count(ann) == len(rollups.of({ann})) == 6
    assert rollups.of({"person-0002"}) == rollups.of(()) == ()


def test_nothing_is_added_up_of_a_batch_that_is_not_kept(people, readings, rollups, noon):
    people.add_person("Ann", [], noon)
    run = readings.start_run("door", noon)
    with pytest.raises(Exception, match="quality"):
        readings.append(run, [FrameReading("door", 0, 0, 9, 9, 0, (FEAR, replace(FEAR, quality=None)))])
    assert rollups.count() == readings.count() == 0


@st.composite
def faces(draw):
    labels = draw(st.sampled_from(LABELS))
    chosen = draw(st.integers(0, len(labels) - 1))
    probabilities = [0.1] * len(labels)
    probabilities[chosen] = draw(st.floats(0.25, 0.875, width=32))
    whose = replace(FACE, person_id=draw(st.sampled_from(["person-0001", "person-0002", ""])))
    if draw(st.booleans()):
        return whose
    place = draw(st.floats(-1, 1))
    return replace(
        whose,
        emotion=draw(st.sampled_from([labels[chosen], ""])),
        emotion_labels=labels,
        probabilities=tuple(probabilities),
        emotion_source=draw(st.sampled_from(["measured", "carried"])),
        valence=place,
        arousal=-place,
        valence_arousal_source=draw(st.sampled_from(["derived", ""])),
    )


FRAMES = st.lists(st.tuples(st.floats(0, 3 * 86_400), st.lists(faces(), max_size=3)), max_size=12)
NUMBERS, TENS = count(), count()


def counted(readings, runs):
    """What the readings that are kept come to, counted one by one."""
    found = defaultdict(lambda: [0, 0, 0.0, 0, 0.0, 0.0, 0.0])
    for run in runs:
        for frame in readings.read(run):
            at = run.started_at + timedelta(seconds=frame.time_s)
            for face in frame.faces:
                if not (face.person_id and face.probabilities):
                    continue
                won = np.zeros(len(face.emotion_labels))
                if face.emotion:
                    won[face.emotion_labels.index(face.emotion)] = 1
                placed = bool(face.valence_arousal_source)
                new = [1, not face.emotion, won, placed, face.valence * placed, face.arousal * placed]
                for span in SPANS:
                    key = face.person_id, span, begin_of(span, at), face.emotion_labels
                    found[key] = [a + b for a, b in zip(found[key], [*new, np.array(face.probabilities)], strict=True)]
    return found


@given(batches=st.lists(st.tuples(st.integers(0, 1), FRAMES), max_size=5), order=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_roll_ups_are_what_is_counted_from_readings_whatever_order_and_batches(
    people, readings, rollups, noon, batches, order
):
    if not people.person_ids():
        people.add_person("Ann", [], noon)
        people.add_person("Bob", [], noon)
    begin = noon + next(TENS) * 10 * DAY  # each example has a time of its own in the one home
    runs = [readings.start_run(name, begin + number * HOUR / 7) for number, name in enumerate(("door", "gate"))]
    order.shuffle(batches)
    for of_run, frames in batches:
        given_ = [FrameReading("door", next(NUMBERS), at, 9, 9, 0, tuple(faces)) for at, faces in frames]
        readings.append(runs[of_run], given_)

    found = rollups.of({"person-0001", "person-0002"}, None, begin - DAY, begin + 9 * DAY)

    expected = counted(readings, runs)
    assert {(one.person_id, one.span, one.begins_at, one.labels) for one in found} == expected.keys()
    for one in found:
        looks, unsure, won, placed, *sums = expected[one.person_id, one.span, one.begins_at, one.labels]
        assert (one.looks, one.unsure, one.winners, one.placed) == (looks, unsure, tuple(won), placed)
        assert (one.valence, one.arousal) == pytest.approx(tuple(sums[:2]), abs=1e-9)
        assert one.probabilities == pytest.approx(tuple(sums[2]), abs=1e-9)


def test_who_does_not_consent_has_none_and_withdrawal_takes_them_where_the_readings_are_gone(
    database, people, readings, rollups, noon
):
    ann = people.add_person("Ann", [], noon, ALL).person_id
    consents, retention = SqlConsents(database), SqlRetention(database)
    read(readings, noon, FEAR)
    retention.purge({"readings": noon + DAY})
    assert (readings.count(), rollups.count(ann)) == (0, 3)
    assert consents.at_stake(ann, {"expression"}).rollups == 3 and consents.at_stake(ann, {"keep"}).rollups == 0

    gone = consents.withdraw(ann, {"expression"}, noon + DAY)

    assert (gone.readings, gone.rollups, rollups.count()) == (0, 3, 0)
    read(readings, noon + 2 * DAY, FEAR)
    assert (readings.count(ann), rollups.count()) == (1, 0)


def test_whoever_is_merged_keeps_theirs_so_that_an_undo_parts_them(database, people, readings, rollups, noon):
    ann, bob = (people.add_person(name, [], noon, ALL).person_id for name in ("Ann", "Bob"))
    read(readings, noon, FEAR, replace(FEAR, person_id=bob), times_s=(0, 1))
    journal, before = SqlJournal(database), {one: rollups.of({one}) for one in (ann, bob)}

    journal.apply("person.merged", [PersonMerged(bob, ann)], noon)
    assert sum(one.looks for one in rollups.of(people.selves(bob), "day")) == 4
    journal.undo(noon)

    assert {one: rollups.of(people.selves(one)) for one in (ann, bob)} == before


def test_whoever_gets_somebody_who_agreed_to_less_loses_them(database, people, readings, rollups, picture, noon):
    ann = people.add_person("Ann", [picture(0)], noon, ALL).person_id
    bob = people.add_person("Bob", [picture(1)], noon, ALL).person_id
    read(readings, noon, FEAR)
    SqlConsents(database).withdraw(bob, {"expression"}, noon + HOUR)
    assert rollups.count() == 3
    SqlJournal(database).apply("person.merged", [PersonMerged(ann, bob)], noon + HOUR)
    assert rollups.count() == 0


def test_forgetting_leaves_none_and_no_camera_brings_them_back(database, people, readings, rollups, noon):
    ann, bob = (people.add_person(name, [], noon, ALL).person_id for name in ("Ann", "Bob"))
    cy = people.add_stranger([], noon).person_id
    run = read(readings, noon, *(replace(FEAR, person_id=one) for one in (ann, bob, cy)))
    SqlJournal(database).apply("person.merged", [PersonMerged(cy, ann)], noon)
    assert people.belongings(ann).rollups == 6

    assert people.forget(ann).rollups == 6

    readings.append(run, [FrameReading("door", 9, 9, 9, 9, 0, (FEAR, replace(FEAR, person_id=cy)))])
    assert rollups.count() == rollups.count(bob) == 3
    assert people.traces({ann, cy}) == 0
    with pytest.raises(PersonUnknown):
        people.belongings(ann)


def test_they_age_by_themselves_and_what_is_counted_is_what_goes(database, people, readings, rollups, noon):
    ann = people.add_person("Ann", [], noon, ALL).person_id
    read(readings, noon, FEAR, times_s=(0.0, 3600.0, 86_400.0))
    retention, before = SqlRetention(database), {"rollups": noon + HOUR}

    assert retention.due(before).counts["rollups"] == 2
    assert retention.purge(before).counts["rollups"] == 2

    assert [one.begins_at for one in rollups.of({ann}, "hour")] == [noon + HOUR, noon + DAY]
    assert (len(rollups.of({ann}, "minute")), len(rollups.of({ann}, "day")), readings.count()) == (3, 1, 3)
    assert retention.purge(before).counts["rollups"] == 0
    before = {"rollup_minutes": noon + DAY}
    assert retention.due(before).counts["rollup_minutes"] == retention.purge(before).counts["rollup_minutes"] == 2
    left = rollups.of({ann})
    assert [one.begins_at for one in left if one.span == "minute"] == [noon + DAY] and len(left) == 4
    assert retention.purge({"readings": noon + 2 * DAY}).counts["readings"] == 3
    assert rollups.of({ann}) == left


def test_nothing_stays_of_a_stranger_who_fades_and_the_id_as_long_as_there_is_any(
    database, people, readings, rollups, picture, noon
):
    stranger = people.add_stranger([picture(0)], noon).person_id
    seen = replace(FEAR, identity="unknown", person_id=stranger)
    run = read(readings, noon, seen)
    retention = SqlRetention(database)

    retention.purge({"stranger_templates": noon + 8 * HOUR})

    assert (people.person(stranger).standing, rollups.count(), readings.count()) == ("faded", 0, 1)
    readings.append(run, [FrameReading("door", 9, 9, 9, 9, 0, (seen,))])  # a camera that had not heard of it yet
    retention.purge({"readings": noon + DAY})
    assert (rollups.count(), readings.count()) == (3, 0)
    before = {"rollups": noon, "rollup_minutes": noon}
    due = retention.due(before)
    assert (due.counts["rollups"], due.counts["rollup_minutes"]) == (2, 1) and retention.purge(before) == due
    assert people.person(stranger) is None


def test_moments_before_the_run_began_and_times_of_other_zones_are_of_their_minute(people, readings, rollups, noon):
    ann = people.add_person("Ann", [], noon).person_id
    read(readings, noon, FEAR, times_s=(-0.5,))
    (minute,) = rollups.of({ann}, "minute")
    assert minute.begins_at == datetime(2024, 5, 1, 11, 59, tzinfo=UTC)
