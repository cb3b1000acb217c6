import csv
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import ResultError
from mien.domain.identity import Match, Undecided, Unknown
from mien.results import rows as rows_module
from mien.results.columns import readings_schema
from mien.results.rows import FinalIdentity, ReadingRows
from mien.results.summary import ModelUsed
from mien.results.tables import CsvTable, ParquetTable
from mien.results.writer import ResultSettings, ResultWriter, SourceEnd

READING_COLUMNS = (
    "source,frame,time_s,track_id,x1,y1,x2,y2,detection_score,identity,person_id,person_name,similarity,margin,"
    "emotion,confidence,neutral_prob,happiness_prob,surprise_prob,sadness_prob,anger_prob,disgust_prob,fear_prob,"
    "contempt_prob,emotion_smoothed,quality,quality_reason,identity_source,emotion_source,detection_source,"
    "valence,arousal,quadrant,valence_arousal_source,liveness,liveness_score,liveness_reason,yaw,pitch,roll"
)
AFFECT_COLUMNS = ("mean_valence", "mean_arousal", "quadrant", "valence_arousal_source")
LIVENESS_COLUMNS = ("liveness", "liveness_score", "liveness_reason")
EMOTION_COLUMNS = (
    "timestamp,person_id,detected_emotion,confidence,happy_prob,surprise_prob,sad_prob,anger_prob,disgust_prob,"
    "fear_prob,neutral_prob"
)
TABLES = {
    *("readings.csv", "readings.parquet", "tracks.csv", "people.csv", "emotion_results.csv"),
    *("report.html", "summary.json"),
}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_analysis_without_a_face_still_writes_every_file_with_its_columns(tmp_path, clock, summary, make_reading):
    with ResultWriter(tmp_path / "a" / "b", EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4", 25.0)
        results.add(None, make_reading(0))
        results.finish({})
        written = writer.close(summary)
    folder = tmp_path / "a" / "b"
    assert names(folder) == TABLES == {path.name for path in written}
    assert (folder / "readings.csv").read_text() == READING_COLUMNS + "\n"
    assert (folder / "emotion_results.csv").read_text() == EMOTION_COLUMNS + "\n"
    assert table(folder / "tracks.csv") == table(folder / "people.csv") == []
    parquet = pq.read_table(folder / "readings.parquet")
    assert ",".join(parquet.column_names) == READING_COLUMNS
    assert parquet.num_rows == 0
    assert "No face was found" in (folder / "report.html").read_text()


def test_the_final_identity_is_written_back_to_all_rows_of_its_track_and_to_no_other(
    tmp_path, clock, summary, make_reading, make_face, monkeypatch
):
    monkeypatch.setattr(rows_module, "_CHUNK_ROWS", 7)  # most rows take the way over the disk
    with ResultWriter(tmp_path, EMOTION_LABELS, 2, clock) as writer:
        first, second = writer.start("one.mp4"), writer.start("two.mp4")
        for index in range(10):  # both sources are open at once
            faces = (make_face(1), make_face(2), make_face(3), make_face(4))
            first.add(None, make_reading(index, *faces, camera="one.mp4"))
            second.add(None, make_reading(index, make_face(1), camera="two.mp4"))
        first.finish(
            {
                1: FinalIdentity.of(Match("p1", 0.71, 0.4), "Zoë Müller 😀"),
                2: FinalIdentity.of(Unknown(0.2, "unknown-0007")),
                3: FinalIdentity.of(Undecided("too few views", 0.4)),
            }
        )
        second.finish({1: FinalIdentity.of(Match("p2", 0.6, 0.1), "李小龍")})
        writer.close(summary)
    rows = table(tmp_path / "readings.csv")
    assert len(rows) == 50
    decided = {
        (row["source"], row["track_id"]): (row["identity"], row["person_id"], row["person_name"], row["similarity"])
        for row in rows
    }
    assert decided == {
        ("one.mp4", "1"): ("known", "p1", "Zoë Müller 😀", "0.71"),
        ("one.mp4", "2"): ("unknown", "unknown-0007", "", "0.2"),
        ("one.mp4", "3"): ("undecided", "", "", "0.4"),
        ("one.mp4", "4"): ("undecided", "", "", "0.25"),  # nothing was decided: as it was read
        ("two.mp4", "1"): ("known", "p2", "李小龍", "0.6"),
    }
    assert [row["frame"] for row in rows if row["source"] == "one.mp4" and row["track_id"] == "1"] == [
        str(index) for index in range(10)
    ]
    parquet = pq.read_table(tmp_path / "readings.parquet").to_pylist()
    assert [row["person_name"] for row in parquet] == [row["person_name"] for row in rows]
    assert {row["person_id"] for row in table(tmp_path / "emotion_results.csv")} == {"p1", "p2", "unknown-0007", ""}
    assert names(tmp_path) == TABLES


def test_cells_hold_what_was_read(tmp_path, clock, summary, make_reading, make_face):
    face = make_face(
        5,
        "contempt",
        box=(1.23456, -2.0, 30.0, 44.5),
        quality=0.33333,
        quality_reason="too small",
        detection_source="carried",
        emotion_smoothed="",
    )
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, ResultSettings(json_lines=True)) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(3, face, make_face(6, "")))
        results.finish({})
        writer.close(summary)
    contempt, unread = table(tmp_path / "readings.csv")
    assert (contempt["frame"], contempt["time_s"], contempt["x1"], contempt["y1"]) == ("3", "0.3", "1.23", "-2")
    assert (contempt["contempt_prob"], contempt["neutral_prob"]) == ("0.7", "0.0429")
    assert (contempt["quality"], contempt["quality_reason"]) == ("0.3333", "too small")
    assert (contempt["detection_source"], contempt["emotion_smoothed"]) == ("carried", "")
    assert (unread["emotion"], unread["confidence"], unread["fear_prob"]) == ("", "", "")
    (result,) = table(tmp_path / "emotion_results.csv")  # the face without an expression has no row there
    assert result["detected_emotion"] == "contempt"
    assert datetime.fromisoformat(result["timestamp"]) == clock.now().replace(microsecond=300_000)
    shares = [float(result[name]) for name in EMOTION_COLUMNS.split(",")[4:]]
    assert sum(shares) == pytest.approx(0.3, abs=1e-3)  # contempt is left out, the rest is not renormalised
    parquet = pq.read_table(tmp_path / "readings.parquet").to_pylist()
    assert parquet[0]["x1"] == pytest.approx(1.23456, abs=1e-6)
    assert parquet[1]["neutral_prob"] is None
    lines = [json.loads(line) for line in (tmp_path / "readings.jsonl").read_text().splitlines()]
    assert list(lines[0]) == READING_COLUMNS.split(",")
    assert lines[0]["contempt_prob"] == 0.7
    assert lines[1]["confidence"] is None


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path, clock, summary, make_reading, make_face):
    nasty = '=HYPERLINK("http://x","y")'
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("@clip.mp4")
        results.add(None, make_reading(0, make_face(1), make_face(2), camera="@clip.mp4"))
        results.finish({1: FinalIdentity("known", "p", nasty), 2: FinalIdentity("known", "q", 'a "b", c\nd')})
        writer.close(summary)
    first, second = table(tmp_path / "readings.csv")
    assert (first["source"], first["person_name"]) == ("'@clip.mp4", "'" + nasty)
    assert second["person_name"] == 'a "b", c\nd'
    assert table(tmp_path / "tracks.csv")[0]["person_name"] == "'" + nasty
    assert table(tmp_path / "people.csv")[0]["person_name"] == "'" + nasty
    assert pq.read_table(tmp_path / "readings.parquet")["person_name"][0].as_py() == nasty


