"""What is kept of a range of time, written out: whom it tells of, its edges, and that little of it is held."""

import csv
import io
import json
import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.faces import axis, kept
from tests.support.history import CALM, FEAR, NOT_KEPT, NOT_READ, SeenHome

from mien.domain.errors import PersonUnknown, UsageError
from mien.domain.events import CameraLost, ExpressionShifted
from mien.domain.readings import FrameReading
from mien.results.columns import readings_schema
from mien.results.formats import parquet_pieces
from mien.results.history import report
from mien.results.history.selection import Asked
from mien.settings import Settings
from mien.store.history.readings import ReadingQuery, ReadingStore
from mien.store.history.sightings import SightingStore
from mien.store.journal import PersonMerged
from mien.wiring.people import build_curator
from mien.wiring.rights import build_forgetting
from mien.wiring.stores import build_stores


@pytest.fixture
def house(tmp_path: Path):
    with ExitStack() as stack:
        yield SeenHome(build_stores(Settings(home=tmp_path / "home"), stack), tmp_path / "home")


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def objects(content: bytes) -> list[dict]:
    return [json.loads(line) for line in content.decode().splitlines()]


def text(page: bytes) -> str:
    """The words of a page, which is well-formed XML too: every element is closed, every name escaped."""
    assert page.startswith(b"<!DOCTYPE html>\n")
    return " ".join("".join(ElementTree.fromstring(page.removeprefix(b"<!DOCTYPE html>\n")).itertext()).split())


def test_readings_have_the_columns_of_an_analysis_and_the_moment(house):
    ann, bob = house.person("=Ann"), house.person("Bob")
    house.looked(ann, looks=2), house.looked(bob, CALM, looks=1), house.looked("", looks=1)

    table = rows(house.written("readings", "csv", Asked()))

    assert [*table[0]] == [*readings_schema(("neutral", "fear")).names, "at"]
    assert [(one["person_id"], one["person_name"], one["source"]) for one in table] == [
        (ann, "'=Ann", "door"),
        (ann, "'=Ann", "door"),
        (bob, "Bob", "door"),
        ("", "", "door"),
    ]
    first = table[0]
    assert (first["emotion"], first["fear_prob"], first["valence"]) == ("fear", "0.75", "-0.5")
    assert [one["at"] for one in table[:2]] == ["2024-05-01T00:00:00.000+00:00", "2024-05-01T00:00:01.000+00:00"]


def test_every_format_holds_the_same_rows(house):
    ann = house.person("Ann")
    house.looked(ann, looks=3)
    for what, count in (("readings", 3), ("emotion_results", 3), ("events", 1)):
        table = rows(house.written(what, "csv", Asked()))
        lines = objects(house.written(what, "jsonl", Asked()))
        columns = pq.read_table(io.BytesIO(house.written(what, "parquet", Asked()))).to_pylist()
        assert (len(table), len(lines), len(columns)) == (count, count, count)
        assert [*table[0]] == [*lines[0]] == [*columns[0]]
        assert table[0]["person_id"] == lines[0]["person_id"] == columns[0]["person_id"] == ann
    (first, *_) = rows(house.written("emotion_results", "csv", Asked()))
    assert (first["timestamp"], first["detected_emotion"]) == ("2024-05-01T00:00:00.000+00:00", "fear")
    assert (first["fear_prob"], first["sad_prob"]) == ("0.75", "")


def test_the_range_holds_its_beginning_and_not_its_end(house):
    house.looked(house.person("Ann"), looks=60)
    house.looked(house.person("Bob"), looks=60)

    def seconds(begin: float, end: float) -> list[int]:
        found = rows(house.written("readings", "csv", Asked((), "", house.at(begin), house.at(end))))
        return [round(float(one["time_s"])) for one in found]

    assert seconds(10, 13) == [10, 11, 12]
    assert seconds(9.5, 10.5) == [10]
    assert seconds(59, 63) == [59, 0, 1]
    assert seconds(-9, 0) == [] == seconds(500, 900)
    assert len(seconds(0, 500)) == 120
    events = rows(house.written("events", "csv", Asked((), "", house.at(0), house.at(61))))
    assert [one["person_name"] for one in events] == ["Ann"]


@pytest.mark.parametrize(
    ("begin", "end", "told"),
    [(5, 5, "begins before it ends"), (9, 5, "begins before it ends"), (0, 366 * 86_400 + 1, "at most 366 days")],
)
def test_a_range_that_is_none_or_too_long_is_refused(house, begin: float, end: float, told: str):
    with pytest.raises(UsageError, match=told):
        house.export().hand_over("readings", "csv", Asked((), "", house.at(begin), house.at(end)))
    assert house.heard == []


