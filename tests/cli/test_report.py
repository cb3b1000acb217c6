"""`mien report` over a home in which somebody was seen."""

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.faces import ALL
from tests.support.history import FEAR

from mien.domain.readings import FrameReading
from mien.settings import Settings
from mien.wiring.stores import build_stores


@pytest.fixture
def _seen(home: Path):
    at = datetime.now(UTC) - timedelta(hours=1)
    with ExitStack() as stack:
        stores = build_stores(Settings(home=home), stack)
        face = replace(FEAR, person_id=stores.people.add_person("Ann Lee", [], at, ALL).person_id)
        run = stores.readings.start_run("door", at)
        stores.readings.append(run, [FrameReading("door", n, n / 100, 9, 9, 0, (face,)) for n in range(40)])


@pytest.mark.usefixtures("_seen")
def test_it_writes_a_page_or_tables_and_forgetting_tells_where_they_are(mien, tmp_path: Path):
    page, table, lines = tmp_path / "ann.html", tmp_path / "ann.parquet", tmp_path / "lines"
    ended = mien("report", "--people", "ann lee", "--out", page)
    assert ended.code == 0 and "outside of mien" in ended.out, ended.err
    assert "shares of 40 readings" in page.read_text()
    assert mien("report", "--what", "readings", "--out", table).code == 0 and table.read_bytes()[:4] == b"PAR1"
    told = mien("report", "--what", "emotion_results", "--format", "jsonl", "--camera", "door", "-o", lines, "--json")
    assert json.loads(told.out) == {"file": str(lines), "what": "emotion_results", "format": "jsonl"}
    assert len(lines.read_text().splitlines()) == 40
    listed = json.loads(mien("privacy", "forget", "Ann Lee", "--dry-run", "--json").out)
    assert {one["path"] for one in listed["outside"]} == {str(page), str(table), str(lines)}


@pytest.mark.usefixtures("_seen")
def test_how_the_file_ends_decides_what_is_written(mien, tmp_path: Path):
    for name, begin in (("r.csv", b"source,frame"), ("r.PARQUET", b"PAR1"), ("r.html", b"<!DOC"), ("r", b"<!DOC")):
        assert mien("report", "--out", tmp_path / name).code == 0
        assert (tmp_path / name).read_bytes().startswith(begin), name


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--what", "pictures"), "--what: expected report, readings, emotion_results, events, got 'pictures'"),
        (("--what", "report", "--format", "csv"), "--format: report is written as html, got 'csv'"),
        (("--format", "csv"), "new.html ends in .html, and readings would be written as csv"),
        (("--what", "events"), "new.html ends in .html, and events would be written as csv: let it end in .csv or"),
        (("--out", "r.txt"), "r.txt ends in .txt, and report would be written as html: let it end in .html"),
        (("--out", "r.txt", "--what", "events"), "r.txt ends in .txt, and events would be written as csv"),
        (("--camera", "nix"), "there is no camera 'nix': there is 'door'"),
        (("--from", "soon"), "--from: expected a date"),
        (("--from", "2020-01-01"), "at most 366 days"),
        (("--out", "HOME/a.html"), "choose a place outside of it"),
        (("--out", "THERE"), "there already"),
    ],
)
@pytest.mark.usefixtures("_seen")
def test_what_is_wrong_is_said_and_nothing_is_written(mien, home: Path, tmp_path: Path, options, told: str):
    there = tmp_path / "there.html"
    there.write_text("kept")
    given = [one.replace("HOME", str(home)).replace("THERE", str(there)) for one in options]
    ended = mien("report", "--out", tmp_path / "new.html", *given)
    assert ended.code == 2 and told in ended.err
    assert there.read_text() == "kept" and not (tmp_path / "new.html").exists()