@pytest.mark.parametrize(
    "labels",
    [
        ("angry", "disgusted", "scared", "happy", "sad", "surprised", "neutral"),
        ("neutral", "happiness", "surprise", "sadness", "anger"),
    ],
)
def test_other_label_sets_write_their_own_columns(tmp_path, clock, summary, make_reading, make_face, labels):
    with ResultWriter(tmp_path, labels, 1, clock) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(0, make_face(1, labels[0], emotion_labels=labels)))
        with pytest.raises(ValueError, match="expected expressions labelled"):
            results.rows.add(make_reading(1, make_face(1)))
        results.finish({})
        writer.close(summary)
    (row,) = table(tmp_path / "readings.csv")
    assert [name for name in row if name.endswith("_prob")] == [f"{label}_prob" for label in labels]
    assert row[f"{labels[0]}_prob"] == "0.7"
    (result,) = table(tmp_path / "emotion_results.csv")
    assert list(result) == EMOTION_COLUMNS.split(",")
    assert result["neutral_prob"] == row["neutral_prob"]
    assert result["anger_prob"] == row.get("anger_prob", row.get("angry_prob"))
    assert result["fear_prob"] == row.get("scared_prob", "")  # a label that the model lacks


def test_labels_of_any_spelling_have_their_columns(tmp_path, clock, summary, make_reading, make_face):
    labels = ("Happy", "Sad", "Calm")
    with ResultWriter(tmp_path, labels, 1, clock) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(0, make_face(1, labels[0], emotion_labels=labels)))
        results.finish({})
        writer.close(summary)
    (row,) = table(tmp_path / "readings.csv")
    assert [name for name in row if name.endswith("_prob")] == [f"{label}_prob" for label in labels]
    (result,) = table(tmp_path / "emotion_results.csv")
    assert (result["happy_prob"], result["sad_prob"]) == (row["Happy_prob"], row["Sad_prob"]) and row["Sad_prob"]