def test_people_and_camera_choose_what_is_written(house):
    ann, bob = house.person("Ann"), house.person("Bob")
    house.looked(ann, looks=2), house.looked(bob, looks=3, camera="yard"), house.looked("", looks=4, camera="yard")

    def counts(*people: str, camera: str = "") -> tuple[int, int]:
        asked = Asked(people, camera)
        return len(rows(house.written("readings", "csv", asked))), len(rows(house.written("events", "csv", asked)))

    assert (counts(), counts(camera="yard"), counts("ann"), counts("Ann", bob)) == ((9, 2), (7, 1), (2, 1), (5, 2))
    assert counts("Ann", camera="yard") == (0, 0) == counts(camera="gate")
    with pytest.raises(PersonUnknown):
        counts("Nobody")


def test_ids_and_names_are_those_of_today(house):
    ann, bob = house.person("Ann"), house.person("Bob")
    house.looked(ann, looks=2), house.looked(bob, looks=3)
    house.stores.journal.apply("person.merged", [PersonMerged(bob, ann)], house.clock.now())
    for what in ("readings", "events"):
        for asked in (Asked(), Asked((ann,)), Asked((bob,))):
            told = {(one["person_id"], one["person_name"]) for one in rows(house.written(what, "csv", asked))}
            assert told == {(ann, "Ann")}
    assert "5 readings" in text(house.written("report", "html", Asked((bob,))))


def test_who_did_not_agree_has_no_expressions_and_no_pictures(house):
    ann = house.person("Ann", pictures=1)
    bob, cy = house.person("Bob", NOT_READ, pictures=1), house.person("Cy", NOT_KEPT, pictures=1)
    for one in (ann, bob, cy):
        house.looked(one)
    shift = ("neutral", "fear", 2.0, 1.0, 5, 5, {"neutral": 0.25, "fear": 0.75})
    house.stores.events.append(
        [ExpressionShifted(f"s{one}", house.at(9), "door", 3, one, *shift) for one in (ann, bob)]
    )

    said = {one["person_id"]: (one["emotion"], one["fear_prob"], one["valence"]) for one in readings_of(house)}
    assert said == {ann: ("fear", "0.75", "-0.5"), bob: ("", "", ""), cy: ("fear", "0.75", "-0.5")}
    shifted = [one for one in rows(house.written("events", "csv", Asked())) if one["kind"] == "expression_shifted"]
    assert [one["person_id"] for one in shifted] == [ann]
    assert json.loads(shifted[0]["probabilities"]) == {"neutral": 0.25, "fear": 0.75}
    page = house.written("report", "html", Asked())
    assert f"'Bob' ({bob}) does not consent to having expressions read" in text(page)
    assert page.count(b"<img ") == 2 and b'alt="picture of Cy"' not in page


def readings_of(house: SeenHome) -> list[dict[str, str]]:
    return rows(house.written("readings", "csv", Asked()))


def test_consent_that_ran_out_is_heeded_before_what_rests_on_it_is_gone(house):
    expiring = replace(NOT_KEPT, expires_at=house.at(100))
    ann = house.person("Ann", expiring, pictures=1)
    house.looked(ann)
    assert {one["emotion"] for one in readings_of(house)} == {"fear"}
    house.clock.passed_s = 101
    assert {one["emotion"] for one in readings_of(house)} == {""}
    assert "does not consent" in text(house.written("report", "html", Asked((ann,))))


def test_who_is_forgotten_thrown_away_or_ignored_is_in_none(house):
    ann, bob, cy = (house.person(name, pictures=1) for name in ("Ann", "Bob", "Cy"))
    stranger = house.stores.people.add_stranger([], house.clock.now()).person_id
    for one in (ann, bob, cy, stranger):
        house.looked(one)
    build_forgetting(house.stores, house.clock).forget(ann, [ann])
    curator = build_curator(Settings(home=house.home), house.stores, house.clock)
    curator.carry_out(curator.remove([bob]))
    curator.carry_out(curator.ignore([stranger]))

    for what in ("readings", "events"):
        told = house.written(what, "csv", Asked())
        assert {one["person_id"] for one in rows(told)} - {""} == {cy} and b"Ann" not in told
    page = house.written("report", "html", Asked())
    assert "Cy" in text(page) and not any(name in text(page) for name in ("Ann", "Bob", stranger))
    assert page.count(b"<img ") == 1
    with pytest.raises(PersonUnknown):
        house.export().hand_over("readings", "csv", Asked((ann,)))


