import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.support.command import Ended, Mien, Within

READINGS = re.findall(
    r"\w+",
    "source, frame, time_s, track_id, x1, y1, x2, y2, detection_score, identity, person_id, person_name, similarity, "
    "margin, emotion, confidence, neutral_prob, happiness_prob, surprise_prob, sadness_prob, anger_prob, "
    "disgust_prob, fear_prob, contempt_prob, emotion_smoothed, quality, quality_reason, identity_source, "
    "emotion_source",
)
EMOTIONS = re.findall(
    r"\w+",
    "timestamp, person_id, detected_emotion, confidence, happy_prob, surprise_prob, sad_prob, anger_prob, "
    "disgust_prob, fear_prob, neutral_prob",
)
SUMMARY = re.findall(
    r"\w+", "frames_decoded, frames_analysed, wall_s, startup_s, report_s, cpu_s, peak_rss_mb, stage_ms, models"
)
PROBABILITIES = [column for column in READINGS if column.endswith("_prob")]


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return list(reader.fieldnames or ()), rows


@dataclass(frozen=True)
class Analysis:
    """The man in the car and a folder with the portrait, who is enrolled, analysed with a video."""

    ended: Ended
    out: Path
    mien: Mien
    sources: tuple[str, str]

    def readings(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.out / "readings.parquet").to_pylist()
        return rows


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory, portrait: Path, carphone: Path) -> Iterator[Analysis]:
    folder = tmp_path_factory.mktemp("analysis")
    mien = Mien(folder / "home")
    (folder / "people" / "Eileen Collins").mkdir(parents=True)
    shutil.copy(portrait, folder / "people" / "Eileen Collins" / "nasa.png")
    imported = Within(mien.home)("people", "import", folder / "people", "--json")
    assert imported.code == 0 and imported.json["accepted"] == 1, imported.err
    (folder / "album").mkdir()
    picture = cv2.imread(str(portrait))
    assert picture is not None
    album = folder / "album" / "=portrait.jpg"
    assert cv2.imwrite(str(album), picture[:, ::-1])
    ended = mien("analyze", carphone, folder / "album", "--out", folder / "out", "--video", "--jsonl", "--json")
    yield Analysis(ended, folder / "out", mien, (str(carphone), str(album)))


def test_it_ends_well_and_says_where_everything_is(analysis: Analysis) -> None:
    assert analysis.ended.code == 0, analysis.ended.err
    assert analysis.ended.lines == [f"analysing {source}" for source in analysis.sources]
    told = analysis.ended.json
    assert set(told["files"]) == {str(path) for path in analysis.out.iterdir()} and told["failures"] == []
    names = {path.name for path in analysis.out.iterdir()}
    assert names == {
        *("readings.csv", "readings.parquet", "readings.jsonl", "tracks.csv", "people.csv", "emotion_results.csv"),
        *("report.html", "summary.json"),
        *("annotated-1-carphone_pristine.mp4", "annotated-2-portrait.jpg"),
    }


def test_the_columns_of_the_readings_are_the_contract(analysis: Analysis) -> None:
    columns, rows = table(analysis.out / "readings.csv")
    assert columns[: len(READINGS)] == READINGS  # later columns are appended
    assert len(rows) == 121
    assert pq.read_schema(analysis.out / "readings.parquet").names == columns


def test_parquet_holds_what_csv_holds(analysis: Analysis) -> None:
    columns, rows = table(analysis.out / "readings.csv")
    exact = analysis.readings()
    assert len(rows) == len(exact)
    for shown, kept in zip(rows, exact, strict=True):
        for column in columns:
            if isinstance(kept[column], float):
                assert float(shown[column]) == pytest.approx(kept[column], abs=0.006), column
            elif kept[column] is None:
                assert shown[column] == ""
            else:
                assert shown[column].removeprefix("'") == str(kept[column]), column