def test_a_header_is_quoted_as_its_rows_are(tmp_path):
    names = ["plain", 'so, "so"', "two\nlines"]
    written = CsvTable(tmp_path / "odd.csv", pa.schema([(name, pa.string()) for name in names]))
    written.write(pa.record_batch([pa.array([one]) for one in "123"], names))
    written.close()
    written.commit()
    assert table(tmp_path / "odd.csv") == [dict(zip(names, "123", strict=True))]


def test_tracks_sum_up_what_their_rows_say(tmp_path, clock, summary, make_reading, make_face):
    labels = ["happiness", "happiness", "fear", "", "happiness"]
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4")
        for index, label in enumerate(labels):
            results.add(None, make_reading(index + 5, make_face(9, label, quality=0.9 if index == 2 else 0.4)))
        results.finish({9: FinalIdentity("known", "p", "Ada", 0.8, 0.5)})
        writer.close(summary)
    (track,) = table(tmp_path / "tracks.csv")
    assert (track["first_s"], track["last_s"], track["frames"]) == ("0.5", "0.9", "5")
    assert (track["person_name"], track["similarity"], track["identity"]) == ("Ada", "0.8", "known")
    assert (track["happiness_share"], track["fear_share"], track["neutral_share"]) == ("0.75", "0.25", "0")
    assert (track["dominant_emotion"], track["best_quality"], track["best_frame"]) == ("happiness", "0.9", "7")


def test_people_are_summed_up_over_tracks_and_sources(tmp_path, clock, summary, make_reading, make_face):
    ada, stranger = FinalIdentity("known", "person-0001", "Ada", 0.8, 0.5), FinalIdentity("unknown", "unknown-0003")
    with ResultWriter(tmp_path, EMOTION_LABELS, 2, clock) as writer:
        for source in ("a.mp4", "b.mp4"):
            results = writer.start(source)
            for index in range(2, 6):
                label = "fear" if index == 5 else "happiness"
                faces = (make_face(1, label, quality=index / 10), make_face(2, ""))
                results.add(None, make_reading(index, *faces, camera=source))
            results.add(None, make_reading(9, make_face(3, "fear"), make_face(4), camera=source))
            results.finish({1: ada, 2: stranger if source == "a.mp4" else FinalIdentity("undecided"), 3: ada})
        writer.close(summary)
    lines = table(tmp_path / "people.csv")
    assert list(lines[0]) == [
        *("person_id", "person_name", "identity", "sources", "tracks", "frames", "first_s", "last_s"),
        *(f"{label}_share" for label in EMOTION_LABELS),
        *("dominant_emotion", "best_quality"),
        *AFFECT_COLUMNS,
        *LIVENESS_COLUMNS,
    ]
    first, second = (tuple(line.values()) for line in lines)  # tracks 4 and a second 2 are of nobody in particular
    shares = ["0", "0.6", *("0",) * 4, "0.4", "0"]
    assert first[:18] == ("person-0001", "Ada", "known", "2", "4", "10", "", "", *shares, "happiness", "0.5")
    assert second[:18] == ("unknown-0003", "", "unknown", "1", "1", "4", "0.2", "0.5", *("",) * 8, "", "0.5")