def test_where_expressions_may_not_be_inferred_none_is_told_and_the_law_is_named(house):
    house.looked(house.person("Ann"))
    assert {one["fear_prob"] for one in rows(house.written("readings", "csv", Asked(), purpose="workplace"))} == {""}
    assert rows(house.written("emotion_results", "csv", Asked(), purpose="workplace")) == []
    page = house.written("report", "html", Asked(), purpose="workplace")
    assert "EU AI Act, art. 5(1)(f)" in text(page) and b"fear" not in page


def test_the_report_tells_how_sure_it_is_and_fetches_nothing(house):
    house.looked(house.person("<script>alert(1)</script> & Ann", pictures=2), looks=60)
    house.looked(house.person("Bob"), CALM, looks=19)
    page = house.written("report", "html", Asked())
    told = text(page)
    for part in (
        "<script>alert(1)</script> & Ann",
        "shares of 60 readings",
        "fear 100 %",
        "valence -0.50 · arousal +0.50",
        "On the whole distressed",
        "1 visit, 1:00 in view",
        "Insufficient evidence: 19 readings of the 20 that are needed",
        "copy outside of mien",
    ):
        assert part in told
    assert b"<script" not in page and not re.search(rb"https?:|//[a-z]|@import|url\(", page)
    assert page.count(b'src="data:image/jpeg;base64,') == 2 == page.count(b"<img ")
    assert b"as a group" in page


def test_a_report_of_nobody_says_so(house):
    house.person("Ann")
    assert "Nobody who is enrolled was seen in this time" in text(house.written("report", "html", Asked()))


def test_strangers_pictures_are_shown_only_where_they_may_be_seen(house):
    crop = house.stores.media.save(np.zeros((112, 112, 3), np.uint8))
    stranger = house.stores.people.add_stranger([kept(axis(5), crop=crop)], house.clock.now()).person_id
    house.looked(stranger)
    assert b"<img " in house.written("report", "html", Asked((stranger,)))
    assert b"<img " not in house.written("report", "html", Asked((stranger,)), blur_strangers=True)


def test_each_is_on_record_by_ids_before_its_first_piece_and_what_cannot_be_is_not(house):
    ann = house.person("Ann")
    house.looked(ann)
    house.export().hand_over("readings", "parquet", Asked(("Ann",)))
    told = {"exported": "readings", "format": "parquet", "whom": "chosen", "cameras": "all"}
    week = {"begins": "2024-04-24T00:01:01+00:00", "ends": "2024-05-01T00:01:01+00:00"}
    assert house.heard == [("history.exported", (ann,), {**told, **week})]
    with pytest.raises(UsageError, match="report is written as html, not as csv"):
        house.export().hand_over("report", "csv", Asked())
    assert len(house.heard) == 1


def test_the_record_says_of_everybody_of_one_camera_and_from_when_until_when_without_naming_any(house, tmp_path: Path):
    house.looked(house.person("Ann"))
    asked = Asked((), "door of Ann", house.at(0.25), house.at(30))
    house.export().write("events", "jsonl", asked, tmp_path / "events.jsonl")
    told = {"exported": "events", "format": "jsonl", "whom": "everybody", "cameras": "one"}
    time = {"begins": "2024-05-01T00:00:00.250000+00:00", "ends": "2024-05-01T00:00:30+00:00"}
    assert house.heard == [("history.exported", (), {**told, **time})]


def test_what_a_file_would_be_called_is_told_without_a_record_and_refused_as_the_file_would_be(house):
    asked = Asked((), "", house.at(0), house.at(30))
    assert house.export().foresee("readings", "csv", asked) == "readings-20240501-20240501.csv"
    with pytest.raises(UsageError, match="not as csv"):
        house.export().foresee("report", "csv", asked)
    with pytest.raises(PersonUnknown):
        house.export().foresee("report", "html", Asked(("Nobody",)))
    assert house.heard == []


def test_of_everybody_the_visits_of_those_shown_alone_are_read(house, monkeypatch):
    monkeypatch.setattr(report, "MOST_PEOPLE", 2)
    much, little = house.person("Much"), house.person("Little")
    house.looked(little, looks=30), house.looked(much, looks=60)
    house.looked(house.person("Unread", NOT_READ))
    house.person("Unseen")
    sightings = CountingSightings(house.stores.sightings)
    house.stores = replace(house.stores, sightings=sightings)

    told = text(house.written("report", "html", Asked()))

    assert sightings.read == [much, little]
    assert told.index("Much") < told.index("Little") and "Unread" not in told and "Unseen" not in told
    assert "1 visit, 1:00 in view" in told and "1 more" in told
    house.written("report", "html", Asked((), "garden"))
    assert sightings.read == [much, little] * 2


