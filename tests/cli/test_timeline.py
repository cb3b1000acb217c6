"""`mien people timeline` over a home in which people were seen."""

import csv
import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.faces import ALL

from mien.domain.readings import FaceReading, FrameReading
from mien.settings import Settings
from mien.wiring.stores import build_stores

_IDENTITY = ("known", "", "", 0.5, 0.5)
_SHOWN = ("fear", 0.75, ("neutral", "fear"), (0.25, 0.75), "fear")
FEAR = FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", *_IDENTITY, *_SHOWN, 0.5, "", "measured", "measured")


@pytest.fixture
def seen(home: Path):
    """Ann was looked at 40 times an hour ago, Bob 5 times."""
    at = datetime.now(UTC) - timedelta(hours=1)
    with ExitStack() as stack:
        stores = build_stores(Settings(home=home), stack)
        for name, looks in (("Ann Lee", 40), ("=Bob", 5)):
            face = replace(FEAR, person_id=stores.people.add_person(name, [], at, ALL).person_id)
            run = stores.readings.start_run("door", at)
            stores.readings.append(run, [FrameReading("door", n, n / 100, 9, 9, 0, (face,)) for n in range(looks)])


@pytest.mark.usefixtures("seen")
def test_it_tells_what_was_shown_and_where_there_is_too_little(mien, tmp_path: Path):
    ended = mien("people", "timeline", "ann lee", "=bob", "--csv", tmp_path / "t.csv")
    assert ended.code == 0, ended.err
    assert "Ann Lee (person-0001): fear 100%, unsure 0%, in 40 looks" in ended.out
    assert "insufficient evidence, 5 looks of the 20 that are needed" in ended.out
    assert "as a group of 1 person: fear 100%" in ended.out and "cannot be compared" in ended.out
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert [(one["of"], one["name"], one["evidence"]) for one in rows] == [
        ("person", "Ann Lee", "sufficient"),
        ("person", "'=Bob", "insufficient"),
        ("group", "", "sufficient"),
        ("difference", "", "insufficient"),
    ]
    refused = mien("people", "timeline", "Ann Lee", "--csv", tmp_path / "t.csv")
    assert refused.code == 2 and "is there already: --overwrite" in refused.err
    listed = json.loads(mien("privacy", "forget", "Ann Lee", "--dry-run", "--json").out)
    assert [one["path"] for one in listed["outside"]] == [str(tmp_path / "t.csv")] and listed["rollups"] >= 3


@pytest.mark.usefixtures("seen")
def test_that_it_goes_hour_by_hour_where_no_minutes_are_kept_is_said(mien):
    asked = ("people", "timeline", "Ann Lee", "--span", "minute")
    assert "minutes are kept" not in mien(*asked).err
    older = mien(*asked, "--from", "2020-01-01", "--to", "2020-01-01")
    assert older.code == 0 and "minutes are kept for 30 days: it is told hour by hour" in older.err


@pytest.mark.usefixtures("seen")
def test_json_is_what_the_web_app_is_told(mien):
    day = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d}"
    told = json.loads(mien("people", "timeline", "Ann Lee", "--from", day, "--to", day, "--json").out)
    assert (told["from"], told["span"], told["csv"]) == (f"{day}T00:00:00+00:00", "day", None)
    assert datetime.fromisoformat(told["to"]) - datetime.fromisoformat(told["from"]) == timedelta(days=1)
    assert told["people"][0]["whole"]["looks"] == 40 and len(told["people"][0]["points"]) == 1


@pytest.mark.usefixtures("seen")
def test_where_expressions_may_not_be_inferred_it_says_so_and_shows_none(mien, home: Path):
    (home / "mien.yaml").write_text("privacy: {purpose: workplace}\n")
    ended = mien("people", "timeline", "Ann Lee")
    assert ended.code == 0 and "EU AI Act, art. 5(1)(f)" in ended.out and "fear" not in ended.out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--span", "year"), "expected minute, hour, day, got 'year'"),
        (("--from", "soon"), "--from: expected a date"),
        (("--to", "9999-12-31"), "--to: expected a date"),
        (("--from", "2027-05-02", "--to", "2027-05-01"), "has to begin before it ends"),
        (("--span", "minute", "--from", "2020-01-01"), "ask for longer spans"),
        (("--csv", "HOME/t.csv"), "choose a place outside of it"),
    ],
)
@pytest.mark.usefixtures("seen")
def test_slips_are_told(mien, home: Path, options, told: str):
    ended = mien("people", "timeline", "Ann Lee", *(one.replace("HOME", str(home)) for one in options))
    assert ended.code == 2 and told in ended.err