def test_valence_and_arousal_say_where_they_come_from_wherever_they_are_written(
    tmp_path, clock, summary, make_reading, make_face
):
    happy = {"valence": 0.8, "arousal": 0.5, "valence_arousal_source": "derived"}
    sad = {"valence": -0.6, "arousal": -0.25, "valence_arousal_source": "derived"}
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, ResultSettings(json_lines=True)) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(0, make_face(1, "happiness", **happy), make_face(2, "")))
        results.add(None, make_reading(1, make_face(1, "happiness", **happy), make_face(3, "sadness", **sad)))
        results.add(None, make_reading(2, make_face(1, ""), make_face(4, "sadness", **sad)))
        results.finish({1: FinalIdentity("known", "p", "Ada"), 4: FinalIdentity("known", "p", "Ada")})
        writer.close(summary)
    columns = ("valence", "arousal", "quadrant", "valence_arousal_source")
    cells = [tuple(row[name] for name in columns) for row in table(tmp_path / "readings.csv")]
    lively, low = ("0.8", "0.5", "excited", "derived"), ("-0.6", "-0.25", "gloomy", "derived")
    assert cells == [lively, ("", "", "", ""), lively, low, ("", "", "", ""), low]
    tracks = [tuple(row[name] for name in AFFECT_COLUMNS) for row in table(tmp_path / "tracks.csv")]
    assert tracks == [lively, ("", "", "", ""), low, low]
    (ada,) = table(tmp_path / "people.csv")
    assert tuple(ada[name] for name in AFFECT_COLUMNS) == ("0.3333", "0.25", "excited", "derived")
    lines = [json.loads(line) for line in (tmp_path / "readings.jsonl").read_text().splitlines()]
    assert (lines[0]["valence"], lines[1]["valence"], lines[1]["quadrant"]) == (0.8, None, "")
    page = (tmp_path / "report.html").read_text()
    assert 'aria-label="Valence and arousal of Ada, derived: mean +0.33 and +0.25"' in page
    assert "<b>Derived</b> means that no network measured it" in page


def test_a_track_says_which_one_of_the_same_person_it_continues(tmp_path, clock, summary, make_reading, make_face):
    ada, bob = FinalIdentity("known", "p", "Ada"), FinalIdentity("unknown", "unknown-0001")
    with ResultWriter(tmp_path, EMOTION_LABELS, 3, clock) as writer:
        for source in ("a.mp4", "b.mp4"):
            results = writer.start(source)
            for index, track in enumerate((1, 2, 4, 3, 5)):
                results.add(None, make_reading(10 * index, make_face(track), camera=source))
            results.finish({1: ada, 2: bob, 3: ada, 4: ada, 5: FinalIdentity("undecided")})
        still = writer.start("folder", is_still=True)
        for index in (1, 2):
            still.add(None, make_reading(index, make_face(index), camera="folder"))
        still.finish({1: ada, 2: ada})
        writer.close(summary)
    told = [(row["source"], row["track_id"], row["continues"]) for row in table(tmp_path / "tracks.csv")]
    expected = [("1", ""), ("2", ""), ("4", "1"), ("3", "4"), ("5", "")]
    assert told == [(name, *one) for name in ("a.mp4", "b.mp4") for one in expected] + [
        ("folder", "1", ""),
        ("folder", "2", ""),
    ]


def test_tracks_and_people_say_whether_they_were_live_and_why_nobody_could_tell(
    tmp_path, clock, summary, make_reading, make_face
):
    live, spoof = ({"liveness": kind, "liveness_score": score} for kind, score in (("live", 0.75), ("spoof", 0.25)))
    small, blurred = {"liveness_reason": "too small"}, {"liveness_reason": "blurred"}
    shown = {1: (small, spoof | small, live), 2: (spoof | small, live | small, spoof | blurred), 3: (blurred, blurred)}
    judged = replace(summary, models=(*summary.models, ModelUsed("liveness", "minifasnet")))
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4")
        for track, readings in (*shown.items(), (4, ({}, {})), (5, (live, spoof, spoof))):
            for index, changes in enumerate(readings):
                results.add(None, make_reading(index, make_face(track, **changes)))
        ada, bob = FinalIdentity("known", "p", "Ada"), FinalIdentity("known", "q", "Bob")
        results.finish({1: ada, 2: bob, 3: bob, 5: ada})
        writer.close(judged)
    tracks = {row["track_id"]: [row[name] for name in LIVENESS_COLUMNS] for row in table(tmp_path / "tracks.csv")}
    assert tracks == {
        "1": ["live", "0.75", ""],  # one fair judgement goes before any number of others
        "2": ["spoof", "0.4167", "too small"],
        "3": ["", "", "blurred"],
        "4": ["", "", ""],
        "5": ["spoof", "0.4167", ""],
    }
    people = {row["person_name"]: [row[name] for name in LIVENESS_COLUMNS] for row in table(tmp_path / "people.csv")}
    assert people == {"Ada": ["spoof", "0.5", ""], "Bob": ["spoof", "0.4167", "blurred"]}
    page = (tmp_path / "report.html").read_text()
    assert '<span class="chip live">live 0.75</span>' in page and "not judged: blurred" in page
    assert '<span class="chip plain">spoof? 0.42, too small</span>' in page