class CountingSightings:
    """A store of sightings that knows whose were read."""

    def __init__(self, sightings: SightingStore) -> None:
        self._sightings = sightings
        self.read: list[str] = []
        self.came = sightings.came

    def latest(self, limit: int, person_id: str = "", before=None):
        self.read.append(person_id)
        return self._sightings.latest(limit, person_id, before)


def test_a_file_is_whole_its_owners_and_remembered(house, tmp_path: Path):
    house.looked(house.person("Ann"))
    out = tmp_path / "ann.html"
    house.export().write("report", "html", Asked(), out)
    assert text(out.read_bytes()) and out.stat().st_mode & 0o777 == 0o600
    assert [(one.kind, one.path) for one in house.stores.outputs.still_there()] == [("report", out)]
    for place, told in ((out, "there already"), (tmp_path, "a folder"), (house.home / "x.html", "in the home")):
        with pytest.raises(UsageError, match=told):
            house.export().write("report", "html", Asked(), place)
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_events_without_people_are_told_where_nobody_is_chosen(house):
    house.stores.events.append([CameraLost(f"e{n:04}", house.at(n), "door", "=gone") for n in range(2500)])
    house.clock.passed_s = 3000
    found = rows(house.written("events", "csv", Asked()))
    assert len({one["event_id"] for one in found}) == 2500 and found[0]["event_id"] == "e2499"
    assert found[0]["reason"] == "'=gone"
    house.person("Ann")
    assert rows(house.written("events", "csv", Asked(("Ann",)))) == []


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_rows_are_read_as_they_are_taken(house, form: str):
    run = house.stores.readings.start_run("door", house.at(0))
    frames = [FrameReading("door", n, n / 5, 9, 9, 0, (FEAR,)) for n in range(8000)]
    house.stores.readings.append(run, frames)
    house.clock.passed_s = 86_400
    counting = Counting(house.stores.readings)
    house.stores = replace(house.stores, readings=counting)
    pieces = house.export().hand_over("readings", form, Asked()).pieces

    lines, most_ahead = 0, 0
    for piece in pieces:
        lines += piece.count(b"\n")
        most_ahead = max(most_ahead, counting.read - lines)

    assert lines == 8000 + (form == "csv") and most_ahead <= 4096


def test_of_parquet_a_row_group_is_held():
    schema = pa.schema([("time_s", pa.float64())])
    batch = pa.record_batch([pa.array(np.random.default_rng(1).random(50_000))], schema=schema)
    taken = 0

    def batches():
        for number in range(8):
            yield batch
            assert number < 3 or taken, "nothing was given away yet"

    pieces = []
    for piece in parquet_pieces(schema, batches()):
        taken += len(piece)
        pieces.append(piece)
    assert len(pieces) == 5 and pq.read_table(io.BytesIO(b"".join(pieces))).num_rows == 400_000


class Counting:
    """A store of readings that knows how many were read."""

    def __init__(self, readings: ReadingStore) -> None:
        self._readings = readings
        self.read = 0
        self.label_sets = readings.label_sets

    def find(self, query: ReadingQuery):
        for one in self._readings.find(query):
            self.read += 1
            yield one


def test_a_search_of_a_long_run_begins_where_its_time_does(house):
    ann = house.person("Ann")
    run = house.stores.readings.start_run("door", house.at(0))
    shown = (replace(FEAR, person_id=ann),)
    frames = [FrameReading("door", 7 * n, float(n), 9, 9, 0, shown) for n in range(5000)]
    house.stores.readings.append(run, frames)
    found = rows(house.written("readings", "csv", Asked((), "", house.at(4000), house.at(4000) + timedelta(hours=1))))
    assert [int(one["frame"]) for one in found] == [7 * n for n in range(4000, 5000)]


def test_of_a_time_of_which_no_minutes_are_kept_a_report_goes_by_the_hour_and_says_so(house):
    house.looked(house.person("Ann"))
    asked = Asked((), "", house.at(0), house.at(120))
    assert "By the minute" in text(house.written("report", "html", asked))
    house.clock.passed_s = 300 * 86_400
    told = text(house.written("report", "html", asked))
    assert "By the hour" in told and "it is told hour by hour" in told and "shares of 60 readings" in told