def test_json_lines_hold_what_csv_holds(analysis: Analysis) -> None:
    columns, rows = table(analysis.out / "readings.csv")
    lines = [json.loads(line) for line in (analysis.out / "readings.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(rows) and all(list(line) == columns for line in lines)
    for line, row in zip(lines, rows, strict=True):
        for column in ("frame", "track_id", "person_id", "person_name", "emotion", "identity_source"):
            assert str(line[column]) == row[column], column
        assert line["confidence"] == pytest.approx(float(row["confidence"]), abs=1e-9)


def test_every_frame_of_the_video_shows_one_man_who_stays_one_stranger(analysis: Analysis) -> None:
    rows = [row for row in analysis.readings() if row["source"] == analysis.sources[0]]
    assert [row["frame"] for row in rows] == list(range(120))
    assert {(row["track_id"], row["identity"], row["person_id"], row["person_name"]) for row in rows} == {
        (1, "unknown", "unknown-0001", "")
    }  # also in the rows that were written before it was decided
    times = [row["time_s"] for row in rows]
    assert times[0] == 0 and times == sorted(times) and 3.5 < times[-1] < 4.5
    assert {row["identity_source"] for row in rows} == {"measured", "carried"}
    assert {row["emotion_source"] for row in rows} == {"measured", "carried"}
    for row in rows:
        assert sum(row[column] for column in PROBABILITIES) == pytest.approx(1, abs=1e-4)
        assert row[f"{row['emotion']}_prob"] == row["confidence"] == max(row[column] for column in PROBABILITIES)
        assert 0 <= row["x1"] < row["x2"] <= 176 and 0 <= row["quality"] <= 1


def test_the_enrolled_person_is_named_on_a_picture(analysis: Analysis) -> None:
    (row,) = [row for row in analysis.readings() if row["source"] == analysis.sources[1]]
    assert (row["identity"], row["person_name"], row["frame"]) == ("known", "Eileen Collins", 0)
    assert row["similarity"] > 0.6 and not row["person_id"].startswith("unknown")


def test_there_is_one_row_a_track(analysis: Analysis) -> None:
    columns, rows = table(analysis.out / "tracks.csv")
    assert columns[:9] == [
        *("source", "track_id", "first_s", "last_s", "frames", "identity", "person_id", "person_name", "similarity")
    ]
    assert [(row["frames"], row["person_name"] or row["person_id"]) for row in rows] == [
        ("120", "unknown-0001"),
        ("1", "Eileen Collins"),
    ]
    shares = [float(rows[0][column]) for column in columns if column.endswith("_share")]
    assert len(shares) == 8 and sum(shares) == pytest.approx(1, abs=1e-3)
    assert float(rows[0]["last_s"]) > 3.5 and float(rows[0]["best_quality"]) > 0.5


def test_there_is_one_row_a_person(analysis: Analysis) -> None:
    columns, rows = table(analysis.out / "people.csv")
    assert columns[:8] == [
        *("person_id", "person_name", "identity", "sources", "tracks", "frames", "first_s", "last_s")
    ]
    known, stranger = rows
    assert (known["person_name"], known["identity"], known["frames"]) == ("Eileen Collins", "known", "1")
    assert (stranger["person_id"], stranger["identity"], stranger["frames"]) == ("unknown-0001", "unknown", "120")
    _, tracks = table(analysis.out / "tracks.csv")
    for column in (*(name for name in columns if name.endswith("_share")), "dominant_emotion", "best_quality"):
        assert [stranger[column], known[column]] == [track[column] for track in tracks], column


def test_the_emotion_results_have_their_columns(analysis: Analysis) -> None:
    columns, rows = table(analysis.out / "emotion_results.csv")
    assert columns == EMOTIONS and len(rows) == 121
    exact = analysis.readings()[0]
    assert float(rows[0]["happy_prob"]) == pytest.approx(exact["happiness_prob"], abs=1e-3)
    # contempt is left out and nothing is scaled up for it
    total = sum(float(rows[0][column]) for column in EMOTIONS[4:])
    assert total == pytest.approx(1 - exact["contempt_prob"], abs=1e-3)


def test_the_summary_has_its_figures(analysis: Analysis) -> None:
    summary = json.loads((analysis.out / "summary.json").read_text(encoding="utf-8"))
    assert set(SUMMARY) <= summary.keys() and set(SUMMARY) <= analysis.ended.json.keys()
    assert (summary["frames_decoded"], summary["frames_analysed"]) == (121, 121)
    assert 0 < summary["wall_s"] < 120 and summary["startup_s"] > 0 and summary["report_s"] > 0
    assert 0 < summary["cpu_s"] < summary["cpu_total_s"] and 50 < summary["peak_rss_mb"] < 2000
    assert {"detection", "recognition", "expression", "quality"} <= summary["stage_ms"].keys()
    assert summary["models"].keys() == {"detection", "recognition", "emotion", "quality", "pose"}
    assert summary["confirmed_within_frames"] >= 1
    assert [source["status"] for source in summary["sources"]] == ["ok", "ok"]


def test_the_report_needs_nothing_else(analysis: Analysis) -> None:
    page = (analysis.out / "report.html").read_text(encoding="utf-8")
    assert "Eileen Collins" in page and "unknown-0001" in page and "data:image/" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?!data:|#)[^"'\s>]""", page)
    assert not re.search(r"@import|url\(\s*['\"]?(?!data:|#)", page)


def test_the_annotated_video_plays_and_is_drawn_on(analysis: Analysis, carphone: Path) -> None:
    with av.open(str(analysis.out / "annotated-1-carphone_pristine.mp4")) as drawn, av.open(str(carphone)) as plain:
        pictures = [frame.to_ndarray(format="bgr24") for frame in drawn.decode(video=0)]
        first = next(plain.decode(video=0)).to_ndarray(format="bgr24")
    assert len(pictures) == 120
    height, width = pictures[0].shape[:2]
    assert width / height == pytest.approx(first.shape[1] / first.shape[0], rel=0.02)
    assert np.abs(pictures[0].astype(int) - cv2.resize(first, (width, height))).max() > 100


def test_the_database_holds_nobodys_history_but_the_people(analysis: Analysis) -> None:
    with sqlite3.connect(analysis.mien.home / "mien.sqlite3") as database:
        people = database.execute("SELECT kind, name IS NULL FROM people ORDER BY kind").fetchall()
        (readings,) = database.execute("SELECT count(*) FROM readings").fetchone()
    database.close()
    assert (people, readings) == ([("enrolled", 0), ("stranger", 1)], 0)
    assert b"Eileen" not in (analysis.mien.home / "mien.sqlite3").read_bytes()


def test_afterwards_a_person_can_be_forgotten(analysis: Analysis, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(analysis.mien.home, home)
    within = Within(home)
    assert len(within("people", "list", "--json").json["people"]) == 2
    assert within("people", "forget", "unknown-0001", "--json").json["person_id"] == "unknown-0001"
    assert within("people", "forget", "eileen collins").code == 0
    assert within("people", "list", "--json").json == {"people": []}
    assert not [path for path in (home / "media").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("option", "value", "frames"),
    [
        pytest.param("--every", "30", (4, 4), marks=pytest.mark.exhaustive),
        ("--fps", "5", (19, 21)),
    ],
)
def test_frames_may_be_left_out(
    within: Within, carphone: Path, tmp_path: Path, option: str, value: str, frames: tuple[int, int]
) -> None:
    ended = within("-q", "analyze", carphone, "--out", tmp_path / "out", option, value, "--json")
    assert (ended.code, ended.err) == (0, "") and ended.json["frames_decoded"] == 120
    assert frames[0] <= ended.json["frames_analysed"] <= frames[1]
    _, rows = table(tmp_path / "out" / "readings.csv")
    assert len(rows) == ended.json["frames_analysed"] and rows[0]["frame"] == "0"


def test_nothing_to_see_is_a_good_end_too(within: Within, tmp_path: Path) -> None:
    picture = tmp_path / "grey.png"
    assert cv2.imwrite(str(picture), np.full((240, 320, 3), 90, np.uint8))
    ended = within("analyze", picture, "--out", tmp_path / "out")
    assert ended.code == 0 and ended.out.startswith("1 of 1 frames analysed")
    for name in ("readings.csv", "tracks.csv", "people.csv", "emotion_results.csv"):
        columns, rows = table(tmp_path / "out" / name)
        assert columns and rows == []
    assert pq.read_table(tmp_path / "out" / "readings.parquet").num_rows == 0