def test_a_report_is_silent_on_liveness_where_nobody_asked(tmp_path, clock, summary, make_reading, make_face):
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(0, make_face(1)))
        results.finish({1: FinalIdentity("known", "p", "Ada")})
        writer.close(summary)
    page = (tmp_path / "report.html").read_text()
    assert "liveness" not in page and "not judged" not in page


def test_liveness_and_pose_are_empty_until_somebody_looked(tmp_path, clock, summary, make_reading, make_face):
    judged = make_face(2, liveness="spoof", liveness_score=0.25, liveness_reason="too small", pose=(-12.5, 3.0, 0.25))
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(0, make_face(1), judged))
        results.finish({})
        writer.close(summary)
    columns = ("liveness", "liveness_score", "liveness_reason", "yaw", "pitch", "roll")
    unseen, seen = (tuple(row[name] for name in columns) for row in table(tmp_path / "readings.csv"))
    assert unseen == ("",) * 6
    assert seen == ("spoof", "0.25", "too small", "-12.5", "3", "0.25")
    assert pq.read_table(tmp_path / "readings.parquet").to_pylist()[0]["yaw"] is None


def test_results_of_an_earlier_analysis_do_not_stand_beside_newer_ones(
    tmp_path, clock, summary, make_reading, make_face, make_frame, monkeypatch
):
    reading = make_reading(0, make_face(1))
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"

    def analyse(*sources: str, **settings: bool) -> None:
        with ResultWriter(out, EMOTION_LABELS, len(sources), clock, ResultSettings(**settings)) as writer:
            for source in sources:
                results = writer.start(source, 10.0, is_still=source.endswith("jpg"))
                results.add(make_frame(reading), reading)
                results.finish({})
            writer.close(summary)

    analyse("one.mp4", "two é.mp4", "three.jpg", video=True, json_lines=True)
    made = TABLES | {"readings.jsonl", "annotated-1-one.mp4", "annotated-2-two-é.mp4", "annotated-3-three.jpg"}
    assert names(out) == made
    own = {"annotated.txt", "annotated-notes.mp4", "readings.csv.bak", "holiday.jpg", "annotated-7-linked.mp4"}
    for name in own - {"annotated-7-linked.mp4"}:
        (out / name).write_bytes(b"the user's")
    (out / "annotated-7-linked.mp4").symlink_to(out / "holiday.jpg")
    analyse("clip.mp4", "out/annotated-2-two-é.mp4", json_lines=True)  # one that is a source itself is kept
    assert names(out) == TABLES | own | {"readings.jsonl", "annotated-2-two-é.mp4"}
    analyse("clip.mp4", video=True)
    assert names(out) == TABLES | own | {"annotated.mp4"}


def test_files_in_a_folder_that_mien_never_wrote_to_are_let_alone(tmp_path, clock, summary):
    (tmp_path / "annotated.mp4").write_bytes(b"somebody else's")
    (tmp_path / "people.csv").write_bytes(b"overwritten")
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        writer.close(summary)
    assert names(tmp_path) == TABLES | {"annotated.mp4"}


def test_an_analysis_that_breaks_off_keeps_earlier_results(
    tmp_path, clock, summary, make_reading, make_face, make_frame
):
    reading = make_reading(0, make_face(1))
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, ResultSettings(video=True)) as writer:
        results = writer.start("clip.mp4", 10.0)
        results.add(make_frame(reading), reading)
        results.finish({})
        writer.close(summary)
    with pytest.raises(RuntimeError), ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        writer.start("clip.mp4", 10.0)
        raise RuntimeError
    assert names(tmp_path) == TABLES | {"annotated.mp4"}


def test_many_small_sources_cost_little_memory(tmp_path, make_reading, make_face):
    import pyarrow as pa

    schema = readings_schema(EMOTION_LABELS)
    rows = ReadingRows(EMOTION_LABELS, tmp_path)
    rows.add(make_reading(0, make_face(1)))
    (batch,) = rows.finish({})
    path = tmp_path / "readings.parquet"
    table = ParquetTable(path, schema)
    most = 0
    for _ in range(5000):
        copied = pa.RecordBatch.from_pylist(batch.to_pylist(), schema)  # buffers of its own, as in real life
        table.write(copied)
        most = max(most, pa.total_allocated_bytes())
    table.close()
    table.commit()
    written = pq.ParquetFile(path)
    assert written.metadata.num_rows == 5000 and 2 <= written.num_row_groups <= 10
    assert most < 5e6


def test_the_summary_holds_the_figures_and_what_became_of_each_source(
    tmp_path, clock, summary, make_reading, make_face
):
    with ResultWriter(tmp_path, EMOTION_LABELS, 3, clock) as writer:
        good, broken = writer.start("good.mp4"), writer.start("broken.mp4")
        good.add(None, make_reading(0, make_face(1), camera="good.mp4"))
        good.finish({}, SourceEnd(frames_decoded=4))
        broken.add(None, make_reading(0, camera="broken.mp4"))
        broken.finish({}, SourceEnd(2, "broken.mp4 breaks off after 2 frames."))
        writer.failed("missing.mp4", "missing.mp4 does not exist.")
        writer.close(summary)
    content = json.loads((tmp_path / "summary.json").read_text())
    for key in ("frames_decoded", "frames_analysed", "wall_s", "startup_s", "cpu_s"):
        assert content[key] == getattr(summary, key)
    assert content["peak_rss_mb"] == 210.0
    assert content["report_s"] > 0
    assert content["stage_ms"] == {"detection": 4.0, "decode": 1.5}
    assert content["models"]["detection"]["name"] == "yunet"
    assert [(source["source"], source["status"], source["reason"]) for source in content["sources"]] == [
        ("good.mp4", "ok", ""),
        ("broken.mp4", "failed", "broken.mp4 breaks off after 2 frames."),
        ("missing.mp4", "failed", "missing.mp4 does not exist."),
    ]
    assert (content["sources"][0]["frames_decoded"], content["sources"][0]["readings"]) == (4, 1)


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(
    tiny_disk, clock, summary, make_reading, make_face
):
    generator = np.random.default_rng(1)

    def write() -> None:
        with ResultWriter(tiny_disk, EMOTION_LABELS, 1, clock) as writer:
            results = writer.start("clip.mp4")
            for index in range(3000):
                score = float(generator.random())
                results.add(None, make_reading(index, make_face(1, detection_score=score), make_face(2, quality=score)))
            results.finish({})
            writer.close(summary)

    with pytest.raises(ResultError, match="could not be written: the disk is full") as raised:
        write()
    assert "\n" not in str(raised.value)
    assert names(tiny_disk) == set()


def test_a_full_disk_keeps_the_results_of_before(tiny_disk, clock, summary, make_reading, make_face):
    with ResultWriter(tiny_disk, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4")
        results.add(None, make_reading(0, make_face(1)))
        results.finish({})
        writer.close(summary)
    before = {path.name: path.read_bytes() for path in tiny_disk.iterdir()}
    with (
        pytest.raises(ResultError, match="the disk is full"),
        ResultWriter(tiny_disk, EMOTION_LABELS, 1, clock) as writer,
    ):
        results = writer.start("clip.mp4")
        for index in range(2000):
            results.add(None, make_reading(index, make_face(1, detection_score=index / 2000)))
        results.finish({})
    assert {path.name: path.read_bytes() for path in tiny_disk.iterdir()} == before


def test_a_full_disk_while_a_video_is_written(tiny_disk, clock, make_reading, make_face):
    noise = np.random.default_rng(2)

    class Noise:
        def bgr(self):
            return noise.integers(0, 255, (480, 640, 3), np.uint8)

    class NoisyFrame:
        captured_s = 0.0
        pixels = Noise()
        depth_mm = None

    with (
        pytest.raises(ResultError, match=r"annotated\.mp4 could not be written: the disk is full"),
        ResultWriter(tiny_disk, EMOTION_LABELS, 1, clock, ResultSettings(video=True)) as writer,
    ):
        results = writer.start("clip.mp4", 10.0)
        for index in range(60):
            results.add(NoisyFrame(), make_reading(index, make_face(1)))
        results.finish({})
    assert names(tiny_disk) == set()


def test_an_analysis_that_breaks_off_leaves_nothing(tmp_path, clock, make_reading, make_face, make_frame):
    with (
        pytest.raises(RuntimeError),
        ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, ResultSettings(video=True)) as writer,
    ):
        results = writer.start("clip.mp4", 10.0)
        reading = make_reading(0, make_face(1))
        results.add(make_frame(reading), reading)
        raise RuntimeError
    assert names(tmp_path) == set()


def test_an_analysis_that_breaks_off_takes_its_own_empty_folder_along_and_no_other(tmp_path, clock):
    for is_there in (False, True):
        folder = tmp_path / f"out-{is_there}"
        if is_there:
            folder.mkdir()
        with pytest.raises(KeyboardInterrupt), ResultWriter(folder, EMOTION_LABELS, 1, clock):
            raise KeyboardInterrupt
        assert folder.exists() == is_there


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, clock):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResultError, match="a part of the path is a file"):
        ResultWriter(tmp_path / "file" / "out", EMOTION_LABELS, 1, clock)
    with pytest.raises(ResultError, match="a file of that name is in the way"):
        ResultWriter(tmp_path / "file", EMOTION_LABELS, 1, clock)


def test_videos_are_named_by_their_sources_where_there_are_several(
    tmp_path, clock, summary, make_reading, make_face, make_frame
):
    reading = make_reading(0, make_face(1))
    with ResultWriter(tmp_path / "one", EMOTION_LABELS, 1, clock, ResultSettings(video=True)) as writer:
        results = writer.start("clip.mp4", 10.0)
        results.add(make_frame(reading), reading)
        results.finish({})
        writer.close(summary)
    assert names(tmp_path / "one") == TABLES | {"annotated.mp4"}
    with ResultWriter(tmp_path / "more", EMOTION_LABELS, 3, clock, ResultSettings(video=True)) as writer:
        for source in ("a/../my clip!.mp4", "b/x" * 200 + "é.mp4"):
            results = writer.start(source, 10.0)
            results.add(make_frame(reading), reading)
            results.finish({})
        still = writer.start("portrait.png", is_still=True)
        still.add(make_frame(reading), reading)
        still.finish({})
        writer.close(summary)
    videos = sorted(names(tmp_path / "more") - TABLES)
    assert videos == ["annotated-1-my-clip.mp4", "annotated-2-xé.mp4", "annotated-3-portrait.jpg"]


def test_annotated_pictures_warn_of_several_faces_where_that_is_wanted(
    tmp_path, clock, summary, make_reading, make_face, make_frame
):
    def warned(*faces, **wanted: bool) -> bool:
        reading = make_reading(0, *faces)
        with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock, ResultSettings(video=True, **wanted)) as writer:
            still = writer.start("portrait.png", is_still=True)
            still.add(make_frame(reading, (360, 480)), reading)
            still.finish({})
            writer.close(summary)
        picture = cv2.imread(str(tmp_path / "annotated.jpg"))[:100].astype(int)
        return int((picture[:, :, 2] - picture[:, :, 0] > 120).sum()) > 500  # yellow

    one, other = (make_face(n, "", identity="known", box=(200.0 * n, 200.0, 200.0 * n + 60, 280.0)) for n in (0, 1))
    assert warned(one, other, warns_of_several=True)
    assert not warned(one, warns_of_several=True) and not warned(one, other)


def test_a_long_source_costs_little_memory_and_time(tmp_path, clock, summary, make_reading, make_face):
    import time
    import tracemalloc

    faces = tuple(make_face(track) for track in range(10))
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("clip.mp4")
        readings = [make_reading(index, *faces) for index in range(3000)]
        began = time.process_time()
        for reading in readings:
            results.add(None, reading)
        per_frame_ms = (time.process_time() - began) / len(readings) * 1000
        tracemalloc.start()
        for reading in readings:
            results.add(None, reading)
        results.finish({track: FinalIdentity("known", "p", "Ada") for track in range(10)})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        writer.close(summary)
    assert per_frame_ms < 0.3
    assert peak < 20e6
